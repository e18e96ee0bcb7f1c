"""Can two rules say yes about one resource at one moment?"""

from datetime import datetime

from bot.core.condition import Block, Condition, How, claims
from bot.core.prove.found import CannotTell, Found, Impossible, yes
from bot.core.prove.search import find
from bot.core.prove.times import is_time
from bot.core.rule import Rule
from bot.core.watched import is_about
from bot.core.workdays import WorkCalendar


def overlap(a: Rule, b: Rule, calendar: WorkCalendar, around: datetime) -> Found:
    """A resource on which both say yes, the proof that there is none, or why neither.

    `calendar` is the one that both are read with. Rules that name different ones are
    compared without what they say about time, which may only prove that they never meet.
    """
    if not (is_about(a.watch, b.watch) or is_about(b.watch, a.watch)):
        return Impossible()
    if a.connections and b.connections and not set(a.connections) & set(b.connections):
        return Impossible()
    if a.calendar == b.calendar:
        return find([yes(a.when), yes(b.when)], calendar, around)
    timeless = [_timeless(a.when), _timeless(b.when)]
    found = find([yes(one) for one in timeless], calendar, around)
    if isinstance(found, Impossible) or timeless == [a.when, b.when]:
        return found
    return CannotTell(f"{a.id} and {b.id} are read with different calendars")


def _timeless(condition: Condition) -> Condition:
    """What must hold of a condition whatever the time is: without each part that speaks of one."""
    match condition:
        case Block(How.ALL, parts):
            return Block(How.ALL, tuple(_timeless(part) for part in parts))
        case _ if any(is_time(line.field) for line in claims(condition)):
            return Block(How.ALL, ())
        case _:
            return condition
