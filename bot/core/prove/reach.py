"""How far a rule goes on a resource, and what must hold of the resource for that.

It says the same as `decide`, turned round: not what follows from a resource, but which
resources it follows from. An amount asks where it is above its limit and also where
nobody can say, so what must hold for a rule to act is that the amount is at most that.
"""

from collections.abc import Sequence
from enum import IntEnum

from bot.core.condition import Block, Claim, Compared, Condition, How, Op
from bot.core.decide import AMOUNTS, Decision, Verdict
from bot.core.money import Money
from bot.core.prove.found import Wanted, no, not_no, not_yes, yes
from bot.core.resource import Field, Type
from bot.core.rule import Mode, Rule
from bot.core.seen import round_money

COST = Field(AMOUNTS[0], Type.MONEY, "what leaves the employer", None, "the vendor's, or ours")
"""The amount that limits are about, where a kind of resource has it."""


class Reach(IntEnum):
    """What comes of a resource, from least to most. Each is also what the ones above it are."""

    NOTHING = 0
    """Also where a rule only watches, or does not know."""
    ASK_TWO = 1
    ASK = 2
    ACT = 3


_LEAST = {Reach.ACT: Mode.ACT, Reach.ASK: Mode.ASK, Reach.ASK_TWO: Mode.ASK}
"""The least mode in which a rule can go so far."""
Together = tuple[Wanted, ...]


def amount_of(fields: Sequence[Field]) -> Field | None:
    """The field that a rule's amounts are about, among those of a kind of resource."""
    by_name = {one.name: one for one in fields}
    return next((by_name[name] for name in AMOUNTS if name in by_name), None)


def reach_of(decision: Decision) -> Reach:
    match decision.verdict:
        case Verdict.ACT:
            return Reach.ACT
        case Verdict.ASK:
            return Reach.ASK if decision.people_needed == 1 else Reach.ASK_TWO
        case Verdict.WATCH | Verdict.NOTHING | Verdict.UNKNOWN:
            return Reach.NOTHING


def reaches(rule: Rule, reach: Reach, amount: Field | None) -> Together | None:
    """What must hold, all of it, for the rule to go at least so far; None where it never does."""
    if rule.mode.steps < _LEAST[reach].steps:
        return None
    return yes(rule.when), *(needed for needed, _ in _quiet(rule, reach, amount))


def falls_short(rule: Rule, reach: Reach, amount: Field | None) -> list[Together]:
    """What may hold, any one of these, for the rule not to go so far."""
    if rule.mode.steps < _LEAST[reach].steps:
        return [()]
    return [(not_yes(rule.when),), *((broken,) for _, broken in _quiet(rule, reach, amount))]


def _quiet(rule: Rule, reach: Reach, amount: Field | None) -> list[tuple[Wanted, Wanted]]:
    """Each limit that must not ask, as what must hold for that and as what must not."""
    limits = rule.limits
    amounts = {
        Reach.ACT: (limits.ask_above, limits.two_people_above),
        Reach.ASK: (limits.two_people_above,),
    }.get(reach, ())
    at_most = [_at_most(limit, amount) for limit in amounts if limit is not None]
    asked = limits.ask_when if reach is Reach.ACT else ()
    return [*((yes(one), not_yes(one)) for one in at_most), *((no(one), not_no(one)) for one in asked)]


def _at_most(limit: Money, amount: Field | None) -> Condition:
    if amount is None:
        return Block(How.ANY, ())  # without an amount a limit always asks
    return Claim(f"{amount.name} is at most {round_money(limit)}", amount, Compared(Op.AT_MOST, limit))
