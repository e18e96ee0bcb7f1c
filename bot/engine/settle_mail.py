"""The last word on a mail, and on what it told: told if anybody was, and somebody hears if nobody was."""

from bot.core.fault import fault_point
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.ending import say_lost
from bot.engine.tell import tell
from bot.store import digests, effects, mails
from bot.store.database import Tx
from bot.store.effects import Effect, State
from bot.store.mails import Mail, MailState


async def settle(bot: Bot, held: Mail, state: MailState, outcome: str) -> None:
    """Write down how it ended. Raises FenceLost."""
    async with bot.db.write() as tx:
        await mails.settle(tx, held, state=state, outcome=outcome, now=bot.now())
        if held.effect_key is not None and held.round is not None:
            lost = await _settle_effect(tx, bot, held.effect_key, held.round)
            if lost is not None:
                what = say(
                    "the mail server took “{subject}” for nobody it was meant for", subject=held.subject
                )
                await say_lost(bot, tx, lost, what)
        else:
            await _settle_digest(tx, bot, held)
        await fault_point("mail.before_settle")
    bot.log.info("mail settled", state=str(state))


async def _settle_digest(tx: Tx, bot: Bot, held: Mail) -> None:
    """All that it held has its outcome; what nobody got is one cause, told once."""
    lost = []
    for key, round in await digests.effects_in(tx, held.message_id):
        one = await _settle_effect(tx, bot, key, round)
        # A notice about a notice would go round in circles: the log and /readyz say it.
        if one is not None and one.args.get("letter") != "notice":
            lost.append(one)
    if lost:
        await tell(
            tx,
            f"lost:{held.cause}:{held.recipient}",
            "notice",
            now=bot.now(),
            correlation=held.correlation,
            title=say("Somebody was not told"),
            about=held.cause,
            says=[
                say(
                    "the mail server did not take “{subject}”, and {count} of them reached nobody",
                    subject=held.subject,
                    count=len(lost),
                )
            ],
            do=say("Look at them in the pages, and tell those who should know."),
        )


async def _settle_effect(tx: Tx, bot: Bot, key: str, round: int) -> Effect | None:
    """The last recipient's answer ends the effect. The effect, where nobody was told."""
    all_of_it = await mails.of_effect(tx, key, round)
    fates = [await digests.fate(tx, one) for one in all_of_it]
    if any(one in mails.OPEN for one in fates):
        return None
    accepted = sum(one is MailState.ACCEPTED for one in fates)
    await effects.mails_settled(
        tx,
        key,
        round,
        state=State.VERIFIED if accepted else State.REFUSED,
        reason=say("accepted by the mail server, {number} of {all}", number=accepted, all=len(all_of_it)),
        now=bot.now(),
    )
    if accepted:
        return None
    effect = await effects.get(tx, key, round)
    assert effect is not None, "an effect is never deleted"
    return effect
