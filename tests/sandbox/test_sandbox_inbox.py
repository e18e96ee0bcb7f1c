import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address

import aiosmtplib
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.sandbox import Inbox


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for loopback, as a file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "inbox.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_tls(certificate):
    return ssl.create_default_context(cafile=certificate)


@pytest.fixture
async def opened(clock):
    """Start an inbox: `await opened(login=...)`; all are stopped in the end."""
    running = []

    async def start(**how):
        inbox = Inbox(clock, **how)
        await inbox.start()
        running.append(inbox)
        return inbox

    yield start
    for inbox in running:
        await inbox.stop()


def letter():
    message = EmailMessage()
    message["From"] = "Payrun bot <payrun-bot@example.com>"
    message["To"] = "finance-1@example.com"
    message["Subject"] = "Nettolön 18 450,25"
    message["Message-ID"] = "<one@example.com>"
    message.set_content("Hej,\n.\nslut\n")
    return message


async def send(inbox, **how):
    return await aiosmtplib.send(
        letter(),
        recipients=how.pop("recipients", ["finance-1@example.com"]),
        hostname=inbox.host,
        port=inbox.port,
        timeout=how.pop("timeout", 2),
        **how,
    )


async def test_a_message_is_kept_whole_with_its_envelope(opened, clock):
    inbox = await opened()

    await send(inbox, recipients=["finance-1@example.com", "finance-2@example.com"], start_tls=False)

    [received] = inbox.messages
    assert received.at == clock.now()
    assert received.sender == "payrun-bot@example.com"
    assert received.recipients == ("finance-1@example.com", "finance-2@example.com")
    assert received.message["Subject"] == "Nettolön 18 450,25"
    assert received.message.get_content().splitlines() == ["Hej,", ".", "slut"]
    assert inbox.to("finance-2@example.com") == [received]


async def test_starttls_is_offered_required_and_verified(opened, server_tls, client_tls):
    inbox = await opened(tls=server_tls, require_starttls=True)

    with pytest.raises(aiosmtplib.SMTPResponseException, match="STARTTLS"):
        await send(inbox, start_tls=False)
    await send(inbox, start_tls=True, tls_context=client_tls)

    assert len(inbox.messages) == 1


async def test_a_client_that_does_not_know_the_certificate_does_not_send(opened, server_tls):
    inbox = await opened(tls=server_tls)

    with pytest.raises((aiosmtplib.SMTPException, ssl.SSLError)):
        await send(inbox, start_tls=True)

    assert inbox.messages == []


async def test_tls_from_the_start_with_login(opened, server_tls, client_tls):
    inbox = await opened(tls=server_tls, implicit_tls=True, login=("bot", "geheim"))

    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await send(inbox, use_tls=True, tls_context=client_tls, username="bot", password="wrong")
    await send(inbox, use_tls=True, tls_context=client_tls, username="bot", password="geheim")

    assert len(inbox.messages) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "after-data"])
async def test_a_command_is_refused_once_with_the_code_that_was_asked(opened, command):
    inbox = await opened()
    inbox.faults.add("reply", command, code=451, text="4.3.0 later")

    with pytest.raises(aiosmtplib.SMTPException, match="later"):
        await send(inbox, start_tls=False)
    assert inbox.messages == []

    await send(inbox, start_tls=False)
    assert len(inbox.messages) == 1


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA", "after-data"])
async def test_a_connection_can_be_cut_at_a_command(opened, command):
    inbox = await opened()
    inbox.faults.add("drop", command, kept=False)

    with pytest.raises(aiosmtplib.SMTPException):
        await send(inbox, start_tls=False)

    assert inbox.messages == []


async def test_a_message_can_be_accepted_without_the_sender_hearing_of_it(opened):
    inbox = await opened()
    inbox.faults.add("drop", "after-data")

    with pytest.raises(aiosmtplib.SMTPException):
        await send(inbox, start_tls=False)

    assert len(inbox.messages) == 1


async def test_a_server_that_hangs_is_left_by_the_client(opened):
    inbox = await opened()
    inbox.faults.add("hang", "MAIL")

    with pytest.raises(aiosmtplib.SMTPException):
        await send(inbox, start_tls=False, timeout=0.1)

    assert inbox.messages == []


async def test_one_recipient_is_refused_and_the_other_served(opened):
    inbox = await opened()
    inbox.faults.add("refuse", "RCPT", address="gone@example.com")

    errors, _ = await send(inbox, recipients=["gone@example.com", "finance-1@example.com"], start_tls=False)

    assert list(errors) == ["gone@example.com"]
    assert [m.recipients for m in inbox.messages] == [("finance-1@example.com",)]


async def test_what_was_accepted_is_in_the_file_at_once(opened, tmp_path):
    inbox = await opened(path=tmp_path / "mail.jsonl")

    await send(inbox, start_tls=False)

    text = (tmp_path / "mail.jsonl").read_text()
    assert '"target": "<one@example.com>"' in text
    assert '"subject": "Nettolön 18 450,25"' in text
