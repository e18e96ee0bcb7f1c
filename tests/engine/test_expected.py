"""Rules with `expect`: too few are told once, and what nobody could read is never "nothing came"."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.engine import counting, look, schedule
from bot.engine.bot import RulesInForce
from bot.store import rules, schedules
from bot.store.schedules import Happened
from bot.store.tables import schedule as schedule_table
from tests.databases import Migrated

from .stand import STOCKHOLM, Stand, at, stand

RULE = """\
rules:
  - id: weekly-payouts-expected
    title: No Gigapay payout this week
    expect: {expect}
    when: {when}
    then: [{{alert: {{to: payroll}}}}]
    mode: {mode}
    advice: Ask whoever sends the payouts.
"""
SLOT = at(19, 12)
"""Thursday noon; what counts comes from Monday the 16th on."""
NAME = "2026-11-19 12:00"
STANDING = "weekly-payouts-expected@gigapay-se"


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """A stand whose only rule is the test's own, begun on the Thursday at nine and polled each hour."""
    async with stand(tmp_path, "gigapay", database=migrated, poll="1h", begins=at(19, 9)) as made:
        (made.bot.settings.rules / "gigapay.yaml").unlink()
        yield made


async def put(
    stand: Stand,
    expect: str = "at least 1 gigapay.payout per week by Thursday 12:00",
    *,
    when: str = "[status is known]",
    mode: str = "act",
    signed: bool = True,
) -> None:
    """The rule is in the files, and signed off where it is to be."""
    stand.write_rule("expected.yaml", RULE.format(expect=expect, when=when, mode=mode))
    await stand.reload()
    assert stand.bot.problems == ()
    if signed:
        async with stand.bot.db.write() as tx:
            for one in (await rules.states(tx)).values():
                if one.file_hash is not None:
                    await rules.propose(tx, [one.file_hash], "payroll-1", stand.clock.now())
                    await rules.sign(tx, one.file_hash, "finance-1", stand.clock.now())
        await stand.reload()
    await stand.settle()


async def became(stand: Stand, name: str = STANDING) -> list[tuple[str, Happened]]:
    async with stand.bot.db.read() as tx:
        return [(one.slot.name, one.state) for one in await schedules.occurrences(tx, name)]


async def why(stand: Stand, name: str = STANDING) -> str:
    async with stand.bot.db.read() as tx:
        return (await schedules.occurrences(tx, name))[-1].why


def told(stand: Stand) -> list[str]:
    """What payroll was told, spaces made one."""
    return [" ".join(one.split()) for one in stand.texts("payroll-1") if "WHAT WAS EXPECTED" in one]


def not_known(stand: Stand) -> list[str]:
    return [" ".join(one.split()) for one in stand.texts("ops") if "Not known whether enough came" in one]


def lists(stand: Stand) -> int:
    return sum(one["call"] == "GET /payruns/" for one in stand.gigapay.ledger.entries)


def add(stand: Stand, moment: datetime, amount: str = "2000.00") -> None:
    """A payout that Gigapay has from that moment on, whenever we read it."""
    now = stand.clock.now()
    stand.clock.set_to(moment)
    stand.gigapay.add_payout("1041", Decimal(amount))
    stand.clock.set_to(now)


def cut_off(stand: Stand) -> None:
    """Gigapay answers nothing from now on."""
    stand.gigapay.faults.add("status", call="GET*", code=503, times=None)


async def restart(stand: Stand) -> None:
    """All that was in memory is gone: the rules are read and put in force anew, and lists are read."""
    stand.bot.rules = RulesInForce()
    await stand.reload()
    await stand.poll()


@pytest.mark.parametrize(
    ("came_at", "state"),
    [
        pytest.param(at(16, 0), Happened.DONE, id="the beginning of the week counts"),
        pytest.param(at(16, 0) - timedelta(seconds=1), Happened.TOLD, id="a second before it is last week's"),
        pytest.param(SLOT, Happened.DONE, id="the time itself is still in time"),
        pytest.param(SLOT + timedelta(seconds=1), Happened.TOLD, id="a second later is too late"),
    ],
)
async def test_what_counts_came_from_the_weeks_beginning_to_the_time(
    gigapay: Stand, came_at: datetime, state: Happened
) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 11, 59))
    add(gigapay, came_at)
    await gigapay.until(at(19, 13))

    assert await became(gigapay) == [(NAME, state)]
    assert len(told(gigapay)) == (1 if state is Happened.TOLD else 0)


async def test_a_week_with_a_payout_is_done_with_no_mail_and_no_call_of_its_own(gigapay: Stand) -> None:
    await put(gigapay)
    add(gigapay, at(17, 9))
    await gigapay.until(SLOT - timedelta(seconds=1))
    before = lists(gigapay)
    await gigapay.until(SLOT + timedelta(minutes=5))

    assert await became(gigapay) == [(NAME, Happened.DONE)]
    assert await why(gigapay) == "1 came"
    assert gigapay.subjects("payroll-1") == not_known(gigapay) == []
    assert lists(gigapay) - before <= 1  # the hourly one, where it falls there


async def test_the_mail_says_what_was_expected_what_came_last_and_when_it_was_read(gigapay: Stand) -> None:
    await put(gigapay)
    add(gigapay, at(13, 11))
    await gigapay.poll()
    await gigapay.until(SLOT + timedelta(minutes=5))

    (payout,) = gigapay.gigapay.state.payouts
    (mail,) = told(gigapay)
    assert gigapay.subjects("payroll-1") == ["No Gigapay payout this week: gigapay-se"]
    assert "at least 1 gigapay.payout per week by Thursday at 12:00" in mail
    assert "from Mon 16 Nov 00:00 to 12:00 today: none" in mail
    assert f"the last that came: Gigapay payout {payout}, Fri 13 Nov 11:00" in mail
    assert "the list of gigapay-se was read 12:00 today" in mail
    assert "WHAT TO DO Ask whoever sends the payouts." in mail
    assert "This was due" not in mail
    assert "SEK" not in mail


async def test_too_few_are_told_from_a_list_that_is_read_at_the_time_itself(tmp_path, migrated) -> None:
    async with stand(tmp_path, "gigapay", database=migrated, poll="24h", begins=at(19, 9)) as made:
        (made.bot.settings.rules / "gigapay.yaml").unlink()
        await put(made)
        await made.until(SLOT - timedelta(seconds=1))
        before = lists(made)
        add(made, at(19, 11))
        await made.until(SLOT + timedelta(minutes=1))

        assert lists(made) == before + 1
        assert await became(made) == [(NAME, Happened.DONE)]


async def test_only_what_the_rule_asks_for_counts(gigapay: Stand) -> None:
    await put(gigapay, when="[net pay is at least 2 000 SEK]")
    add(gigapay, at(17, 9), "1999.99")
    await gigapay.until(SLOT + timedelta(minutes=5))

    assert await became(gigapay) == [(NAME, Happened.TOLD)]


async def test_a_cancelled_payout_did_not_come(gigapay: Stand) -> None:
    await put(gigapay)
    add(gigapay, at(17, 9))
    (payout,) = gigapay.gigapay.state.payouts.values()
    payout["canceled_at"] = "2026-11-17T09:00:00Z"
    await gigapay.until(SLOT + timedelta(minutes=5))

    assert await became(gigapay) == [(NAME, Happened.TOLD)]


async def test_while_the_vendor_cannot_be_read_nothing_is_said_to_be_missing(gigapay: Stand) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 10))
    cut_off(gigapay)
    await gigapay.until(at(19, 13, 59))

    assert await became(gigapay) == []
    assert not_known(gigapay) == []
    await gigapay.until(at(19, 18))
    assert await became(gigapay) == []
    assert told(gigapay) == []
    (mail,) = not_known(gigapay)
    assert "What came at gigapay-se until 12:00 is not known" in mail
    assert "This is not to say that nothing came." in mail
    assert "weekly-payouts-expected" in mail


@pytest.mark.parametrize(
    ("came_at", "state"),
    [
        pytest.param(at(19, 11, 30), Happened.DONE, id="it came in time while nobody could read it"),
        pytest.param(at(19, 12, 30), Happened.TOLD, id="it came too late"),
    ],
)
async def test_once_it_can_be_read_it_is_the_vendors_own_time_that_counts(
    gigapay: Stand, came_at: datetime, state: Happened
) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 10))
    cut_off(gigapay)
    await gigapay.until(at(19, 18))
    add(gigapay, came_at)
    gigapay.gigapay.faults.clear()
    await gigapay.until(at(19, 22))

    assert await became(gigapay) == [(NAME, state)]
    if state is Happened.TOLD:
        (mail,) = told(gigapay)
        assert "This was due Thu 19 Nov 12:00 and comes late" in mail


async def test_what_a_list_leads_to_is_read_before_anything_is_said_however_long_it_waited(
    gigapay: Stand,
) -> None:
    await put(gigapay)
    await gigapay.until(SLOT - timedelta(seconds=1))
    add(gigapay, at(19, 11, 30))
    gigapay.clock.go_to(SLOT)
    await schedule.run_schedules(gigapay.bot)
    long_ago = SLOT - timedelta(hours=3)
    async with gigapay.bot.db.write() as tx:
        await tx.execute(schedule_table.update().values(waits_since=long_ago, wait_until=SLOT))
    await look.look_once(gigapay.bot)  # the list; the payrun in it is not read yet
    await schedule.run_schedules(gigapay.bot)
    assert await became(gigapay) == []
    await gigapay.until(SLOT + timedelta(hours=1))

    assert await became(gigapay) == [(NAME, Happened.DONE)]


async def test_two_weeks_without_a_list_are_counted_each_and_told_in_one_mail(gigapay: Stand) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 10))
    gigapay.clock.set_to(at(27, 9))
    await restart(gigapay)
    await gigapay.until(at(27, 11))

    assert await became(gigapay) == [(NAME, Happened.TOLD), ("2026-11-26 12:00", Happened.TOLD)]
    (mail,) = told(gigapay)
    assert "from Mon 16 Nov 00:00 to Thu 19 Nov 12:00: none" in mail
    assert "from Mon 23 Nov 00:00 to Thu 26 Nov 12:00: none" in mail


async def test_a_payrun_that_cannot_be_read_makes_it_unknown_after_two_polls_and_is_told(
    gigapay: Stand,
) -> None:
    await put(gigapay)
    add(gigapay, at(13, 11))
    await gigapay.poll()
    await gigapay.until(SLOT - timedelta(seconds=1))
    (payrun,) = gigapay.gigapay.state.payruns
    gigapay.gigapay.faults.add("status", call="GET /payruns/:id/", code=500, times=None)
    await gigapay.until(SLOT + timedelta(hours=2))
    assert await became(gigapay) == []
    await gigapay.until(SLOT + timedelta(hours=2, minutes=16))

    assert await became(gigapay) == [(NAME, Happened.UNKNOWN)]
    assert told(gigapay) == []
    assert f"Gigapay payrun {payrun} has not been read since" in await why(gigapay)
    assert len(not_known(gigapay)) == 1


async def test_a_payrun_that_cannot_be_read_for_a_while_is_counted_when_it_can(gigapay: Stand) -> None:
    await put(gigapay)
    add(gigapay, at(13, 11))
    await gigapay.poll()
    await gigapay.until(SLOT - timedelta(seconds=1))
    gigapay.gigapay.faults.add("status", call="GET /payruns/:id/", code=500, times=None)
    add(gigapay, at(19, 11, 59))
    await gigapay.until(SLOT + timedelta(minutes=45))
    assert await became(gigapay) == []
    gigapay.gigapay.faults.clear()
    await gigapay.until(SLOT + timedelta(hours=2))

    assert await became(gigapay) == [(NAME, Happened.DONE)]
    assert not_known(gigapay) == []


async def test_enough_is_enough_whatever_cannot_be_read_besides(gigapay: Stand) -> None:
    await put(gigapay)
    add(gigapay, at(17, 9))
    await gigapay.poll()
    cut_off(gigapay)
    await gigapay.until(SLOT + timedelta(minutes=1))

    assert await became(gigapay) == [(NAME, Happened.DONE)]


async def test_restarts_around_the_time_change_nothing(gigapay: Stand) -> None:
    await put(gigapay)
    for moment in (SLOT - timedelta(seconds=1), SLOT, SLOT + timedelta(seconds=1), at(19, 12, 30)):
        await gigapay.until(moment)
        await restart(gigapay)
    await gigapay.until(at(19, 13))

    assert await became(gigapay) == [(NAME, Happened.TOLD)]
    assert len(told(gigapay)) == 1


async def test_a_restart_while_it_waits_waits_on(gigapay: Stand) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 10))
    cut_off(gigapay)
    await gigapay.until(at(19, 16))
    await restart(gigapay)
    gigapay.gigapay.faults.clear()
    await gigapay.until(at(19, 20))

    assert await became(gigapay) == [(NAME, Happened.TOLD)]
    assert len(told(gigapay)) == len(not_known(gigapay)) == 1


async def test_two_workers_at_once_tell_once(gigapay: Stand) -> None:
    await put(gigapay)
    await gigapay.until(SLOT - timedelta(seconds=1))
    gigapay.clock.go_to(SLOT)
    await asyncio.gather(*(schedule.run_schedules(gigapay.bot) for _ in range(4)))
    await gigapay.settle()
    gigapay.clock.go_to(SLOT + timedelta(minutes=1))
    did = await asyncio.gather(*(schedule.run_schedules(gigapay.bot) for _ in range(4)))
    await gigapay.settle()

    assert sorted(did) == [False, False, False, True]
    assert len(told(gigapay)) == 1


async def test_a_clock_set_back_tells_no_time_twice(gigapay: Stand) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 13))
    gigapay.clock.set_to(at(19, 11))
    await restart(gigapay)
    await gigapay.until(at(19, 15))

    assert await became(gigapay) == [(NAME, Happened.TOLD)]
    assert len(told(gigapay)) == 1


async def test_a_time_that_is_written_down_is_never_told_again_though_its_schedule_was_lost(
    gigapay: Stand,
) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 13))
    add(gigapay, at(19, 12, 30))
    async with gigapay.bot.db.write() as tx:
        await tx.execute(schedule_table.update().values(next_slot=NAME, next_at=SLOT))
    await gigapay.until(at(19, 15))

    assert await became(gigapay) == [(NAME, Happened.TOLD)]
    assert len(told(gigapay)) == 1


async def test_the_hour_that_comes_twice_counts_once(tmp_path: Path, migrated: Migrated) -> None:
    begins = datetime(2026, 10, 25, 1, tzinfo=STOCKHOLM).astimezone(UTC)
    async with stand(tmp_path, "gigapay", database=migrated, poll="6h", begins=begins) as made:
        (made.bot.settings.rules / "gigapay.yaml").unlink()
        await put(made, "gigapay.payout per day by 02:30")
        await made.until(datetime(2026, 10, 26, 3, tzinfo=STOCKHOLM).astimezone(UTC))

        assert await became(made) == [
            ("2026-10-25 02:30", Happened.TOLD),
            ("2026-10-26 02:30", Happened.TOLD),
        ]
        assert len(told(made)) == 2


async def test_a_rule_nobody_signed_is_written_down_and_mails_nothing(gigapay: Stand) -> None:
    await put(gigapay, signed=False)
    await gigapay.until(at(19, 13))

    assert await became(gigapay) == [(NAME, Happened.WATCHED)]
    assert await why(gigapay) == "the rule only watches; it would have told: none came"
    assert gigapay.subjects("payroll-1") == not_known(gigapay) == []


@pytest.mark.parametrize("gone", [True, False])
async def test_a_rule_that_is_off_or_gone_is_due_no_more(gigapay: Stand, gone: bool) -> None:
    await put(gigapay)
    if gone:
        gigapay.write_rule("expected.yaml", "rules: []\n")
        await gigapay.reload()
    else:
        await put(gigapay, mode="off")
    await gigapay.until(at(19, 13))

    assert await gigapay.count(schedule_table) == 0
    assert await became(gigapay) == []


async def test_other_words_while_it_waits_leave_no_time_half_done(gigapay: Stand) -> None:
    await put(gigapay)
    await gigapay.until(at(19, 10))
    cut_off(gigapay)
    await gigapay.until(at(19, 13))
    await put(gigapay, "gigapay.payout per week by Friday 12:00")
    gigapay.gigapay.faults.clear()
    await gigapay.until(at(20, 13))

    assert await became(gigapay) == [("2026-11-20 12:00", Happened.TOLD)]


async def test_an_error_of_ours_is_unknown_and_told_to_operations(
    gigapay: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    await put(gigapay)
    monkeypatch.setattr("bot.engine.expected.count", stumble)
    await gigapay.until(at(19, 13))

    assert await became(gigapay) == [(NAME, Happened.UNKNOWN)]
    assert told(gigapay) == []
    (mail,) = not_known(gigapay)
    assert "payrunbot met an error of its own" in mail


async def test_a_kind_without_the_vendors_own_time_counts_from_when_it_was_first_seen(
    tmp_path: Path, migrated: Migrated
) -> None:
    london = ZoneInfo("Europe/London")
    async with stand(tmp_path, "xero", database=migrated, poll="1h", begins=at(19, 11)) as made:
        (made.bot.settings.rules / "xero.yaml").unlink()
        await put(made, "xero.payrun per week by Thursday 12:00", when="[status is draft]")
        await made.until(datetime(2026, 11, 19, 12, 5, tzinfo=london).astimezone(UTC))

        assert await became(made, "weekly-payouts-expected@xero-uk") == [(NAME, Happened.TOLD)]


def test_what_was_first_seen_after_the_time_may_have_come_before_it() -> None:
    one = counting.One(
        "Xero pay run 7", SLOT + timedelta(minutes=1), "", counting.Answer.YES, is_seen_only=True
    )

    assert one.came(at(16, 0), SLOT) is counting.Answer.UNKNOWN
    assert one.came(at(16, 0), SLOT + timedelta(minutes=1)) is counting.Answer.YES
    assert one.came(SLOT + timedelta(hours=1), SLOT + timedelta(hours=2)) is counting.Answer.NO


def test_what_was_there_before_the_week_began_is_no_doubt_about_it() -> None:
    one = counting.One("Xero pay run 7", None, "there at first", counting.Answer.YES, by=at(15, 23))

    assert one.came(at(15, 23), SLOT) is counting.Answer.UNKNOWN
    assert one.came(at(16, 0), SLOT) is counting.Answer.NO
