"""Pay schedules: which periods a tax year has and when each is paid.

A month's period is the calendar month in which its pay date lies, numbered from
April, and needs a pay day from the 6th on to fall into that tax month. A pay date
on a weekend moves before it (bank holidays are left out, a simplification).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_DAYS = {"Weekly": 7, "Fortnightly": 14, "FourWeekly": 28}


@dataclass(frozen=True)
class Period:
    """One period of a schedule; `unadjusted` is the contractual pay date."""

    number: int
    start: date
    end: date
    payment: date
    unadjusted: date


@dataclass(frozen=True)
class Schedule:
    """The periods of one pay frequency in one tax year (`year` 2026 starts on 6 April 2026)."""

    year: int
    pay_period: str = "Monthly"
    ordinal: int = 1
    pay_day: int = 28
    first_start: date | None = None

    @property
    def tax_year(self) -> str:
        """The tax year as the API writes it."""
        return f"Year{self.year}"

    @property
    def last(self) -> int:
        """The number of the last period of the year."""
        return 12 if self.pay_period == "Monthly" else 364 // _DAYS[self.pay_period]

    def period(self, number: int) -> Period:
        """Return one period, 1 to `last`."""
        if self.pay_period == "Monthly":
            months = self.year * 12 + 3 + number - 1
            start = date(months // 12, months % 12 + 1, 1)
            end = start.replace(day=monthrange(start.year, start.month)[1])
            unadjusted = start.replace(day=min(self.pay_day, end.day))
        else:
            days = _DAYS[self.pay_period]
            first = self.first_start or date(self.year, 4, 6)
            start = first + timedelta(days=days * (number - 1))
            end = unadjusted = start + timedelta(days=days - 1)
        return Period(number, start, end, weekday_before(unadjusted), unadjusted)


def weekday_before(on: date) -> date:
    """Return the day itself, or the Friday before a weekend."""
    return on - timedelta(days=max(0, on.weekday() - 4))


def tax_year_of(on: date) -> int:
    """Return the calendar year in which the tax year of a day starts, on 6 April."""
    return on.year if (on.month, on.day) >= (4, 6) else on.year - 1


def tax_month_of(on: date) -> int:
    """Return the tax month of a day: 1 runs from 6 April to 5 May."""
    months = on.month - (0 if on.day >= 6 else 1)
    return (months - 4) % 12 + 1
