"""Values as people read them beside a condition: exact, short, in the calendar's zone."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.core import words
from bot.core.money import Money
from bot.core.resource import Known, Missing, Scalar, Unread, Value
from bot.core.words import Said, joined, say, say_many
from bot.core.workdays import WorkCalendar

_UNITS: tuple[tuple[int, Callable[[int], Said]], ...] = (
    (86400, lambda count: say_many(count, "{count} day", "{count} days")),
    (3600, lambda count: say_many(count, "{count} hour", "{count} hours")),
    (60, lambda count: say_many(count, "{count} minute", "{count} minutes")),
)


YES, NO, NONE = say("yes"), say("no"), say("none")


def with_note(text: str, note: str) -> str:
    """A text with what explains it behind, where something does: `status is open (closed)`."""
    return say("{text} ({note})", text=text, note=note) if note else text


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def span(length: timedelta) -> str:
    """`32 minutes`, `20 hours`, `2 days 3 hours`: rounded down, at most two units."""
    left = abs(int(length.total_seconds()))
    if left < 60:
        return say_many(left, "{count} second", "{count} seconds")
    parts: list[str] = []
    for size, said in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(said(count))
    return joined(parts[:2], " ")


def day(value: date) -> str:
    """`Fri 20 Nov 2026`."""
    return words.day_and_year(value)


def moment(value: datetime, calendar: WorkCalendar, now: datetime | None = None) -> str:
    """`15:03` when it is the day of `now`, else `Tue 24 Nov 16:00`; seconds only where there are some."""
    local = calendar.local(value)
    at = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    if now is not None:
        today = calendar.local(now)
        if local.date() == today.date():
            return at
        if local.year == today.year:
            return joined((words.day(local.date()), at), " ")
    return joined((day(local.date()), at), " ")


def round_money(amount: Money) -> str:
    """A limit as its author writes it: `20 000 SEK`, without the zeros of an exact amount."""
    exact = amount.plain()
    return exact.replace(".00 ", " ") if ".00 " in exact else words.plain(amount)


def percent(value: Decimal) -> str:
    whole, _, tenths = f"{value.quantize(Decimal('0.1')).normalize():f}".partition(".")
    return say("{whole}.{tenths} %", whole=whole, tenths=tenths) if tenths else f"{whole} %"


def scalar(value: Scalar, calendar: WorkCalendar, now: datetime | None = None) -> str:
    match value:
        case bool():
            return YES if value else NO
        case Money():
            return words.plain(value)
        case Decimal():
            return percent(value)
        case timedelta():
            return span(value)
        case datetime():
            return moment(value, calendar, now)
        case date():
            return day(value)
        case _:
            return str(value)


def seen(value: Value, calendar: WorkCalendar, now: datetime | None = None) -> str:
    """A whole value with what makes it up: `2 (employee 72944: Pay rate missing; …)`."""
    match value:
        case Missing():
            return NONE
        case Unread(why):
            return why
        case Known(known, detail):
            text = scalar(known, calendar, now)
            return with_note(text, joined(detail, "; ")) if detail else text
