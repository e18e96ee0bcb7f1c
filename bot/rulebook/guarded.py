"""Whether every action of a rule has a guard in the currency it will be in."""

from bot.core.rule import Rule
from bot.rulebook.setup import Surroundings


def unguarded(rule: Rule, around: Surroundings) -> tuple[str, ...]:
    """A sentence for each connection on which an action's amount would have no guard.

    A connection whose runs say their currency themselves needs a guard in any; which
    one, only the guard itself can ask, just before the call.
    """
    actions = around.vocabulary.vendor_actions
    moving = [step.action for step in rule.then if step.action in actions and actions[step.action].amount]
    found = []
    for name, one in sorted((around.setup.connections or {}).items()):
        if not moving or not rule.may_be_of(one.vendor) or not rule.watches(name):
            continue
        guards = one.guards.per_action
        if one.currency is not None and one.currency not in guards:
            found.append(
                f"{moving[0]} on {name} is in {one.currency}, for which guards.per_action has no amount"
            )
        elif not guards:
            found.append(f"{moving[0]} on {name} has no guard: guards.per_action has no amount at all")
    return tuple(found)
