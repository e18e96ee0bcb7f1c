"""The demo's mail inbox as pages: every mail as the SMTP server received it.

Besides, a link that signs a person in, which only a demo may have: a GET that signs in
is a GET that somebody else can make you do.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.demo.report import subject
from bot.demo.stage import Stage
from bot.engine.access import open_session
from bot.sandbox import Received
from bot.web import views
from bot.web.gate import COOKIE
from bot.web.render import MAIL_POLICY, STYLESHEET, page
from bot.web.shapes import Frame, MailRow
from bot.web.traced import POLICY


def mailbox_app(stage: Stage, zone: ZoneInfo) -> web.Application:
    """A list, each mail, each mail's HTML by itself, and the sign-in links."""
    inbox = stage.inbox

    def frame(at: datetime) -> Frame:
        return Frame(person="", zone=zone, made_at=at, host="the demo's inbox")

    def found(request: web.Request) -> tuple[int, Received]:
        number = request.match_info["number"]
        if not number.isdecimal() or int(number) >= len(inbox.messages):
            raise web.HTTPNotFound
        return int(number), inbox.messages[int(number)]

    async def listed(request: web.Request) -> web.Response:
        rows = tuple(
            MailRow(
                subject=subject(mail),
                url=f"/mails/{number}",
                at=mail.at,
                to=", ".join(mail.recipients),
                said="received",
            )
            for number, mail in reversed(list(enumerate(inbox.messages)))
        )
        at = inbox.messages[-1].at if inbox.messages else inbox.clock.now()
        return _html(page(views.Mails(frame=frame(at), rows=rows, inbox=True)), POLICY)

    async def one(request: web.Request) -> web.Response:
        number, mail = found(request)
        text = mail.message.get_body(("plain",))
        shown = ("From", "To", "Date", "Message-ID", "In-Reply-To")
        view = views.MailPage(
            frame=frame(mail.at),
            subject=subject(mail),
            headers=tuple((name, str(mail.message[name])) for name in shown if mail.message[name]),
            text=str(text.get_content()) if text else "",
            html_url=f"/mails/{number}/html",
        )
        return _html(page(view), POLICY)

    async def html(request: web.Request) -> web.Response:
        _, mail = found(request)
        body = mail.message.get_body(("html",))
        return _html(str(body.get_content()) if body else "", MAIL_POLICY)

    async def sign_in(request: web.Request) -> web.Response:
        person = stage.settings.person(request.match_info["person"])
        if person is None:
            raise web.HTTPNotFound
        reply = web.HTTPSeeOther(stage.bot.url + "/")
        # A cookie belongs to a host whatever its port, so the bot's pages on this host get it too.
        session = await open_session(stage.bot.bot, person)
        reply.set_cookie(COOKIE, session, httponly=True, samesite="Lax")
        raise reply

    async def style(request: web.Request) -> web.FileResponse:
        return web.FileResponse(STYLESHEET)

    app = web.Application()
    app.router.add_get("/", listed)
    app.router.add_get("/mails", listed)
    app.router.add_get("/mails/{number}", one)
    app.router.add_get("/mails/{number}/html", html)
    app.router.add_get("/sign-in/{person}", sign_in)
    app.router.add_get("/static/app.css", style)
    return app


def _html(text: str, policy: str) -> web.Response:
    return web.Response(
        text=text,
        content_type="text/html",
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"},
    )
