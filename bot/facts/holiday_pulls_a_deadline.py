"""Whether a holiday makes something due earlier than it would be in a week without one.

Each date is worked out twice: with the work calendar, and with one in which only
weekends are closed. A half day that ends before the hour pulls, too.
"""

from datetime import date, datetime

from bot.core import words
from bot.core.deadline import deadlines
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.workdays import WorkCalendar
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS

_PULLED = ("input cut-off", "approval deadline", "bank deadline", "effective pay date")


def compute(given: FactInput) -> Value:
    are = deadlines(given.snapshot, given.calendar, given.now)
    would_be = deadlines(given.snapshot, given.calendar.without_holidays(), given.now)
    pulled, known = [], False
    for name in _PULLED:
        match are[name], would_be[name]:
            case Unread() as unread, _:
                return unread
            case Known(date() as is_on), Known(date() as usual):
                known = True
                if is_on < usual:
                    pulled.append(f"{name} {_instead(is_on, usual, given.calendar)}")
    return Known(bool(pulled), tuple(pulled)) if known else MISSING


def _instead(is_on: date, usual: date, calendar: WorkCalendar) -> str:
    """`Mon 21 Dec instead of Tue 22 Dec`; the hours where both are on one day."""
    if not (isinstance(is_on, datetime) and isinstance(usual, datetime)):
        return f"{words.day(is_on)} instead of {words.day(usual)}"
    early, late = calendar.local(is_on), calendar.local(usual)
    if early.date() != late.date():
        return f"{words.day(early.date())} instead of {words.day(late.date())}"
    place = calendar.spec.zone.rsplit("/", 1)[-1].replace("_", " ")
    return f"{words.day(early.date())} {early:%H:%M} instead of {late:%H:%M} in {place}"


FACT = Fact(
    Field(
        "holiday pulls a deadline",
        Type.FLAG,
        "Whether a holiday or half day brings a deadline or the pay date forward.",
        "no",
        "ours: the work calendar, with its holidays and without",
    ),
    PAYRUNS,
    compute,
    is_check=False,
)
