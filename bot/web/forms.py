"""Forms that change something: posted from our own page, once, by whoever got it.

Three things must hold before anything is done: the browser says that the post comes
from this site, the one-time token was made for this session, and for this address. A
token is spent before its deed is tried, so that pressing twice decides once.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web

from bot.core.words import say
from bot.engine.access import make_forms, use_form
from bot.web.parts import SESSION, Answer, bot_of, bounded_body
from bot.web.shapes import Form

AT_MOST = 64 * 1024
LONGEST_TEXT = 2_000
"""Characters of a reason or a comment."""

SIGN_OUT = "/sign-out"

Fields = Mapping[str, Sequence[str]]


async def forms_for(request: web.Request, *paths: str) -> dict[str, Form]:
    """A form with its one-time token for each path, and one to sign out."""
    wanted = list(dict.fromkeys((SIGN_OUT, *paths)))
    # Bound to the path as it will be read from the request, which has no escapes left.
    tokens = await make_forms(bot_of(request), request[SESSION], [unquote(path) for path in wanted])
    return {path: Form(path, token) for path, token in zip(wanted, tokens, strict=True)}


async def posted(request: web.Request) -> Fields:
    """The fields of a form that counts. Raises Answer 403 for one that does not."""
    fields = await read_fields(request)
    token = first(fields, "csrf")
    if not token or not await use_form(bot_of(request), request[SESSION], token, request.path):
        raise Answer(
            403,
            say("Nothing was decided: this form does not count any more"),
            (
                say("A form counts once, for whoever opened it, and for an hour."),
                say("Open the page again to see what has become of it."),
            ),
            say("Look at it again"),
            _way_back(request),
        )
    return fields


async def read_fields(request: web.Request) -> Fields:
    """The fields of a form posted from our own page, whatever its token."""
    _from_here(request)
    if request.content_type != "application/x-www-form-urlencoded":
        raise Answer(415, say("Nothing was decided: this is no form"))
    body = await bounded_body(request, AT_MOST)
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise Answer(400, say("Nothing was decided: the form could not be read")) from None


def _from_here(request: web.Request) -> None:
    """Raises Answer 403 where the browser says that another site posts this."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    public = bot_of(request).settings.http.public_url
    foreign = site not in (None, "same-origin", "none")
    if origin is not None and origin != public:
        foreign = foreign or _host_of(origin) != request.host
    if foreign:
        raise Answer(
            403,
            say("Nothing was decided: this came from another site"),
            (say("A page elsewhere tried to decide for you. Nothing was done."),),
            say("To what needs you today"),
            "/",
        )


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # `http://[` is no address, and so not ours
        return None


def _way_back(request: web.Request) -> str:
    """The page that this form stands on: its own address without the deed."""
    page = request.rel_url.raw_path.rpartition("/")[0]
    return {"/connections": "/connections", "/connections/*": "/connections"}.get(page, page) or "/"


def first(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def text_of(fields: Fields, name: str, what: str) -> str:
    """A text that somebody must have written. Raises Answer 422."""
    text = first(fields, name).strip()
    if not text:
        title = say("Nothing was done: {what} is missing", what=what)
        raise Answer(422, title, (say("It is kept in the audit."),))
    if len(text) > LONGEST_TEXT:
        raise Answer(
            422,
            say("Nothing was done: {what} is longer than {most} characters", what=what, most=LONGEST_TEXT),
        )
    return text


def instant_of(request: web.Request, text: str) -> datetime:
    """`2026-11-23T12:00` on the clocks of the settings' zone. Raises Answer 422."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=bot_of(request).settings.timezone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Answer(
            422, say("Nothing was done: that is no time"), (say("Write for example 2026-11-23T12:00."),)
        ) from None
