"""The period after one: what its calendar is called and when it is paid. Pure."""

import calendar
from datetime import date

_MONTHS = {"Monthly": 1, "Quarterly": 3, "Annual": 12}
_DAYS = ("Weekly", "Fortnightly", "FourWeekly")


def next_payment_on(calendar_type: str, pay_on: date, start: date, next_start: date) -> date | None:
    """When the next period is paid; None for a type whose periods we do not know, and after the last year.

    Periods of whole weeks move it by as many days as they move. Months keep the day
    of the month, and the last day of a month stays the last: a run paid on 31 March
    is followed by one paid on 30 April, not on 1 May. Weekends are not looked at.
    """
    if calendar_type in _DAYS:
        length = next_start - start
        return pay_on + length if length <= date.max - pay_on else None
    if calendar_type not in _MONTHS:
        return None
    years, month = divmod(pay_on.month - 1 + _MONTHS[calendar_type], 12)
    year, month = pay_on.year + years, month + 1
    if year > date.max.year:
        return None
    last = calendar.monthrange(year, month)[1]
    was_last = pay_on.day == calendar.monthrange(pay_on.year, pay_on.month)[1]
    return date(year, month, last if was_last else min(pay_on.day, last))


def next_name(template: str, name: str, start: date, next_start: date) -> str:
    """The next calendar's name. A date that this template put there before is replaced, not added to."""
    name = " ".join(name.split())
    before, after = (
        template.format(name="\0", start=start).split("\0", 1) if "{name}" in template else ("", "")
    )
    if after and name.startswith(before) and name.endswith(after):
        name = name[len(before) : len(name) - len(after)]
    return template.format(name=name, start=next_start)
