"""What every page of the console has around it, and how an answer to a form comes back.

A deed answers with a redirect and one sentence. The sentence travels in a cookie that
is sealed for the session, so that nobody can make a page say something by a link.
"""

import hmac
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from aiohttp import web
from babel import negotiate_locale

from bot.core.words import LANGUAGES, translated
from bot.engine.access import hashes
from bot.engine.bot import Bot
from bot.engine.may import Deed, asked_about, may_do
from bot.settings import Person
from bot.store import approvals
from bot.store.approvals import Approval, ApprovalState
from bot.store.database import Tx
from bot.web.forms import SIGN_OUT
from bot.web.parts import PERSON, SESSION, bot_of
from bot.web.render import page
from bot.web.shapes import Form, Frame
from bot.web.views import Page

SAID = "payrunbot_said"
SAID_FOR_S = 60


def is_for(bot: Bot, person: Person, asked: Approval) -> bool:
    """Whether this waits for this person's answer now."""
    return (
        asked.state is ApprovalState.OPEN
        and bot.now() < asked.expires_at
        and may_do(bot.settings, person, Deed.APPROVE, asked_about(bot, asked))
    )


def bare_frame(request: web.Request) -> Frame:
    """The frame of pages that need no database: errors, and those for nobody in particular."""
    bot = bot_of(request)
    person = request.get(PERSON)
    return Frame(
        person=person.id if person else "",
        zone=bot.settings.timezone,
        language=language_of(request),
        made_at=bot.now(),
        host=urlsplit(bot.settings.http.public_url).netloc,
    )


def language_of(request: web.Request) -> str:
    """What whoever asks reads: as the settings say, or as the browser of somebody unknown does."""
    person = request.get(PERSON)
    if person is not None:
        return str(person.language)
    wanted = [one.partition(";")[0].strip().replace("-", "_") for one in _languages_of(request)]
    return negotiate_locale(wanted, LANGUAGES) or LANGUAGES[0]


def _languages_of(request: web.Request) -> list[str]:
    return request.headers.get("Accept-Language", "")[:200].split(",")


async def frame_of(request: web.Request, tx: Tx, forms: dict[str, Form]) -> Frame:
    """The frame of a signed-in person's page."""
    bot, person = bot_of(request), request[PERSON]
    waiting = [one for one in await approvals.listed(tx, ApprovalState.OPEN) if is_for(bot, person, one)]
    return replace(
        bare_frame(request), waiting=len(waiting), sign_out=forms[SIGN_OUT], notice=_notice(request)
    )


def shown(request: web.Request, view: Page, *, status: int = 200) -> web.Response:
    """A finished page. What was just said is said once."""
    response = web.Response(text=page(view), content_type="text/html", status=status)
    if SAID in request.cookies:
        response.del_cookie(SAID)
    return response


def done(request: web.Request, where: str, said: str) -> web.Response:
    """Back to a page after a deed, with the sentence that says what was done."""
    said = translated(said, language_of(request))
    response = web.Response(status=303, headers={"Location": where})
    response.set_cookie(
        SAID,
        f"{_seal(request, said)}.{quote(said, safe='')}",
        max_age=SAID_FOR_S,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
    )
    return response


def is_secure(request: web.Request) -> bool:
    return bot_of(request).settings.http.public_url.startswith("https://")


def _notice(request: web.Request) -> str:
    seal, _, text = request.cookies.get(SAID, "").partition(".")
    said = unquote(text)
    given = seal.encode("utf-8", "replace")
    return said if said and hmac.compare_digest(given, _seal(request, said).encode()) else ""


def _seal(request: web.Request, said: str) -> str:
    return hashes(bot_of(request).settings, f"said:{request[SESSION]}:{said}")[0][:32]
