"""Connections: is each read, does it send, and is it paused?"""

from aiohttp import web

from bot.connectors import Login
from bot.core import words
from bot.core.words import joined, say, say_many
from bot.engine.bot import Account, Bot
from bot.engine.may import Deed, may_do
from bot.store import brakes, health
from bot.store.brakes import EVERYTHING, Pause
from bot.store.database import Tx
from bot.web import reads
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of
from bot.web.shapes import ConnectionRow, Form, Status
from bot.web.views import Connections

ALL = "all"
"""How the pause of everything is named in an address."""


def path_of(scope: str, deed: str) -> str:
    return f"/connections/{ALL if scope == EVERYTHING else scope}/{deed}"


async def all_of_them(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    scopes = (EVERYTHING, *bot.accounts) if may_do(bot.settings, person, Deed.PAUSE) else ()
    forms = await forms_for(
        request, *(path_of(scope, deed) for scope in scopes for deed in ("pause", "resume"))
    )
    async with bot.db.read() as tx:
        paused = {pause.scope: pause for pause in await brakes.pauses(tx, bot.now())}
        rows = [
            await _row(bot, tx, account, paused.get(account.id), forms) for account in bot.accounts.values()
        ]
        frame = await frame_of(request, tx, forms)
    everything = paused.get(EVERYTHING)
    view = Connections(
        frame=frame,
        rows=tuple(rows),
        paused=_says(bot, everything) if everything else "",
        pause_all=None if everything else forms.get(path_of(EVERYTHING, "pause")),
        resume_all=forms.get(path_of(EVERYTHING, "resume")) if everything else None,
    )
    return shown(request, view)


async def _row(
    bot: Bot, tx: Tx, account: Account, pause: Pause | None, forms: dict[str, Form]
) -> ConnectionRow:
    known = await health.health(tx, account.id)
    unparsed = await reads.count_unparsed(tx, account.id)
    details: list[str] = []
    if known.failing_since is not None:
        status = Status(say("cannot be read"), "unknown", "warn")
        since = words.moment(known.failing_since, bot.settings.timezone)
        details.append(say("Since {when}: {problem}", when=since, problem=known.problem))
    elif known.listed_at is None:
        status = Status(say("not read yet"), "wait", "calm")
    else:
        status = Status(say("answers"), "done")
    if unparsed:
        details.append(
            say_many(unparsed, "{count} webhook could not be read", "{count} webhooks could not be read")
        )
    return ConnectionRow(
        id=account.id,
        vendor=account.connector.title,
        status=status,
        last_read_at=known.listed_at,
        oldest_at=known.oldest_at if known.oldest_at != known.listed_at else None,
        last_hook_at=known.hook_at,
        takes_hooks=bool(account.connector.hook_events),
        detail=joined(details, ". "),
        paused=_says(bot, pause) if pause else "",
        pause=None if pause else forms.get(path_of(account.id, "pause")),
        resume=forms.get(path_of(account.id, "resume")) if pause else None,
        login=f"/login/{account.id}"
        if path_of(account.id, "pause") in forms and isinstance(account.connection, Login)
        else "",
    )


def _says(bot: Bot, pause: Pause) -> str:
    zone = bot.settings.timezone
    at = words.moment(pause.at, zone)
    if pause.until is None:
        return say("{person} paused it {when}: {why}", person=pause.by, when=at, why=pause.why)
    return say(
        "{person} paused it {when} until {until}: {why}",
        person=pause.by,
        when=at,
        until=words.moment(pause.until, zone),
        why=pause.why,
    )
