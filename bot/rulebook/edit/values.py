"""The values of one rule, each with its place in the file.

A value has a place where its characters stand in the file as they are read. One that is
written over several lines, or with signs that stand for others, has none, and is not
among them: it is changed in an editor.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.core.condition import Ago, Claim, Compared, OneOf, Ordered, Within
from bot.core.expect import parse_expectation
from bot.core.grammar import SHORT_FOR, Misread, parse_claim
from bot.core.literal import Wall
from bot.core.resource import Field
from bot.rulebook.document import Document, Items, Part, Table, Text
from bot.rulebook.edit import sorts
from bot.rulebook.edit.sorts import Read, Reads, Sort
from bot.rulebook.setup import Vocabulary

Path = tuple[str | int, ...]
"""Where a part stands in its document: keys and numbers of items."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value. `before` and `after` are what stands around it in its line.

    `start` counts characters of the file's text.
    """

    key: str
    """What it is called in a form: `when.3`, `limits.ask_above`."""
    sort: Sort
    text: str
    before: str
    after: str
    start: int
    path: Path
    offset: int
    """Where it begins in its part."""
    reads: Reads

    def read(self, typed: str) -> Read:
        """What somebody typed, as it would be written. Raises ValueError."""
        return self.reads(sorts.one_line(typed))

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A value inside the text of a part."""

    sort: Sort
    offset: int
    text: str
    reads: Reads


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the document with its path: the whole text of a leaf can be replaced there."""

    text: Text
    path: Path
    start: int


def rule_in(document: Document, rule: str) -> tuple[Table, Path] | None:
    """The rule's own table and its path; None where the file has no such rule."""
    root = document.root
    listed = root.values.get("rules") if isinstance(root, Table) else None
    for number, part in enumerate(listed.items if isinstance(listed, Items) else ()):
        name = part.values.get("id") if isinstance(part, Table) else None
        if isinstance(part, Table) and isinstance(name, Text) and name.value == rule:
            return part, ("rules", number)
    return None


def values_of(document: Document, rule: str, vocabulary: Vocabulary) -> tuple[Value, ...]:
    """Every value of a rule that can be changed, in the order in which they are asked for."""
    found = rule_in(document, rule)
    if found is None:
        return ()
    table, path = found
    lines = _Lines(document)
    fields = vocabulary.fields.get(_watched(table), {})
    read = _Values(lines, fields, _watched(table))
    return tuple(read.all(table, path))


def expectations_of(document: Document, rule: str) -> tuple[Place | None, ...]:
    """Where each test of a rule says what it expects; None where that cannot be replaced."""
    found = rule_in(document, rule)
    tests = found[0].values.get("tests") if found else None
    if found is None or tests is None:
        return ()
    lines, path = _Lines(document), (*found[1], "tests")
    items = tests.items if isinstance(tests, Items) else (tests,)
    return tuple(
        lines.place(item.values.get("expect"), (*path, number, "expect")) if isinstance(item, Table) else None
        for number, item in enumerate(items)
    )


def _watched(table: Table) -> str:
    part = table.values.get("watch")
    return part.value if isinstance(part, Text) else ""


class _Lines:
    """Where each line of a text begins, as the YAML reader counts lines."""

    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._starts = [0, *(found.end() for found in re.finditer("\r\n|\r|\n", document.text))]

    def place(self, part: Part | None, path: Path) -> Place | None:
        """The place of a value that stands in the file just as it is read."""
        if not isinstance(part, Text) or not part.value or part.is_null:
            return None
        if part.spot.line >= len(self._starts):
            return None
        start = self._starts[part.spot.line] + part.spot.column
        return Place(part, path, start) if self._text.startswith(part.value, start) else None


@dataclass(frozen=True, slots=True)
class _Values:
    lines: _Lines
    fields: Mapping[str, Field]
    about: str

    def all(self, table: Table, path: Path) -> Iterator[Value]:
        yield from self._whole(table, path, "mode", Sort.MODE, sorts.MODE)
        if "when" in table.values:
            yield from self._conditions(table.values["when"], (*path, "when"), "when")
        limits = table.values.get("limits")
        if isinstance(limits, Table):
            of = (*path, "limits")
            for name in ("ask_above", "two_people_above"):
                yield from self._whole(limits, of, name, Sort.AMOUNT, sorts.LIMIT, "limits.")
            if "ask_when" in limits.values:
                yield from self._conditions(limits.values["ask_when"], (*of, "ask_when"), "limits.ask_when")
            yield from self._whole(limits, of, "at_most", Sort.OFTEN, sorts.OFTEN, "limits.")
        every = table.values.get("every")
        if isinstance(every, Table):
            yield from self._whole(every, (*path, "every"), "cron", Sort.CRON, sorts.CRON, "every.")
        else:
            yield from self._whole(table, path, "every", Sort.TIMES, sorts.TIMES)
        yield from self._expected(table, path)
        yield from self._whole(table, path, "wait", Sort.LENGTH, sorts.DURATION)
        yield from self._whole(table, path, "remind", Sort.TIMES, sorts.TIMES)
        escalate = table.values.get("escalate")
        if isinstance(escalate, Table):
            of = (*path, "escalate")
            yield from self._whole(escalate, of, "after", Sort.LENGTH, sorts.LAPSE, "escalate.")

    def _whole(
        self, table: Table, path: Path, name: str, sort: Sort, reads: Reads, of: str = ""
    ) -> Iterator[Value]:
        """A key's whole value."""
        place = self.lines.place(table.values.get(name), (*path, name))
        if place is not None:
            yield from _valued(f"{of}{name}", place, [_Piece(sort, 0, place.text.value, reads)])

    def _conditions(self, part: Part, path: Path, key: str) -> Iterator[Value]:
        """The values of each line, blocks in blocks included."""
        match part:
            case Items(items):
                for number, item in enumerate(items):
                    yield from self._conditions(item, (*path, number), f"{key}.{number + 1}")
            case Table():
                for name, inner in part.values.items():
                    yield from self._conditions(inner, (*path, name), f"{key}.{name}")
            case Text():
                place = self.lines.place(part, path)
                if place is not None:
                    yield from _valued(key, place, self._in_line(part.value))

    def _in_line(self, text: str) -> list[_Piece]:
        claim = parse_claim(text, self.fields, self.about)
        if isinstance(claim, Misread):
            return []
        pieces = [replace(one, reads=self._in_place(one, text, claim)) for one in _in_claim(claim, text)]
        return [one for one in pieces if _reads_itself(one)]

    def _in_place(self, piece: _Piece, text: str, claim: Claim) -> Reads:
        """Reads what is typed as the value, and then the whole line with it: it must stay the same line."""
        end = piece.offset + len(piece.text)

        def reads(typed: str) -> Read:
            read = piece.reads(typed)
            line = f"{text[: piece.offset]}{read.text}{text[end:]}"
            again = parse_claim(line, self.fields, self.about)
            if isinstance(again, Misread):
                raise ValueError(again.message)
            if _kept(again) != _kept(claim):
                raise ValueError(f'"{line}" would not be the same line with another value')
            return read

        return reads

    def _expected(self, table: Table, path: Path) -> Iterator[Value]:
        """`at least 1 gigapay.payout per week by Thursday 12:00`: how many, and by when."""
        place = self.lines.place(table.values.get("expect"), (*path, "expect"))
        if place is None:
            return
        line = place.text.value
        try:
            before = parse_expectation(line)
        except ValueError:
            return

        def reads(start: int, end: int, what: str) -> Reads:
            def read(typed: str) -> Read:
                again = parse_expectation(f"{line[:start]}{typed}{line[end:]}")
                expects = again.expectation
                kept = again.kind, expects.per, expects.by.form if what == "least" else expects.at_least
                was = before.expectation
                if kept != (before.kind, was.per, was.by.form if what == "least" else was.at_least):
                    raise ValueError(f'"{typed}" is not a value by itself')
                return Read(typed, expects.at_least if what == "least" else expects.by.form)

            return read

        least = re.match(r"at least (\d{1,4}) ", line, re.IGNORECASE | re.ASCII)
        pieces = []
        if least is not None:
            count = reads(*least.span(1), "least")
            pieces.append(_Piece(Sort.COUNT, least.start(1), least[1], count))
        by = line.lower().find(" by ") + len(" by ")
        yield from _valued("expect.least", place, pieces)
        yield from _valued(
            "expect.by", place, [_Piece(Sort.TIMES, by, line[by:], reads(by, len(line), "by"))]
        )


def _valued(key: str, place: Place, pieces: list[_Piece]) -> Iterator[Value]:
    line = place.text.value
    for number, one in enumerate(pieces):
        yield Value(
            key=key if len(pieces) == 1 else f"{key}.{number + 1}",
            sort=one.sort,
            text=one.text,
            before=line[: one.offset].strip(),
            after=line[one.offset + len(one.text) :].strip(),
            start=place.start + one.offset,
            path=place.path,
            offset=one.offset,
            reads=one.reads,
        )


def _in_claim(claim: Claim, text: str) -> Iterator[_Piece]:
    """Where the values of a line stand in it."""
    test = claim.test
    match test:
        case Compared(op):
            yield from _after(rf"is(?:\s+not)?\s+{op}", claim, text, *sorts.OF_TYPE[claim.field.type])
        case Within():
            yield from _after(r"is(?:\s+not)?\s+in the next", claim, text, Sort.LENGTH, sorts.SPAN)
        case Ago():
            yield from _after(r"was\s+(?:more|less) than", claim, text, Sort.LENGTH, sorts.SPAN, r"\s+ago")
        case Ordered(_, other) if not isinstance(other, Field):
            sort, reads = sorts.of_time(other)
            yield from _after(r"is(?:\s+not)?\s+(?:before|after)", claim, text, sort, reads)
        case OneOf() if claim.field.type in sorts.OF_TYPE:
            sort, reads = sorts.OF_TYPE[claim.field.type]
            for whole in _after(r"is(?:\s+not)?(?:\s+one of)?", claim, text, sort, reads):
                for one in re.finditer(r"[^\s,](?:[^,]*[^\s,])?", whole.text):
                    yield replace(whole, offset=whole.offset + one.start(), text=one[0])


def _after(phrase: str, claim: Claim, text: str, sort: Sort, reads: Reads, end: str = "") -> Iterator[_Piece]:
    """What stands after the field and some words."""
    names = [claim.field.name, *(short for short, name in SHORT_FOR.items() if name == claim.field.name)]
    field = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in names)
    found = re.fullmatch(rf"(?:{field})\s+{phrase}\s+(?P<value>.+?){end}", text, re.IGNORECASE)
    if found is not None:
        yield _Piece(sort, found.start("value"), found["value"], reads)


def _reads_itself(piece: _Piece) -> bool:
    """Whether what stands there now is read as the value: else it has no place of its own."""
    try:
        piece.reads(piece.text)
    except ValueError:
        return False
    return True


def _kept(claim: Claim) -> tuple[object, ...]:
    """What of a line a value is not."""
    test = claim.test
    match test:
        case Compared(op):
            rest: object = op
        case Ordered(after, other):
            rest = after, isinstance(other, Wall), isinstance(other, Field)
        case OneOf(values):
            rest = len(values)
        case Ago(more):
            rest = more
        case _:
            rest = None
    return claim.field.name, claim.negated, type(test), rest
