"""May this person approve this? One function, for every channel and everybody."""

from collections.abc import Iterable

from bot.core.money import Money
from bot.engine.bot import Bot, Running
from bot.settings import Person, Settings
from bot.store.approvals import Approval


def limit_of(settings: Settings, person: Person, currency: str) -> Money | None:
    """The most this person may approve in a currency; None is no limit of their own.

    Who stands in for somebody has that one's limit, unless they have one themselves.
    """
    principal = settings.person(person.substitute_for) if person.substitute_for else None
    up_to = person.up_to if person.up_to is not None or principal is None else principal.up_to
    if up_to is None:
        return None
    return up_to.get(currency, Money.of(0, currency))


def why_not(
    bot: Bot,
    person: Person,
    running: Running | None,
    amount: Money | None,
    asked: Approval | None = None,
) -> str | None:
    """None where this person may approve; else a sentence that says why not.

    There is no role that is exempt.
    """
    if not person.is_approver:
        return "You are not an approver."
    if running is not None and person.id == running.proposed_by:
        return "You proposed this version of the rule, so somebody else approves what it does."
    if running is not None and running.rule.ask and person.id not in bot.settings.groups[running.rule.ask]:
        return f"This rule asks the group {running.rule.ask}."
    if amount is not None:
        limit = limit_of(bot.settings, person, amount.currency)
        if limit is not None and limit < amount:
            return f"Your limit is {limit.plain()}, and this is {amount.plain()}."
    if asked is not None and person.id in asked.approved_by:
        return "You have approved this already; it needs another person too."
    return None


def approvers(bot: Bot, running: Running | None, amount: Money | None) -> tuple[Person, ...]:
    """Everybody who may approve."""
    return tuple(one for one in bot.settings.people if why_not(bot, one, running, amount) is None)


def ids(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(person.id for person in people)
