"""Mails as they were made: each with what its server said, the HTML part kept in a sandbox."""

from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from aiohttp import web

from bot.core import words
from bot.core.words import joined, say
from bot.engine.bot import Bot
from bot.engine.case import load_case
from bot.engine.digest import mail_path
from bot.store import mails
from bot.store.mails import Mail
from bot.web.console.timeline import said_of
from bot.web.cursor import NAME, links, looked_to, place_in
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import bot_of, not_there
from bot.web.render import MAIL_POLICY
from bot.web.shapes import MailRow, Pager
from bot.web.sought import A_PAGE, MAIL_FIELDS, fields_of, mails_sought
from bot.web.views import MailPage, Mails

_HEADERS = ("From", "To", "Date", "Subject", "Message-ID", "In-Reply-To")


def path_of(mail: Mail) -> str:
    return mail_path(mail.message_id)


def row_of(mail: Mail) -> MailRow:
    return MailRow(
        subject=mail.subject,
        url=path_of(mail),
        at=mail.settled_at or mail.created_at,
        to=mail.recipient,
        said=said_of(mail),
    )


async def all_of_them(request: web.Request) -> web.Response:
    bot, given = bot_of(request), fields_of(request.query, MAIL_FIELDS)
    place, forms = place_in(request.query.get(NAME, ""), datetime, str), await forms_for(request)
    async with bot.db.read() as tx:
        sought = await mails_sought(bot, tx, given)
        found, listed = await mails.page(
            tx,
            place,
            states=sought.states,
            about=sought.about,
            recipient=sought.recipient,
            subject=sought.subject,
            at_most=A_PAGE,
        )
        frame = await frame_of(request, tx, forms)
    older, newer = links("/mails", given, listed)
    pager = Pager(older=older, newer=newer, looked_to=looked_to(listed.looked_to))
    rows = tuple(row_of(mail) for mail in found)
    return shown(request, Mails(frame=frame, rows=rows, asked=given, pager=pager))


async def one(request: web.Request) -> web.Response:
    bot, forms = bot_of(request), await forms_for(request)
    mail = await find_mail(request)
    async with bot.db.read() as tx:
        case = await load_case(bot, tx, mail.resource) if mail.resource else None
        frame = await frame_of(request, tx, forms)
    message = parsed(mail)
    html = message.get_body(("html",))
    view = MailPage(
        frame=frame,
        subject=mail.subject,
        headers=tuple((name, str(message[name])) for name in _HEADERS if message[name]),
        text=content(message, "plain") if mail.raw else say("What it said was erased."),
        html_url=f"{path_of(mail)}/html" if html is not None else "",
        outcomes=(_outcome(bot, mail),),
        about=case.title if case else "",
        about_url=case.path if case else "",
    )
    return shown(request, view)


async def html(request: web.Request) -> web.Response:
    """The HTML part at an address of its own, where no script runs and nothing remote loads."""
    body = content(parsed(await find_mail(request)), "html")
    if not body:
        raise not_there(say("This mail has no HTML part."))
    return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY})


async def find_mail(request: web.Request) -> Mail:
    async with bot_of(request).db.read() as tx:
        mail = await mails.get(tx, f"<{request.match_info['mail']}>")
    if mail is None:
        raise not_there(say("There is no such mail."))
    return mail


def parsed(mail: Mail) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(mail.raw)


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _outcome(bot: Bot, mail: Mail) -> str:
    at = [words.moment(mail.settled_at, bot.settings.timezone)] if mail.settled_at else []
    return say("{person}: {outcome}", person=mail.recipient, outcome=joined((said_of(mail), *at), " "))
