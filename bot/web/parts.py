"""What every handler reaches for: the bot, the answers that are no page, a bounded body.

A body is read here and nowhere else. Its header is looked at first: a compressed one is
refused before a byte of it is read, since the server would inflate it silently.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.core.words import say
from bot.engine.receiver import Receiver
from bot.settings import Person

if TYPE_CHECKING:  # webhooks are taken before these are imported
    from bot.engine.bot import Bot
    from bot.engine.fit import Fitness

RECEIVER = web.AppKey("receiver", Receiver)
BOT: web.AppKey["Bot"] = web.AppKey("bot")
RELOAD: web.AppKey[Callable[[], Awaitable[None]]] = web.AppKey("reload")
"""Reads the rule files again and puts in force what they and the signatures say."""
FITNESS: web.AppKey["Fitness"] = web.AppKey("fitness")
BODY_WITHIN = web.AppKey("body_within", float)
"""Seconds that a sender has for the whole of a body."""
BODY_WITHIN_S = 5.0

PERSON = web.RequestKey("person", Person)
SESSION = web.RequestKey("session", str)
"""The secret of the session, on pages; nothing on the API, which takes no cookie."""
CORRELATION = web.RequestKey("correlation", str)

API = "/api/"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one part of what was sent: where it stands, and how to mend it."""

    where: Literal["path", "query", "body"]
    at: str
    says: str


@dataclass(slots=True, eq=False)
class Answer(Exception):
    """Any answer that is not what was asked for. A page says it, or problem+json.

    `says` are whole sentences; the first of them says what was not done.
    """

    status: int
    title: str
    says: tuple[str, ...] = ()
    button: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    """Each of what was wrong by itself, for programs."""

    def __str__(self) -> str:
        return self.title


NOTHING_HERE = say("There is nothing at this address.")


def not_there(what: str = NOTHING_HERE) -> Answer:
    return Answer(404, say("Not found"), (what,), say("To what needs you today"), "/")


def bot_of(request: web.Request) -> "Bot":
    return request.app[BOT]


def receiver_of(request: web.Request) -> Receiver:
    """The bot, or what there is of it while it starts."""
    return request.app[RECEIVER]


def refuse_compressed(request: web.BaseRequest) -> None:
    """Raises Answer 415. Whatever inflates can be a thousand times its size."""
    for coding in request.headers.getall("Content-Encoding", []):
        if coding.strip().lower() not in ("", "identity"):
            says = (say("Nothing was read of it. Send it as it is."),)
            raise Answer(415, say("The body is compressed"), says)


async def bounded_body(request: web.Request, at_most: int) -> bytes:
    """The raw bytes of a request. Raises Answer: 415, 413, 408 or 400 for half a body."""
    return await whole_body(request, at_most, request.app[BODY_WITHIN])


async def whole_body(request: web.BaseRequest, at_most: int, within_s: float) -> bytes:
    """The same, for a request that no application has taken."""
    refuse_compressed(request)
    too_large = Answer(
        413,
        say("The body is too large"),
        (say("Nothing was stored. At most {most} KiB are taken.", most=at_most // 1024),),
    )
    not_whole, again = say("The body did not come whole"), (say("Nothing was stored. Send it again."),)
    if (request.content_length or 0) > at_most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > at_most:
                    raise too_large
    except TimeoutError:
        raise Answer(408, not_whole, again) from None
    except ConnectionError:  # whoever sent it has hung up, which says nothing about us
        raise Answer(400, not_whole, again) from None
    except (web.RequestPayloadError, HttpProcessingError):
        nothing = (say("Nothing was stored."),)
        raise Answer(400, say("The body is not what its headers say"), nothing) from None
    return bytes(body)
