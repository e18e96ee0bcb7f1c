"""bot.yaml and the environment → Settings, or every problem with its place.

The sections are filled one by one, so that a mistake in one hides none in another.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import BaseModel

from bot.core.words import LanguageCode
from bot.settings import agree
from bot.settings import shape as shapes
from bot.settings.fill import Filler
from bot.settings.models import ConfiguredConnection, GuardLimits, Person, Settings
from bot.settings.overlay import overlay
from bot.settings.problem import Place, Problem, SettingsError
from bot.settings.shape import Shape
from bot.settings.tree import Branch, Items, Leaf, Tree, read_file
from bot.settings.values import close_to, duration, name

DEFAULT_POLL = duration("10m")
_PATHS = ("database", "rules", "templates")


def load(
    path: Path | None, environ: Mapping[str, str], connection_models: Mapping[str, type[BaseModel]]
) -> Settings:
    """The settings of a file, where there is one, and of the environment over it.

    `connection_models` are the connectors' own settings by vendor. Raises
    SettingsError, whose text is every problem at once and holds no secret.
    """
    root = read_file(path) if path else Branch({}, Place("the environment"))
    return _Loading(root, path, environ, connection_models).settings()


class _Part(Protocol):
    """What every connector's settings have."""

    @property
    def id(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    @property
    def calendar(self) -> str: ...


class _Loading:
    def __init__(
        self,
        root: Branch,
        path: Path | None,
        environ: Mapping[str, str],
        models: Mapping[str, type[BaseModel]],
    ) -> None:
        self.root = root
        self.environ = environ
        self.models = models
        self.folder = path.absolute().parent if path else Path.cwd()
        self.problems: list[Problem] = []
        self.known: dict[str, Shape] = {
            name: field.rebuild_annotation() for name, field in Settings.model_fields.items()
        }

    def settings(self) -> Settings:
        self.problems += overlay(self.root, self.known, self._names_of_item, self.environ)
        for key, tree in self.root.children.items():
            if key not in self.known:
                near = close_to(key, self.known)
                self._refuse(tree.place, f"{key} is no setting. Known are {', '.join(self.known)}.{near}")
        filled = {key: self._section(key) for key in self.known if key != "connections"}
        self._agree(filled)
        connections = self._connections(filled["guards"])
        if self.problems:
            raise SettingsError(self.problems)
        people = tuple(_of_the_house(one, filled["language"]) for one in filled["people"])
        return Settings(**{**filled, "people": people, "connections": connections})

    def _refuse(self, place: Place, text: str) -> None:
        self.problems.append(Problem(place, text))

    def _fill(self, title: str, shape: Shape, tree: Tree) -> Any:
        filler = Filler(title, self.environ, self.folder)
        value = filler.fill(shape, tree)
        self.problems += filler.problems
        return value

    def _section(self, key: str) -> Any:
        field, tree = Settings.model_fields[key], self.root.children.get(key)
        if tree is None or (isinstance(tree, Leaf) and tree.text is None):
            if key in _PATHS:  # a default path begins at the file, as a written one does
                tree = Leaf(str(field.default), self.root.place)
            elif not field.is_required():
                return field.get_default(call_default_factory=True)
            elif shapes.names_in(self.known[key]) is None:
                self._refuse(self.root.place, f"{key} is missing: write it")
                return None
            else:
                tree = Branch({}, self.root.place)
        return self._fill(key, self.known[key], tree)

    def _agree(self, filled: Mapping[str, Any]) -> None:
        if filled["people"] is not None:
            self._report(agree.people(filled["people"]))
        if filled["groups"] is not None:
            self._report(agree.groups(filled["groups"], filled["people"]))
        if filled["webhook_targets"] is not None:
            self._report(agree.targets(filled["webhook_targets"]))
        if filled["mail"] is not None:
            self._report(agree.mail(filled["mail"]))
        for key in ("rules", "templates"):
            folder = filled[key]
            # The templates that ship stand in for a folder that nobody has made.
            is_needed = key == "rules" or key in self.root.children
            if folder is not None and is_needed and not folder.is_dir():
                self._report([((key,), f"{key}: there is no folder {folder}: make it, or mend the path")])

    def _report(self, found: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
        for path, text in found:
            self._refuse(self._place(path), text)

    def _place(self, path: Iterable[str | int]) -> Place:
        """Where the nearest setting on a path was written."""
        tree: Tree = self.root
        for step in path:
            inner = _step(tree, step)
            if inner is None:
                break
            tree = inner
        return tree.place

    def _names_of_item(self, section: str, item: Branch) -> Mapping[str, Shape] | None:
        """The settings of the person or connection that a variable is about."""
        if section != "connections":
            return shapes.names_in(shapes.item_of_list(self.known[section]))
        vendor = item.children.get("vendor")
        names = shapes.names_in(self.models.get(vendor.text or "") if isinstance(vendor, Leaf) else None)
        return None if names is None else {**names, "guards": GuardLimits}

    def _connections(self, default: GuardLimits | None) -> tuple[ConfiguredConnection, ...]:
        tree = self.root.children.get("connections")
        if tree is None or (isinstance(tree, Leaf) and tree.text is None):
            return ()
        if not isinstance(tree, Items):
            self._refuse(tree.place, "connections is a list, one {id: …, vendor: …} for each account")
            return ()
        found: dict[str, ConfiguredConnection] = {}
        for number, item in enumerate(tree.items):
            one = self._connection(item, number, default)
            if one is not None and one.id in found:
                where = self._place(("connections", number, "id"))
                self._refuse(where, f"connections.{one.id} is there twice: an id names one connection")
            elif one is not None:
                found[one.id] = one
        return tuple(found.values())

    def _connection(
        self, item: Tree, number: int, default: GuardLimits | None
    ) -> ConfiguredConnection | None:
        if not isinstance(item, Branch):
            self._refuse(item.place, "connections: each one is {id: …, vendor: …} with what its vendor needs")
            return None
        id, vendor = item.children.get("id"), item.children.get("vendor")
        title = f"connections.{id.text if isinstance(id, Leaf) and id.text else number + 1}"
        shape = self.models.get(vendor.text or "") if isinstance(vendor, Leaf) else None
        if shape is None:
            written = vendor.text or "" if isinstance(vendor, Leaf) else ""
            place = item.place if vendor is None else vendor.place
            what = f"{title}.vendor is {written!r:.60}" if written else f"{title}.vendor is missing"
            near = close_to(written, self.models)
            self._refuse(place, f"{what}: known are {', '.join(sorted(self.models))}.{near}")
            return None
        if isinstance(id, Leaf) and id.text:
            try:
                name(id.text)
            except ValueError as error:
                self._refuse(id.place, f"{title}.id is wrong: {error}")
        own = item.children.get("guards")
        part = self._fill(
            title, shape, Branch({k: v for k, v in item.children.items() if k != "guards"}, item.place)
        )
        limits = GuardLimits() if own is None else self._fill(f"{title}.guards", GuardLimits, own)
        if limits is not None and default is not None:
            self._report(agree.tighter(limits, default, ("connections", number, "guards"), f"{title}.guards"))
        if part is None or limits is None or default is None:
            return None
        common = cast(_Part, part)
        return ConfiguredConnection(
            id=common.id,
            vendor=common.vendor,
            calendar=common.calendar,
            poll=getattr(part, "poll", DEFAULT_POLL),
            guards=agree.merged(limits, default).as_guards(),
            part=part,
        )


def _step(tree: Tree, step: str | int) -> Tree | None:
    if isinstance(tree, Branch):
        return tree.children.get(str(step))
    return tree.items[int(step)] if isinstance(tree, Items) else None


def _of_the_house(person: Person, language: LanguageCode) -> Person:
    """Whoever has no language of their own reads that of the house."""
    if "language" in person.model_fields_set:
        return person
    return person.model_copy(update={"language": language})
