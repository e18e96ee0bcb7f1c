"""Which rules a change of the files or a signature has changed, and what they are to be asked about.

It is only marked, in the transaction that puts them in force: neither a crash nor a hundred
thousand resources stand between a signature and its answer. The deciding loop takes the marks.
"""

from collections.abc import Mapping

from bot.core.watched import CONNECTION
from bot.engine.bot import Bot, Running
from bot.store import decisions, to_decide
from bot.store.database import Tx
from bot.store.rules import RuleState


async def mark_changed(bot: Bot, tx: Tx, before: Mapping[str, RuleState]) -> None:
    """Have everything decided again that a rule watches whose running version or mode is another.

    Also what it watched before. A rule that is asked no longer, or only at set times, has no
    answers, and needs no asking.
    """
    changed = [one for id, one in bot.rules.items() if _has_changed(before.get(id), one)]
    await decisions.forget_rules(tx, [one.rule.id for one in changed if not one.is_asked])
    asked = [one for one in changed if one.is_asked]
    if asked:
        kinds = {
            account.id: [
                kind
                for kind in (*account.connector.kinds, CONNECTION)
                if any(one.asks(kind, account.id) for one in asked)
            ]
            for account in bot.accounts.values()
        }
        await to_decide.mark(tx, kinds, [one.rule.id for one in asked], bot.now())


def _has_changed(before: RuleState | None, running: Running) -> bool:
    return before is None or (before.running_hash, before.mode_now) != (running.rule.hash, running.mode)
