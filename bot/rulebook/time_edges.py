"""The edges of a condition about time: at the instant, a second before and after; and on a holiday."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.core.condition import Answer, Claim, Ordered
from bot.core.literal import parse_date, parse_wall
from bot.core.resource import MISSING, Field, Known, Type, Value
from bot.core.workdays import DAY, WorkCalendar
from bot.rulebook.edges import NO, NOBODY_READ_IT, UNKNOWN, YES, Edge, Said, flipped, said_of

SECOND = timedelta(seconds=1)
_LENGTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": DAY}
_HOW_LONG = re.compile(r"(\d+) (working hour|working day|minute|hour|day)s?(?: ago)?", re.IGNORECASE)


def time_edges(claim: Claim, calendar: WorkCalendar, now: datetime) -> Iterator[Edge]:
    """The edges of a claim about an instant or a date; none of any other."""
    said = said_of(claim)
    words = said.words.lower()
    if isinstance(claim.test, Ordered):
        edges = _ordered(claim, claim.test, said, calendar, now)
    elif words.startswith("in the next "):
        edges = (
            edge
            for at in (now, *_holiday(calendar, now))
            for edge in _within(claim.field, said, calendar, at)
        )
    elif said.verb == "was":
        edges = _ago(claim.field, said, calendar, now)
    elif claim.field.type is Type.DATE and re.search(r"\d", words) and not words.startswith("one of"):
        day = parse_date(said.words)
        steps = zip((day - DAY, day, day + DAY), (NO, YES, NO), strict=True)
        edges = (_edge(claim.field, one, right, now) for one, right in steps)
    else:
        return
    for edge in edges:
        yield Edge(edge.about, edge.values, flipped(edge.right), edge.now) if said.negated else edge
    if isinstance(claim.test, Ordered) and isinstance(claim.test.other, Field):
        yield from _other_side(claim, claim.test.other, now)


def _edge(field: Field, value: date | datetime, right: Answer, now: datetime, note: str = "") -> Edge:
    about = f"{field.name} {value}{note}"
    return Edge(about, {} if field.name == "now" else {field.name: Known(value)}, right, now)


def _holiday(calendar: WorkCalendar, now: datetime) -> Iterator[datetime]:
    """Noon of the next weekday on which nobody works; none in a calendar without holidays."""
    today = calendar.today(now)
    for offset in range(400):
        day = today + offset * DAY
        if day.weekday() < 5 and not calendar.is_working(day):
            yield calendar.start_of(day) + timedelta(hours=12)
            return


def _ordered(
    claim: Claim, test: Ordered, said: Said, calendar: WorkCalendar, now: datetime
) -> Iterator[Edge]:
    is_after = said.words.lower().startswith("after")
    rights = (NO, NO, YES) if is_after else (YES, NO, NO)
    other = test.other if isinstance(test.other, Field) else None
    written = said.words.split(None, 1)[1]
    days = other.type is Type.DATE if other is not None else ":" not in written
    if claim.field.type is Type.DATE or days:
        border = now if other is not None else calendar.start_of(parse_date(written))
        steps: tuple[datetime, ...] = tuple(border + by * DAY for by in (-1, 0, 1))
    else:
        if other is not None:
            border = now
        else:
            wall = parse_wall(written)
            border = calendar.instant(wall.day or calendar.today(now), wall.at)
        steps = (border - SECOND, border, border + SECOND)
    for at, right in zip(steps, rights, strict=True):
        yield _placed(claim.field, other, at, border, calendar, right, now)


def _placed(
    field: Field,
    other: Field | None,
    at: datetime,
    border: datetime,
    calendar: WorkCalendar,
    right: Answer,
    now: datetime,
) -> Edge:
    """One side at `at`, the other at `border`; the time itself is moved where it is one of them."""
    values: dict[str, Value] = {}
    for side, instant in ((field, at), (other, border)):
        if side is not None and side.name != "now":
            values[side.name] = Known(calendar.today(instant) if side.type is Type.DATE else instant)
    when = at if field.name == "now" else border if other is not None and other.name == "now" else now
    return Edge(f"{field.name} {calendar.local(at):%Y-%m-%d %H:%M:%S}", values, right, when)


def _other_side(claim: Claim, other: Field, now: datetime) -> Iterator[Edge]:
    if other.name == "now":
        return
    own: dict[str, Value] = (
        {} if claim.field.name == "now" else {claim.field.name: Known(_some(claim.field, now))}
    )
    yield Edge(f"{other.name} unknown", own | {other.name: NOBODY_READ_IT}, UNKNOWN, now)
    yield Edge(f"{other.name} missing", own | {other.name: MISSING}, NO, now)


def _some(field: Field, now: datetime) -> date | datetime:
    return now.date() if field.type is Type.DATE else now


def _within(field: Field, said: Said, calendar: WorkCalendar, now: datetime) -> Iterator[Edge]:
    match = _HOW_LONG.fullmatch(said.words[len("in the next ") :])
    assert match is not None, f"{said.words!r} says no length"
    count, unit = int(match[1]), match[2].lower()
    if unit in ("minute", "hour"):
        end = now + count * _LENGTHS[unit]
        cases: list[tuple[date | datetime, Answer]] = [
            (now, NO),
            (now + SECOND, YES),
            (end, YES),
            (end + SECOND, NO),
        ]
    else:
        last = _last_day(calendar, calendar.today(now), count, only_working=unit == "working day")
        if field.type is Type.DATE:
            cases = [(calendar.today(now) - DAY, NO), (last, YES), (last + DAY, NO)]
        else:
            end = calendar.end_of(last)
            cases = [(now, NO), (end - SECOND, YES), (end, NO)]
    for value, right in cases:
        yield _edge(field, value, right, now, f" at {calendar.local(now):%a %Y-%m-%d %H:%M}")


def _last_day(calendar: WorkCalendar, today: date, count: int, *, only_working: bool) -> date:
    """The last of the next so many days, today being the first where it counts."""
    day = today
    while True:
        count -= not only_working or calendar.is_working(day)
        if count == 0:
            return day
        day += DAY


def _ago(field: Field, said: Said, calendar: WorkCalendar, now: datetime) -> Iterator[Edge]:
    is_more = said.words.lower().startswith("more than ")
    match = _HOW_LONG.fullmatch(said.words[len("more than ") :])
    assert match is not None, f"{said.words!r} says no length"
    count, unit = int(match[1]), match[2].lower()
    earlier, later = (YES, NO) if is_more else (NO, YES)
    if field.type is Type.DATE:
        day = calendar.today(now) - count * DAY
        yield from (
            _edge(field, one, right, now)
            for one, right in ((day - DAY, earlier), (day, NO), (day + DAY, later))
        )
        return
    if unit == "working hour":
        now, at = _worked(calendar, calendar.today(now), count)
    else:
        at = now - count * _LENGTHS[unit]
    for value, right in ((at - SECOND, earlier), (at, NO), (at + SECOND, later)):
        yield _edge(field, value, right, now)
    yield Edge(f"{field.name} in the future", {field.name: Known(now + SECOND)}, UNKNOWN, now)


def _worked(calendar: WorkCalendar, today: date, hours: int) -> tuple[datetime, datetime]:
    """Half an hour before some day's end of work, and the instant so many working hours before that."""
    day = today
    while not calendar.is_working(day):
        day += DAY
    now = _closes(calendar, day) - timedelta(minutes=30)
    left, end = timedelta(hours=hours), now
    while left > (stretch := max(end - calendar.instant(day, calendar.spec.opens), timedelta())):
        left -= stretch
        day = calendar.working_days_before(day, 1)
        end = _closes(calendar, day)
    return now, end - left


def _closes(calendar: WorkCalendar, day: date) -> datetime:
    closes = calendar.closes_at(day)
    assert closes is not None, "a working day has an end"
    return calendar.instant(day, closes)
