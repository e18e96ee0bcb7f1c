"""A YAML 1.2 file as text that knows where it stands: no value is interpreted here.

Composed, not constructed, by ruamel.yaml: so `12:30`, `on`, `010` and `20000.01` stay
what the author wrote, duplicate keys are all found and not only the first, and money
never passes through a float. Anchors, aliases, tags and merge keys are refused; they
would let a line far away change what a rule does. So are characters that nobody sees:
they would let a rule read otherwise on a screen than here.
"""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.rulebook.not_yaml import in_plain_words, is_where_it_begins
from bot.rulebook.problem import LONGEST, Problem, Spot

MOST_BYTES = 1_000_000
MOST_NODES = 20_000
MOST_TOLD = 200
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]"
)
_PLAIN_TAGS = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    spot: Spot
    is_null: bool = False

    def part(self, offset: int, length: int) -> Spot:
        """Where a piece of the value stands."""
        return Spot(self.spot.line, self.spot.column + offset, length)


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple["Part", ...]
    spot: Spot
    in_brackets: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping. `end_line` is the first line after it, blank ones and comments included."""

    keys: dict[str, Text]
    values: dict[str, "Part"]
    spot: Spot
    end: Spot


Part = Text | Items | Table


@dataclass
class Document:
    """One file, being read. Problems are collected; nothing is raised."""

    file: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    root: Part | None = None
    _lines: tuple[str, ...] = field(init=False)
    _settled: set[tuple[int, int]] = field(default_factory=set)
    """Places about which everything has been said."""

    def __post_init__(self) -> None:
        self._lines = tuple(re.split("\r\n|\r|\n", self.text))

    def line(self, number: int) -> str:
        """A line as it can be shown, or nothing below the last one."""
        return _UNSEEN.sub("\ufffd", self._lines[number]) if number < len(self._lines) else ""

    def refuse(self, spot: Spot, message: str) -> None:
        if (spot.line, spot.column) in self._settled:
            return
        said = message if len(message) <= LONGEST else f"{message[:LONGEST]} …"
        self.problems.append(Problem(self.file, spot, said, self.line(spot.line)))

    def refuse_part(self, spot: Spot, message: str) -> Text:
        """Refuse a part whole: what its absence leads to is not told besides."""
        self.refuse(spot, message)
        self._settled.add((spot.line, spot.column))
        return Text("", spot)

    def told(self) -> tuple[Problem, ...]:
        """The first problems, in the order of lines, and how many more there are.

        Only for people: whether a rule is whole is asked of all of them.
        """
        ordered = sorted(self.problems, key=lambda problem: (problem.spot.line, problem.spot.column))
        more = ordered[MOST_TOLD:]
        if not more:
            return tuple(ordered)
        rest = f"from here on this file has {len(more)} more {'problem' if len(more) == 1 else 'problems'}"
        return (*ordered[:MOST_TOLD], Problem(self.file, more[0].spot, rest, more[0].source))

    def is_troubled(self, first_line: int, end_line: int) -> bool:
        """Whether a problem was found in these lines."""
        return any(first_line <= problem.spot.line < end_line for problem in self.problems)


class _TooManyNodes(Exception):
    """The file has more values than are read."""


class _BoundedComposer(Composer):
    composed = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.composed += 1
        if self.composed > MOST_NODES:
            raise _TooManyNodes
        return super().compose_node(parent, index)


def read(file: str, text: str) -> Document:
    """Read one file's text. What can't be read at all has a problem and no root."""
    known = _composed(file, text)
    return replace(known, problems=list(known.problems), _settled=set(known._settled))


@lru_cache(maxsize=64)
def _composed(file: str, text: str) -> Document:
    """The same text is read again with every reload and signature, and composing takes longest."""
    document = Document(file, text)
    if len(text.encode()) > MOST_BYTES:
        document.refuse(Spot(0, 0), f"the file is larger than {MOST_BYTES // 1_000_000} MB")
        return document
    if _refuse_unseen(document):
        return document
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = _BoundedComposer
    try:
        node = yaml.compose(text)
        document.root = _part(document, node) if node is not None else None
    except RecursionError:
        document.refuse(Spot(0, 0), "the file is nested too deeply to be read")
    except _TooManyNodes:
        document.refuse(Spot(0, 0), f"the file has more than {MOST_NODES} values: divide it into several")
    except MarkedYAMLError as error:
        begun = is_where_it_begins(str(error.problem))
        mark = (error.context_mark if begun else None) or error.problem_mark or error.context_mark
        spot = Spot(mark.line, mark.column) if mark is not None else Spot(0, 0)
        document.refuse(spot, in_plain_words(str(error.problem or error.context)))
    except YAMLError as error:
        document.refuse(Spot(0, 0), in_plain_words(str(error).splitlines()[0]))
    else:
        if node is None:
            document.refuse(Spot(0, 0), "the file is empty")
    return document


def _refuse_unseen(document: Document) -> bool:
    """Refuse every character that cannot be seen or turns the direction of writing."""
    if _UNSEEN.search(document.text) is None:
        return False
    for number, line in enumerate(document._lines):
        for found in _UNSEEN.finditer(line):
            sign = found[0]
            name = unicodedata.name(sign, "a control character").lower()
            code = f"U+{ord(sign):04X}"
            document.refuse(
                Spot(number, found.start()),
                f"the character {code} ({name}) cannot be seen, and is not read here: take it out",
            )
    return True


def _part(document: Document, node: Node) -> Part:
    spot = _spot(document, node)
    if node.anchor is not None:
        return document.refuse_part(
            spot, "anchors and aliases (& and *) are not read here: write the value again"
        )
    if not str(node.tag or "").startswith(_PLAIN_TAGS):
        return document.refuse_part(spot, f"tags such as {node.tag} are not read here")
    match node:
        case ScalarNode():
            # The reader marks each fold with a bell, to write it again as it was; nobody is to read that.
            text = node.value.replace("\a", "") if node.style == ">" else node.value
            return Text(text.strip(), spot, str(node.tag).endswith(":null"))
        case SequenceNode():
            items = tuple(_part(document, item) for item in node.value)
            return Items(items, spot, bool(node.flow_style))
        case MappingNode():
            return _table(document, node, spot)
        case _:
            raise AssertionError(f"{type(node)} is no kind of YAML node")


def _table(document: Document, node: MappingNode, spot: Spot) -> Table:
    keys: dict[str, Text] = {}
    values: dict[str, Part] = {}
    for key_node, value_node in node.value:
        key = _part(document, key_node)
        if not isinstance(key, Text):
            document.refuse(key.spot, "a key is one word or a few, not a list")
            continue
        value = _part(document, value_node)
        if (
            isinstance(value, Text) and value.is_null
        ):  # where a value is left out, YAML points at the next line
            value = Text("", key.spot, is_null=True)
        name = " ".join(key.value.split())
        if name == "<<":
            document.refuse(key.spot, "merge keys (<<) are not read here: write the values again")
        elif name in keys:
            first = keys[name].spot.line + 1
            document.refuse(key.spot, f'"{name}" is here twice; the first is on line {first}')
        else:
            keys[name], values[name] = key, value
    end = Spot(node.end_mark.line, node.end_mark.column)
    return Table(keys, values, spot, end)


def _spot(document: Document, node: Node) -> Spot:
    """The node's first line; inside the quotes where there are some."""
    start, end = node.start_mark, node.end_mark
    source = document.line(start.line)
    until = end.column if end.line == start.line else len(source)
    quoted = (
        1 if isinstance(node, ScalarNode) and source[start.column : start.column + 1] in ("'", '"') else 0
    )
    return Spot(start.line, start.column + quoted, max(1, until - start.column - 2 * quoted))
