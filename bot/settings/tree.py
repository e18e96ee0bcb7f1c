"""The settings file as a tree of texts, each with its place.

YAML's own idea of types is left aside: `500 000` and `20000.01` are amounts to us,
and YAML would make the second a float. So every scalar stays the text it was written
as, and what a text means is decided where its setting is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.settings.problem import Place, Problem, SettingsError

_BIGGEST = 1_000_000
_DEEPEST = 20


@dataclass(slots=True)
class Leaf:
    """One text; None where nothing was written (`rules:` or `null`)."""

    text: str | None
    place: Place


@dataclass(slots=True)
class Items:
    items: "list[Tree]"
    place: Place


@dataclass(slots=True)
class Branch:
    """Settings by key. The place of each is that of its key, which is what to look for."""

    children: "dict[str, Tree]"
    place: Place


Tree = Leaf | Items | Branch


def read_file(path: Path) -> Branch:
    """The tree of a file. Raises SettingsError.

    YAML stops at its first syntax error, so "every problem at once" ends there.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise SettingsError([Problem(Place(str(path)), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise SettingsError([Problem(Place(str(path)), "is not UTF-8 text")]) from None
    if len(raw) > _BIGGEST:
        raise SettingsError([Problem(Place(str(path)), "is larger than 1 MB, which no settings file is")])
    tree = parse(text, str(path))
    if isinstance(tree, Leaf) and tree.text is None:
        return Branch({}, tree.place)
    if not isinstance(tree, Branch):
        raise SettingsError([Problem(tree.place, "settings are names and values, such as timezone: UTC")])
    return tree


def parse(text: str, source: str, at: Place | None = None) -> Tree:
    """The tree of a YAML text; `at` is the place of all of it, for one from a variable."""
    reader = _Reader(source, at)
    try:
        reader.look_over(YAML(typ="rt", pure=True).parse(text))
        node = None if reader.problems else YAML(typ="rt", pure=True).compose(text)
        tree = Leaf(None, at or Place(source, 1, 1)) if node is None else reader.tree(node)
    except MarkedYAMLError as error:
        reader.refuse(error.problem_mark, f"is not YAML: {error.problem or error.context}")
    except YAMLError as error:
        reader.refuse(None, f"is not YAML: {str(error).splitlines()[0]}")
    if reader.problems:
        raise SettingsError(reader.problems)
    return tree


class _Reader:
    def __init__(self, source: str, at: Place | None) -> None:
        self.source = source
        self.at = at
        self.problems: list[Problem] = []

    def place(self, mark: object) -> Place:
        line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
        return self.at or Place(self.source, line + 1, column + 1)

    def refuse(self, mark: object, text: str) -> None:
        self.problems.append(Problem(self.place(mark), text))

    def look_over(self, events: Iterable[Event]) -> None:
        """Refuses what must not be composed: aliases, and a depth at which YAML takes minutes."""
        depth = 0
        for event in events:
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if isinstance(event, AliasEvent):
                self.refuse(event.start_mark, "an alias (*) is not read here: write the value out")
            if depth > _DEEPEST:
                self.refuse(event.start_mark, "is nested deeper than any setting")
                break

    def tree(self, node: Node, key: Place | None = None) -> Tree:
        place = key or self.place(node.start_mark)
        if not str(node.tag).startswith("tag:yaml.org,2002:"):
            self.refuse(node.start_mark, f"the tag {node.tag} means nothing here: leave it out")
        if isinstance(node, ScalarNode):
            is_null = node.style is None and node.value in ("", "~", "null")
            return Leaf(None if is_null else str(node.value), place)
        if isinstance(node, SequenceNode):
            return Items([self.tree(item) for item in node.value], place)
        assert isinstance(node, MappingNode)
        children: dict[str, Tree] = {}
        for name, value in node.value:
            if not isinstance(name, ScalarNode):
                self.refuse(name.start_mark, "a list or a mapping cannot be the name of a setting")
            elif name.value in children:
                self.refuse(name.start_mark, f"{name.value} is written twice here: keep one of them")
            else:
                children[str(name.value)] = self.tree(value, self.place(name.start_mark))
        return Branch(children, place)
