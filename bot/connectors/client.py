"""The one client through which every vendor is called. It never sends anything twice.

Surprising here: aiohttp does. When a kept connection drops before the reply, it sends
GET, PUT and DELETE once more by itself, below every journal. `_never_again` turns the
drop into an exception of ours, which aiohttp does not know how to retry. It is given
with each request, so that no session can be without it.

A failure says whether anything can have happened: `NotSent` is before the connection
stood, `MaybeSent` is everything after. Redirects are not followed: a client that
follows one drops its Authorization on the way.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import aiohttp
from structlog.typing import FilteringBoundLogger
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_chain, wait_fixed
from yarl import URL

from bot.connectors.problem import Gone, Unauthorised, VendorProblem
from bot.core.clock import Clock
from bot.core.words import joined, say, told_by

MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_DIGITS = 30
READ_WAITS_S = (0.2, 1.0)
ASKED_WAIT_S = 60.0
"""For a vendor that asks us to wait (429) and does not say for how long."""

_TELLING_KEYS = ("detail", "message", "title", "error_description", "error", "reason")

Sleep = Callable[[float], Awaitable[None]]


class NotSent(Exception):
    """No connection was made, so nothing can have happened at the vendor."""


class MaybeSent(Exception):
    """It was on its way and no usable reply came: it may have happened."""


class TimedOut(MaybeSent):
    """No whole reply within the time-out."""


class Gate(Protocol):
    """Who says whether a call may be made now."""

    def turn(self, connection: str) -> AbstractAsyncContextManager[None]:
        """One call may be made in here. Raises HeldBack."""

    def asked_to_wait(self, connection: str, seconds: float) -> None:
        """The vendor wants no calls for so long."""


class _Again(Exception):
    """A read that may be tried once more; carries what to say if it may not."""

    def __init__(self, problem: VendorProblem) -> None:
        super().__init__(problem.what)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Reply:
    """What the vendor answered. `secrets` are what we sent and must never repeat."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> Any:
        """The body with exact numbers. Raises VendorProblem for anything that is not JSON.

        Fractions become Decimal. A number of more than 30 digits, NaN or a nesting
        too deep to be read are refused, not rounded; so is half a character, which JSON
        may name and which neither a database nor an address takes.
        """
        try:
            found = json.loads(self.body, parse_float=_exact, parse_constant=_no_number)
            if b"\\ud" in self.body.lower():
                json.dumps(found, ensure_ascii=False, default=str).encode()
            return found
        except (ValueError, RecursionError):
            raise VendorProblem(self._no_json(), is_outage=True) from None

    def _no_json(self) -> str:
        match self.body.lstrip()[:1]:
            case b"<":
                return say("answered {status} with a web page", status=self.status)
            case b"":
                return say("answered {status} with nothing", status=self.status)
        return say("answered {status} with something that is not JSON", status=self.status)

    def detail(self) -> str:
        """The vendor's own sentence about an error, if it has one: short, without our secrets."""
        try:
            found = _sentences(self.json())
        except VendorProblem:
            return ""
        return self.scrub("; ".join(found))

    def scrub(self, text: str) -> str:
        """The text without anything secret that we had sent, cut to a line."""
        for secret in self.secrets:
            text = text.replace(secret, "…")
        return " ".join(text.split())[:300]

    def asks_to_wait_s(self, now: datetime) -> float | None:
        """Seconds for which the account is to be left alone: with 429, or 503 where it says so."""
        wait = self.retry_after_s(now)
        if self.status == 429:
            return ASKED_WAIT_S if wait is None else wait
        return wait if self.status == 503 else None

    def retry_after_s(self, now: datetime) -> float | None:
        """Seconds the vendor asks us to wait, from either form of Retry-After; at most a day."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), 86_400.0)
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max((at - now).total_seconds(), 0.0), 86_400.0)


Heard = Callable[[str, Reply], None]
"""Who hears every reply, by connection."""
Timed = Callable[[str, str, str, float], None]
"""Who is told of every call: its connection, what was called, how it went, and its seconds."""


class VendorClient:
    """Sends one request at a time, once, with one total time-out for each."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        timeout_s: float,
        clock: Clock,
        log: FilteringBoundLogger,
        sleep: Sleep = asyncio.sleep,
        gate: Gate | None = None,
        heard: Heard | None = None,
        timed: Timed | None = None,
    ) -> None:
        self._session = session
        self._gate = gate
        self._heard = heard
        self._timed = timed
        # Connecting ends well before the total, so that a host that does not even
        # answer is always NotSent and never taken for a lost reply.
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=timeout_s * 0.6)
        self._timeout_s = timeout_s
        self._clock = clock
        self._log = log
        self._sleep = sleep

    def now(self) -> datetime:
        """The time in which tokens expire and vendors ask us to wait."""
        return self._clock.now()

    async def call(
        self,
        connection: str,
        method: str,
        url: str,
        *,
        route: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        data: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
    ) -> Reply:
        """Send one request once and give whatever the vendor answered, errors and 3xx too.

        `route` is the path with its ids left out, for the log. Raises NotSent or
        MaybeSent, and HeldBack where no call may be made now, nothing else.
        """
        hidden = tuple(secret for secret in (*secrets, *_proofs(headers)) if secret)
        async with self._gate.turn(connection) if self._gate else nullcontext():
            started = self._clock.wall()
            status, failed = 0, ""
            try:
                async with self._session.request(
                    method,
                    URL(url, encoded=True),
                    headers=headers,
                    params=params,
                    json=json,
                    data=data,
                    allow_redirects=False,
                    timeout=self._timeout,
                    middlewares=(_never_again,),
                ) as response:
                    status = response.status
                    body = await _bounded(response)
                    reply = Reply(status, response.headers, body, hidden)
                    self._mind_what_was_asked(connection, reply)
                    if self._heard is not None:
                        self._heard(connection, reply)
                    return reply
            except (NotSent, MaybeSent) as error:
                failed = told_by(error)
                raise
            except TimeoutError:
                failed = say("did not answer within {seconds} s", seconds=f"{self._timeout_s:g}")
                raise TimedOut(failed) from None
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
                failed = say("is not at a web address: see base_url")
                raise NotSent(failed) from None
            except (aiohttp.ClientError, OSError) as error:
                failed = say("cut the connection while answering ({error})", error=type(error).__name__)
                raise MaybeSent(failed) from None
            finally:
                took = self._clock.wall() - started
                if self._timed is not None:
                    went = f"{status // 100}xx" if status else "no answer"
                    self._timed(connection, f"{method} {route}", went, took.total_seconds())
                self._log.info(
                    "vendor_call",
                    connection=connection,
                    method=method,
                    path=route,
                    status=status or None,
                    took_ms=round(took.total_seconds() * 1000),
                    **({"failed": failed} if failed else {}),
                )

    def _mind_what_was_asked(self, connection: str, reply: Reply) -> None:
        wait = reply.asks_to_wait_s(self.now())
        if self._gate is not None and wait is not None:
            self._gate.asked_to_wait(connection, wait)

    async def read(
        self,
        connection: str,
        url: str,
        *,
        route: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        secrets: Iterable[str] = (),
        detail: Callable[[Reply], str] = Reply.detail,
    ) -> Reply:
        """A reply of 2xx to something that changes nothing at the vendor.

        `detail` finds the vendor's own words in an error. Tried at most twice more, after
        0.2 s and 1 s, where the vendor answered 5xx or was not reached. Raises Unauthorised,
        Gone (404), VendorProblem or HeldBack.
        """
        kept = tuple(secrets)

        async def once() -> Reply:
            try:
                reply = await self.call(
                    connection,
                    method,
                    url,
                    route=route,
                    headers=headers,
                    params=params,
                    json=json,
                    secrets=kept,
                )
            except TimedOut as error:
                raise VendorProblem(told_by(error), is_outage=True) from None
            except (NotSent, MaybeSent) as error:
                raise _Again(VendorProblem(told_by(error), is_outage=True)) from None
            return self._readable(reply, route, detail(reply) if reply.status >= 400 else "")

        waits = wait_chain(*(wait_fixed(seconds) for seconds in READ_WAITS_S))
        retrying = AsyncRetrying(
            stop=stop_after_attempt(len(READ_WAITS_S) + 1),
            wait=waits,
            retry=retry_if_exception_type(_Again),
            reraise=True,
            sleep=self._sleep,
        )
        try:
            return await retrying(once)
        except _Again as error:
            raise error.problem from None

    def _readable(self, reply: Reply, route: str, detail: str) -> Reply:
        what = say("answered {status} to {route}", status=reply.status, route=route)
        what = joined((what, detail), ": ") if detail else what
        wait = reply.retry_after_s(self.now())
        match reply.status:
            case 200 | 201 | 202 | 204:
                return reply
            case 401:
                raise Unauthorised(what, is_outage=True)
            case 404:
                raise Gone(what)
            case 500 | 502 | 503 | 504 if wait is None:
                raise _Again(VendorProblem(what, is_outage=True))
            case status if 300 <= status < 400:
                where = _host(reply.headers.get("Location", ""))
                raise VendorProblem(
                    say(
                        "redirects {route} to {where} ({status}), which is not followed",
                        route=route,
                        where=where,
                        status=status,
                    )
                )
            case _:
                raise VendorProblem(what, retry_after_s=wait, is_outage=reply.status >= 500)


def open_session() -> aiohttp.ClientSession:
    """The session that all connections share.

    No cookies: two accounts at one vendor must not meet in a jar. Idle connections
    are dropped before a vendor's side would, so that an action seldom goes out on one
    that is already dead and comes back as unknown.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=50, limit_per_host=10, keepalive_timeout=10),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "application/json", "User-Agent": "payrunbot"},
    )


async def _never_again(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise NotSent(say("could not be reached ({error})", error=type(error).__name__)) from None
    except TimeoutError:
        raise
    except (aiohttp.ClientError, OSError) as error:
        raise MaybeSent(
            say("cut the connection before answering ({error})", error=type(error).__name__)
        ) from None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(64 * 1024):
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise MaybeSent(
                say(
                    "answered {status} with more than {most} MB",
                    status=response.status,
                    most=MAX_BODY_BYTES // 1024 // 1024,
                )
            )
        parts.append(part)
    return b"".join(parts)


def _proofs(headers: Mapping[str, str] | None) -> tuple[str, ...]:
    """What an Authorization header proves us by: as it is sent, and the password in it where it is Basic."""
    kind, _, sent = (headers or {}).get("Authorization", "").rpartition(" ")
    if kind != "Basic":
        return (sent,)
    try:
        return (sent, b64decode(sent, validate=True).decode().partition(":")[2])
    except ValueError:
        return (sent,)


def _host(location: str) -> str:
    try:
        return URL(location).host or say("another path")
    except ValueError:
        return say("an address that is none")


def _exact(text: str) -> Decimal:
    if len(text) > MAX_DIGITS + 2:
        raise ValueError("a number too long to be money")
    number = Decimal(text)
    if abs(number.adjusted()) > MAX_DIGITS:
        raise ValueError("a number too large or too small to be money")
    return number


def _no_number(text: str) -> Decimal:
    raise ValueError(f"{text} is not a number")


def _sentences(told: object, depth: int = 0) -> list[str]:
    """What vendors put into errors: `{"detail": …}`, `{"field": ["…"]}`, a problem inside an envelope."""
    if isinstance(told, str):
        return [told]
    if depth > 3:
        return []
    if isinstance(told, list):
        return [text for one in told[:5] for text in _sentences(one, depth + 1)]
    if not isinstance(told, dict):
        return []
    by_key = {str(key).lower(): value for key, value in told.items()}
    if isinstance(by_key.get("problem"), dict):
        return _sentences(by_key["problem"], depth + 1)
    spoken = [by_key[key] for key in _TELLING_KEYS if isinstance(by_key.get(key), str)]
    if spoken:
        return spoken[:1]
    return [
        f"{key}: {text}"
        for key, value in list(told.items())[:5]
        if isinstance(value, list)
        for text in _sentences(value, depth + 1)
    ]
