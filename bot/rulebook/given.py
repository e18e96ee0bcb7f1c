"""What a rule's test is given: the vocabulary's harmless examples, and what it says.

An example moment keeps its weekday and hour and moves into the week of the test's
`now`, so that `opened at: Mon 08:12` is always this week's Monday. A time alone is on
the day of `now`. The calendar's dates are computed, unless the test sets them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core.deadline import DEADLINES, NOW, deadlines, has_deadlines
from bot.core.decide import Facts
from bot.core.literal import Literal, Wall, parse_literal
from bot.core.resource import MISSING, Field, Known, Missing, Snapshot, Type, Unread, Value
from bot.core.workdays import DAY, WorkCalendar

CALENDAR = "calendar"
"""A test may name the work calendar it is about; it is no field."""
_WITHOUT_DAY = '"now" needs a day and a time, such as Fri 13 Nov 2026 15:05'
UNREAD = Unread("the test says so")


def given_value(field: Field, text: str) -> Literal | Value:
    """A value as a test writes it: `unknown`, `missing`, `none` or one of the field's type.

    Raises ValueError with a sentence for the author.
    """
    match text.strip().lower():
        case "unknown":
            return UNREAD
        case "none" if field.type is Type.COUNT:
            return 0
        case "missing" | "none":
            return MISSING
        case _:
            literal = parse_literal(field, text)
    if field.name == NOW.name and isinstance(literal, Wall) and literal.day is None:
        raise ValueError(_WITHOUT_DAY)
    return literal


def given_now(given: Mapping[str, str], calendar: WorkCalendar) -> datetime:
    """The test's `now`, or the vocabulary's example of it. Raises ValueError."""
    wall = parse_literal(NOW, given.get(NOW.name, NOW.example or ""))
    if not isinstance(wall, Wall) or wall.day is None:
        raise ValueError(_WITHOUT_DAY)
    return calendar.instant(wall.day, wall.at)


def given_facts(
    kind: str, fields: Mapping[str, Field], given: Mapping[str, str], calendar: WorkCalendar, now: datetime
) -> tuple[Snapshot, Facts]:
    """The resource and the facts of a test: examples first, then what it says."""
    values: dict[str, Value] = {}
    for name, field in fields.items():
        if name != NOW.name and name not in given:
            values[name] = _example(field, calendar, now)
    values |= {
        name: _value(given_value(fields[name], text), calendar, now)
        for name, text in given.items()
        if name not in (NOW.name, CALENDAR)
    }
    snapshot = Snapshot(kind, "test", "given", values, now)
    if has_deadlines(kind):
        computed = deadlines(snapshot, calendar, now)
        values |= {name: computed[name] for name in DEADLINES if name not in given}
    return snapshot, Facts(values, calendar)


def _example(field: Field, calendar: WorkCalendar, now: datetime) -> Value:
    if field.example is None:
        return MISSING
    literal = parse_literal(field, field.example)
    if isinstance(literal, Wall) and literal.day is not None:
        today = calendar.today(now)
        monday = today - today.weekday() * DAY
        literal = Wall(monday + timedelta(days=literal.day.weekday()), literal.at)
    return _value(literal, calendar, now)


def _value(literal: Literal | Value, calendar: WorkCalendar, now: datetime) -> Value:
    match literal:
        case Wall(day, at):
            return Known(calendar.instant(day or calendar.today(now), at))
        case Known() | Unread() | Missing():
            return literal
        case _:
            return Known(literal)
