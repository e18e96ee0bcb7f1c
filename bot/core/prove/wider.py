"""Is there a resource on which a new version of a rule does more than the signed one?

What can be asked of a resource (conditions, mode, amounts, people) is proved, with an
example. All else of a rule is compared as it stands: what differs in it is wider, unless
it is known only to take away. A key that a rule is given later is so from its first day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from bot.core.decide import Facts, decide
from bot.core.hint import listing
from bot.core.prove.found import CannotTell, Example, Impossible
from bot.core.prove.reach import COST, Reach, falls_short, reach_of, reaches
from bot.core.prove.search import find
from bot.core.resource import MISSING, Field
from bot.core.rule import AtMost, Rule
from bot.core.workdays import WorkCalendar


class Would(StrEnum):
    """What a wider version would do."""

    ACT = "act"
    ACT_UNASKED = "act without asking"
    ASK = "ask"
    ASK_ONE = "ask one person instead of two"


@dataclass(frozen=True, slots=True)
class Wider:
    """The new version does more, or nobody can say that it does not.

    `why` is a sentence without its full stop. `example` is a resource on which it would do
    that; None where only reading it was no proof.
    """

    why: str
    would: Would | None = None
    example: Example | None = None


@dataclass(frozen=True, slots=True)
class NotWider:
    """Proved: it does nothing that the signed version would not do."""


_SAME = ("id", "title", "advice", "tests", "hash", "text", "file", "line")
"""What a rule does does not depend on these."""
_PROVED = ("when", "mode", "limits", "connections")
_PROVED_LIMITS = ("ask_above", "ask_when", "two_people_above", "only_during_working_hours", "at_most")
_DIFFERS = {
    "watch": "it watches something else",
    "calendar": "it names another calendar, and what two calendars say is not compared",
    "then": "what it does is not the same, or not in the same order",
    "group_by": "what it tells is put together differently",
    "wait": "it waits for another length of time before it tells",
    "remind": "it tells again at other times",
    "escalate": "somebody else is told of what stays open, or at another time",
    "ask": "another group is asked",
    "every": "it is asked at other times",
    "if_missed": "missed times are treated differently",
    "expect": "it expects something else",
}


def wider(
    new: Rule, old: Rule, calendar: WorkCalendar, around: datetime, amount: Field | None = COST
) -> Wider | NotWider:
    """Whether the new version would act, or act without asking, where the old one would not.

    Both are taken in their own mode and as read with one `calendar`; whether that itself
    changed, or who is in a group, or how a fact is worked out, is the caller's to ask.
    `amount` is the field that limits are about; None where the kind of resource has none.
    """
    ever = reaches(new, Reach.ASK_TWO, amount)
    if ever is None or isinstance(find(ever, calendar, around), Impossible):
        return NotWider()
    for reach in (Reach.ACT, Reach.ASK, Reach.ASK_TWO):
        more = _further(new, old, reach, calendar, around, amount)
        if more is not None:
            return more
    why = next(_differences(new, old), None)
    return Wider(why) if why is not None else NotWider()


def _further(
    new: Rule, old: Rule, reach: Reach, calendar: WorkCalendar, around: datetime, amount: Field | None
) -> Wider | None:
    """Whether the new rule goes at least so far somewhere where the old one does not."""
    needed = reaches(new, reach, amount)
    unsettled = None
    for short in falls_short(old, reach, amount) if needed is not None else ():
        match find([*(needed or ()), *short], calendar, around):
            case Example() as example:
                would = _would(
                    _reached(new, example, calendar, amount), _reached(old, example, calendar, amount)
                )
                why = f"it would {would}, and the signed version would not"
                return Wider(why, would, example)
            case CannotTell(why):
                unsettled = Wider(f"it cannot be told {why if why.startswith('whether') else f'since {why}'}")
            case Impossible():
                pass
    return unsettled


def _reached(rule: Rule, example: Example, calendar: WorkCalendar, amount: Field | None) -> Reach:
    values = {**({amount.name: MISSING} if amount is not None else {}), **example.values}
    return reach_of(decide(rule, Facts(values, calendar), example.now))


def _would(more: Reach, less: Reach) -> Would:
    assert more > less, "the proof and the evaluator agree"
    if more is Reach.ACT:
        return Would.ACT_UNASKED if less else Would.ACT
    return Would.ASK_ONE if less else Would.ASK


def _differences(new: Rule, old: Rule) -> Iterator[str]:
    if old.connections and not new.connections:
        yield "it is about every connection"
    if old.connections and (added := sorted(set(new.connections) - set(old.connections))):
        yield f"it is about {listing(added)}, too"
    if old.limits.only_during_working_hours and not new.limits.only_during_working_hours:
        yield "it no longer keeps to working hours"
    if _may_more_often(new.limits.at_most, old.limits.at_most):
        yield "it may do it more often"
    for own, of_old, compared in (
        (new, old, {*_SAME, *_PROVED}),
        (new.limits, old.limits, set(_PROVED_LIMITS)),
    ):
        for one in fields(own):
            if one.init and one.name not in compared and getattr(own, one.name) != getattr(of_old, one.name):
                yield _DIFFERS.get(one.name, f"its {one.name} is not the same")


def _may_more_often(new: AtMost | None, old: AtMost | None) -> bool:
    if old is None:
        return False
    return new is None or new.count > old.count or new.per < old.per
