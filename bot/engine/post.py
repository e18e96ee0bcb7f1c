"""Post: hand queued mails to the mail server, one recipient at a time.

`data_started` is committed before the content leaves. A mail that was cut off after
that may have arrived: it goes once more, later, with the same Message-ID, and then
stays as it is. A trouble of the server is not met again with each mail: the whole queue
rests, and then one mail tries for all. How many leave in an hour is bounded; what is
above waits for its turn.
"""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

from bot.core.fault import fault_point
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.digest import HELD_BACK, MORE_THAN, merge
from bot.engine.settle_mail import settle
from bot.engine.trace import correlated
from bot.mail.message import marked_as_repeat
from bot.mail.smtp import Accepted, Away, Envelope, Refused, TryLater, Unknown
from bot.store import digests, mail_servers, mails
from bot.store.database import Tx
from bot.store.digests import Waiting
from bot.store.effects import FenceLost
from bot.store.mail_servers import MailServer
from bot.store.mails import Mail, MailState

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
TRIES = 150
"""About three days, half an hour each. Tries that met no server do not count."""
AFTER_UNKNOWN = timedelta(minutes=15)
HOUR = timedelta(hours=1)


async def start_posting(bot: Bot) -> None:
    """A start may have mended the settings: whatever the server was before, it is tried at once."""
    async with bot.db.write() as tx:
        server = await mail_servers.known(tx, bot.mailer.server)
        if server is not None and server.rest_until is not None:
            await mails.hurry(tx, held_until=server.rest_until, now=bot.now())
            await mail_servers.end_rest(tx, server.server)


async def post_once(bot: Bot) -> bool:
    """Send the mail whose turn it is, or make one of many; False where nothing is due."""
    server, crowd, held = await _next(bot, merges=True)
    if crowd:
        if await merge(bot, crowd):
            return True
        server, _, held = await _next(bot, merges=False)
    if held is None:
        return False
    await fault_point("mail.claimed")
    with correlated("mail", held.correlation, mail=held.message_id):
        try:
            await _send(bot, server, held)
        except FenceLost:
            bot.log.warning("somebody else has taken this over")
        except asyncio.CancelledError:
            async with bot.db.write() as tx:
                await mails.let_go(tx, held)
                await mail_servers.let_go(tx, server)
            raise
    return True


async def _next(bot: Bot, *, merges: bool) -> tuple[MailServer, tuple[Waiting, ...], Mail | None]:
    """What to do next: merge some, send one, or nothing. What must wait is told until when."""
    now = bot.now()
    wall, lease = bot.lease()
    async with bot.db.write() as tx:
        server = await mail_servers.locked(tx, bot.mailer.server)
        if server.probe_until is not None and server.probe_until > wall:
            return server, (), None
        # A rest longer than any is from before the clock went back.
        if server.rest_until is not None and now < server.rest_until <= now + LONGEST_WAIT:
            await mails.hold_back(tx, now=now, wall=wall, until=server.rest_until)
            return server, (), None
        await _hold_back_beyond_bounds(tx, bot, now, wall)
        probes = server.rests > 0
        if merges and not probes:
            since = now - HELD_BACK
            crowd = await digests.crowd(tx, now=now, wall=wall, waits_since=since, more_than=MORE_THAN)
            if crowd:
                return server, crowd, None
        held = await mails.claim(tx, now=now, wall=wall, lease=lease, probes=probes)
        if held is not None and probes:
            await mail_servers.probe(tx, server, until=wall + lease + bot.mailer.content_within)
        return server, (), held


async def _hold_back_beyond_bounds(tx: Tx, bot: Bot, now: datetime, wall: datetime) -> None:
    """Who was sent as many as an hour allows, gets the next when the oldest of these is an hour old."""
    bounds = bot.settings.mail
    by_recipient: dict[str, list[datetime]] = defaultdict(list)
    begun = await mails.begun(tx, since=now - HOUR, now=now, wall=wall)
    for recipient, at in begun:
        by_recipient[recipient].append(at)
    if len(begun) >= bounds.per_hour:
        await mails.hold_back(tx, now=now, wall=wall, until=begun[-bounds.per_hour][1] + HOUR)
    for recipient, times in by_recipient.items():
        if len(times) >= bounds.per_hour_each:
            until = times[-bounds.per_hour_each] + HOUR
            await mails.hold_back(tx, now=now, wall=wall, until=until, recipient=recipient)


async def _send(bot: Bot, server: MailServer, held: Mail) -> None:
    started_before = held.data_started_at is not None
    if started_before and held.outcome in ("", "once more"):
        async with bot.db.write() as tx:
            await mail_servers.let_go(tx, server)  # this one will not try it
    if started_before and held.outcome == "once more":
        # This is the one permitted repeat, taken over from somebody who died at it.
        await settle(
            bot, held, MailState.UNKNOWN, say("sent twice at most, and nobody knows whether it arrived")
        )
        return

    if started_before and not held.outcome:
        # Taken over from somebody who died at it: the server may still be busy with the first.
        await _put_off(
            bot, held, AFTER_UNKNOWN, say("once more: taken over after the content had begun to leave")
        )
        return

    started = False

    async def before_data() -> None:
        nonlocal started
        await fault_point("mail.before_data")
        wall, lease = bot.lease()
        async with bot.db.write() as tx:
            until = wall + lease + bot.mailer.content_within
            await mails.start_data(tx, held, now=bot.now(), until=until, repeat=started_before)
            await fault_point("mail.before_data_started")
        started = True
        await fault_point("mail.data_started")

    raw = marked_as_repeat(held.raw) if started_before else held.raw
    outcome = await bot.mailer.send(Envelope(held.recipient, raw), before_data=before_data)
    await fault_point("mail.data_sent")
    is_away = isinstance(outcome, Away | Unknown)
    if server.rests and not is_away:
        async with bot.db.write() as tx:
            await mail_servers.well(tx, server.server)
        bot.log.info("mail server takes mail again", rests=server.rests)
    not_taken = started and not started_before
    match outcome:
        case Accepted(reply):
            await settle(bot, held, MailState.ACCEPTED, reply)
        case Refused(code, reply):
            await settle(bot, held, MailState.REFUSED, f"{code} {reply}")
        case TryLater(_, why):
            await _later(bot, held, why, not_taken=not_taken)
        case Away(why, at_mail):
            await _later(bot, held, why, not_taken=not_taken, server=server, tried=at_mail)
        case Unknown(why) if started_before:
            async with bot.db.write() as tx:
                await _rest(tx, bot, server, why)
            await settle(
                bot,
                held,
                MailState.UNKNOWN,
                say("sent twice, and nobody knows whether it arrived: {why}", why=why),
            )
        case Unknown(why):
            await _put_off(bot, held, AFTER_UNKNOWN, say("once more: {why}", why=why), server=server)
            bot.log.warning("mail outcome unknown")
    await fault_point("mail.accepted")


async def _later(
    bot: Bot, held: Mail, why: str, *, not_taken: bool, server: MailServer | None = None, tried: bool = True
) -> None:
    """The mail was not taken. Nobody waits for ever: in the end it is given up, and somebody told."""
    if tried and held.attempts >= TRIES:
        async with bot.db.write() as tx:
            if server is not None:
                await _rest(tx, bot, server, why)
        state = MailState.REFUSED if held.data_started_at is None else MailState.UNKNOWN
        await settle(
            bot, held, state, say("given up after {count} tries: {why}", count=held.attempts, why=why)
        )
        return
    wait = _doubling(held.attempts - 1)
    await _put_off(bot, held, wait, why, not_taken=not_taken, server=server, tried=tried)
    bot.log.warning("mail put off", again_in_s=wait.total_seconds())


async def _put_off(
    bot: Bot,
    held: Mail,
    wait: timedelta,
    why: str,
    *,
    not_taken: bool = False,
    server: MailServer | None = None,
    tried: bool = True,
) -> None:
    """Try it again after `wait`; with a `server`, all others wait for that, too."""
    async with bot.db.write() as tx:
        if not_taken:
            await mails.not_taken(tx, held)
        until = bot.now() + wait
        if server is not None:
            rested = await _rest(tx, bot, server, why)
            until = until if tried else rested
        await mails.later(tx, held, at=until, outcome=why, tried=tried)
        await fault_point("mail.before_put_off")
    await fault_point("mail.put_off")


async def _rest(tx: Tx, bot: Bot, server: MailServer, why: str) -> datetime:
    """Leave the server alone, for twice as long as the last time."""
    now = bot.now()
    wait = _doubling(server.rests)
    await mail_servers.failed(tx, server, now=now, until=now + wait, problem=why)
    bot.log.warning("mail server is left alone", again_in_s=wait.total_seconds())
    return now + wait


def _doubling(times: int) -> timedelta:
    return min(FIRST_WAIT * (1 << min(times, 10)), LONGEST_WAIT)
