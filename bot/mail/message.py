"""One mail to one person, as bytes: everything in it is given, so twice gives the same.

A mail that is sent again after an unknown outcome must be recognisable as the same
mail. So its Message-ID, its date and the border between its parts are not made up
here, and every recipient gets a message of their own.
"""

import hashlib
import re
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from bot.settings.values import mail_address

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_LONGEST_ID = 200
_ENCODED = "=?"
"""How an encoded word of a header begins."""
_MOST_REFERENCES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a mail is made of. `at` is its date, `thread` the Message-IDs before it, oldest first."""

    message_id: str
    recipient: str
    at: datetime
    subject: str
    text: str
    html: str
    thread: Sequence[str] = ()


def build(message: Message, sender: str) -> bytes:
    """The mail as it goes over the wire.

    Raises ValueError for a header that would become two, for a wrong address or id,
    and for a date without a zone: all of them bugs of the caller.
    """
    if message.at.tzinfo is None:
        raise ValueError("the date of a mail needs a zone")
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", message.subject):
        raise ValueError("the subject of a mail is one line without control characters")
    # The first says what the thread is about, the last ones what is answered.
    thread = [*message.thread[:1], *message.thread[1:][-(_MOST_REFERENCES - 1) :]]
    for one in (message.message_id, *thread):
        if not _MESSAGE_ID.fullmatch(one) or len(one) > _LONGEST_ID or _ENCODED in one:
            raise ValueError(f"{one!r:.80} is not a Message-ID")

    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender)
    mail["To"] = Address(addr_spec=mail_address(message.recipient))
    # The email package decodes such a word and writes the end of a line in it as one: a header of its own.
    mail["Subject"] = message.subject.replace(_ENCODED, "= ?")
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's absence note answers the bot
    headers = mail.as_bytes().removesuffix(b"\r\n")  # the empty line comes after those of the parts
    return _thread(thread) + headers + _two_parts(message)


def _two_parts(message: Message) -> bytes:
    """The text and its HTML twin, from the header that says so to the end of the mail.

    Written by hand: for a mail of a hundred rows the email package takes several times as long.
    """
    border = f"=_{hashlib.sha256(message.message_id.encode()).hexdigest()[:32]}"
    return b"\r\n".join(
        (
            b"MIME-Version: 1.0",
            f'Content-Type: multipart/alternative;\r\n boundary="{border}"\r\n'.encode("ascii"),
            *_part(border, "plain", message.text),
            *_part(border, "html", message.html),
            f"--{border}--\r\n".encode("ascii"),
        )
    )


def _part(border: str, subtype: str, text: str) -> tuple[bytes, ...]:
    lines = b"\n".join(text.encode().splitlines()) + b"\n"
    return (
        f"--{border}".encode("ascii"),
        f'Content-Type: text/{subtype}; charset="utf-8"'.encode("ascii"),
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b2a_qp(lines).replace(b"\n", b"\r\n"),
    )


def marked_as_repeat(raw: bytes) -> bytes:
    """The same mail, saying in its subject that it may be the second copy. The rest is untouched.

    Done on the bytes: a mail that is parsed and written again is no longer the same one.
    """
    return raw.replace(b"\r\nSubject:", b"\r\nSubject: Possibly a second copy:", 1)


def _thread(ids: Sequence[str]) -> bytes:
    """The headers by which mails hang together, one id a line.

    Written by hand: the email package encodes an id that is longer than a line, and no
    reader of mails knows it again then.
    """
    if not ids:
        return b""
    references = "\r\n ".join(ids)
    return f"In-Reply-To: {ids[-1]}\r\nReferences: {references}\r\n".encode("ascii")


def envelope_sender(sender: str) -> str:
    """The address alone, of `Payrun bot <payrun-bot@example.com>`."""
    return mail_address(parseaddr(sender)[1])


def host_of(sender: str) -> str:
    """The host that Message-IDs end with."""
    return envelope_sender(sender).rpartition("@")[2]


def _address(sender: str) -> Address:
    return Address(display_name=parseaddr(sender)[0], addr_spec=envelope_sender(sender))
