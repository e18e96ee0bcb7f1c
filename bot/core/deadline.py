"""The dates and deadlines that every pay run has, made from its work calendar.

A vendor that gives no pay date (Gigapay, Roubler) gets ours, and `pay date is ours`
says so. What can't be made because the vendor's part was not read stays unread.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from bot.core.resource import MISSING, Field, Known, Missing, Snapshot, Type, Unread, Value, fields
from bot.core.watched import is_payrun
from bot.core.workdays import WeekdayAfterCutOff, WorkCalendar

NOW = Field(
    "now",
    Type.INSTANT,
    "The moment at which the rule is decided.",
    "Wed 11 Nov 2026 12:00",
    "ours: the clock",
)

DEADLINES: Mapping[str, Field] = fields(
    Field(
        "input cut-off",
        Type.INSTANT,
        "The calendar's first input cut-off at or after the pay run was opened.",
        None,
        "ours: the work calendar",
    ),
    Field(
        "pay date",
        Type.DATE,
        "The contractual pay date: the vendor's, or the calendar's where the vendor gives none.",
        None,
        "the vendor's, or ours: the work calendar",
    ),
    Field(
        "pay date is ours",
        Type.FLAG,
        "Whether the pay date comes from the work calendar and not from the vendor.",
        "no",
        "ours: which of the two it was",
    ),
    Field(
        "effective pay date",
        Type.DATE,
        "The pay date, moved off a closed day as the calendar says.",
        None,
        "ours: the work calendar",
    ),
    Field(
        "bank deadline",
        Type.INSTANT,
        "The last moment at which the money can still arrive by the effective pay date.",
        None,
        "ours: the work calendar",
    ),
    Field(
        "approval deadline",
        Type.INSTANT,
        "The last moment at which an approval still leaves time for the bank deadline.",
        None,
        "ours: the work calendar",
    ),
    Field(
        "next deadline",
        Type.INSTANT,
        "The next of input cut-off, approval deadline and bank deadline; missing once all have passed.",
        None,
        "ours: the work calendar",
    ),
)


def has_deadlines(kind: str) -> bool:
    """Whether a kind of resource is a pay run, and so has these fields."""
    return is_payrun(kind)


def input_cut_off(snapshot: Snapshot, calendar: WorkCalendar) -> Value:
    """The cut-off of the pay run's own opening; unread while that is."""
    opened = snapshot.value("opened at")
    if isinstance(opened, Unread):
        return opened
    at = snapshot.instant("opened at")
    return _known(calendar.next_cut_off("input", at) if at is not None else None)


def deadlines(snapshot: Snapshot, calendar: WorkCalendar, now: datetime) -> dict[str, Value]:
    """All fields of `DEADLINES` for one pay run."""
    cut_off = input_cut_off(snapshot, calendar)
    paid = _pay_date(snapshot, calendar, cut_off)
    moved = _then(paid, calendar.move)
    values: dict[str, Value] = {
        "input cut-off": cut_off,
        "pay date": paid,
        "pay date is ours": _is_ours(snapshot, paid),
        "effective pay date": moved,
        "bank deadline": _then(moved, calendar.bank_deadline),
        "approval deadline": _then(moved, calendar.approval_deadline),
    }
    values["next deadline"] = next_deadline(values, now)
    return values


def next_deadline(values: Mapping[str, Value], now: datetime) -> Value:
    """The earliest that has not come, with its name as the detail.

    One that is unread makes it unread: it could be the next.
    """
    ahead: list[tuple[datetime, str]] = []
    for name in ("input cut-off", "approval deadline", "bank deadline"):
        match values.get(name, MISSING):
            case Unread() as unread:
                return unread
            case Known(datetime() as at) if at > now:
                ahead.append((at, name))
            case _:
                pass
    if not ahead:
        return MISSING
    at, name = min(ahead)
    return Known(at, (name,))


def _pay_date(snapshot: Snapshot, calendar: WorkCalendar, cut_off: Value) -> Value:
    given = snapshot.value("pay date")
    if not isinstance(given, Missing):
        return given
    by_cut_off = isinstance(calendar.spec.pay_date, WeekdayAfterCutOff)
    basis = cut_off if by_cut_off else snapshot.value("period end")
    if calendar.spec.pay_date is not None and isinstance(basis, Unread):
        return basis
    at = cut_off.value if isinstance(cut_off, Known) and isinstance(cut_off.value, datetime) else None
    return _known(calendar.own_pay_date(at, snapshot.day("period end")))


def _is_ours(snapshot: Snapshot, paid: Value) -> Value:
    if isinstance(paid, Known):
        return Known(isinstance(snapshot.value("pay date"), Missing))
    return paid


def _then(value: Value, make: Callable[[date], date | datetime | None]) -> Value:
    if isinstance(value, Known) and isinstance(value.value, date):
        return _known(make(value.value))
    return value


def _known(value: date | datetime | None) -> Value:
    return MISSING if value is None else Known(value)
