"""Digest: news that could not be sent for a while go as one mail, each as a line with its link.

What needs somebody is never in one: it goes by itself, before. A digest is made when the
server takes mail again, so that what waited is merged once; until then all wait as they are.
"""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from bot.core.fault import fault_point
from bot.core.words import say
from bot.engine import mutes
from bot.engine.bot import Bot
from bot.engine.letters.parts import language_of, zone_of
from bot.engine.tell import tell_of_template
from bot.engine.trace import new_correlation
from bot.mail.letters import Digest, Thing
from bot.mail.message import Message, host_of
from bot.mail.parts import Reason
from bot.mail.render import TemplateProblem
from bot.store import digests, mails
from bot.store.codec import fingerprint
from bot.store.digests import Taken, Waiting
from bot.store.mails import Ready

MORE_THAN = 5
"""So many may wait for one recipient and still come one by one."""
HELD_BACK = timedelta(minutes=1)
"""News that has waited as long was held back: by the server, or by the bound on mails an hour."""


def mail_path(message_id: str) -> str:
    """The page of a mail."""
    return f"/mails/{quote(message_id.strip('<>'), safe='')}"


async def merge(bot: Bot, waiting: Sequence[Waiting]) -> bool:
    """Queue one mail instead of these; False where they must go one by one.

    Its Message-ID is made of theirs: whoever merges the same mails makes the same digest.
    """
    recipient = waiting[0].recipient
    async with bot.db.read() as tx:
        muted = await mutes.muted(bot, tx)
    letter = Digest(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=Reason(
            say("these mails were for you"), bot.link("/mails"), note=say("each is kept in full on its page")
        ),
        url=bot.link("/mails"),
        things=tuple(
            Thing(one.subject, one.created_at, bot.link(mail_path(one.message_id))) for one in waiting
        ),
        muted=muted,
    )
    correlation = new_correlation("digest")
    try:
        rendered = await bot.renderer.render(letter.template, language_of(bot, recipient), letter.context())
    except TemplateProblem as problem:
        bot.log.error("template refused", template=letter.template, problem=str(problem))
        async with bot.db.write() as tx:
            await tell_of_template(tx, letter.template, str(problem), now=bot.now(), correlation=correlation)
        return False
    cause = f"digest:{fingerprint(sorted(one.message_id for one in waiting))}"
    message_id = f"<{fingerprint([cause, recipient])}@{host_of(bot.settings.mail.sender)}>"
    raw = bot.mailer.build(
        Message(
            message_id=message_id,
            recipient=recipient,
            at=letter.made_at,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
        )
    )
    ready = Ready(message_id, recipient, letter.template, rendered.subject, raw, letter.rank)
    try:
        async with bot.db.write() as tx:
            await digests.merge(tx, waiting, into=message_id, now=bot.now())
            await mails.queue(tx, [ready], cause=cause, now=bot.now(), correlation=correlation)
            await fault_point("mail.before_merge")
    except Taken:
        return False
    await fault_point("mail.merged")
    bot.log.info("merged", mails=len(waiting))
    return True
