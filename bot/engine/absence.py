"""Who is missed when one person is away: nobody may be the only one who can say yes.

An approval that nobody may give is only found out on the day it is needed, when it is too
late for the pay run. So it is asked beforehand, for every person and currency of the guards.
"""

from collections.abc import Collection

from bot.core.money import Money
from bot.core.words import plain, say
from bot.engine.may import ids, limit_of
from bot.settings import Person, Settings


def missed_when_away(settings: Settings, *away: Person) -> tuple[str, ...]:
    """What can't be decided without these people, as sentences; nothing where all of it can."""
    others = other_approvers(settings, away)
    without = " and ".join(ids(away))
    if not others:
        return (say("Without {without} nobody may approve anything.", without=without),)
    missed = []
    for currency, guard in sorted(settings.guards.per_action.items()):
        best = _most(settings, others, currency)
        with_all = _most(settings, [*others, *(one for one in away if one.is_approver)], currency)
        if best is not None and best < guard and (with_all is None or best < with_all):
            missed.append(
                say(
                    "Without {without} nobody may approve more than {best}, though {guard} is let "
                    "through by the guards ({others} may approve less).",
                    without=without,
                    best=plain(best),
                    guard=plain(guard),
                    others=", ".join(ids(others)),
                )
            )
    return tuple(missed)


def other_approvers(settings: Settings, away: Collection[Person]) -> list[Person]:
    gone = ids(away)
    return [one for one in settings.people if one.is_approver and one.id not in gone]


def waits_when_away(settings: Settings, away: Person) -> str:
    """What waits until this person is back, where one other is left to decide; else nothing."""
    others = other_approvers(settings, [away])
    if len(others) != 1 or settings.sole:
        return ""
    return say(
        "only {person} is left: what {person} proposed, and what needs two people, waits", person=others[0].id
    )


def _most(settings: Settings, people: list[Person], currency: str) -> Money | None:
    """The most that one of them may approve; None is no limit."""
    limits = [limit_of(settings, one, currency) for one in people]
    known = [one for one in limits if one is not None]
    return max(known, key=lambda one: one.amount) if len(known) == len(limits) else None
