"""Whatever a subject, an address or an id holds: no header and no recipient is added, and none lost."""

import random
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from unicodedata import normalize

import pytest

from bot.mail.message import Message, build, marked_as_repeat
from bot.mail.render import one_line, printable
from tests.faults.size import size
from tests.faults.tally import note

SEED = 20261120
RUNS = size(whole=100_000, small=2_000)
AT = datetime(2026, 11, 20, 14, 4, tzinfo=UTC)
SENDER = "Payrun bot <payrun-bot@example.com>"
HEADERS = ["In-Reply-To", "References", "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
HEADERS += ["MIME-Version", "Content-Type"]
PIECES = (
    *(
        "\r\n",
        "\n",
        "\r",
        "\x00",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x1d",
        "\x1e",
        "\x85",
        "\u2028",
        "\u2029",
        "\t",
        " ",
    ),
    *(
        "Bcc: thief@example.net",
        "To: thief@example.net",
        "Subject: other",
        "Content-Type: text/html",
        "\r\n\r\n",
    ),
    *(
        "thief@example.net",
        ",",
        ";",
        "<",
        ">",
        '"',
        "(",
        ")",
        ":",
        "\\",
        "@",
        "%0d%0a",
        "%0A",
        "\\r\\n",
        "=0D=0A",
    ),
    *("=?utf-8?q?=0D=0ABcc:_thief@example.net?=", "=?utf-8?b?DQpCY2M6IHRoaWVmQGV4YW1wbGUubmV0?=", "=?", "?="),
    *(
        "\u560a\u560d",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\u00ad",
        "\ud800",
        "\U0001f4b8",
        "å",
        "\uff20",
        "\u037e",
    ),
    *("2859272", "finance-1@example.com", "a", "Z", "0", ".", "-", "_", "+", "'", "x" * 70, "ö" * 60, "--=_"),
)


def values(seed: int, runs: int) -> list[str]:
    rolls = random.Random(seed)
    return ["".join(rolls.choices(PIECES, k=rolls.randint(1, 6))) for _ in range(runs)]


def made(
    subject: str = "Closed",
    recipient: str = "finance-1@example.com",
    text: str = "Closed.\n",
    html: str = "<p>Closed.</p>",
    thread: tuple[str, ...] = ("<m0@example.com>",),
) -> bytes:
    message = Message(
        message_id="<m1@example.com>",
        recipient=recipient,
        at=AT,
        subject=subject,
        text=text,
        html=html,
        thread=thread,
    )
    return build(message, SENDER)


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)


def recipients(mail: EmailMessage) -> list[str]:
    return [one.addr_spec for name in ("To", "Cc", "Bcc") if mail[name] for one in mail[name].addresses]


def kept(mail: EmailMessage) -> bool:
    return mail.keys() == HEADERS and mail["From"] == SENDER and mail["Message-ID"] == "<m1@example.com>"


def test_no_value_adds_a_header_or_a_recipient_and_none_is_lost() -> None:
    through: list[tuple[str, str]] = []
    refused = 0
    for number, value in enumerate(values(SEED, RUNS)):
        what = ("subject", "body", "recipient", "id")[number % 4]
        try:
            if what == "subject":
                says = one_line(value)[:250] or "none"
                mail = parsed(marked_as_repeat(made(subject=says)))
                fine = recipients(mail) == ["finance-1@example.com"]
            elif what == "body":
                mail = parsed(made(text=printable(value), html=f"<p>{printable(value)}</p>"))
                fine = recipients(mail) == ["finance-1@example.com"]
            elif what == "recipient":
                mail = parsed(made(recipient=value))
                fine = len(recipients(mail)) == 1 and normalize("NFC", recipients(mail)[0]) == value
            else:
                mail = parsed(made(thread=(f"<{value}@example.com>",)))
                fine = mail["References"] == f"<{value}@example.com>"
        except ValueError:
            # A subject and a body that a letter makes are always sent: a mail is never lost by its words.
            fine = what in ("recipient", "id")
            refused += 1
        else:
            fine = fine and kept(mail)
        if not fine:
            through.append((what, value))
    note("header injection", values=RUNS, refused=refused, through=len(through))
    assert through == []
    assert 0 < refused < RUNS


@pytest.mark.parametrize(
    "word", ["=?utf-8?b?DQpCY2M6IHRoaWVmQGV4YW1wbGUubmV0?=", "=?utf-8?q?=0D=0ABcc:_thief@example.net?="]
)
def test_a_word_that_hides_a_header_by_its_encoding_stays_a_word(word: str) -> None:
    mail = parsed(made(subject=f"Closed: {word}"))

    assert kept(mail)
    assert mail["Subject"] == f"Closed: {word.replace('=?', '= ?')}"
