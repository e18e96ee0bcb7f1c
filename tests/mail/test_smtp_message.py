"""What a mail looks like on the wire."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from bot.mail.message import Message, build, envelope_sender, marked_as_repeat

SENDER = "Payrun bot <payrun-bot@example.com>"
MESSAGE = Message(
    message_id="<e1.1@payrun.example.com>",
    recipient="finance-1@example.com",
    at=datetime(2026, 11, 20, 15, 4, tzinfo=UTC),
    subject="Approve by 16:30: close Gigapay payrun 2859272, 18\u00a0450.25\u00a0SEK",
    text="Net pay \u221218\u00a0450.25\u00a0SEK\n",
    html="<p>Net pay</p>\n",
)


def test_a_mail_has_one_recipient_a_text_and_an_html_twin():
    mail = message_from_bytes(build(MESSAGE, SENDER), policy=policy.default)

    assert mail["From"] == SENDER
    assert mail["To"] == "finance-1@example.com"
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Date"] == "Fri, 20 Nov 2026 15:04:00 +0000"
    assert mail["Message-ID"] == "<e1.1@payrun.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    assert [(part.get_content_type(), part.get_content().splitlines()) for part in mail.iter_parts()] == [
        ("text/plain", ["Net pay \u221218\u00a0450.25\u00a0SEK"]),
        ("text/html", ["<p>Net pay</p>"]),
    ]


def test_the_same_message_gives_the_same_bytes():
    assert build(MESSAGE, SENDER) == build(replace(MESSAGE), SENDER)


def test_no_line_is_longer_than_mail_allows():
    wide = replace(MESSAGE, html=f"<p>{'x' * 3000}å</p>", subject="å" * 240)

    assert max(len(line) for line in build(wide, SENDER).split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Net pay \u221218\u00a0450.25\n", id="not of ASCII"),
        pytest.param(".\n..\na\n.\nFrom here\n--\n", id="lines that mean something to a server"),
        pytest.param("ends in a space \nand a tab\t\n = =3D =\n", id="what the encoding itself is made of"),
        pytest.param(
            "".join(f"{'x' * wide}\n{'å ' * wide}\n" for wide in range(70, 80)), id="about a line long"
        ),
        pytest.param("a\n\n\nb\n\n\n", id="empty lines"),
        pytest.param("\n", id="nothing"),
    ],
)
def test_both_parts_are_read_as_they_were_written(text):
    raw = build(replace(MESSAGE, text=text, html=f"<pre>{text}</pre>\n"), SENDER)

    parts = list(message_from_bytes(raw, policy=policy.default).iter_parts())
    assert [one.get_content().replace("\r\n", "\n") for one in parts] == [text, f"<pre>{text}</pre>\n"]
    assert not any(one.defects for one in parts)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")


def test_a_first_mail_begins_a_thread():
    mail = message_from_bytes(build(MESSAGE, SENDER), policy=policy.default)

    assert mail["In-Reply-To"] is None
    assert mail["References"] is None


def test_a_later_mail_names_the_last_one_and_the_thread_however_long_the_ids_are():
    ids = [f"<{'x' * 90}{number}@payrun.example.com>" for number in range(3)]

    raw = build(replace(MESSAGE, thread=ids), SENDER)

    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["In-Reply-To"] == ids[2]
    assert mail["References"].split() == ids
    assert ids[1].encode() in raw


def test_a_long_thread_keeps_its_first_and_its_last_nine():
    ids = [f"<{number}@payrun.example.com>" for number in range(30)]

    mail = message_from_bytes(build(replace(MESSAGE, thread=ids), SENDER), policy=policy.default)

    assert mail["References"].split() == [ids[0], *ids[21:]]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"subject": "a\r\nBcc: x@example.com"}, id="subject"),
        pytest.param({"subject": "a\u2028b"}, id="a line separator"),
        pytest.param({"recipient": "a@example.com\r\nBcc: x@example.com"}, id="recipient"),
        pytest.param({"recipient": "a@example.com, b@example.com"}, id="two recipients"),
        pytest.param({"recipient": "Payrun bot"}, id="no address"),
        pytest.param({"message_id": "<a@b>\r\nBcc: x@example.com"}, id="message id"),
        pytest.param({"message_id": "a@b"}, id="message id without brackets"),
        pytest.param({"thread": ("<a@b>\r\nBcc: x@example.com",)}, id="thread"),
        pytest.param({"at": datetime(2026, 11, 20)}, id="a date without a zone"),
    ],
)
def test_what_would_forge_a_header_is_refused(change):
    with pytest.raises(ValueError):
        build(replace(MESSAGE, **change), SENDER)


@pytest.mark.parametrize("sender", [SENDER, "payrun-bot@example.com", "Böt <payrun-bot@example.com>"])
def test_the_server_is_told_the_address_alone(sender):
    assert envelope_sender(sender) == "payrun-bot@example.com"


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("Stängd: Gigapay payrun 2859272", id="short, not of ASCII"),
        pytest.param(
            f"Needs you: close Gigapay payrun 2859272 {'or not ' * 5}", id="folded onto a second line"
        ),
    ],
)
def test_a_repeat_says_so_in_its_subject_and_is_the_same_mail_otherwise(subject):
    raw = build(replace(MESSAGE, subject=subject), SENDER)

    first, again = (message_from_bytes(one, policy=policy.default) for one in (raw, marked_as_repeat(raw)))

    assert again["Subject"].strip() == f"Possibly a second copy: {first['Subject'].strip()}"
    assert again["Message-ID"] == first["Message-ID"]
    assert marked_as_repeat(raw).partition(b"\r\n\r\n")[2] == raw.partition(b"\r\n\r\n")[2]
