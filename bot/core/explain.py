"""Why a condition has its answer: a tree of answered lines, made when somebody asks.

It is kept as JSON with each decision, so that "why?" can be answered years later.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.core.answer import Values, answer
from bot.core.answer_time import age, other_side
from bot.core.condition import Ago, Answer, Block, Claim, Condition, How, Ordered
from bot.core.resource import MISSING, Field, Known
from bot.core.said_json import HOW_MADE, saids_of, with_saids
from bot.core.seen import moment, scalar, seen, span, with_note
from bot.core.words import joined, say, say_many
from bot.core.workdays import WorkCalendar

_HEADINGS = {
    How.ALL: say("all of these hold"),
    How.ANY: say("any of these holds"),
    How.NOT: say("this does not hold"),
}


_LAST_WORDS = {"cut-off": say("cut-off"), "deadline": say("deadline"), "date": say("date"), "now": say("now")}


@dataclass(frozen=True, slots=True)
class Node:
    """One answered line of the tree that is kept for "why?".

    `saw` is the value in words; for unknown it is the reason. `until` is the next
    instant at which time alone may change the answer, None for never.
    """

    answer: Answer
    text: str
    saw: str = ""
    until: datetime | None = None
    children: tuple["Node", ...] = ()

    @property
    def says(self) -> str:
        """The line with what was seen: `status is open (closed)`."""
        return with_note(self.text, self.saw)


def explain(condition: Condition, values: Values, calendar: WorkCalendar, now: datetime) -> Node:
    """The answer that `answer` gives to the same, with every line that it comes from."""
    answered, until, why = answer(condition, values, calendar, now)
    match condition:
        case Claim():
            return Node(answered, condition.text, why or _saw(condition, values, calendar, now), until)
        case Block(how, parts):
            children = tuple(explain(part, values, calendar, now) for part in parts)
            tally = "" if how is How.NOT else _tally([child.answer for child in children])
            return Node(answered, _HEADINGS[how], tally, until, children)


def _saw(claim: Claim, values: Values, calendar: WorkCalendar, now: datetime) -> str:
    """What a claim that has an answer was answered by."""
    value = Known(now) if claim.field.name == "now" else values.get(claim.field.name, MISSING)
    match claim.test, value:
        case Ordered() as test, Known(known):
            return joined((scalar(known, calendar, now), _other_side(test, values, calendar, now)))
        case Ago(unit=unit), Known(datetime() as at):
            return joined((moment(at, calendar, now), span(age(at, unit, calendar, now))))
        case Ago(), Known(date() as day):
            ago = say_many((calendar.today(now) - day).days, "{count} day", "{count} days")
            return joined((scalar(day, calendar), ago))
        case _:
            return seen(value, calendar, now)


def _other_side(test: Ordered, values: Values, calendar: WorkCalendar, now: datetime) -> str:
    """`cut-off 15:00`: the field's last word before its value, where there is a field."""
    right = other_side(test)(values, calendar, now)
    name = test.other.name if isinstance(test.other, Field) else ""
    if not isinstance(right, date):
        return say("no {name}", name=name)
    said, word = scalar(right, calendar, now), name.rsplit(" ", 1)[-1]
    return joined((_LAST_WORDS.get(word, word), said), " ") if word else said


def _tally(answers: list[Answer]) -> str:
    counts = Counter(answers)
    said = (
        (Answer.YES, say("{count} yes", count=counts[Answer.YES])),
        (Answer.NO, say("{count} no", count=counts[Answer.NO])),
        (Answer.UNKNOWN, say("{count} unknown", count=counts[Answer.UNKNOWN])),
    )
    return joined(words for answer, words in said if counts[answer])


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One line of "why?". `indent` counts the blocks it stands in."""

    indent: int
    answer: Answer
    text: str
    saw: str
    until: datetime | None


def tree_to_json(node: Node) -> dict[str, Any]:
    """What `tree_from_json` reads back equal, years later: absent parts are left out."""
    saids = saids_of(node)
    return {**_plain(node), **({HOW_MADE: saids} if saids else {})}


def _plain(node: Node) -> dict[str, Any]:
    stored: dict[str, Any] = {"answer": node.answer.value, "text": node.text}
    if node.saw:
        stored["saw"] = node.saw
    if node.until is not None:
        stored["until"] = node.until.isoformat()
    if node.children:
        stored["children"] = [_plain(child) for child in node.children]
    return stored


def tree_from_json(stored: Mapping[str, Any]) -> Node:
    """Raises KeyError or ValueError for what `tree_to_json` never wrote."""
    return with_saids(_from_plain(stored), stored.get(HOW_MADE, {}))


def _from_plain(stored: Mapping[str, Any]) -> Node:
    until = stored.get("until")
    return Node(
        Answer(stored["answer"]),
        stored["text"],
        stored.get("saw", ""),
        datetime.fromisoformat(until) if until is not None else None,
        tuple(_from_plain(child) for child in stored.get("children", ())),
    )


def as_lines(node: Node, *, skip_root: bool = True) -> tuple[ExplainedLine, ...]:
    """The tree line by line. The root, which only says "all of these hold", is left out."""
    if skip_root and node.children:
        return tuple(line for child in node.children for line in _lines(child, 0))
    return tuple(_lines(node, 0))


def _lines(node: Node, indent: int) -> Iterator[ExplainedLine]:
    yield ExplainedLine(indent, node.answer, node.text, node.saw, node.until)
    for child in node.children:
        yield from _lines(child, indent + 1)
