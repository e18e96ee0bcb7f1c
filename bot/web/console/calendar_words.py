"""The calendar's words: on which clocks, from where, why a day is closed, what does not go together."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.agenda import Clash, Collision, Due, What, plain_name
from bot.core.workdays import IfClosed, WorkCalendar
from bot.mail.due_words import came_from
from bot.mail.parts import place

WHAT = {
    What.CUT_OFF: "cut-off",
    What.APPROVAL: "approval",
    What.BANK: "bank",
    What.PAY_DATE: "pay date",
    What.BY_ITSELF: "closes by itself",
}
_MOVES = {
    IfClosed.BEFORE: "working day before",
    IfClosed.AFTER: "working day after",
    IfClosed.NEAREST: "nearest working day",
}


def closed(calendars: Mapping[str, WorkCalendar], on: date) -> tuple[str, ...]:
    """Who is closed that day, or closes early, and why; one line for one reason."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for name, calendar in calendars.items():
        holiday, closes = calendar.holiday(on), calendar.closes_at(on)
        if closes is None:
            by_reason.setdefault((plain_name(holiday or "closed"), "closed"), []).append(name)
        elif calendar.is_half_day(on):
            until = f"until {closes:%H:%M}"
            by_reason.setdefault((plain_name(holiday or "half day"), until), []).append(name)
    return tuple(f"{why}: {', '.join(names)} {how}" for (why, how), names in by_reason.items())


def clash(one: Collision, zone: ZoneInfo) -> tuple[str, str]:
    due = one.dues[0]
    what, on = f"{due.whose}: {WHAT[due.what]}", words.day(due.on)
    match one.clash:
        case Clash.BEFORE_CUT_OFF:
            until = words.moment(_instant(one.dues[1]), zone)
            return (
                f"{what} {on} falls before its cut-off",
                f"It is due {words.moment(_instant(due), zone)}, but lines may be added until {until}. "
                "Set an earlier cut-off for that week, or approve again after it.",
            )
        case Clash.ONE_DAY:
            froms = [came_from(other, zone) for other in one.dues if other.is_moved]
            return (
                f"{what} twice on {on}",
                f"Holidays bring {' and '.join(froms)} onto that day. See that none is forgotten.",
            )
        case _:
            at = words.moment(_instant(due), zone)
            return (
                f"{what} {on} falls when nobody works",
                f"It is due {at}, on a holiday or after a half day's end, and whoever decides is not there.",
            )


def _instant(due: Due) -> datetime:
    return due.at if isinstance(due.at, datetime) else due.calendar.start_of(due.at)


def legend(name: str, calendar: WorkCalendar) -> str:
    """What a work calendar goes by."""
    spec = calendar.spec
    where = "-".join(part for part in (spec.country, spec.subdivision) if part) or "no holidays"
    said = [f"{name}: {where}, {place(calendar.zone)}"]
    for what, rule in (("approvals", spec.approval_deadline), ("bank deadlines", spec.bank_deadline)):
        if rule is not None:
            plural = "" if rule.working_days == 1 else "s"
            said.append(
                f"{what} {rule.working_days} working day{plural} before the pay date, {rule.at:%H:%M}"
            )
    said.append(f"a date on a closed day moves to the {_MOVES[spec.if_closed]}")
    return f"{'; '.join(said)}."
