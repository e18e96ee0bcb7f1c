"""A mail to the SMTP server, command by command, and what came of it.

The commands are sent one by one because of one moment: once the content has begun to
leave, a cut connection may mean that the server took the mail or that it did not.
`before_data` is awaited right before that moment, so that it is written down that the
mail may be on its way. Before it everything can simply be tried again.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from bot.mail.message import Message, build, envelope_sender
from bot.settings import Mail
from bot.settings.values import mail_address

_LONGEST_REPLY = 300
_GOODBYE_S = 2


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
    """The mail was not taken, for a reason that may pass or that a person must mend."""

    code: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The content had begun to leave. Sent again at most once, under the same Message-ID."""

    why: str


SendOutcome = Accepted | Refused | TryLater | Unknown


class Mailer:
    """Builds mails from the settings' sender, and hands them to the settings' server.

    `time_out_s` bounds the way to `before_data` and each wait after it. Raises OSError
    or ssl.SSLError when made with a `ca` that cannot be read.
    """

    def __init__(self, settings: Mail, *, time_out_s: float = 30, data_time_out_s: float = 60) -> None:
        self._settings = settings
        self._server = settings.smtp
        self._sender = envelope_sender(settings.sender)
        self._time_out_s = time_out_s
        self._data_time_out_s = data_time_out_s
        self._tls = ssl.create_default_context()
        if settings.ca is not None:
            self._tls.load_verify_locations(settings.ca)

    def build(self, message: Message) -> bytes:
        """The mail as bytes; the same for the same message. Raises ValueError, see `build`."""
        return build(message, self._settings.sender)

    async def send(self, envelope: Envelope, *, before_data: Callable[[], Awaitable[None]]) -> SendOutcome:
        """Hand one mail over. Never raises for what the server or the network does.

        What `before_data` raises goes through, and the content is not sent then.
        """
        mail_address(envelope.recipient)
        client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.security == "tls",
            start_tls=False,
            tls_context=self._tls,
            timeout=self._time_out_s,
            local_hostname=self._sender.rpartition("@")[2],
        )
        try:
            failed = await self._until_data(client, envelope)
            if failed is not None:
                return failed
            await before_data()
            return await self._data(client, envelope)
        finally:
            with suppress(SMTPException, OSError, TimeoutError):
                if client.is_connected:
                    await client.quit(timeout=_GOODBYE_S)
            client.close()

    async def _until_data(self, client: SMTP, envelope: Envelope) -> SendOutcome | None:
        """Everything that comes before the content: None when the server wants it."""
        step = "connecting"
        try:
            async with asyncio.timeout(self._time_out_s):
                await client.connect()
                step = "EHLO"
                await client.ehlo()
                if self._server.security == "starttls":
                    step = "STARTTLS"
                    if not client.supports_extension("starttls"):
                        return TryLater(None, "the server offers no STARTTLS, which smtp:// requires")
                    await client.starttls()
                    await client.ehlo()
                if self._server.user and self._settings.password is not None:
                    step = "login"
                    await client.login(self._server.user, self._settings.password.get_secret_value())
                step = "MAIL"
                await client.mail(self._sender, options=self._options(client, envelope))
                step = "RCPT"
                await client.rcpt(envelope.recipient)
        except SMTPResponseException as error:
            return _answer(step, error)
        except TimeoutError:
            client.close()  # no goodbye to a server that does not answer
            return TryLater(None, f"no answer to {step} within {self._time_out_s:g} s")
        except (SMTPException, OSError) as error:
            for one in (error, error.__cause__):
                if isinstance(one, ssl.SSLCertVerificationError):
                    return TryLater(None, f"the server's certificate is not trusted: {one.verify_message}")
            return TryLater(None, f"{step} failed: {_short(str(error)) or type(error).__name__}")
        return None

    def _options(self, client: SMTP, envelope: Envelope) -> list[str]:
        return [f"size={len(envelope.raw)}"] if client.supports_extension("size") else []

    async def _data(self, client: SMTP, envelope: Envelope) -> SendOutcome:
        try:
            async with asyncio.timeout(2 * self._data_time_out_s):
                reply = await client.data(envelope.raw, timeout=self._data_time_out_s)
        except SMTPResponseException as error:
            return _answer("DATA", error)
        except TimeoutError:
            client.close()
            return Unknown(f"no answer to the content within {self._data_time_out_s:g} s")
        except (SMTPException, OSError) as error:
            return Unknown(f"the connection was lost with the content: {_short(str(error))}")
        return Accepted(_short(reply.message))


def _answer(step: str, error: SMTPResponseException) -> Refused | TryLater | Unknown:
    """What a reply code means, by where it was said.

    Only MAIL, RCPT and DATA are about the mail. A refused login or greeting is about
    the settings, so the mail waits until they are mended; its text is left out, as it
    may repeat what was sent.
    """
    code, reply = error.code, _short(str(error.message))
    match step:
        case "MAIL" | "RCPT" | "DATA" if 500 <= code < 600 and code not in (530, 535, 538):
            return Refused(code, reply)
        case "DATA" if not 400 <= code < 600:
            return Unknown(f"the server answered the content with {code} {reply}")
        case "login":
            return TryLater(code, f"the server refused the login ({code}): see mail.smtp and mail.password")
        case _:
            return TryLater(code, f"{step}: {code} {reply}")


def _short(text: str) -> str:
    """A server's reply on one line, within bounds."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST_REPLY]
