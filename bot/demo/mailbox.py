"""The demo's mail inbox as pages: every mail as the SMTP server received it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.demo.report import subject
from bot.sandbox import Inbox, Received
from bot.web import views
from bot.web.render import MAIL_POLICY, POLICY, STYLESHEET, page
from bot.web.shapes import Frame, MailRow


def mailbox_app(inbox: Inbox, zone: ZoneInfo) -> web.Application:
    """A list, each mail, and each mail's HTML by itself."""

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

    async def style(request: web.Request) -> web.FileResponse:
        return web.FileResponse(STYLESHEET)

    app = web.Application()
    app.router.add_get("/", listed)
    app.router.add_get("/mails", listed)
    app.router.add_get("/mails/{number}", one)
    app.router.add_get("/mails/{number}/html", html)
    app.router.add_get("/static/app.css", style)
    return app


def _html(text: str, policy: str) -> web.Response:
    return web.Response(
        text=text,
        content_type="text/html",
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"},
    )
