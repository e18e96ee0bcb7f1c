"""Each mail is accepted once by the mail server, or its end is written down."""

from datetime import timedelta

import pytest

from bot.engine import perform
from bot.engine.access import issue_on_this_machine
from bot.engine.tell import tell
from bot.store import mails
from bot.store.effects import Effect, State
from bot.store.mails import Mail, MailState

from .stand import Stand


async def send(stand: Stand) -> None:
    """A mail to one person and the approvers; here only auditor-1's is looked at."""
    async with stand.bot.db.write() as tx:
        await issue_on_this_machine(tx, stand.bot.settings, "finance-1", now=stand.clock.now())
    await stand.settle()


async def notice(stand: Stand, cause: str = "odd", title: str = "It is odd") -> None:
    """A mail to ops alone."""
    async with stand.bot.db.write() as tx:
        await tell(
            tx,
            cause,
            "notice",
            now=stand.clock.now(),
            correlation="odd",
            connection="gigapay-se",
            title=title,
            about="gigapay-se",
            says=["it is odd"],
            do="Look.",
        )
    await stand.settle()


async def letter(stand: Stand) -> Effect:
    return (await stand.effects("tell"))[-1]


async def the_mail(stand: Stand, person: str = "finance-1") -> Mail:
    async with stand.bot.db.read() as tx:
        (found,) = [one for one in await mails.recent(tx) if one.recipient == f"{person}@example.com"]
    return found


async def test_a_mail_server_that_is_busy_is_tried_again_half_a_minute_later(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("reply", call="RCPT", times=4, code=451)
    await send(gigapay)
    await gigapay.after(seconds=29)
    early = len(gigapay.inbox.messages)
    await gigapay.after(seconds=1)

    assert early == 0
    assert len(gigapay.inbox.to("finance-1@example.com")) == 1
    assert (await letter(gigapay)).state is State.VERIFIED


async def test_a_refused_recipient_ends_that_mail_alone(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("refuse", call="RCPT", times=None, address="finance-1@example.com")
    await send(gigapay)

    refused = await the_mail(gigapay)
    told = await letter(gigapay)
    assert (refused.state, refused.outcome) == (MailState.REFUSED, "550 5.1.1 No such mailbox")
    assert len(gigapay.inbox.to("finance-2@example.com")) == 1
    assert (told.state, told.reason) == (State.VERIFIED, "accepted by the mail server, 3 of 4")


async def test_a_mail_that_everybody_was_refused_says_so(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("reply", call="RCPT", times=None, code=550)
    await send(gigapay)
    await gigapay.after(hours=1)

    told = await letter(gigapay)
    assert gigapay.inbox.messages == []
    assert (told.state, told.reason) == (State.REFUSED, "accepted by the mail server, 0 of 4")


@pytest.mark.parametrize("kept", [pytest.param(True, id="kept"), pytest.param(False, id="lost")])
async def test_a_mail_cut_after_its_content_goes_once_more_with_the_same_message_id(
    gigapay: Stand, kept: bool
) -> None:
    gigapay.inbox.faults.add("drop", call="after-data", kept=kept)
    await notice(gigapay)
    first = len(gigapay.inbox.to("ops@example.com"))
    await gigapay.after(minutes=14, seconds=59)
    early = len(gigapay.inbox.to("ops@example.com"))
    await gigapay.after(seconds=1)
    await gigapay.after(hours=5)

    received = gigapay.inbox.to("ops@example.com")
    assert first == early == (1 if kept else 0)
    assert len(received) == first + 1
    assert len({str(one.message["Message-ID"]) for one in received}) == 1
    assert str(received[-1].message["Subject"]).startswith("Possibly a second copy: ")
    assert (await the_mail(gigapay, "ops")).state is MailState.ACCEPTED


async def test_a_mail_cut_twice_after_its_content_is_settled_as_unknown(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("drop", call="after-data", times=None, kept=False)
    await notice(gigapay)
    await gigapay.after(hours=5)

    settled = await the_mail(gigapay, "ops")
    assert (settled.state, settled.attempts) == (MailState.UNKNOWN, 2)
    assert settled.outcome.startswith("sent twice, and nobody knows whether it arrived")


async def test_content_that_was_refused_for_now_is_sent_again_unmarked(gigapay: Stand) -> None:
    """The server has said that it did not take it: that is no unknown outcome."""
    gigapay.inbox.faults.add("reply", call="after-data", code=451)
    await notice(gigapay)
    waiting = await the_mail(gigapay, "ops")
    await gigapay.after(seconds=30)

    assert (waiting.state, waiting.data_started_at) == (MailState.QUEUED, None)
    assert gigapay.subjects("ops") == ["It is odd"]


async def test_a_sender_that_died_with_the_content_of_a_second_try_leaves_the_server_time(
    gigapay: Stand,
) -> None:
    """What the first try was told says nothing of the second: it may have arrived."""
    gigapay.inbox.faults.add("reply", call="RCPT", code=451)
    await notice(gigapay)
    await gigapay.after(seconds=29)
    gigapay.clock.go_to(gigapay.clock.now() + timedelta(seconds=1))
    wall, lease = gigapay.bot.lease()
    async with gigapay.bot.db.write() as tx:
        held = await mails.claim(tx, now=gigapay.clock.now(), wall=wall, lease=lease)
        assert held is not None
        await mails.start_data(tx, held, now=gigapay.clock.now(), until=wall + lease, repeat=False)
    gigapay.clock.pass_wall(lease + timedelta(seconds=1))
    await gigapay.after(minutes=14, seconds=59)
    early = gigapay.subjects("ops")
    await gigapay.after(seconds=1)

    assert early == []
    assert gigapay.subjects("ops") == ["Possibly a second copy: It is odd"]


async def test_a_sender_that_died_before_the_content_is_taken_over_and_sends_it_once(
    gigapay: Stand,
) -> None:
    async with gigapay.bot.db.write() as tx:
        await issue_on_this_machine(tx, gigapay.bot.settings, "finance-1", now=gigapay.clock.now())
    while await perform.perform_once(gigapay.bot):
        pass
    wall, lease = gigapay.bot.lease()
    async with gigapay.bot.db.write() as tx:
        for _ in range(4):
            assert await mails.claim(tx, now=gigapay.clock.now(), wall=wall, lease=lease)
    await gigapay.settle()
    before = len(gigapay.inbox.messages)
    gigapay.clock.pass_wall(lease + timedelta(seconds=1))
    await gigapay.settle()

    assert before == 0
    assert len(gigapay.inbox.to("finance-1@example.com")) == 1


async def test_a_broken_template_sends_the_facts_plain_and_tells_operations(gigapay: Stand) -> None:
    folder = gigapay.bot.settings.templates / "token_issued"
    folder.mkdir()
    (folder / "body.txt").write_text("{{ no_such_name }}")
    await send(gigapay)

    (mail,) = gigapay.texts("finance-1")
    assert "This mail's template has a mistake, so its facts come as they are." in mail
    (told,) = gigapay.texts("ops")
    assert "token_issued" in told


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(None, "Payrun new line is odd", id="through its template"),
        pytest.param("{{ no_such_name }}", "notice: Payrun new line is odd", id="plain"),
    ],
)
async def test_a_vendors_id_with_control_characters_does_not_cost_the_mail(
    gigapay: Stand, body: str | None, expected: str
) -> None:
    if body is not None:
        folder = gigapay.bot.settings.templates / "notice"
        folder.mkdir()
        (folder / "body.txt").write_text(body)
    async with gigapay.bot.db.write() as tx:
        await tell(
            tx,
            "odd",
            "notice",
            now=gigapay.clock.now(),
            correlation="odd",
            connection="gigapay-se",
            title="Payrun new\r\nline\u202e is odd",
            about="payrun new\nline",
            says=["it is \x00odd"],
            do="Look.",
        )
    await gigapay.settle()

    assert gigapay.subjects("ops") == [expected]


async def test_operations_hear_of_a_mail_that_nobody_got(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("reply", call="RCPT", times=4, code=550)
    await send(gigapay)
    await gigapay.after(minutes=1)

    assert gigapay.subjects("ops") == ["Somebody was not told"]
