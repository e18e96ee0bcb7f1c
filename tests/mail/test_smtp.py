"""Handing a mail over, against a real SMTP server that misbehaves on request."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.mail.smtp import Accepted, Away, Envelope, Mailer, Refused, SendOutcome, TryLater, Unknown
from bot.sandbox.inbox import Inbox
from bot.settings import Mail

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
MAIL = Envelope("finance-1@example.com", b"Subject: closed\r\n\r\nClosed.\r\n.one dot\r\n")
SECRET = "correct-horse"


class StandingClock:
    def now(self) -> dt.datetime:
        return NOON


class StrictInbox(Inbox):
    """Answers a wrong login with 535, as servers do."""

    def options(self) -> dict[str, Any]:
        options = super().options()
        allowed = options["authenticator"]

        def answered(*args: Any) -> AuthResult:
            return AuthResult(success=allowed(*args).success, handled=False)

        return options | {"authenticator": allowed and answered}


class BeforeData:
    """Counts how often the caller was told that the content is about to leave."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.error = error

    async def __call__(self) -> None:
        self.calls += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
async def open_inbox() -> AsyncIterator[Callable[..., Awaitable[Inbox]]]:
    opened: list[Inbox] = []

    async def start(**options: Any) -> Inbox:
        inbox = StrictInbox(StandingClock(), **options)
        opened.append(inbox)
        await inbox.start()
        return inbox

    yield start
    for inbox in opened:
        await inbox.stop()


def mailer(inbox: Inbox, scheme: str = "smtp+plain", user: str = "", **more: Any) -> Mailer:
    limits = {key: more.pop(key) for key in ("time_out_s", "data_time_out_s") if key in more}
    at = f"{user}@" if user else ""
    settings = Mail(
        smtp=f"{scheme}://{at}{inbox.host}:{inbox.port}", sender="Payrun bot <bot@example.com>", **more
    )
    return Mailer(settings, **limits)


async def send(mailer: Mailer) -> tuple[SendOutcome, int]:
    told = BeforeData()
    return await mailer.send(MAIL, before_data=told), told.calls


class Authority:
    """A certificate authority of our own, and a server certificate of it."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.ca = folder / "ca.pem"
        ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        root = (
            self._certificate(ca_name, ca_name, ca_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_ca_usage(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        served = (
            self._certificate(name, ca_name, key)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
            )
            .sign(ca_key, hashes.SHA256())
        )
        self.ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        chain, private = folder / "server.pem", folder / "server.key"
        chain.write_bytes(served.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, private)

    @staticmethod
    def _certificate(
        subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(dt.datetime(2020, 1, 1))
            .not_valid_after(dt.datetime(2099, 1, 1))
        )


def _ca_usage() -> x509.KeyUsage:
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    others = dict.fromkeys([*names.split(), "encipher_only", "decipher_only"], False)
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **others)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_an_accepted_mail_is_told_with_the_servers_reply_and_arrives_as_it_was(open_inbox):
    inbox = await open_inbox()

    outcome, told = await send(mailer(inbox))

    assert outcome == Accepted("OK")
    assert told == 1
    [received] = inbox.messages
    assert (received.sender, received.recipients) == ("bot@example.com", ("finance-1@example.com",))
    assert received.raw.endswith(b"Closed.\r\n.one dot\r\n")


async def test_nothing_of_the_content_leaves_before_the_caller_has_written_it_down(open_inbox):
    inbox = await open_inbox()
    seen: list[int] = []

    async def before_data() -> None:
        await asyncio.sleep(0.02)
        seen.append(len(inbox.messages))

    outcome = await mailer(inbox).send(MAIL, before_data=before_data)

    assert outcome == Accepted("OK")
    assert seen == [0]


async def test_a_caller_who_cannot_write_it_down_stops_the_mail(open_inbox):
    inbox = await open_inbox()

    with pytest.raises(RuntimeError, match="disk full"):
        await mailer(inbox).send(MAIL, before_data=BeforeData(RuntimeError("disk full")))

    assert inbox.messages == []


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT"])
@pytest.mark.parametrize("kind", ["drop", "hang"])
async def test_a_connection_lost_before_the_content_can_be_tried_again(open_inbox, command, kind):
    inbox = await open_inbox()
    inbox.faults.add(kind, command)

    outcome, told = await send(mailer(inbox, time_out_s=0.1))

    assert isinstance(outcome, Away)
    assert outcome.at_mail is (command != "EHLO")
    assert command in outcome.why
    assert told == 0


@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        pytest.param("EHLO", 421, Away("EHLO: 421 no", at_mail=False), id="busy at the greeting"),
        pytest.param(
            "EHLO", 554, Away("EHLO: 554 no", at_mail=False), id="a refused greeting is not about the mail"
        ),
        pytest.param("MAIL", 451, Away("MAIL: 451 no", at_mail=True), id="the sender of all mails, for now"),
        pytest.param(
            "MAIL",
            550,
            Away("the server refuses the sender (550 no): see mail.from", at_mail=True),
            id="the sender of all mails, which a person mends",
        ),
        pytest.param("MAIL", 552, Refused(552, "no"), id="this mail is too large"),
        pytest.param(
            "RCPT", 530, Away("RCPT: 530 no", at_mail=True), id="a login is missing, which a person mends"
        ),
        pytest.param("RCPT", 421, Away("RCPT: 421 no", at_mail=True), id="closing, said at a recipient"),
        pytest.param("RCPT", 450, TryLater(450, "RCPT: 450 no"), id="greylisted"),
        pytest.param("RCPT", 550, Refused(550, "no"), id="no such mailbox"),
    ],
)
async def test_a_refusal_before_the_content_says_whether_trying_again_may_help(
    open_inbox, command, code, expected
):
    inbox = await open_inbox()
    inbox.faults.add("reply", command, times=None, code=code, text="no")

    outcome, told = await send(mailer(inbox))

    assert outcome == expected
    assert told == 0


@pytest.mark.parametrize("command", ["DATA", "after-data"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(451, TryLater(451, "DATA: 451 no"), id="for now"),
        pytest.param(421, Away("DATA: 421 no", at_mail=True), id="closing"),
        pytest.param(554, Refused(554, "no"), id="for good"),
        pytest.param(299, Unknown("the server answered the content with 299 no"), id="neither yes nor no"),
    ],
)
async def test_an_answer_to_the_content_is_believed(open_inbox, command, code, expected):
    inbox = await open_inbox()
    inbox.faults.add("reply", command, code=code, text="no")

    outcome, told = await send(mailer(inbox))

    assert outcome == expected
    assert told == 1
    assert inbox.messages == []


@pytest.mark.parametrize("kept", [True, False])
async def test_a_connection_lost_with_the_content_is_unknown_whether_it_was_taken_or_not(open_inbox, kept):
    inbox = await open_inbox()
    inbox.faults.add("drop", "after-data", kept=kept)

    outcome, told = await send(mailer(inbox))

    assert isinstance(outcome, Unknown)
    assert told == 1
    assert len(inbox.messages) == kept


async def test_silence_after_the_content_is_unknown(open_inbox):
    inbox = await open_inbox()
    inbox.faults.add("hang", "after-data")

    outcome, told = await send(mailer(inbox, data_time_out_s=0.1))

    assert outcome == Unknown("no answer to the content within 0.1 s")
    assert told == 1


async def test_a_server_that_is_not_there_can_be_tried_again(open_inbox):
    inbox = await open_inbox()
    gone = mailer(inbox)
    await inbox.stop()

    outcome, told = await send(gone)

    assert isinstance(outcome, Away)
    assert told == 0


async def test_smtp_uses_starttls_and_the_login_of_the_settings(open_inbox, authority):
    inbox = await open_inbox(tls=authority.context, require_starttls=True, login=("bot", SECRET))

    outcome, _ = await send(mailer(inbox, "smtp", "bot", password=SECRET, ca=authority.ca))

    assert outcome == Accepted("OK")


async def test_smtps_is_tls_from_the_start(open_inbox, authority):
    inbox = await open_inbox(tls=authority.context, implicit_tls=True)

    outcome, _ = await send(mailer(inbox, "smtps", ca=authority.ca))

    assert outcome == Accepted("OK")


async def test_a_server_without_starttls_gets_no_mail_in_the_clear(open_inbox):
    inbox = await open_inbox()

    outcome, told = await send(mailer(inbox, "smtp", "bot", password=SECRET))

    assert outcome == Away("the server offers no STARTTLS, which smtp:// requires", at_mail=False)
    assert (told, inbox.messages) == (0, [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_of_an_unknown_authority_is_not_trusted(open_inbox, authority, scheme):
    inbox = await open_inbox(tls=authority.context, implicit_tls=scheme == "smtps")

    outcome, told = await send(mailer(inbox, scheme))

    assert isinstance(outcome, Away)
    assert outcome.why.startswith("the server's certificate is not trusted: ")
    assert told == 0


async def test_a_certificate_for_another_host_is_not_trusted(open_inbox, tmp_path):
    other = Authority(tmp_path, host="127.0.0.9")
    inbox = await open_inbox(tls=other.context)

    outcome, _ = await send(mailer(inbox, "smtp", ca=other.ca))

    assert isinstance(outcome, Away)
    assert "certificate is not trusted" in outcome.why


async def test_a_refused_login_waits_for_mended_settings_and_repeats_no_secret(open_inbox, authority):
    inbox = await open_inbox(tls=authority.context, login=("bot", "another"))

    outcome, told = await send(mailer(inbox, "smtp", "bot", password=SECRET, ca=authority.ca))

    why = "the server refused the login (535): see mail.smtp and mail.password"
    assert outcome == Away(why, at_mail=False)
    assert told == 0


async def test_an_address_that_would_become_a_command_is_refused_before_connecting(open_inbox):
    inbox = await open_inbox()
    forged = Envelope("a@example.com>\r\nRCPT TO:<b@example.com", MAIL.raw)

    with pytest.raises(ValueError, match="is not a mail address"):
        await mailer(inbox).send(forged, before_data=BeforeData())


async def test_one_refused_recipient_leaves_the_others_alone(open_inbox):
    inbox = await open_inbox()
    inbox.faults.add("refuse", "RCPT", address="gone@example.com")
    bot = mailer(inbox)

    outcomes = [
        await bot.send(Envelope(to, MAIL.raw), before_data=BeforeData())
        for to in ("gone@example.com", "finance-1@example.com")
    ]

    assert outcomes == [Refused(550, "5.1.1 No such mailbox"), Accepted("OK")]


def test_the_settings_print_no_password():
    settings = Mail(smtp="smtp://bot@mail.example.com", sender="bot@example.com", password=SECRET)

    assert SECRET not in f"{settings!r} {settings} {Mailer(settings)!r}"
