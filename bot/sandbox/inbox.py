"""A real SMTP server that keeps what it accepts, and refuses, drops or hangs on request.

It runs in the running event loop, not in a thread of its own, so that one clock and
one debugger see both sides. A message counts as accepted when the server would have
answered 250; with the fault `drop` at `after-data` it is accepted and the sender never hears of it.
"""

import asyncio
import hashlib
import ssl
import warnings
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.ledger import Ledger

KINDS = {
    "reply": "answers `code` (451) and `text` at a command: EHLO, MAIL, RCPT, DATA, after-data",
    "drop": "cuts the connection at a command; after-data: the message is kept unless `kept` is false",
    "hang": "never answers a command, until the client leaves",
    "refuse": "answers 550 to the recipient `address`",
}


@dataclass(frozen=True)
class Received:
    """One accepted message with its envelope."""

    at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    message: EmailMessage


class Inbox:
    """The server. `login` requires that user and password; `tls` alone offers STARTTLS.

    `implicit_tls` speaks TLS from the start; `require_starttls` refuses mail before it.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        path: Path | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        require_starttls: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.clock = clock
        self.host = ""
        self.port = 0
        self.messages: list[Received] = []
        self.ledger = Ledger(clock, path)
        self.faults = Faults(KINDS)
        self.stopping = asyncio.Event()
        self._tls = tls
        self._implicit = implicit_tls
        self._require = require_starttls
        self._login = login
        self._server: asyncio.Server | None = None
        self._sessions: set[_Protocol] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; with port 0 on a free one."""
        self.stopping.clear()
        loop = asyncio.get_running_loop()
        over = self._tls if self._implicit else None
        self._server = await loop.create_server(self._session, host, port, ssl=over)
        self.host, self.port = self._server.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        """Stop listening, cut the open sessions, close the ledger's file."""
        self.stopping.set()
        if self._server is not None:
            self._server.close()
            for session in list(self._sessions):
                session.cut()
            await self._server.wait_closed()
            self._server = None
            await self._empty.wait()
        self.ledger.close()

    def keep(self, envelope: Envelope) -> None:
        """Accept a message."""
        raw = bytes(envelope.original_content or b"")
        message = message_from_bytes(raw, policy=policy.default)
        recipients = tuple(envelope.rcpt_tos)
        sender = envelope.mail_from or ""
        self.messages.append(Received(self.clock.now(), sender, recipients, raw, message))
        self.ledger.append(
            "message",
            str(message.get("Message-ID", "")),
            "250",
            effect=True,
            sender=sender,
            to=list(recipients),
            subject=str(message.get("Subject", "")),
            sha256=hashlib.sha256(raw).hexdigest(),
        )

    def to(self, recipient: str) -> list[Received]:
        """Return the messages accepted for one recipient, oldest first."""
        return [m for m in self.messages if recipient in m.recipients]

    def _session(self) -> "_Protocol":
        return _Protocol(self)

    def options(self) -> dict[str, Any]:
        """Return what a session is made with."""
        login = self._login

        def allowed(_: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
            given = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode())
            return AuthResult(success=given == login, handled=False)

        return {
            "hostname": "inbox.example.com",
            "enable_SMTPUTF8": True,
            "tls_context": None if self._implicit else self._tls,
            "require_starttls": self._require,
            "auth_required": login is not None,
            "auth_require_tls": self._tls is not None and not self._implicit,
            "authenticator": allowed if login is not None else None,
        }

    def opened(self, session: "_Protocol") -> None:
        """Remember a session, so that `stop` can cut it."""
        self._sessions.add(session)
        self._empty.clear()

    def closed(self, session: "_Protocol") -> None:
        """Forget a session."""
        self._sessions.discard(session)
        if not self._sessions:
            self._empty.set()


class _Protocol(SMTP):
    """One session, which asks for faults before each command."""

    def __init__(self, inbox: Inbox) -> None:
        with warnings.catch_warnings():
            # The library cannot see TLS that was there from the start, and warns of a login without it.
            warnings.simplefilter("ignore", UserWarning)
            super().__init__(SimpleNamespace(handle_DATA=self._received), **inbox.options())
        self._inbox = inbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inbox.opened(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._inbox.closed(self)

    def cut(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def _ehlo(self, hostname: str) -> None:
        if not await self._fails("EHLO"):
            await super().smtp_EHLO(hostname)

    async def _mail(self, arg: str | None) -> None:
        if not await self._fails("MAIL"):
            await super().smtp_MAIL(arg)

    async def _rcpt(self, arg: str | None) -> None:
        asked = (arg or "").lower()
        refused = self._inbox.faults.take_if(
            "RCPT", lambda f: f.kind == "refuse" and str(f.args.get("address", "")).lower() in asked
        )
        if refused:
            await self.push("550 5.1.1 No such mailbox")
        elif not await self._fails("RCPT"):
            await super().smtp_RCPT(arg)

    async def _data(self, arg: str | None) -> None:
        if not await self._fails("DATA"):
            await super().smtp_DATA(arg)

    async def _received(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Accept a message, unless a fault at `after-data` says otherwise."""
        met = {f.kind: f for f in self._inbox.faults.take("after-data", {"reply", "drop", "hang"})}
        if (fault := met.get("reply")) is not None:
            return _text(fault)
        if (fault := met.get("drop")) is not None:
            if fault.args.get("kept", True):
                self._inbox.keep(envelope)
            self.cut()
            return "421 cut"
        if "hang" in met:
            await self._hang()
            return "421 hung"
        self._inbox.keep(envelope)
        return "250 OK"

    async def _fails(self, command: str) -> bool:
        met = {f.kind: f for f in self._inbox.faults.take(command, {"reply", "drop", "hang"})}
        if (fault := met.get("reply")) is not None:
            await self.push(_text(fault))
        elif "drop" in met:
            self.cut()
        elif "hang" in met:
            await self._hang()
        return bool(met)

    async def _hang(self) -> None:
        while self.transport is not None and not self.transport.is_closing():
            try:
                async with asyncio.timeout(0.02):
                    await self._inbox.stopping.wait()
            except TimeoutError:
                continue
            return


# The library finds a command by its name, which is written in capitals.
for _command in ("EHLO", "MAIL", "RCPT", "DATA"):
    setattr(_Protocol, f"smtp_{_command}", getattr(_Protocol, f"_{_command.lower()}"))


def _text(fault: Fault) -> str:
    return f"{fault.args.get('code', 451)} {fault.args.get('text', 'Try again later')}"
