"""Settings from the environment, laid over those of the file.

`PAYRUNBOT_MAIL__PASSWORD` is `mail.password`; people and connections are addressed by
their id (`PAYRUNBOT_CONNECTIONS__XERO_UK__TENANT_ID`). A name that begins with
PAYRUNBOT_ and means nothing is reported: a misspelt limit is a limit that is not set.
"""

import re
from collections.abc import Callable, Mapping

from bot.core.money import Money
from bot.settings import shape as shapes
from bot.settings.problem import Place, Problem, SettingsError
from bot.settings.shape import Shape
from bot.settings.tree import Branch, Items, Leaf, Tree, parse
from bot.settings.values import close_to

PREFIX = "PAYRUNBOT_"
NO_SETTINGS = frozenset({"CONFIG", "TOKEN", "URL", "TEST_POSTGRES"})
"""What the program reads from the environment that is not part of the settings."""

NamesOfItem = Callable[[str, Branch], Mapping[str, Shape] | None]
"""The settings of an item that is addressed by its id, by the name of the list."""


def overlay(
    root: Branch, names: Mapping[str, Shape], names_of_item: NamesOfItem, environ: Mapping[str, str]
) -> list[Problem]:
    """Lay the environment's settings over the tree; answers what could not be laid."""
    problems: list[Problem] = []
    for variable in sorted(environ):
        rest = variable.removeprefix(PREFIX)
        if rest == variable or rest in NO_SETTINGS:
            continue
        try:
            _Laying(variable, environ[variable], names_of_item).lay(root, names, rest.split("__"))
        except SettingsError as error:
            problems.extend(error.problems)
    return problems


class _Laying:
    """One variable on its way down the tree."""

    def __init__(self, variable: str, text: str, names_of_item: NamesOfItem) -> None:
        self.place = Place(variable)
        self.text = text
        self.names_of_item = names_of_item

    def lay(self, branch: Branch, names: Mapping[str, Shape], segments: list[str]) -> None:
        key = self._known(segments[0], names)
        self._enter(branch, key, names[key], segments[1:])

    def _refuse(self, text: str) -> SettingsError:
        return SettingsError([Problem(self.place, text)])

    def _known(self, segment: str, known: Mapping[str, object]) -> str:
        spelt = {_as_variable(name): name for name in known}
        if segment not in spelt:
            near = close_to(segment, spelt)
            raise self._refuse(f"is no setting: {segment} is not one of {', '.join(sorted(spelt))}.{near}")
        return spelt[segment]

    def _enter(self, branch: Branch, key: str, shape: Shape, rest: list[str]) -> None:
        if not rest:
            branch.children[key] = self._value(shape)
            return
        child = branch.children.get(key)
        if isinstance(child, Items):
            self._enter_item(child, key, rest)
            return
        names = shapes.names_in(shape)
        inner = shapes.value_of_mapping(shape)
        if names is None and inner is None:
            raise self._refuse(f"is no setting: {key} has nothing named {rest[0]} in it")
        if not isinstance(child, Branch):
            child = branch.children[key] = Branch({}, self.place)
        if names is not None:
            self.lay(child, names, rest)
        else:
            self._enter(child, self._free(rest[0], child, inner), inner, rest[1:])

    def _enter_item(self, items: Items, section: str, rest: list[str]) -> None:
        by_id: dict[str, Branch] = {}
        for item in items.items:
            id = item.children.get("id") if isinstance(item, Branch) else None
            if isinstance(item, Branch) and isinstance(id, Leaf) and id.text:
                by_id[id.text] = item
        item = by_id[self._known(rest[0], by_id)]
        names = self.names_of_item(section, item)
        if len(rest) < 2 or names is None:
            raise self._refuse(f"is no setting: which one of {rest[0]} is meant does not show")
        self.lay(item, names, rest[1:])

    def _free(self, segment: str, branch: Branch, inner: Shape) -> str:
        """A name that is the author's own: a currency, or a group."""
        spelt = {_as_variable(name): name for name in branch.children}
        return spelt.get(segment, segment if inner is Money else segment.lower().replace("_", "-"))

    def _value(self, shape: Shape) -> Tree:
        if not self.text.strip():
            raise self._refuse("is empty: give it a value, or take it out of the environment")
        # A secret may begin with any sign, so there only a list of names is read as one.
        start = r"\[\s*(env|file):" if shapes.is_secret(shape) else r"[\[{]"
        takes_several = shapes.item_of_list(shape) or shapes.value_of_mapping(shape) or shapes.names_in(shape)
        if takes_several and re.match(start, self.text.strip()):
            return parse(self.text, self.place.source, self.place)
        return Leaf(self.text, self.place)


def _as_variable(name: str) -> str:
    return name.upper().replace("-", "_")
