"""Who decides what: for each amount that the guards let through, who is enough to say yes.

Made of the settings and the rules alone, as they are on any day; who is away is another
question.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.money import Money
from bot.core.seen import round_money
from bot.core.words import joined, say
from bot.engine.bot import Bot, Running
from bot.engine.may import ids, limit_of
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Band:
    """Amounts of one currency that the same people may approve."""

    above: Money | None
    up_to: Money
    people: tuple[str, ...]

    @property
    def amounts(self) -> str:
        """`up to 50 000 SEK`, `above 50 000 SEK, up to 250 000 SEK`"""
        top = round_money(self.up_to)
        if self.above is None:
            return say("up to {amount}", amount=top)
        return say("above {amount}, up to {top}", amount=round_money(self.above), top=top)


def bands(settings: Settings) -> tuple[Band, ...]:
    """By currency, from nothing up to the guard; above that nothing is done, whoever says yes."""
    return tuple(band for guard in settings.guards.per_action.values() for band in _of(settings, guard))


def _of(settings: Settings, guard: Money) -> Iterator[Band]:
    approvers = [one for one in settings.people if one.is_approver]
    limits = {one.id: limit_of(settings, one, guard.currency) for one in approvers}
    below = {one for one in limits.values() if one is not None and one.amount > 0 and one < guard}
    steps = sorted(below | {guard})
    above = None
    for top in steps:
        enough = [one for one in approvers if (limit := limits[one.id]) is None or not limit < top]
        yield Band(above, top, ids(enough))
        above = top


def rules_that_say_more(bot: Bot) -> tuple[tuple[str, str], ...]:
    """(rule, what it asks for besides): two people, or only some of them."""
    return tuple((running.rule.id, said) for running in bot.rules.values() if (said := _more(bot, running)))


def _more(bot: Bot, running: Running) -> str:
    rule, said = running.rule, []
    if not any(step.action in bot.actions for step in rule.then):
        return ""
    if rule.ask:
        members = ", ".join(bot.settings.groups.get(rule.ask, ()))
        said.append(say("asks the group {group} ({members})", group=rule.ask, members=members))
    if rule.limits.two_people_above is not None:
        amount = round_money(rule.limits.two_people_above)
        said.append(say("above {amount} nobody may approve alone: two people do", amount=amount))
    if running.proposed_by:
        said.append(say("not {person}, who proposed it", person=running.proposed_by))
    return joined(said, "; ")
