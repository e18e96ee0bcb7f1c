"""The calendar's words: on which clocks, from where, why a day is closed, what does not go together."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.agenda import Clash, Collision, Due, What, plain_name
from bot.core.words import joined, say, say_many
from bot.core.workdays import IfClosed, WorkCalendar
from bot.mail.due_words import came_from
from bot.mail.parts import place

WHAT = {
    What.CUT_OFF: say("cut-off"),
    What.APPROVAL: say("approval"),
    What.BANK: say("bank"),
    What.PAY_DATE: say("pay date"),
    What.BY_ITSELF: say("closes by itself"),
}
_MOVES = {
    IfClosed.BEFORE: say("a date on a closed day moves to the working day before"),
    IfClosed.AFTER: say("a date on a closed day moves to the working day after"),
    IfClosed.NEAREST: say("a date on a closed day moves to the nearest working day"),
}


def closed(calendars: Mapping[str, WorkCalendar], on: date) -> tuple[str, ...]:
    """Who is closed that day, or closes early, and why; one line for one reason."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    """By why, and until when: empty for all day."""
    for name, calendar in calendars.items():
        holiday, closes = calendar.holiday(on), calendar.closes_at(on)
        if closes is None:
            why = plain_name(holiday) if holiday else say("closed")
            by_reason.setdefault((why, ""), []).append(name)
        elif calendar.is_half_day(on):
            why = plain_name(holiday) if holiday else say("half day")
            by_reason.setdefault((why, f"{closes:%H:%M}"), []).append(name)
    return tuple(_closed(why, ", ".join(names), until) for (why, until), names in by_reason.items())


def _closed(why: str, names: str, until: str) -> str:
    if until:
        return say("{why}: {calendars} until {clock}", why=why, calendars=names, clock=until)
    return say("{why}: {calendars} closed", why=why, calendars=names)


def clash(one: Collision, zone: ZoneInfo) -> tuple[str, str]:
    due = one.dues[0]
    what, on = say("{whose}: {what}", whose=due.whose, what=WHAT[due.what]), words.day(due.on)
    match one.clash:
        case Clash.BEFORE_CUT_OFF:
            until = words.moment(_instant(one.dues[1]), zone)
            return (
                say("{what} {day} falls before its cut-off", what=what, day=on),
                say(
                    "It is due {when}, but lines may be added until {until}. "
                    "Set an earlier cut-off for that week, or approve again after it.",
                    when=words.moment(_instant(due), zone),
                    until=until,
                ),
            )
        case Clash.ONE_DAY:
            froms = [came_from(other, zone) for other in one.dues if other.is_moved]
            return (
                say("{what} twice on {day}", what=what, day=on),
                say(
                    "Holidays bring {days} onto that day. See that none is forgotten.",
                    days=joined(froms, say(" and ")),
                ),
            )
        case _:
            return (
                say("{what} {day} falls when nobody works", what=what, day=on),
                say(
                    "It is due {when}, on a holiday or after a half day's end, and whoever decides is not "
                    "there.",
                    when=words.moment(_instant(due), zone),
                ),
            )


def _instant(due: Due) -> datetime:
    return due.at if isinstance(due.at, datetime) else due.calendar.start_of(due.at)


def legend(name: str, calendar: WorkCalendar) -> str:
    """What a work calendar goes by."""
    spec = calendar.spec
    where = "-".join(part for part in (spec.country, spec.subdivision) if part) or say("no holidays")
    said = [say("{calendar}: {where}, {place}", calendar=name, where=where, place=place(calendar.zone))]
    if spec.approval_deadline is not None:
        said.append(
            say_many(
                spec.approval_deadline.working_days,
                "approvals {count} working day before the pay date, {clock}",
                "approvals {count} working days before the pay date, {clock}",
                clock=f"{spec.approval_deadline.at:%H:%M}",
            )
        )
    if spec.bank_deadline is not None:
        said.append(
            say_many(
                spec.bank_deadline.working_days,
                "bank deadlines {count} working day before the pay date, {clock}",
                "bank deadlines {count} working days before the pay date, {clock}",
                clock=f"{spec.bank_deadline.at:%H:%M}",
            )
        )
    said.append(_MOVES[spec.if_closed])
    return say("{text}.", text=joined(said, "; "))
