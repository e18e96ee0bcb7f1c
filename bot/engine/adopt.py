"""Adoption: from when on a rule acts on its own on a connection.

That is the later of the connection's first complete read and the rule's first
sign-off. What was there before then is never done unasked, and what was already true
is told as one list, so that a first start against years of pay runs closes nothing
and floods nobody.
"""

from bot.core.rule import Mode
from bot.core.watched import CONNECTION
from bot.engine.alerts import group_of
from bot.engine.bot import Bot, Running
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.store import audit, decisions, health, news, rules, to_decide
from bot.store.database import Tx


async def adopt_when_synced(bot: Bot, tx: Tx, connection: str) -> None:
    """Start the time of every signed rule once a connection has been read whole, once."""
    known = await health.health(tx, connection)
    if known.synced_at is not None or known.listed_at is None or await news.any_to_read(tx, connection):
        return
    await health.set_health(tx, connection, synced_at=bot.now())
    bot.log.info("first complete read", connection=connection)
    await adopt_signed(bot, tx, connection)


async def adopt_signed(bot: Bot, tx: Tx, connection: str) -> None:
    """Start the time of the rules that have been signed since, where the connection was read whole.

    Not while they are still to be asked about something there: only then is it known what was
    already true. Rules about connections themselves need no reading: one that cannot be read is
    what they are for.
    """
    if await to_decide.any_at(tx, connection):
        return
    is_read = (await health.health(tx, connection)).synced_at is not None
    account = bot.accounts.get(connection)
    if account is None:  # removed while it was read
        return
    before = await rules.adopted(tx, connection)
    for running in bot.rules.values():
        rule = running.rule
        if (
            rule.id in before
            or not running.is_signed
            or running.mode is Mode.OFF
            or not rule.may_be_of(account.connector.vendor)
        ):
            continue
        if not is_read and rule.watch != CONNECTION:
            continue
        if rule.is_at_times:
            continue  # what was there before is what its list or its count is for
        if rule.watches(connection) and await rules.adopt(tx, rule.id, connection, bot.now()):
            await _adopt(bot, tx, running, connection)


async def _adopt(bot: Bot, tx: Tx, running: Running, connection: str) -> None:
    now, correlation = bot.now(), new_correlation("adopt")
    already = await decisions.yes_at(tx, running.rule.id, connection)
    await audit.note(
        tx, now, audit.BOT, "adopted", rule=running.rule.id, connection=connection, already=len(already)
    )
    if running.rule.then[0].action not in bot.actions:
        await _count_as_told(bot, tx, running, connection, already)
    await to_decide.mark_yes(tx, running.rule.id, connection, now)
    if already and running.mode is not Mode.WATCH:
        await tell(
            tx,
            f"adopted:{running.rule.id}:{connection}",
            "adopted",
            now=now,
            correlation=correlation,
            connection=connection,
            rule=running.rule.id,
            rule_hash=running.rule.hash,
            resources=list(already[:20]),
            total=len(already),
        )


async def _count_as_told(
    bot: Bot, tx: Tx, running: Running, connection: str, already: tuple[str, ...]
) -> None:
    """The list says it; a mail for each would be the flood."""
    now = bot.now()
    for group in {group_of(running, connection, found) for found in already}:
        episode = await health.open_episode(tx, running.rule.id, group, now)
        await health.change_episode(tx, episode, told_at=now)
