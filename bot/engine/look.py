"""Look: read what news or the clock says may have changed, and keep what was read.

A poll, the look at a connection's whole list, only finds out which resources to read.
"""

import asyncio
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from bot.connectors import Gone, HeldBack, VendorProblem
from bot.connectors.budget import Purpose
from bot.core.fault import fault_point
from bot.core.resource import Snapshot
from bot.core.words import say, told_by
from bot.engine import connection_health
from bot.engine.adopt import adopt_when_synced
from bot.engine.bot import Account, Bot
from bot.engine.calls import spending
from bot.engine.plan import decide_about, may_want_lines
from bot.engine.poll import poll
from bot.engine.trace import correlated, new_correlation
from bot.engine.trouble import connection_failed, connection_well, note_held_back, note_oddities
from bot.store import crowd, health, news, replays, resources
from bot.store.news import Look

LONGEST_WAIT = timedelta(minutes=15)
FIRST_WAIT = timedelta(seconds=30)


async def look_once(bot: Bot) -> bool:
    """Do the look that is due longest; False where none is due."""
    now = bot.now()
    wall, lease = bot.lease()
    async with bot.db.write() as tx:
        await crowd.make_way(tx, now=now, wall=wall, gap=bot.settings.timing.look_gap)
        taken = await news.claim_look(tx, now=now, wall=wall, lease=lease)
    if taken is None:
        return False
    await fault_point("look.claimed")
    account = bot.accounts.get(taken.connection)
    if account is None:  # the connection has left the settings
        async with bot.db.write() as tx:
            await replays.mark_failed(tx, taken)
            await news.finish_look(tx, taken, again_at=now)
        return True
    with correlated("look", taken.correlation, connection=account.id):
        try:
            with spending(await _purpose(bot, account, taken)):
                await (poll(bot, account, taken) if taken.is_poll else _read(bot, account, taken))
        except HeldBack as held:
            await _wait_for_calls(bot, account, taken, held)
        except VendorProblem as problem:
            await _put_off(bot, account, taken, problem)
        except resources.TwoResources as conflict:
            await _leave_to_a_person(bot, account, taken, told_by(conflict))
        except DBAPIError:
            raise  # not about this look: its lease ends, and it is taken up again
        except asyncio.CancelledError:
            await _give_back(bot, taken)  # reading changes nothing: whoever starts next reads at once
            raise
        except Exception:
            bot.log.exception("a look failed")
            said = say("gave an answer that payrunbot could not handle; what went wrong is in the log")
            await _put_off(bot, account, taken, VendorProblem(said))
    return True


async def _purpose(bot: Bot, account: Account, taken: Look) -> Purpose:
    """Whose calls these are. What waits for the first list after a rest includes effects."""
    if not taken.is_poll:
        return Purpose.LOOKS
    async with bot.db.read() as tx:
        known = await health.health(tx, account.id)
    return Purpose.EFFECTS if known.rests else Purpose.LOOKS


async def _wait_for_calls(bot: Bot, account: Account, taken: Look, held: HeldBack) -> None:
    """Nothing may be called there now. That is nobody's failure, and holds for all its looks."""
    if taken.is_poll:
        bot.measures.poll(account.id, "put off")
    until = max(held.until, bot.now() + timedelta(seconds=1))
    async with bot.db.write() as tx:
        await news.postpone_look(tx, taken, until=until, attempts=taken.attempts - 1)
        await news.put_off_looks(tx, account.id, until=until, wall=bot.clock.wall())
    await note_held_back(bot, account, held)


async def _give_back(bot: Bot, taken: Look) -> None:
    async with bot.db.write() as tx:
        await news.postpone_look(tx, taken, until=bot.now(), attempts=taken.attempts - 1)


async def _leave_to_a_person(bot: Bot, account: Account, taken: Look, conflict: str) -> None:
    """Nobody but a person can say which of two it is: both stay as last read, and are told of."""
    async with bot.db.write() as tx:
        await replays.mark_failed(tx, taken)
        await news.finish_look(tx, taken, again_at=bot.now() + bot.settings.timing.look_gap)
    bot.log.error("two resources with one id", what=conflict)
    await note_oddities(bot, account, f"{account.id}/{taken.key}", (conflict,))


async def _read(bot: Bot, account: Account, taken: Look) -> None:
    """Read one resource; once more with its lines where a rule does not already say no."""
    async with bot.db.read() as tx:
        known_id = await resources.find(tx, taken.kind, account.id, taken.key, ())
        lines = await may_want_lines(bot, tx, known_id) if known_id else False
    try:
        snapshot = await account.connection.read(taken.kind, taken.key, bot.now(), lines=lines)
        wants_lines = await _keep(bot, account, taken, snapshot, last=lines)
        if wants_lines:
            snapshot = await account.connection.read(taken.kind, taken.key, bot.now(), lines=True)
            await _keep(bot, account, taken, snapshot, last=True)
    except Gone:
        async with bot.db.write() as tx:
            if known_id is not None:
                await resources.set_gone(tx, known_id, bot.now())
                await connection_health.news_of(bot, tx, account.id)
                await decide_about(bot, tx, known_id, correlation=taken.correlation)
            await news.finish_look(tx, taken, again_at=bot.now() + bot.settings.timing.look_gap)
        bot.log.info("gone", kind=taken.kind, vendor_id=taken.key)
        bot.wake()
        return
    await note_oddities(bot, account, snapshot.ref, snapshot.notes)


async def _keep(bot: Bot, account: Account, taken: Look, snapshot: Snapshot, *, last: bool) -> bool:
    """Save a reading and decide on it, in one transaction; True to be read with lines."""
    now = bot.now()
    await fault_point("look.read")
    async with bot.db.write() as tx:
        saved = await resources.save(tx, snapshot, now=now, correlation=taken.correlation)
        wants_lines = await decide_about(bot, tx, saved.resource.id, correlation=taken.correlation)
        if saved.has_changed:
            await connection_health.news_of(bot, tx, account.id)
        finished = last or snapshot.lines is not None or not wants_lines
        if finished:
            if taken.attempts > news.GIVEN_UP_AFTER:
                await replays.mark_well(tx, taken)
            if taken.fingerprint:
                await resources.set_fingerprint(tx, saved.resource.id, taken.fingerprint)
            await news.finish_look(tx, taken, again_at=now + bot.settings.timing.look_gap)
            await adopt_when_synced(bot, tx, account.id)
            await connection_well(tx, bot, account)
        await fault_point("look.before_commit")
    await fault_point("look.committed")
    bot.log.info("read", ref=snapshot.ref, changed=saved.has_changed, new=saved.is_new)
    bot.wake()
    return not finished


async def _put_off(bot: Bot, account: Account, taken: Look, problem: VendorProblem) -> None:
    """The vendor could not be read: later, twice as late each time, within bounds."""
    if taken.is_poll:
        bot.measures.poll(account.id, "failed")
    now = bot.now()
    wait = min(FIRST_WAIT * 2 ** min(taken.attempts - 1, 10), LONGEST_WAIT)
    if problem.retry_after_s is not None:
        wait = max(timedelta(seconds=1), min(timedelta(seconds=problem.retry_after_s), LONGEST_WAIT))
    async with bot.db.write() as tx:
        if taken.attempts == news.GIVEN_UP_AFTER:
            await replays.mark_failed(tx, taken)
        await news.postpone_look(tx, taken, until=now + wait)
        await fault_point("look.before_put_off")
    await fault_point("look.put_off")
    if not taken.is_poll and taken.attempts == news.GIVEN_UP_AFTER:
        # The list answers, so the connection looks well; this one would be missed in silence.
        ref = f"{account.id}/{taken.key}"
        unread = say("{ref} cannot be read: {problem}", ref=ref, problem=problem.what)
        await note_oddities(bot, account, ref, (unread,))
    bot.log.warning("vendor could not be read", again_in_s=wait.total_seconds())
    await connection_failed(bot, account, problem)


async def start_polling(bot: Bot) -> None:
    """Make sure that each connection's list is read, now where it never was."""
    async with bot.db.write() as tx:
        for account in bot.accounts.values():
            await news.ask_to_look(
                tx,
                connection=account.id,
                kind=news.LIST,
                key=news.LIST,
                due_at=bot.now(),
                correlation=new_correlation("start"),
            )
