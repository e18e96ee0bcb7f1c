"""A session that took a mail is kept for the next; whatever was said in another way, it is left."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.mail import kept
from bot.mail.smtp import Accepted, Away, Mailer, Refused, Unknown
from bot.sandbox.inbox import Inbox
from bot.settings import Mail
from tests.mail.test_smtp import MAIL, BeforeData, StandingClock


class Counted(Inbox):
    """Counts the sessions that were begun."""

    begun = 0

    def options(self) -> dict[str, object]:
        self.begun += 1
        return super().options()

    @property
    def standing(self) -> int:
        return len(self._sessions)


@pytest.fixture
async def inbox() -> AsyncIterator[Counted]:
    made = Counted(StandingClock())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def keeping(inbox: Counted) -> AsyncIterator[Mailer]:
    settings = Mail(smtp=f"smtp+plain://{inbox.host}:{inbox.port}", sender="Payrun bot <bot@example.com>")
    made = Mailer(settings, kept_for_s=0.2, time_out_s=2, data_time_out_s=2)
    yield made
    await made.close()


async def send(mailer: Mailer) -> tuple[object, int]:
    told = BeforeData()
    return type(await mailer.send(MAIL, before_data=told)), told.calls


async def ended(inbox: Counted) -> None:
    async with asyncio.timeout(2):
        while inbox.standing:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_the_next_mail_goes_in_the_same_session(inbox: Counted, keeping: Mailer) -> None:
    sent = [await send(keeping) for _ in range(3)]

    assert sent == [(Accepted, 1)] * 3
    assert (inbox.begun, len(inbox.messages)) == (1, 3)


async def test_a_session_that_nobody_wants_is_left(inbox: Counted, keeping: Mailer) -> None:
    await send(keeping)
    await ended(inbox)

    assert await send(keeping) == (Accepted, 1)
    assert inbox.begun == 2


async def test_two_mails_at_once_have_a_session_each(inbox: Counted, keeping: Mailer) -> None:
    sent = await asyncio.gather(send(keeping), send(keeping))

    assert sent == [(Accepted, 1)] * 2
    assert inbox.begun == 2


@pytest.mark.parametrize(
    ("kind", "more"),
    [("drop", {}), ("reply", {"code": 421}), ("reply", {"code": 452}), ("reply", {"code": 550})],
)
async def test_that_a_kept_session_takes_no_more_says_nothing_of_the_mail_or_the_server(
    inbox: Counted, keeping: Mailer, kind: str, more: dict[str, int]
) -> None:
    await send(keeping)
    inbox.faults.add(kind, "MAIL", **more)

    assert await send(keeping) == (Accepted, 1)
    assert (inbox.begun, len(inbox.messages)) == (2, 2)


async def test_a_server_that_is_gone_is_away_however_well_it_was(inbox: Counted, keeping: Mailer) -> None:
    await send(keeping)
    await inbox.stop()

    assert await send(keeping) == (Away, 0)


async def test_a_cut_with_the_content_is_unknown_in_a_kept_session_and_never_sent_in_another(
    inbox: Counted, keeping: Mailer
) -> None:
    await send(keeping)
    inbox.faults.add("drop", "after-data")

    assert await send(keeping) == (Unknown, 1)
    assert (inbox.begun, len(inbox.messages)) == (1, 2)


async def test_a_recipient_who_is_refused_ends_the_session(inbox: Counted, keeping: Mailer) -> None:
    await send(keeping)
    inbox.faults.add("refuse", "RCPT", address=MAIL.recipient)

    assert await send(keeping) == (Refused, 0)
    assert inbox.begun == 1
    await ended(inbox)


async def test_what_is_raised_right_before_the_content_goes_through_and_ends_the_session(
    inbox: Counted, keeping: Mailer
) -> None:
    await send(keeping)

    with pytest.raises(RuntimeError, match="not written"):
        await keeping.send(MAIL, before_data=BeforeData(RuntimeError("not written")))
    await ended(inbox)

    assert len(inbox.messages) == 1


async def test_a_session_is_left_after_so_many_mails(
    inbox: Counted, keeping: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MAILS_EACH", 2)

    for _ in range(4):
        await send(keeping)

    assert inbox.begun == 2


async def test_closing_leaves_what_is_kept(inbox: Counted, keeping: Mailer) -> None:
    await send(keeping)

    await keeping.close()
    await ended(inbox)

    assert inbox.begun == 1
