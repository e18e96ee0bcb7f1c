"""Verify: whether the permanent record is as it was sealed, a piece at a time.

Somebody asks for all of it, and once a day what was sealed since is verified by itself. It
is work like any other: how far it came is a row, a stop or a crash goes on from there, and
each piece is small, so that nothing waits for it. `payrunbot audit verify` does the same at
once and without the service.
"""

import asyncio

from bot.core.words import say, told_by, upper
from bot.engine.approve import NothingToDecide
from bot.engine.bot import Bot
from bot.engine.may import Deed, check
from bot.engine.seal import audit_keys, head_file
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings import Person
from bot.store import audit, audit_check
from bot.store import head as heads
from bot.store.audit import START
from bot.store.audit_check import Check
from bot.store.database import Tx
from bot.store.head import HeadProblem

A_PIECE = 1_000
REST_S = 0.02
"""Between two pieces, so that a long record takes no more than its share of the processor."""


async def verify_all(bot: Bot, person: Person) -> str:
    """Have the whole record verified, from its first line on. Raises NotAllowed, NothingToDecide."""
    check(bot.settings, person, Deed.VERIFY)
    now = bot.now()
    async with bot.db.write() as tx:
        known = await audit_check.known(tx)
        if known is not None and known.ended_at is None:
            raise NothingToDecide(say("It is being verified already."))
        await audit_check.begin(tx, by=person.id, now=now)
        await audit.note(tx, now, person.id, "had the record verified")
    bot.wake()
    return say("The record is being verified. Look here again in a while.")


async def verify_new(bot: Bot, tx: Tx) -> None:
    """Begin to verify what was sealed since it was last found whole; nothing while something is wrong."""
    known = await audit_check.known(tx)
    if known is None or (known.ended_at is not None and not known.wrong):
        await audit_check.begin(tx, by=audit.BOT, now=bot.now(), after=known.last if known else START)


async def verify_once(bot: Bot) -> bool:
    """Verify the next piece; False where nothing is to be verified any more."""
    async with bot.db.read() as tx:
        known = await audit_check.known(tx)
        if known is None or known.ended_at is not None:
            return False
        wrong = await _anchor(tx, known) if known.last.seq else None
        wrong = wrong or await audit.slipped_in(tx)
        rows = await audit.sealed_after(tx, known.last.seq, at_most=A_PIECE)
    last = known.last
    if wrong is None:
        last, wrong = await asyncio.to_thread(audit.verify_lines, rows, dict(audit_keys(bot)), last)
    is_last = len(rows) < A_PIECE
    if wrong is None and is_last:
        wrong = await _lost(bot)
        if wrong is not None and await _is_unsealed(bot):
            return False  # what the service itself says of it may be among those lines
    ended_at = bot.now() if wrong is not None or is_last else None
    async with bot.db.write() as tx:
        if not await audit_check.came_to(tx, known, last, wrong=wrong or "", ended_at=ended_at):
            return True  # begun anew meanwhile
        if wrong is not None:
            await _say(bot, tx, known, wrong)
    await asyncio.sleep(REST_S)
    return ended_at is None


async def _anchor(tx: Tx, known: Check) -> str | None:
    """What is wrong with the line from which it goes on."""
    rows = await audit.sealed_after(tx, known.last.seq - 1, at_most=1)
    if rows and (rows[0].seq, rows[0].hash) == (known.last.seq, known.last.hash):
        return None
    return say("line {number} is not the one that was verified before, or it is gone", number=known.last.seq)


async def _lost(bot: Bot) -> str | None:
    """What of the exported head the record does not bear out; None where it does, or there is none."""
    path = head_file(bot)
    if path is None or not await asyncio.to_thread(path.is_file):
        return None
    try:
        exported = await asyncio.to_thread(heads.read, path, dict(audit_keys(bot)))
    except HeadProblem as problem:
        return say("whether its last lines are all there cannot be told: {problem}", problem=told_by(problem))
    async with bot.db.read() as tx:
        gaps = [one for one in await heads.gaps(tx, exported) if one.excused_at is None]
    return heads.lost(gaps[-1]) if gaps else None


async def _is_unsealed(bot: Bot) -> bool:
    async with bot.db.read() as tx:
        return await audit.any_unsealed(tx)


async def _say(bot: Bot, tx: Tx, known: Check, wrong: str) -> None:
    """Tell operations once, and let the record say it, too."""
    await audit.note(tx, bot.now(), audit.BOT, "found the record broken", why=wrong)
    await tell(
        tx,
        f"record:{known.began_at.isoformat()}",
        "notice",
        now=bot.now(),
        correlation=new_correlation("verify"),
        title=say("The audit record does not verify"),
        about=say("the audit record"),
        says=[say("{text}.", text=upper(wrong))],
        do=say(
            "Keep the database and the file of its head as they are, and compare them with the newest "
            "backup that verifies."
        ),
    )
