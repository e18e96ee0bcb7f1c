"""One call in ten goes wrong: which one and how is drawn, and it goes wrong where a network would.

`Calls` stands where the vendors' HTTP session does and `Post` where the mail server does.
Each call takes a drawn while on the clock; a time-out is the time-out's length on it.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from random import Random
from typing import Any

import aiohttp
from aiosmtpd.smtp import Envelope as Received
from yarl import URL

from bot.mail.smtp import Accepted, Away, Envelope, Mailer, SendOutcome, TryLater, Unknown
from bot.sandbox import Inbox, Vendor
from bot.settings import Mail
from tests.faults.year.clock import SimClock

ONE_IN = 10
ONE_ACTION_IN = 3
"""What acts is one call in fifty, and where it goes wrong is what all of this is about."""

Fault = tuple[str, Mapping[str, object]]

NEVER_ARRIVED: Fault = ("timed out before it arrived", {})
TOO_LATE: Fault = ("timed out after it was done", {})
ANYWHERE: tuple[Fault, ...] = (
    NEVER_ARRIVED,
    TOO_LATE,
    ("lose_reply", {}),
    ("drop_before", {}),
    ("status", {"code": 500}),
    ("status", {"code": 502}),
    ("status", {"code": 503}),
    ("status_after", {"code": 503}),
    ("rate_limit", {"retry_after": 40}),
    ("rate_limit", {"retry_after": 90, "as_date": True}),
    ("html", {}),
    ("truncated", {}),
    ("redirect", {"code": 307}),
)
OF_A_TOKEN: Fault = ("expired_token", {})
OF_AN_ACTION: tuple[Fault, ...] = (("unchanged_for", {"reads": 1}), ("unchanged_for", {"reads": 3}))
BEFORE_DATA, AFTER_DATA_KEPT, AFTER_DATA_LOST, PUT_OFF = "before", "kept", "lost", "put off"


class Luck:
    """Draws, and counts what it drew. Everything goes well once `is_over`."""

    def __init__(self, seed: str) -> None:
        self.calls = 0
        """Those that were drawn for."""
        self.taken = 0
        """All that took their time, those of a calm time included: calls at vendors, and mails."""
        self.faulty: Counter[str] = Counter()
        self.is_over = False
        self._random = Random(seed)

    def took_s(self) -> float:
        self.taken += 1
        return self._random.randint(40, 900) / 1000

    def draw(self, faults: tuple[Any, ...], one_in: int = ONE_IN) -> Any:
        """One of the faults, or None where all goes well."""
        if self.is_over:
            return None
        self.calls += 1
        if self._random.randrange(one_in):
            return None
        return self._random.choice(faults)


class Calls:
    """What the vendor client takes for its session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        vendors: Mapping[str, Vendor[Any]],
        clock: SimClock,
        luck: Luck,
        time_out_s: float,
    ) -> None:
        self._session = session
        self._vendors = vendors
        self._clock = clock
        self._luck = luck
        self._time_out_s = time_out_s

    @asynccontextmanager
    async def request(self, method: str, url: URL, **more: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send it, with what was drawn for it. Raises what the session raises, and TimeoutError."""
        vendor = self._vendors[str(url.host)]
        acts = method != "GET" and not url.path.endswith(("/graphql", "/token"))
        fault = self._luck.draw(_faults_of(vendor, url, acts), ONE_ACTION_IN if acts else ONE_IN)
        await self._clock.sleep(self._luck.took_s())
        if fault is not None:
            self._luck.faulty[fault[0]] += 1
        if fault is NEVER_ARRIVED:
            await self._clock.sleep(self._time_out_s)
            raise TimeoutError
        if fault is not None and fault is not TOO_LATE:
            vendor.faults.add(fault[0], **fault[1])
        async with self._session.request(method, url, **more) as response:
            if fault is TOO_LATE:
                await self._clock.sleep(self._time_out_s)
                raise TimeoutError
            yield response


def _faults_of(vendor: Vendor[Any], url: URL, acts: bool) -> tuple[Fault, ...]:
    return (
        *ANYWHERE,
        *((OF_A_TOKEN,) if vendor.token_path is not None and url.path != vendor.token_path else ()),
        *(OF_AN_ACTION * 3 if acts else ()),
    )


class Post(Mailer):
    """A mailer that hands what it is given to the inbox, without a socket between them."""

    def __init__(self, settings: Mail, inbox: Inbox, clock: SimClock, luck: Luck) -> None:
        super().__init__(settings)
        self._inbox = inbox
        self._clock = clock
        self._luck = luck
        self._cut: set[str] = set()

    async def send(self, envelope: Envelope, *, before_data: Callable[[], Awaitable[None]]) -> SendOutcome:
        fault = self._luck.draw((BEFORE_DATA, PUT_OFF, AFTER_DATA_KEPT, AFTER_DATA_LOST))
        await self._clock.sleep(self._luck.took_s())
        message_id = str(message_from_bytes(envelope.raw)["Message-ID"])
        if fault in (AFTER_DATA_KEPT, AFTER_DATA_LOST) and message_id in self._cut:
            # Cut off twice, nobody ever knows: the documented end, and no subject of a simulation.
            fault = None
        if fault is not None:
            self._luck.faulty[f"mail {fault}"] += 1
        if fault == BEFORE_DATA:
            return Away("connecting failed", at_mail=False)
        await before_data()
        if fault == PUT_OFF:
            return TryLater(451, "DATA: 451 try again later")
        if fault != AFTER_DATA_LOST:
            self._keep(envelope)
        if fault is None:
            return Accepted("250 OK")
        self._cut.add(message_id)
        return Unknown("the connection was lost with the content")

    def _keep(self, envelope: Envelope) -> None:
        received = Received()
        received.mail_from = self._sender
        received.rcpt_tos = [envelope.recipient]
        received.original_content = envelope.raw
        self._inbox.keep(received)
