"""What is due, in words: on which clocks, from where it was moved, and by which holidays."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.agenda import Due, What, named_between
from bot.core.words import Said, joined, say
from bot.mail.parts import place

NAMES = {
    What.CUT_OFF: say("Input cut-off"),
    What.APPROVAL: say("Approval deadline"),
    What.BANK: say("Bank deadline"),
    What.PAY_DATE: say("Pay date"),
    What.BY_ITSELF: say("Closes by itself"),
}


def elsewhere(due: Due, zone: ZoneInfo) -> str:
    """The other clock, with its day where that is another; for a whole day only where it is."""
    calendar = due.calendar
    if calendar.spec.zone == zone.key:
        return ""
    if not isinstance(due.at, datetime):
        return place(calendar.zone)
    here, there = due.at.astimezone(zone), calendar.local(due.at)
    if here.date() == there.date():
        same = here.time() == there.time()
        return "" if same else _there(due.at, calendar.zone)
    return say("{day} here, {there}", day=words.day(here.date()), there=_there(due.at, calendar.zone))


def _there(at: datetime, zone: ZoneInfo) -> Said:
    return say("{clock} {place}", clock=words.clock(at, zone), place=place(zone))


def came_from(due: Due, zone: ZoneInfo) -> str:
    """Where it was moved from, with no more than what differs."""
    came = due.moved_from
    if came is None:
        return ""
    if not (isinstance(came, datetime) and isinstance(due.at, datetime)):
        return words.day(came)
    was, now = due.calendar.local(came), due.calendar.local(due.at)
    if was.date() == now.date():
        return words.clock(came, zone)
    day = words.day(was.date())
    return day if was.time() == now.time() else joined((day, words.clock(came, zone)), " ")


def holidays(moved: Iterable[Due]) -> tuple[str, ...]:
    """The holidays that lie between where something would be and where it is."""
    found: dict[str, None] = {}
    for one in moved:
        usual = one.calendar.local(one.usual).date() if isinstance(one.usual, datetime) else one.usual
        found |= dict.fromkeys(named_between(one.calendar, one.on, usual))
    return tuple(found)


def moved(due: Due, zone: ZoneInfo) -> str:
    """`moved from Fri 25 Dec: Christmas Day`; nothing for what is where it always is."""
    came = came_from(due, zone)
    if not came:
        return ""
    why = joined(holidays((due,))) if due.is_moved else say("a closed day")
    return say("moved from {came}: {why}", came=came, why=why) if why else say("moved from {came}", came=came)
