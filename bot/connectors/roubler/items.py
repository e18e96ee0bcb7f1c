"""What follows from a Roubler run's pay items and timesheets. Pure.

Surprising here: neither says which of the other it belongs to, so they meet by employee;
and a length of work in hours is no length of time, so its detail says hours again.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from bot.connectors.roubler.shapes import PayItem, PayRun, Timesheet
from bot.connectors.values import Raw, Reader, amount
from bot.core.money import Money
from bot.core.resource import Field, Known, Line, Type, Unread, Value
from bot.core.words import say

PAYROLLED = "payrolled"
TIMESHEET_WORDS = ("completed", "approved", "authorised", "committed", PAYROLLED)
MOST_HOURS = Decimal(1000)
"""Of one timesheet. More is a mistake in the answer and no working time."""

FIELDS = (
    Field("hours", Type.DURATION, "the hours of its timesheets", "0 hours", "ours: timesheets.hours, added"),
    Field(
        "hours not payrolled",
        Type.DURATION,
        "the hours of its timesheets that are not payrolled yet",
        "0 hours",
        "ours: timesheets.hours where timesheets.status is another",
    ),
    Field(
        "timesheets not payrolled",
        Type.COUNT,
        "how many of its timesheets are not payrolled yet",
        "0",
        "ours: timesheets.status",
    ),
    Field(
        "pay items without a timesheet",
        Type.COUNT,
        "how many pay items go to people who have no timesheet in the run",
        "0",
        "ours: payItems.employee against timesheets.employee",
    ),
    Field(
        "pay items that do not multiply out",
        Type.COUNT,
        "how many have another amount than their unit amount times their quantity",
        "0",
        "ours: payItems.unitAmount, quantity and amount",
    ),
)
CHECKS = tuple(one.name for one in FIELDS if one.type is Type.COUNT)


def not_given(what: str) -> Unread:
    return Unread(say("Roubler gave the run without its {what}", what=what))


def values(reader: Reader, run: PayRun) -> dict[str, Value]:
    """The values of `FIELDS`."""
    sheets, items = run.timesheets, run.pay_items
    no_sheets = None if sheets is not None else not_given(say("timesheets"))
    no_items = None if items is not None else not_given(say("pay items"))
    late = _not_payrolled(reader, sheets or ())
    told = no_sheets or (late if isinstance(late, Unread) else None)
    late = () if isinstance(late, Unread) else late
    return {
        "hours": no_sheets or _hours(reader, sheets or ()),
        "hours not payrolled": told or _hours(reader, late),
        "timesheets not payrolled": told or Known(len(late), _told(late)),
        "pay items without a timesheet": no_items or no_sheets or _without(items or (), sheets or ()),
        "pay items that do not multiply out": no_items or _odd(reader, items or ()),
    }


def money(reader: Reader, raw: Raw, currency: str, unit: str) -> Value:
    """An amount in the unit of the settings. A part of a cent is none: the setting must be wrong."""
    value = reader.money(say("a pay item's amount"), raw, currency)
    if unit == "units" or not isinstance(value, Known) or not isinstance(value.value, Money):
        return value
    cents = value.value.amount
    if cents != cents.to_integral_value():
        return reader.odd(say("a pay item's amount"), raw, say("number of cents: see money_unit"))
    return Known(Money(cents / Decimal(100), currency))


def lines(items: Sequence[PayItem] | None, amounts: Sequence[Value]) -> tuple[Line, ...] | None:
    """One line a person: items have no id of their own, and a run is approved by person."""
    sums: dict[str, Money] = {}
    for item, paid in zip(items or (), amounts, strict=True):
        if item.employee is None or not isinstance(paid, Known) or not isinstance(paid.value, Money):
            return None
        payee = item.employee.id
        sums[payee] = sums[payee] + paid.value if payee in sums else paid.value
    found = tuple(Line(payee, payee, paid) for payee, paid in sorted(sums.items()))
    return found if items is not None else None


def _not_payrolled(reader: Reader, sheets: Sequence[Timesheet]) -> tuple[Timesheet, ...] | Unread:
    """The timesheets that are not payrolled, or why that can't be told of one."""
    found = []
    for sheet in sheets:
        word = str(sheet.status or "").strip().lower()
        if word not in TIMESHEET_WORDS:
            if not word:
                return Unread(say("timesheet {id} has no status", id=sheet.id))
            return reader.odd(
                say("the status of timesheet {id}", id=sheet.id), sheet.status, say("word that we know")
            )
        if word != PAYROLLED:
            found.append(sheet)
    return tuple(found)


def _told(sheets: Sequence[Timesheet]) -> tuple[str, ...]:
    told = (
        f"timesheet {one.id}" + (f" of employee {one.employee.id}" if one.employee else "") for one in sheets
    )
    return tuple(sorted(told))


def _hours(reader: Reader, sheets: Sequence[Timesheet]) -> Value:
    whole = Decimal(0)
    for sheet in sheets:
        if sheet.hours is None or sheet.hours == "":
            return Unread(say("timesheet {id} has no hours", id=sheet.id))
        found = _number(sheet.hours)
        if found is None or not 0 <= found <= MOST_HOURS:
            return reader.odd(
                say("the hours of timesheet {id}", id=sheet.id), sheet.hours, say("number of hours")
            )
        whole += found
    length = timedelta(microseconds=int(whole * 3_600_000_000))
    return Known(length, (f"{whole.normalize():f} h",) if whole else ())


def _number(raw: Raw) -> Decimal | None:
    try:
        return amount(raw)
    except ValueError:
        return None


def _without(items: Sequence[PayItem], sheets: Sequence[Timesheet]) -> Value:
    paid = [item.employee.id for item in items if item.employee]
    has_one = [sheet.employee.id for sheet in sheets if sheet.employee]
    if (len(paid), len(has_one)) != (len(items), len(sheets)):
        return Unread(say("Roubler does not say whose each pay item and timesheet is"))
    lacking = Counter(id for id in paid if id not in set(has_one))
    told = (f"employee {id}: {count}" for id, count in sorted(lacking.items()))
    return Known(lacking.total(), tuple(told))


def _odd(reader: Reader, items: Sequence[PayItem]) -> Value:
    """Rounded or not: a product may differ by less than one of the unit in which amounts are sent."""
    found: Counter[str] = Counter()
    for item in items:
        told = (item.unit_amount, item.quantity, item.amount)
        if any(one is None or one == "" for one in told):
            return Unread(say("one pay item has no unit amount, quantity or amount"))
        unit, quantity, whole = (_number(one) for one in told)
        if unit is None or quantity is None or whole is None:
            return reader.odd(
                say("a pay item's unit amount, quantity and amount"), told, say("three numbers")
            )
        if abs(unit * quantity - whole) >= 1:
            found[item.employee.id if item.employee else "not named"] += 1
    told_by = (f"employee {id}: {count}" for id, count in sorted(found.items()))
    return Known(found.total(), tuple(told_by))
