"""Deliver: a planned letter becomes one rendered mail for each reader, in line to be sent.

A mistake in a template never loses a mail: a plain one goes instead, with the facts of
the letter, and operations are told of the template.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from html import escape

from bot.core.fault import fault_point
from bot.core.words import say, translated
from bot.engine import alerts
from bot.engine.alerts_due import is_told_now
from bot.engine.bot import Bot
from bot.engine.ending import end
from bot.engine.letters import Addressed, letters_for
from bot.engine.letters.parts import NotReady
from bot.engine.tell import tell_of_template
from bot.mail.message import Message, host_of
from bot.mail.render import Rendered, TemplateProblem, one_line, printable
from bot.store import effects, mails
from bot.store.codec import canonical, fingerprint
from bot.store.effects import Effect, State
from bot.store.mails import Ready

NOT_READY_WAIT = timedelta(seconds=30)
NOT_READY_TRIES = 40
"""Twenty minutes; after that people are told what is known."""


async def deliver(bot: Bot, held: Effect) -> None:
    """Make, render and queue the mails of one effect; it is verified once all have an answer."""
    if not await is_told_now(bot, held):
        return
    try:
        async with bot.db.read() as tx:
            letters = await letters_for(bot, tx, held)
    except NotReady as not_yet:
        if held.attempts >= NOT_READY_TRIES:
            bot.log.warning("told without what was never read", why=str(not_yet))
            await _queue(bot, held, not_yet.instead)
            return
        now = bot.now()
        async with bot.db.write() as tx:
            await effects.write(tx, held, release=True, not_before=now + NOT_READY_WAIT, reason=str(not_yet))
        return
    if not letters:
        await end(bot, held, State.WITHDRAWN, say("nobody needs to be told any more"), final=True)
        return
    await _queue(bot, held, letters)


async def _queue(bot: Bot, held: Effect, letters: Sequence[Addressed]) -> None:
    ready = [await _ready(bot, held, one) for one in letters]
    await fault_point("mail.rendered")
    now = bot.now()
    async with bot.db.write() as tx:
        await mails.queue(
            tx,
            ready,
            cause=held.name,
            now=now,
            correlation=held.correlation,
            resource=held.resource or None,
            effect_key=held.key,
            round=held.round,
        )
        await effects.write(
            tx,
            held,
            release=True,
            state=State.CONFIRMING,
            reason=say("waits for the mail server"),
            sent_at=now,
            changed_at=now,
            outcome_json=canonical({**held.outcome, "told": _told(letters[0])}),
        )
        await alerts.note_told(bot, tx, held)
        await fault_point("mail.before_queue")
    await fault_point("mail.queued")
    bot.log.info("queued", mails=len(ready), template=letters[0].letter.template)


def _told(one: Addressed) -> list[str]:
    """The errors an alert told of, so that its end can name them."""
    errors = getattr(one.letter, "errors", ())
    return [
        f"employee {error.employee}: {error.message}" if error.employee else error.message for error in errors
    ]


async def _ready(bot: Bot, held: Effect, one: Addressed) -> Ready:
    letter = one.letter
    try:
        rendered = await bot.renderer.render(letter.template, one.language, letter.context())
    except TemplateProblem as problem:
        bot.log.error("template refused", template=letter.template, problem=str(problem))
        if held.args.get("letter") != "notice":  # else its own template is broken: the log must do
            async with bot.db.write() as tx:
                await tell_of_template(
                    tx,
                    letter.template,
                    str(problem),
                    now=bot.now(),
                    correlation=held.correlation,
                    connection=held.connection,
                )
        rendered = _plain(one)
    host = host_of(bot.settings.mail.sender)
    message_id = f"<{fingerprint([held.name, one.to])}@{host}>"
    first = f"<{fingerprint(['thread', one.thread, one.to])}@{host}>" if one.thread else None
    raw = bot.mailer.build(
        Message(
            message_id=message_id,
            recipient=one.to,
            at=letter.made_at,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            thread=(first,) if first else (),
        )
    )
    return Ready(message_id, one.to, letter.template, rendered.subject, raw, letter.rank)


_BROKEN = say("This mail's template has a mistake, so its facts come as they are.")


def _plain(one: Addressed) -> Rendered:
    """The facts of a letter, line by line, when its template fails."""
    letter = translated(one.letter, one.language)
    facts = {field.name: getattr(letter, field.name) for field in fields(letter)}
    title = str(facts.get("title") or facts.get("connection") or one.letter.template.replace("_", " "))
    lines = [
        f"{name.replace('_', ' ')}: {value}"
        for name, value in facts.items()
        if isinstance(value, str) and value and name != "title"
    ]
    text = printable(
        "\n".join(
            [
                title,
                "",
                _BROKEN.in_(one.language),
                "",
                *lines,
                "",
                one.letter.url,
            ]
        )
    )
    body = f"<body><pre>{escape(text, quote=False)}</pre></body>"
    html = f"<!doctype html><html lang='{one.language}'>{body}</html>"
    return Rendered(one_line(f"{one.letter.template.replace('_', ' ')}: {title}"), text, html)
