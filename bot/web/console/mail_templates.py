"""What mails are made of: whose file, whether it is right, and every example as its reader would get it."""

from urllib.parse import quote

from aiohttp import web

from bot.core.words import LANGUAGES, say
from bot.engine.bot import Bot
from bot.engine.templates import refused
from bot.mail.checked import examples, examples_of
from bot.mail.render import Rendered, TemplateProblem
from bot.web.console.people import LANGUAGES as CALLED
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.mail_views import ExampleLink, MailExample, MailTemplates, TemplateRow
from bot.web.parts import bot_of, not_there
from bot.web.render import MAIL_POLICY

HERE = "/mails/templates"


async def all_of_them(request: web.Request) -> web.Response:
    bot, forms = bot_of(request), await forms_for(request)
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
    view = MailTemplates(
        frame=frame,
        rows=tuple(_row(bot, mail) for mail in sorted(bot.renderer.names() | set(refused(bot)))),
        refused=len(refused(bot)),
        folder=bot.settings.templates.name,
    )
    return shown(request, view)


async def one(request: web.Request) -> web.Response:
    bot, forms = bot_of(request), await forms_for(request)
    name, language = request.match_info["example"], request.match_info["language"]
    mail, problem = await _made(bot, name, language)
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
    others = tuple(ExampleLink(CALLED.get(one, one), _path(one, name), one == language) for one in LANGUAGES)
    view = MailExample(
        frame=frame,
        example=name,
        subject=mail.subject if mail is not None else "",
        text=mail.text if mail is not None else "",
        html_url=f"{_path(language, name)}/html" if mail is not None else "",
        problem=problem,
        languages=others,
    )
    return shown(request, view)


async def html(request: web.Request) -> web.Response:
    """As a mail's own: no script runs in it, and nothing remote loads."""
    mail, problem = await _made(
        bot_of(request), request.match_info["example"], request.match_info["language"]
    )
    if mail is None:
        raise not_there(problem)
    return web.Response(
        text=mail.html, content_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY}
    )


def _path(language: str, example: str) -> str:
    return f"{HERE}/{language}/{quote(example)}"


async def _made(bot: Bot, name: str, language: str) -> tuple[Rendered | None, str]:
    """The example with the files in use; or where these are wrong."""
    letter = examples().get(name)
    if letter is None or language not in LANGUAGES:
        raise not_there(say("There is no such example."))
    try:
        return await bot.renderer.render(letter.template, language, letter.context()), ""
    except TemplateProblem as problem:
        return None, str(problem)


def _row(bot: Bot, mail: str) -> TemplateRow:
    state = bot.templates.get(mail)
    return TemplateRow(
        mail=mail,
        is_theirs=state is not None and state.is_theirs,
        refused=state.refused if state is not None else "",
        examples=tuple(ExampleLink(name, _path(LANGUAGES[0], name)) for name in examples_of(mail)),
    )
