"""An alert that lasts is told again at the rule's times, and passed on once, until it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from bot.engine import plan
from bot.engine.perform import perform_once
from bot.engine.versions import sign_off
from bot.store import decisions
from bot.store.effects import Effect, State
from tests.databases import Migrated

from .stand import Stand, at, stand

ONE_ERROR = [("Pay rate missing for Ordinary", "72908")]
OTHER_ERROR = [("No pay type for Overtime", "72909")]
TOLD = at(13, 12, 11)
"""Friday: ten minutes after the run was read at 12:01, within working hours of Stockholm."""
PASSED_ON = at(13, 16, 11)
LEAD = "finance-1"


@asynccontextmanager
async def told(folder: Path, migrated: Migrated, *, poll: str = "30d") -> AsyncIterator[Stand]:
    """A run with an error that nobody mends, told of; the rule's times are those of Stockholm."""
    async with stand(folder, "roubler", database=migrated, poll=poll) as made:
        made.change_rule("roubler.yaml", "mode: act", "calendar: se\n    mode: act")
        await made.reload()
        await made.sign()
        await made.after(minutes=1)
        add_run(made)
        await made.poll()
        await made.until(TOLD)
        yield made


@pytest.fixture
async def lasting(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    async with told(tmp_path, migrated) as made:
        yield made


def add_run(stand: Stand) -> str:
    run = stand.roubler.add_run(date(2026, 11, 2), date(2026, 11, 15), status="Finalised")
    stand.roubler.set_errors(run, ONE_ERROR)
    return run


async def mend(stand: Stand) -> None:
    for run in stand.roubler.state.runs:
        stand.roubler.set_errors(run, [])
    await stand.poll()


def kinds(stand: Stand, to: str) -> list[str]:
    """What each mail about the run begins with: an alert, `Still open`, `Passed on`, `Cleared`."""
    return [one.partition(":")[0] if ":" in one else "Alert" for one in stand.subjects(to)]


async def change(stand: Stand, old: str, new: str) -> None:
    """Change the rule, signed off by two, and ask it again about what it watches."""
    stand.change_rule("roubler.yaml", old, new)
    await stand.reload()
    for person in ("finance-1", "finance-2"):
        await sign_off(stand.bot, stand.person(person), "roubler-errors", stand.reload)
    await plan.decide_due(stand.bot)


async def ahead(stand: Stand, again: str) -> list[Effect]:
    found = [one for one in await stand.effects("alert") if one.args.get("again") == again]
    return [one for one in found if one.state in (State.PLANNED, State.WAITING)]


def plain(text: str) -> str:
    return " ".join(text.split())


# -- reminders


async def test_it_is_told_again_at_each_time_of_the_rule_and_at_no_other(lasting: Stand) -> None:
    counted = []
    for moment in (at(16, 8, 59, 59), at(16, 9), at(16, 23), at(17, 8, 59, 59), at(17, 9)):
        await lasting.until(moment)
        counted.append(kinds(lasting, "ops").count("Still open"))

    assert counted == [0, 1, 1, 1, 2]


async def test_a_reminder_is_the_alert_with_a_line_that_says_since_when_and_how_often(lasting: Stand) -> None:
    await lasting.until(at(17, 9))

    first, second, third = (plain(one) for one in lasting.texts("ops"))
    assert "Still open" not in first
    assert second.startswith("Still open since Fri 13 Nov 12:01, told once before.")
    assert third.startswith("Still open since Fri 13 Nov 12:01, told 2 times before.")
    assert "72908 Pay rate missing for Ordinary" in second
    assert lasting.subjects("ops")[1].startswith("Still open: 1 error in Roubler pay run 38")


async def test_a_reminder_says_what_is_so_now_and_not_what_was(lasting: Stand) -> None:
    for run in lasting.roubler.state.runs:
        lasting.roubler.set_errors(run, OTHER_ERROR)
    await lasting.poll()
    await lasting.until(at(16, 9))

    assert "72909" in lasting.texts("ops")[-1]
    assert "72908" not in lasting.texts("ops")[-1]


async def test_two_who_work_at_once_tell_it_once(lasting: Stand) -> None:
    await lasting.until(at(16, 8, 59))
    lasting.clock.go_to(at(16, 9))
    await asyncio.gather(*(perform_once(lasting.bot) for _ in range(4)))
    await lasting.settle()

    assert kinds(lasting, "ops") == ["Alert", "Still open"]
    assert [one.not_before for one in await ahead(lasting, "reminder")] == [at(17, 9)]


async def test_a_restart_neither_loses_a_reminder_nor_tells_it_twice(lasting: Stand) -> None:
    for moment in (at(16, 8, 59), at(16, 9), at(16, 9, 1)):
        await lasting.until(moment)
        lasting.bot = replace(lasting.bot, rules={}, polled=set(), latest_now=None, holder="another")
        await lasting.reload()
        await lasting.poll()

    assert kinds(lasting, "ops") == ["Alert", "Still open"]


async def test_after_days_away_it_is_told_once_and_goes_on_from_there(lasting: Stand) -> None:
    lasting.clock.go_to(at(19, 14))
    await lasting.settle()
    late = kinds(lasting, "ops")
    await lasting.until(at(20, 9))

    assert late == ["Alert", "Still open"]
    assert kinds(lasting, "ops") == ["Alert", "Still open", "Still open"]


async def test_once_it_is_over_nobody_is_reminded(lasting: Stand) -> None:
    await lasting.until(at(16, 8, 59))
    before = await ahead(lasting, "reminder")
    await mend(lasting)
    after = await ahead(lasting, "reminder")
    await lasting.until(at(18, 12))

    assert kinds(lasting, "ops") == ["Alert", "Cleared"]
    assert (len(before), after) == (1, [])


async def test_what_comes_back_is_counted_anew(lasting: Stand) -> None:
    await lasting.until(at(16, 9))
    await mend(lasting)
    for run in lasting.roubler.state.runs:
        lasting.roubler.set_errors(run, OTHER_ERROR)
    await lasting.poll()
    await lasting.until(at(17, 9))

    assert kinds(lasting, "ops") == ["Alert", "Still open", "Cleared", "Alert", "Still open"]
    assert plain(lasting.texts("ops")[-1]).startswith("Still open since Mon 16 Nov 09:00, told once before.")


async def test_a_clock_that_is_set_back_brings_no_reminder_early_and_none_again(lasting: Stand) -> None:
    await lasting.until(at(16, 9))
    lasting.clock.set_to(at(16, 7))
    await lasting.settle()
    set_back = kinds(lasting, "ops")
    await lasting.until(at(17, 8, 59, 59))
    before = kinds(lasting, "ops")
    await lasting.until(at(17, 9))

    assert set_back == before == ["Alert", "Still open"]
    assert kinds(lasting, "ops") == ["Alert", "Still open", "Still open"]


async def test_set_back_and_with_other_words_for_the_same_times_none_is_lost(lasting: Stand) -> None:
    await lasting.until(at(16, 9))
    lasting.clock.set_to(at(16, 7))
    await lasting.settle()
    await change(lasting, "every working day at 09:00", "every day at 09:00")
    await lasting.until(at(17, 8, 59, 59))
    before = kinds(lasting, "ops")
    await lasting.until(at(17, 9))

    assert before == ["Alert", "Still open"]
    assert kinds(lasting, "ops") == ["Alert", "Still open", "Still open"]


async def test_other_times_in_the_rule_hold_from_when_they_run(lasting: Stand) -> None:
    await change(lasting, "every working day at 09:00", "every day at 18:00")
    planned = await ahead(lasting, "reminder")
    await lasting.until(at(14, 18))

    assert [one.not_before for one in planned] == [at(13, 18)]
    assert kinds(lasting, "ops") == ["Alert", "Still open", "Still open"]


async def test_a_reminder_that_the_rule_no_longer_has_is_not_sent(lasting: Stand) -> None:
    await change(lasting, "remind: every working day at 09:00", "")
    await lasting.until(at(17, 12))

    assert kinds(lasting, "ops") == ["Alert"]


async def test_while_a_rule_only_watches_it_reminds_nobody_and_then_it_does_again(lasting: Stand) -> None:
    lasting.change_rule("roubler.yaml", "mode: act", "mode: watch")
    await lasting.reload()
    await lasting.until(at(16, 12))
    watching = kinds(lasting, "ops")
    lasting.change_rule("roubler.yaml", "mode: watch", "mode: act")
    await lasting.reload()
    await lasting.until(at(17, 9))

    assert watching == ["Alert"]
    assert kinds(lasting, "ops") == ["Alert", "Still open"]


async def test_of_what_the_rule_now_groups_otherwise_it_reminds_by_its_new_groups(lasting: Stand) -> None:
    await change(lasting, "group_by: payrun", "group_by: connection")
    await lasting.until(at(13, 13))
    told_anew = kinds(lasting, "ops")
    await lasting.until(at(16, 12))

    assert told_anew == ["Alert", "Alert"]
    assert kinds(lasting, "ops") == ["Alert", "Alert", "Still open"]


async def test_of_what_the_rule_is_no_longer_asked_about_nobody_is_reminded(lasting: Stand) -> None:
    async with lasting.bot.db.write() as tx:
        await decisions.forget_rules(tx, ["roubler-errors"])
    await lasting.until(at(18, 12))

    assert kinds(lasting, "ops") == ["Alert"]
    assert kinds(lasting, LEAD) == []


async def test_what_was_there_before_the_rule_is_in_its_list_and_never_in_a_reminder(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "roubler", database=migrated, poll="30d") as made:
        add_run(made)
        await made.poll()
        await made.sign()
        await made.until(at(18, 12))

        assert len(made.subjects()) == 1


async def test_what_cannot_be_read_now_is_said_as_of_when_it_was(tmp_path: Path, migrated: Migrated) -> None:
    async with told(tmp_path, migrated, poll="1h") as made:
        made.roubler.faults.add("status", call="*", times=None, code=500)
        await made.until(at(16, 9))

        (reminder,) = [plain(one) for one in made.texts("ops") if "Still open since" in one]
        assert "told once before. It cannot be read now; this is as of Fri 13 Nov 12:01." in reminder


async def test_of_a_connection_it_shows_a_run_that_is_still_wrong(tmp_path: Path, migrated: Migrated) -> None:
    async with stand(tmp_path, "roubler", database=migrated, poll="30d") as made:
        made.change_rule("roubler.yaml", "group_by: payrun", "group_by: connection")
        await made.reload()
        await made.sign()
        await made.after(minutes=1)
        first = add_run(made)
        second = made.roubler.add_run(date(2026, 10, 19), date(2026, 11, 1), status="Finalised")
        made.roubler.set_errors(second, OTHER_ERROR)
        await made.poll()
        await made.after(minutes=11)
        for run in (first, second):
            made.roubler.set_errors(run, [])
            await made.poll()
            if run == first:
                await made.until(at(16, 1))

        reminder = made.texts("ops")[1]
        assert "72909" in reminder
        assert kinds(made, "ops") == ["Alert", "Still open", "Cleared"]


# -- passing on


@pytest.mark.parametrize(
    ("moment", "passed_on"),
    [
        pytest.param(at(13, 16, 10, 59), [], id="a second before"),
        pytest.param(PASSED_ON, ["Passed on"], id="four working hours after it was told"),
    ],
)
async def test_what_is_open_for_too_long_is_passed_on(
    lasting: Stand, moment: datetime, passed_on: list[str]
) -> None:
    await lasting.until(moment)

    assert kinds(lasting, LEAD) == passed_on


async def test_it_is_passed_on_once_and_says_who_was_told_first_and_when(lasting: Stand) -> None:
    await lasting.until(at(19, 12))

    (mail,) = lasting.texts(LEAD)
    assert plain(mail).startswith(
        "Passed on to payroll-lead: ops was told 12:11 today, and after 4 working hours it is still open."
    )
    assert "72908 Pay rate missing for Ordinary" in plain(mail)


async def test_what_is_over_before_is_not_passed_on(lasting: Stand) -> None:
    await lasting.until(at(13, 16, 10))
    await mend(lasting)
    await lasting.until(at(17, 12))

    assert kinds(lasting, LEAD) == []


async def test_all_who_were_told_are_told_that_it_is_over(lasting: Stand) -> None:
    await lasting.until(at(16, 10))
    await mend(lasting)
    await lasting.poll()

    assert kinds(lasting, "ops") == ["Alert", "Still open", "Cleared"]
    assert kinds(lasting, LEAD) == ["Passed on", "Cleared"]


async def test_the_end_names_all_that_was_told_of(lasting: Stand) -> None:
    for run in lasting.roubler.state.runs:
        lasting.roubler.set_errors(run, OTHER_ERROR)
    await lasting.poll()
    await lasting.until(at(16, 9))
    await mend(lasting)

    assert "72908" in lasting.texts("ops")[-1]
    assert "72909" in lasting.texts("ops")[-1]


async def test_a_rule_that_is_switched_off_says_so_to_all_whom_it_told(lasting: Stand) -> None:
    await lasting.until(PASSED_ON)
    lasting.change_rule("roubler.yaml", "mode: act", "mode: off")
    await lasting.reload()
    await lasting.until(at(18, 12))

    assert kinds(lasting, "ops") == ["Alert", "No longer watched"]
    assert kinds(lasting, LEAD) == ["Passed on", "No longer watched"]


async def test_another_length_in_the_rule_counts_from_when_it_was_told(lasting: Stand) -> None:
    await change(lasting, "after: 4 working hours", "after: 90 minutes")
    planned = await ahead(lasting, "escalation")
    await lasting.until(at(13, 17))

    assert [one.not_before for one in planned] == [at(13, 13, 41)]
    assert kinds(lasting, LEAD) == ["Passed on"]


async def test_what_was_passed_on_is_not_passed_on_again_by_other_words(lasting: Stand) -> None:
    await lasting.until(PASSED_ON)
    await change(lasting, "after: 4 working hours", "after: 1 working day")
    await lasting.until(at(18, 12))

    assert kinds(lasting, LEAD) == ["Passed on"]
