"""A mail server that fails is left alone, and what waited meanwhile is no flood afterwards."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.fault import set_fault_hook
from bot.core.rank import Rank
from bot.engine import post
from bot.mail.smtp import Mailer
from bot.store import mail_servers
from tests.databases import Migrated

from .posting import add, all_mails, bounded, sent_to
from .stand import Stand, stand


@pytest.fixture
async def slow(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """A stand whose mailer gives up on silence after a moment."""
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        made.bot.mailer = Mailer(made.bot.settings.mail, time_out_s=0.1, data_time_out_s=0.1)
        yield made


async def test_a_server_that_is_silent_is_met_by_one_mail_and_not_by_each(slow: Stand) -> None:
    slow.inbox.faults.add("hang", call="EHLO", times=None)
    await add(slow, *(f"m{number}" for number in range(20)))
    began = asyncio.get_running_loop().time()
    await slow.settle()
    took = asyncio.get_running_loop().time() - began

    waiting = await all_mails(slow)
    assert took < 1  # twenty time-outs would be two seconds
    assert [one.attempts for one in waiting] == [0] * 20
    assert sum("EHLO" in one.outcome for one in waiting) == 1


async def test_the_rest_doubles_from_half_a_minute_to_half_an_hour(gigapay: Stand) -> None:
    await gigapay.inbox.stop()
    await add(gigapay, "m")
    rests: list[timedelta] = []
    for _ in range(9):
        await gigapay.settle()
        until = await rest_until(gigapay)
        rests.append(until - gigapay.clock.now())
        gigapay.clock.go_to(until)

    assert [one.total_seconds() for one in rests] == [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]


async def rest_until(stand: Stand) -> datetime:
    async with stand.bot.db.read() as tx:
        known = await mail_servers.known(tx, stand.bot.mailer.server)
    assert known is not None and known.rest_until is not None
    return known.rest_until


async def test_one_mail_tries_first_and_the_others_follow_once_it_arrived(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("drop", call="EHLO", times=3)
    await add(gigapay, "m1", "m2", "m3")
    tried = []
    for seconds in (29, 1, 59, 1, 119):
        await gigapay.after(seconds=seconds)
        tried.append(3 - sum(one.times or 0 for one in gigapay.inbox.faults.waiting))
    before = sent_to(gigapay)
    await gigapay.after(seconds=1)

    assert tried == [1, 2, 2, 3, 3]
    assert before == []
    assert sent_to(gigapay) == ["m1", "m2", "m3"]
    assert [one.attempts for one in await all_mails(gigapay)] == [1, 1, 1]


async def test_a_mail_at_which_the_server_stumbles_holds_up_no_other(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("drop", call="RCPT", times=1)
    await add(gigapay, "poison", rank=Rank.URGENT)
    await add(gigapay, "other", rank=Rank.NEWS)
    await gigapay.after(seconds=30)

    assert sent_to(gigapay) == ["other", "poison"]


async def test_a_start_tries_the_server_at_once(gigapay: Stand) -> None:
    """Whoever has mended the password does not wait for the rest to end."""
    gigapay.inbox.faults.add("reply", call="EHLO", times=4, code=454)
    await add(gigapay, "m1", "m2")
    await gigapay.after(minutes=5)
    waiting = sent_to(gigapay)
    await post.start_posting(gigapay.bot)
    await gigapay.settle()

    assert waiting == []
    assert sent_to(gigapay) == ["m1", "m2"]


async def test_whoever_died_at_the_trial_is_waited_for_no_longer_than_a_lease(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("drop", call="EHLO")
    await add(gigapay, "m1", "m2")
    await gigapay.settle()
    gigapay.clock.go_to(gigapay.clock.now() + timedelta(seconds=30))
    set_fault_hook(dies)
    with pytest.raises(Died):
        await post.post_once(gigapay.bot)
    set_fault_hook(None)
    await gigapay.settle()
    early = sent_to(gigapay)
    gigapay.clock.pass_wall(
        gigapay.bot.settings.timing.lease + gigapay.bot.mailer.content_within + timedelta(seconds=1)
    )
    await gigapay.settle()

    assert early == []
    assert sent_to(gigapay) == ["m2", "m1"]


class Died(Exception):
    """The process ends where the hook is."""


async def dies(point: str) -> None:
    if point == "mail.claimed":
        raise Died


async def test_what_needs_somebody_goes_before_what_is_only_news(gigapay: Stand) -> None:
    await add(gigapay, "news", rank=Rank.NEWS)
    await add(gigapay, "usual")
    await add(gigapay, "urgent", rank=Rank.URGENT)
    await gigapay.settle()

    assert sent_to(gigapay) == ["urgent", "usual", "news"]


async def test_no_more_leave_in_an_hour_than_the_settings_allow_and_all_go_in_order(gigapay: Stand) -> None:
    bounded(gigapay, per_hour=3)
    await add(gigapay, "m1", "m2", to="a@example.com")
    await gigapay.after(minutes=10)
    await add(gigapay, "m3", "m4", "m5", to="b@example.com")
    await gigapay.after(minutes=49, seconds=59)
    within = sent_to(gigapay, "b@example.com")
    await gigapay.after(seconds=1)
    next_hour = sent_to(gigapay, "b@example.com")

    assert (within, next_hour) == (["m3"], ["m3", "m4", "m5"])


async def test_one_who_got_many_waits_alone(gigapay: Stand) -> None:
    bounded(gigapay, per_hour_each=2)
    await add(gigapay, "m1", "m2", "m3", to="a@example.com")
    await add(gigapay, "m4", to="b@example.com")
    await gigapay.after(minutes=59, seconds=59)
    within = sent_to(gigapay, "a@example.com"), sent_to(gigapay, "b@example.com")
    await gigapay.after(seconds=1)

    assert within == (["m1", "m2"], ["m4"])
    assert sent_to(gigapay, "a@example.com") == ["m1", "m2", "m3"]


async def test_a_mail_that_the_server_did_not_take_uses_up_nothing(gigapay: Stand) -> None:
    bounded(gigapay, per_hour=1)
    gigapay.inbox.faults.add("reply", call="after-data", code=451, times=2)
    await add(gigapay, "m")
    await gigapay.after(minutes=2)

    assert sent_to(gigapay) == ["m"]
