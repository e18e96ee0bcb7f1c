"""Post: hand queued mails to the mail server, one recipient at a time.

`data_started` is committed before the content leaves. A mail that was cut off after
that may have arrived: it goes once more, later, with the same Message-ID, and then
stays as it is.
"""

from datetime import timedelta

from bot.core.fault import fault_point
from bot.engine.bot import Bot
from bot.engine.ending import say_lost
from bot.engine.trace import correlated
from bot.mail.message import marked_as_repeat
from bot.mail.smtp import Accepted, Envelope, Refused, TryLater, Unknown
from bot.store import effects, mails
from bot.store.database import Tx
from bot.store.effects import FenceLost, State
from bot.store.mails import Mail, MailState

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(days=3)
AFTER_UNKNOWN = timedelta(minutes=15)


async def post_once(bot: Bot) -> bool:
    """Send the mail that is due longest; False where none is due."""
    now = bot.now()
    wall, lease = bot.lease()
    async with bot.db.write() as tx:
        held = await mails.claim(tx, now=now, wall=wall, lease=lease)
    if held is None:
        return False
    await fault_point("mail.claimed")
    with correlated(held.correlation, mail=held.message_id):
        try:
            await _send(bot, held)
        except FenceLost:
            bot.log.warning("somebody else has taken this over")
    return True


async def _send(bot: Bot, held: Mail) -> None:
    started_before = held.data_started_at is not None
    if started_before and held.outcome == "once more":
        # This is the one permitted repeat, taken over from somebody who died at it.
        await _settle(bot, held, MailState.UNKNOWN, "sent twice at most, and nobody knows whether it arrived")
        return

    if started_before and not held.outcome:
        # Taken over from somebody who died at it: the server may still be busy with the first.
        await _put_off(bot, held, AFTER_UNKNOWN, "once more: taken over after the content had begun to leave")
        return

    async def before_data() -> None:
        await fault_point("mail.before_data")
        async with bot.db.write() as tx:
            await mails.start_data(tx, held, now=bot.now(), repeat=started_before)
            await fault_point("mail.before_data_started")
        await fault_point("mail.data_started")

    raw = marked_as_repeat(held.raw) if started_before else held.raw
    outcome = await bot.mailer.send(Envelope(held.recipient, raw), before_data=before_data)
    await fault_point("mail.data_sent")
    match outcome:
        case Accepted(reply):
            await _settle(bot, held, MailState.ACCEPTED, reply)
        case Refused(code, reply):
            await _settle(bot, held, MailState.REFUSED, f"{code} {reply}")
        case TryLater(_, why):
            await _later(bot, held, why)
        case Unknown(why) if started_before:
            await _settle(
                bot, held, MailState.UNKNOWN, f"sent twice, and nobody knows whether it arrived: {why}"
            )
        case Unknown(why):
            await _put_off(bot, held, AFTER_UNKNOWN, f"once more: {why}")
            bot.log.warning("mail outcome unknown")
    await fault_point("mail.accepted")


async def _later(bot: Bot, held: Mail, why: str) -> None:
    now = bot.now()
    if now - held.created_at > GIVE_UP_AFTER:
        await _settle(bot, held, MailState.REFUSED, f"given up after {GIVE_UP_AFTER.days} days: {why}")
        return
    wait = min(FIRST_WAIT * 2 ** min(held.attempts - 1, 10), LONGEST_WAIT)
    await _put_off(bot, held, wait, why)
    bot.log.warning("mail put off", again_in_s=wait.total_seconds())


async def _put_off(bot: Bot, held: Mail, wait: timedelta, why: str) -> None:
    async with bot.db.write() as tx:
        await mails.later(tx, held, at=bot.now() + wait, outcome=why)
        await fault_point("mail.before_put_off")
    await fault_point("mail.put_off")


async def _settle(bot: Bot, held: Mail, state: MailState, outcome: str) -> None:
    now = bot.now()
    async with bot.db.write() as tx:
        await mails.settle(tx, held, state=state, outcome=outcome, now=now)
        await _settle_effect(tx, bot, held)
        await fault_point("mail.before_settle")
    bot.log.info("mail settled", state=str(state))


async def _settle_effect(tx: Tx, bot: Bot, held: Mail) -> None:
    """The last recipient's answer ends the effect: told, if anybody was."""
    if held.effect_key is None or held.round is None:
        return
    all_of_it = await mails.of_effect(tx, held.effect_key, held.round)
    if any(one.state in mails.OPEN for one in all_of_it):
        return
    accepted = sum(one.state is MailState.ACCEPTED for one in all_of_it)
    await effects.mails_settled(
        tx,
        held.effect_key,
        held.round,
        state=State.VERIFIED if accepted else State.REFUSED,
        reason=f"accepted by the mail server, {accepted} of {len(all_of_it)}",
        now=bot.now(),
    )
    if not accepted:
        effect = await effects.get(tx, held.effect_key, held.round)
        assert effect is not None, "an effect is never deleted"
        await say_lost(bot, tx, effect, f"the mail server took “{held.subject}” for nobody it was meant for")
