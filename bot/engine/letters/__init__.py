"""Who is told what: from a planned letter to the finished letters, one a reader.

A maker reads what it needs at the moment of sending and never decides anything. It is
found by the name that the effect carries: a template for a rule's own mails, a word
of ours for the rest.
"""

from collections.abc import Awaitable, Callable, Mapping

from bot.engine.bot import Bot
from bot.engine.letters import asking, done, expected, month, people, scheduled, told, trouble
from bot.engine.letters.parts import Addressed
from bot.mail.month import MonthPaid
from bot.store.database import Tx
from bot.store.effects import Effect

Maker = Callable[[Bot, Tx, Effect], Awaitable[list[Addressed]]]

TELLS: Mapping[str, Maker] = {
    "approval_asked": asking.asked,
    "approval_reminder": asking.reminded,
    "approval_withdrawn": asking.withdrawn,
    "needs_person": trouble.needs_person,
    "left_alone": told.left_alone,
    "connection_failing": trouble.failing,
    "connection_recovered": trouble.recovered,
    "notice": trouble.notice,
    "undecided": trouble.undecided,
    "set_apart": trouble.set_apart,
    "adopted": told.adopted,
    "rule_refused": told.rule_refused,
    "rules_waiting": told.rules_waiting,
    "token_issued": told.token_issued,
    "to_person": people.to_person,
    "to_approvers": people.to_approvers,
    "slots_missed": scheduled.missed,
}


async def letters_for(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """The letters of one mail effect. Raises KeyError for one that nobody can make."""
    if "expected" in effect.args:
        return await expected.too_few_came(bot, tx, effect)
    if effect.action == "send_mail" and "slot" in effect.args:
        is_month = effect.args.get("template") == MonthPaid.template
        return await (month.sent if is_month else scheduled.listed)(bot, tx, effect)
    if effect.action == "send_mail":
        return await done.sent(bot, tx, effect)
    if effect.action == "alert":
        return await told.alert(bot, tx, effect)
    return await TELLS[effect.args["letter"]](bot, tx, effect)


__all__ = ["Addressed", "letters_for"]
