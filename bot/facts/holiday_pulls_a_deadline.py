"""Whether a holiday makes something due earlier than it would be in a week without one.

Each date is worked out twice: with the work calendar, and with one in which only
weekends are closed. A half day that ends before the hour pulls, too.
"""

from datetime import date, datetime

from bot.core import words
from bot.core.deadline import deadlines
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.sentence import field_title
from bot.core.words import lower, say
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
                    instead = _instead(is_on, usual, given.calendar)
                    pulled.append(say("{what} {instead}", what=lower(field_title(name)), instead=instead))
    return Known(bool(pulled), tuple(pulled)) if known else MISSING


def _instead(is_on: date, usual: date, calendar: WorkCalendar) -> str:
    """`Mon 21 Dec instead of Tue 22 Dec`; the hours where both are on one day."""
    if not (isinstance(is_on, datetime) and isinstance(usual, datetime)):
        return say("{now} instead of {usual}", now=words.day(is_on), usual=words.day(usual))
    early, late = calendar.local(is_on), calendar.local(usual)
    if early.date() != late.date():
        return say("{now} instead of {usual}", now=words.day(early.date()), usual=words.day(late.date()))
    place = calendar.spec.zone.rsplit("/", 1)[-1].replace("_", " ")
    return say(
        "{day} {early} instead of {late} in {place}",
        day=words.day(early.date()),
        early=f"{early:%H:%M}",
        late=f"{late:%H:%M}",
        place=place,
    )


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
