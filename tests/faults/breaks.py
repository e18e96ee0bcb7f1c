"""Each protection of the bot, and how to take it out: so that the suite can show what it sees.

Kept, and not done by hand once: a suite that no longer notices a missing fence would
else stay green for good.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from bot.core.condition import Answer
from bot.core.decide import Decision, Verdict
from bot.engine import confirm, obstacles, perform
from bot.engine.bot import Account, Bot
from bot.store import effects
from bot.store.database import Tx
from bot.store.effects import Effect
from bot.store.resources import Resource
from bot.web import hooks


def _newest_reading() -> None:
    """Act on a reading, however old it has become meanwhile."""

    async def always(tx: Tx, found: Resource) -> bool:
        return True

    obstacles.is_newest = always


def _fence() -> None:
    """Write what is held by whomever, and what stands behind the fence as well."""
    _newest_reading()
    write = effects.write

    async def anybodys(tx: Tx, held: Effect, **values: Any) -> None:
        row = await effects.get(tx, held.key, held.round)
        await write(tx, row or held, **values)

    effects.write = anybodys


def _resource_lock() -> None:
    """Never mind what else is under way with that pay run."""

    async def nothing_else(tx: Tx, held: Effect) -> bool:
        return False

    effects.others_under_way = nothing_else


def _read_back() -> None:
    """Ask the vendor once how an effect's pay run is, and never again, nor mind what others have read."""
    _newest_reading()
    read = perform.read_fresh
    known: dict[str, Resource] = {}

    async def as_first_read(bot: Bot, account: Account, held: Effect) -> Resource:
        if held.name not in known:
            known[held.name] = await read(bot, account, held)
        return known[held.name]

    perform.read_fresh = as_first_read
    confirm.read_after = as_first_read


def _second_decide() -> None:
    """Do what was once decided, whatever the fresh reading says."""
    decide = perform.decide

    def as_once_decided(*given: Any) -> Decision:
        decided: Decision = decide(*given)
        return decided._replace(answer=Answer.YES, verdict=Verdict.ACT, reasons=(), wait_until=None)

    perform.decide = as_once_decided


def _ack_before_commit() -> None:
    """Answer the vendor first, and store its news in good time."""
    receive = hooks.receive
    under_way: set[asyncio.Task[None]] = set()

    async def later(*given: Any, **more: Any) -> None:
        await asyncio.sleep(0.2)
        await receive(*given, **more)

    async def in_good_time(*given: Any, **more: Any) -> None:
        task = asyncio.create_task(later(*given, **more))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    hooks.receive = in_good_time


def _retry_unknown() -> None:
    """Send again at once what nobody knows the outcome of."""
    confirm._quarantine = confirm._once_more


BREAKS: dict[str, Callable[[], None]] = {
    "fence": _fence,
    "resource lock": _resource_lock,
    "newest reading": _newest_reading,
    "read-back": _read_back,
    "second decide": _second_decide,
    "answer before commit": _ack_before_commit,
    "unknown is retried": _retry_unknown,
}
