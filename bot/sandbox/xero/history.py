"""Earlier pay runs of one calendar, posted, with plausible pay slips. Nothing is drawn."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from bot.sandbox.exact import cents, stable_id
from bot.sandbox.xero.periods import period_end
from bot.sandbox.xero.state import PaySlip, State, day

# Invented, but the first, who is in the documents: name, weekly earnings, as they usually are.
_PEOPLE = (
    ("Jack", "Allan", "480.77"),
    ("Priya", "Raman", "562.50"),
    ("Tom", "Ferris", "518.25"),
    ("Grace", "Okafor", "634.60"),
    ("Ewan", "Sinclair", "497.10"),
)
_JACK = "641aa9ab-aef5-4e7f-8833-540cc64dbf75"
_WEEKS = {"Weekly": 1, "Fortnightly": 2, "FourWeekly": 4, "Monthly": 4, "Quarterly": 13, "Annual": 52}


def usual_slips(calendar_type: str, number: int = 0) -> list[PaySlip]:
    """Return the pay slips of the `number`-th run: overtime moves between people, by a few percent."""
    slips = []
    for at, (first, last, weekly) in enumerate(_PEOPLE):
        overtime = Decimal(1) + Decimal((number + at) % 3) / 100
        earnings = cents(Decimal(weekly) * _WEEKS[calendar_type] * overtime)
        slips.append(
            PaySlip(
                employee_id=_JACK if last == "Allan" else stable_id("xero employee", last),
                first_name=first,
                last_name=last,
                earnings=earnings,
                employee_taxes=cents(earnings * Decimal("0.1852")),
                employer_taxes=cents(earnings * Decimal("0.0929")),
                deductions=cents(earnings * Decimal("0.05")),
                benefits=cents(earnings * Decimal("0.02")),
            )
        )
    return slips


def seed(state: State, calendar_id: str, count: int) -> list[str]:
    """Draft and post `count` runs of a calendar, each posted the day before it is paid."""
    ids = []
    for number in range(count):
        calendar = state.calendars[calendar_id]
        paid_on, kind = day(calendar["paymentDate"]), calendar["calendarType"]
        drafted = _at(paid_on - timedelta(days=2), time(10, 5))
        run = state.draft(calendar_id, usual_slips(kind, number), drafted, roll=True)
        posted = _at(paid_on - timedelta(days=1), time(14, 20, 12))
        run.update(payRunStatus="Posted", postedDateTime=f"{posted:%Y-%m-%dT%H:%M:%S}")
        ids.append(run["payRunID"])
    return ids


def first_payment(start: date, calendar_type: str) -> date:
    """Return a weekday to pay on: the day after a short period, the last day of a long one."""
    paid = period_end(start, calendar_type) + timedelta(days=1 if _WEEKS[calendar_type] < 4 else 0)
    return paid - timedelta(days=max(0, paid.weekday() - 4))


def _at(on: date, clock_time: time) -> datetime:
    return datetime.combine(on, clock_time, UTC)
