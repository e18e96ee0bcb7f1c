"""The check of the journal, at each start: what cannot be is left to a person before anything is done.

What it finds is also met on the way, by whoever works on it; here it is found at once.
"""

from collections.abc import AsyncIterator
from json import loads

from pydantic import ValidationError

from bot.core.words import say
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.park import park_effect, park_resource
from bot.store import approvals, audit, effects, health, resources, unexplained
from bot.store.approvals import ApprovalState
from bot.store.database import Tx

ASKED_OF_NOTHING = say("an approval was asked for an action on it that is not written down")
TOLD_BY_NOBODY = say("a rule had something to tell of it, and nobody was going to be told")


async def check_journal(bot: Bot) -> int:
    """Park what the journal cannot explain; says how many rows that were."""
    async with bot.db.write() as tx:
        odd = await unexplained.odd_effects(tx)
        for one in odd:
            found = await effects.get(tx, *one.effect)
            assert found is not None, "it was found in this transaction"
            await park_effect(bot, tx, found, one.why)
        unreadable = await unexplained.unreadable_resources(tx)
        for resource in unreadable:
            await park_resource(bot, tx, resource, unexplained.LAST_READING, ends_by_reading=True)
        count = len(odd) + len(unreadable) + await _askings(bot, tx) + await _episodes(bot, tx)
    if count:
        bot.log.error("the journal holds what cannot be", rows=count)
    return count


async def _askings(bot: Bot, tx: Tx) -> int:
    """End the questions that nobody can answer, with the action that they were about."""
    now, count = bot.now(), 0
    async for approval, key, round in _unanswerable(tx):
        await approvals.void(tx, approval, why=approvals.UNREADABLE, now=now)
        asked_for = await effects.get(tx, key, round)
        if asked_for is not None:
            await park_effect(bot, tx, asked_for, approvals.UNREADABLE)
        count += 1
    for approval, shown in await unexplained.approvals_of_nothing(tx):
        await approvals.void(tx, approval, why=ASKED_OF_NOTHING, now=now)
        resource = _resource_in(shown)
        await audit.note(tx, now, audit.BOT, "withdrew a question", resource=resource, approval=approval)
        if resource is not None:
            await park_resource(bot, tx, resource, ASKED_OF_NOTHING)
        count += 1
    return count


async def _unanswerable(tx: Tx) -> AsyncIterator[tuple[str, str, int]]:
    for found in await approvals.unreadable(tx):
        yield found
    for one in await approvals.listed(tx, ApprovalState.OPEN):
        try:
            asked_from_json(one.shown["asked"])
        except ValidationError:
            yield one.id, one.effect_key, one.round


def _resource_in(shown: str) -> str | None:
    """What a question was about, where that can be read."""
    try:
        about = loads(shown).get("resource")
    except (ValueError, AttributeError, RecursionError):
        return None
    return about if isinstance(about, str) else None


async def _episodes(bot: Bot, tx: Tx) -> int:
    """End what nobody would ever be told of: its rule then begins anew."""
    now = bot.now()
    lost = await unexplained.episodes_of_nothing(tx)
    for one in lost:
        await health.change_episode(tx, one, cleared_at=now)
        await audit.note(tx, now, audit.BOT, "ended an alert", resource=one.grp, rule=one.rule)
        if await resources.get(tx, one.grp) is not None:
            await park_resource(bot, tx, one.grp, TOLD_BY_NOBODY)
    return len(lost)
