"""A mail to the SMTP server, command by command, and what came of it.

The commands are sent one by one because of one moment: once the content has begun to
leave, a cut connection may mean that the server took the mail or that it did not.
`before_data` is awaited right before that moment, so that it is written down that the
mail may be on its way. Before it everything can simply be tried again.

Most troubles are the server's and not this mail's: those are `Away`, and whoever sends
leaves the other mails alone for a while instead of meeting the same with each.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from bot.mail.kept import GOODBYE_S, KeptSessions
from bot.mail.message import Message, build, envelope_sender, host_of
from bot.settings import Mail
from bot.settings.values import mail_address

_LONGEST_REPLY = 300
_OF_THE_MAIL = ("MAIL", "RCPT", "DATA")
_OF_THE_SERVER = (421, 530, 535, 538)
"""It is closing, or wants a login: said to one mail, meant for all."""
_TOO_LARGE = 552


@dataclass(frozen=True, slots=True)
class Envelope:
    """A finished mail for one recipient: whom the server is told, and the bytes."""

    recipient: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server has taken the mail, and answers for it from here on."""

    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server said no to this mail or recipient, and would say it again."""

    code: int
    reply: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """The server did not take this mail now, said so, and may take it later. It takes others."""

    code: int
    why: str


@dataclass(frozen=True, slots=True)
class Away:
    """The server is in trouble, or refuses the settings: every other mail would meet the same.

    The mail was not taken. `at_mail` says that its own commands had begun, so that it may
    be this mail after all at which the server stumbles.
    """

    why: str
    at_mail: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """The content had begun to leave. Sent again at most once, under the same Message-ID."""

    why: str


SendOutcome = Accepted | Refused | TryLater | Away | Unknown


class Mailer:
    """Builds mails from the settings' sender, and hands them to the settings' server.

    `time_out_s` bounds the way to `before_data`, `data_time_out_s` all that comes after
    it: a lease must outlast them. A session that took a mail is kept for the next one, if
    that comes within `kept_for_s`; whoever says so closes the mailer in the end. Raises
    OSError or ssl.SSLError when made with a `ca` that cannot be read.
    """

    def __init__(
        self,
        settings: Mail,
        *,
        time_out_s: float = 30,
        data_time_out_s: float = 60,
        kept_for_s: float = 0,
    ) -> None:
        self._settings = settings
        self._server = settings.smtp
        self._sender = envelope_sender(settings.sender)
        self._time_out_s = time_out_s
        self._data_time_out_s = data_time_out_s
        self._kept = KeptSessions(kept_for_s)
        self._tls = None if self._server.security == "none" else ssl.create_default_context()
        if self._tls is not None and settings.ca is not None:
            self._tls.load_verify_locations(settings.ca)

    @property
    def server(self) -> str:
        """Which server it is, as `host:port`."""
        return f"{self._server.host}:{self._server.port}"

    @property
    def content_within(self) -> timedelta:
        """How long it may take from `before_data` to the end of `send`."""
        return timedelta(seconds=self._data_time_out_s + GOODBYE_S)

    def build(self, message: Message) -> bytes:
        """The mail as bytes; the same for the same message. Raises ValueError, see `build`."""
        return build(message, self._settings.sender)

    async def send(self, envelope: Envelope, *, before_data: Callable[[], Awaitable[None]]) -> SendOutcome:
        """Hand one mail over. Never raises for what the server or the network does.

        What `before_data` raises goes through, and the content is not sent then.
        """
        mail_address(envelope.recipient)
        deadline = asyncio.get_running_loop().time() + self._time_out_s
        async with self.session(envelope, deadline) as (client, failed):
            if failed is not None:
                return failed
            await before_data()
            outcome = await self._data(client, envelope)
            if isinstance(outcome, Accepted):
                self._kept.keep(client)
            return outcome

    @asynccontextmanager
    async def session(
        self, envelope: Envelope, deadline: float
    ) -> AsyncIterator[tuple[SMTP, SendOutcome | None]]:
        """A session in which the server wants the content of this mail; or why there is none.

        One that was kept may have died since, or be one mail too many for the server: that says
        nothing of the server, nor of the mail, and nothing has left by then. So another is begun.
        """
        kept = self._kept.take()
        if kept is not None:
            async with self._kept.left_well(kept):
                half_time = deadline - self._time_out_s / 2
                failed = await self._until_data(kept, envelope, min(deadline, half_time))
                if not isinstance(failed, Away | TryLater):
                    yield kept, failed
                    return
        async with self._kept.left_well(self._client()) as client:
            yield client, await self._until_data(client, envelope, deadline)

    async def close(self) -> None:
        """End the sessions that are kept. Another may be begun after it."""
        await self._kept.close()

    async def refusal(self) -> str | None:
        """Why the server would take no mail from us, by everything but sending one; else None."""
        deadline = asyncio.get_running_loop().time() + self._time_out_s
        async with self._kept.left_well(self._client()) as client:
            failed = await self._until_data(client, None, deadline)
        match failed:
            case None | Accepted():
                return None
            case Refused(code, reply):
                return f"{code} {reply}"
            case TryLater(why=why) | Away(why=why) | Unknown(why=why):
                return why

    def _client(self) -> SMTP:
        """One session, not connected yet."""
        return SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.security == "tls",
            start_tls=False,
            tls_context=self._tls,
            timeout=self._time_out_s,
            local_hostname=host_of(self._sender),
        )

    async def _until_data(
        self, client: SMTP, envelope: Envelope | None, deadline: float
    ) -> SendOutcome | None:
        """Everything that comes before the content, or before a mail: None when the server wants it."""
        step = "connecting"
        try:
            async with asyncio.timeout_at(deadline):
                if not client.is_connected:
                    await client.connect()
                    step = "EHLO"
                    await client.ehlo()
                    if self._server.security == "starttls":
                        step = "STARTTLS"
                        if not client.supports_extension("starttls"):
                            why = "the server offers no STARTTLS, which smtp:// requires"
                            return Away(why, at_mail=False)
                        await client.starttls()
                        await client.ehlo()
                    if self._server.user and self._settings.password is not None:
                        step = "login"
                        password = self._settings.password.get_secret_value()
                        await client.login(self._server.user, password)
                if envelope is None:
                    return None
                step = "MAIL"
                await client.mail(self._sender, options=self._options(client, envelope))
                step = "RCPT"
                await client.rcpt(envelope.recipient)
        except SMTPResponseException as error:
            return _answer(step, error)
        except TimeoutError:
            client.close()  # no goodbye to a server that does not answer
            return Away(f"no answer to {step} within {self._time_out_s:g} s", at_mail=step in _OF_THE_MAIL)
        except (SMTPException, OSError) as error:
            for one in (error, error.__cause__):
                if isinstance(one, ssl.SSLCertVerificationError):
                    why = f"the server's certificate is not trusted: {one.verify_message}"
                    return Away(why, at_mail=False)
            why = f"{step} failed: {_short(str(error)) or type(error).__name__}"
            return Away(why, at_mail=step in _OF_THE_MAIL)
        return None

    def _options(self, client: SMTP, envelope: Envelope) -> list[str]:
        return [f"size={len(envelope.raw)}"] if client.supports_extension("size") else []

    async def _data(self, client: SMTP, envelope: Envelope) -> SendOutcome:
        try:
            async with asyncio.timeout(self._data_time_out_s):
                reply = await client.data(envelope.raw, timeout=self._data_time_out_s)
        except SMTPResponseException as error:
            return _answer("DATA", error)
        except TimeoutError:
            client.close()
            return Unknown(f"no answer to the content within {self._data_time_out_s:g} s")
        except (SMTPException, OSError) as error:
            return Unknown(f"the connection was lost with the content: {_short(str(error))}")
        return Accepted(_short(reply.message))


def _answer(step: str, error: SMTPResponseException) -> Refused | TryLater | Away | Unknown:
    """What a reply code means, by where it was said.

    Only RCPT and DATA are about the mail. A refused greeting, login or sender is about
    the settings or the server, so all mails wait until that is mended; the text of a
    refused login is left out, as it may repeat what was sent.
    """
    code, reply = error.code, _short(str(error.message))
    match step:
        case "login":
            why = f"the server refused the login ({code}): see mail.smtp and mail.password"
            return Away(why, at_mail=False)
        case "MAIL" if code == _TOO_LARGE:
            return Refused(code, reply)
        case "MAIL" if code >= 500:
            return Away(f"the server refuses the sender ({code} {reply}): see mail.from", at_mail=True)
        case "RCPT" | "DATA" if code not in _OF_THE_SERVER:
            if 400 <= code < 500:
                return TryLater(code, f"{step}: {code} {reply}")
            if 500 <= code < 600:
                return Refused(code, reply)
            if step == "DATA":
                return Unknown(f"the server answered the content with {code} {reply}")
    return Away(f"{step}: {code} {reply}", at_mail=step in _OF_THE_MAIL)


def _short(text: str) -> str:
    """A server's reply on one line, within bounds."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST_REPLY]
