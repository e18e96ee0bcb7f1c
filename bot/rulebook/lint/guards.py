"""Limits of a rule above a guard of the settings: the guard stops what the limit would have asked about."""

from collections.abc import Iterator

from bot.core.rule import Rule
from bot.core.seen import round_money
from bot.rulebook.lint.finding import Finding, Level
from bot.rulebook.lint.ground import Ground


def looser(ground: Ground, rule: Rule) -> Iterator[Finding]:
    known = ground.book.vocabulary.vendor_actions
    if not any(known[name].amount for name in ground.acts(rule)):
        return
    for name in ground.connections(rule):
        guards = (ground.setup.connections or {})[name].guards
        for key, limit in (
            ("ask_above", rule.limits.ask_above),
            ("two_people_above", rule.limits.two_people_above),
        ):
            for of, amounts in (("per_action", guards.per_action), ("per_day", guards.per_day)):
                guard = amounts.get(limit.currency) if limit is not None else None
                if limit is None or guard is None or not guard < limit:
                    continue
                yield ground.places.finding(
                    "guard",
                    Level.LOOK,
                    (rule,),
                    f"{key} of {rule.id} is {round_money(limit)}, and on {name} guards.{of} stops what is "
                    f"above {round_money(guard)}: nobody is ever asked because of it",
                    at=key,
                    mend=f"write {key}: {round_money(guard)} or less",
                )
                break
