"""A rule at set times tells once for each time, whatever the clock, a restart or a second worker does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine import schedule
from bot.engine.asked_at import MOST_LISTED, ask_about_all
from bot.engine.bot import RulesInForce
from bot.store import rules, schedules
from bot.store.effects import State
from bot.store.schedules import Happened
from bot.store.tables import decision
from bot.store.tables import schedule as schedule_table
from tests.databases import Migrated
from tests.faults.tally import note

from .stand import Stand, at, stand

RULE = """\
rules:
  - id: with-payouts
    title: Payruns with payouts
    every: {every}
    if_missed: {if_missed}
    watch: gigapay.payrun
    when: [payouts is at least 1]
    then:
      - send_mail: {{template: scheduled, to: finance}}
    mode: {mode}
"""
DAILY = "day at 14:00"
FIRST = at(13, 14)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """A stand whose only rule is the test's own; of the one that is gone operations are told."""
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        (made.bot.settings.rules / "gigapay.yaml").unlink()
        yield made


async def put(stand: Stand, every: str = DAILY, *, if_missed: str = "tell", mode: str = "act") -> None:
    """The rule is in the files and signed off."""
    stand.write_rule("listed.yaml", RULE.format(every=every, if_missed=if_missed, mode=mode))
    await stand.reload()
    assert stand.bot.problems == ()
    await sign(stand)


async def sign(stand: Stand) -> None:
    """What is in the files, also where another version runs meanwhile, is signed off."""
    async with stand.bot.db.write() as tx:
        for one in (await rules.states(tx)).values():
            if one.file_hash is not None:
                await rules.propose(tx, [one.file_hash], "payroll-1", stand.clock.now())
                await rules.sign(tx, one.file_hash, "finance-1", stand.clock.now())
    await stand.reload()
    await stand.settle()


async def placed(stand: Stand, every: str = DAILY, *, if_missed: str = "tell", mode: str = "act") -> None:
    """And there is one open payrun, known before the first time comes."""
    await put(stand, every, if_missed=if_missed, mode=mode)
    stand.add_payouts("1450.00", "1650.00", "1780.00")
    await stand.poll()
    await stand.settle()


async def became(stand: Stand, rule: str = "with-payouts") -> list[tuple[str, Happened]]:
    """What became of each slot, oldest first."""
    async with stand.bot.db.read() as tx:
        found = await schedules.occurrences(tx, rule)
    note("schedules", occurrences=len(found))
    return [(one.slot.name, one.state) for one in found]


def lists(stand: Stand) -> list[str]:
    """The subjects of the lists that went out."""
    return [one for one in stand.subjects("finance-1") if one.startswith("Payruns with payouts")]


def told_missed(stand: Stand) -> list[str]:
    return [one for one in stand.texts("ops") if "missed" in one]


def all_told(days: Sequence[int]) -> list[tuple[str, Happened]]:
    return [(f"2026-11-{day} 14:00", Happened.TOLD) for day in days]


async def restart(stand: Stand) -> None:
    """All that was in memory is gone: the rules are read and put in force anew, and lists are read."""
    stand.bot.rules = RulesInForce()
    await stand.reload()
    await stand.poll()


async def test_each_time_is_one_mail_that_lists_what_the_rule_says_yes_to(gigapay: Stand) -> None:
    await placed(gigapay)
    await gigapay.until(at(16, 13))

    assert await became(gigapay) == all_told([13, 14, 15])
    assert lists(gigapay) == ["Payruns with payouts: 1"] * 3
    first = gigapay.texts("finance-1")[0]
    (payrun,) = gigapay.gigapay.state.payruns
    assert f"Gigapay payrun {payrun}" in first
    assert "Why: payouts is at least 1 (3)" in first
    assert "LOOKED AT 14:00 TODAY, EVERY DAY AT 14:00" in first


async def test_a_time_with_nothing_to_list_is_done_without_a_mail(gigapay: Stand) -> None:
    await put(gigapay)
    await gigapay.until(FIRST)

    assert await became(gigapay) == [("2026-11-13 14:00", Happened.DONE)]
    assert gigapay.subjects("finance-1") == []


async def test_what_was_not_read_lately_is_named_as_not_answered(gigapay: Stand) -> None:
    await placed(gigapay, "16th at 14:00")
    gigapay.gigapay.faults.add("status", call="GET*", code=403, times=None)
    gigapay.clock.set_to(at(16, 14))
    await gigapay.settle()

    assert lists(gigapay) == ["Payruns with payouts: none, 2 not answered"]
    mail = " ".join(gigapay.texts("finance-1")[0].split())
    assert "gigapay-se: its list has not been read since Fri 13 Nov 12:00, so newer ones may be" in mail
    (payrun,) = gigapay.gigapay.state.payruns
    assert f"Gigapay payrun {payrun}: payouts is at least 1 (not read since Fri 13 Nov 12:00)" in mail


async def test_a_run_of_two_people_is_listed_without_its_amount(gigapay: Stand) -> None:
    await put(gigapay)
    gigapay.add_payouts("1450.00", "1650.00")
    await gigapay.poll()
    await gigapay.until(FIRST)

    (mail,) = gigapay.texts("finance-1")
    assert "Gigapay payrun" in mail
    assert "SEK" not in mail


async def test_a_restart_on_both_sides_of_a_time_changes_nothing(gigapay: Stand) -> None:
    await placed(gigapay)
    for moment in (FIRST - timedelta(seconds=1), FIRST, FIRST + timedelta(seconds=1), FIRST + HOUR):
        await gigapay.until(moment)
        await restart(gigapay)

    assert await became(gigapay) == all_told([13])
    assert len(lists(gigapay)) == 1


@pytest.mark.parametrize("back", [pytest.param(HOUR, id="an hour"), pytest.param(DAY, id="a day")])
async def test_a_clock_set_back_repeats_no_time(gigapay: Stand, back: timedelta) -> None:
    await placed(gigapay)
    await gigapay.until(at(14, 14, 30))
    gigapay.clock.set_to(gigapay.clock.now() - back)
    await restart(gigapay)
    await gigapay.until(at(15, 15))

    assert await became(gigapay) == all_told([13, 14, 15])
    assert len(lists(gigapay)) == 3


async def test_a_clock_set_forward_an_hour_over_a_time_misses_it(gigapay: Stand) -> None:
    await placed(gigapay)
    gigapay.clock.set_to(FIRST + timedelta(minutes=50))
    await gigapay.settle()

    assert await became(gigapay) == [("2026-11-13 14:00", Happened.MISSED)]
    assert lists(gigapay) == []
    (mail,) = told_missed(gigapay)
    assert "Payruns with payouts: a set time was missed" in mail
    assert "Fri 13 Nov 14:00" in mail
    assert "It is asked again Sat 14 Nov 14:00." in mail


@pytest.mark.parametrize(
    ("late", "state"),
    [
        pytest.param(timedelta(minutes=15), Happened.TOLD, id="fifteen minutes are in time"),
        pytest.param(timedelta(minutes=15, seconds=1), Happened.MISSED, id="a second more is missed"),
    ],
)
async def test_a_short_absence_misses_nothing(gigapay: Stand, late: timedelta, state: Happened) -> None:
    await placed(gigapay)
    gigapay.clock.set_to(FIRST + late)
    await restart(gigapay)

    assert await became(gigapay) == [("2026-11-13 14:00", state)]


@pytest.mark.parametrize(
    ("if_missed", "states", "mails", "missed"),
    [
        pytest.param("tell", [Happened.MISSED] * 3, 0, 1, id="tell"),
        pytest.param("skip", [Happened.SKIPPED] * 3, 0, 0, id="skip"),
        pytest.param("run late", [Happened.SKIPPED] * 2 + [Happened.TOLD], 1, 0, id="run late"),
    ],
)
async def test_times_missed_while_the_service_was_away_go_by_the_rules_own_word(
    gigapay: Stand, if_missed: str, states: list[Happened], mails: int, missed: int
) -> None:
    await placed(gigapay, if_missed=if_missed)
    gigapay.clock.set_to(at(15, 20))
    await restart(gigapay)

    assert await became(gigapay) == list(
        zip(["2026-11-13 14:00", "2026-11-14 14:00", "2026-11-15 14:00"], states, strict=True)
    )
    assert len(lists(gigapay)) == mails
    assert len(told_missed(gigapay)) == missed
    await gigapay.until(at(16, 14))
    assert (await became(gigapay))[-1] == ("2026-11-16 14:00", Happened.TOLD)
    assert len(lists(gigapay)) == mails + 1


async def test_missed_times_are_told_in_one_mail_that_names_each(gigapay: Stand) -> None:
    await placed(gigapay)
    gigapay.clock.set_to(at(15, 20))
    await restart(gigapay)

    (mail,) = told_missed(gigapay)
    for words in ("3 set times were missed", "Fri 13 Nov 14:00", "Sat 14 Nov 14:00", "Sun 15 Nov 14:00"):
        assert words in mail


async def test_a_list_that_comes_late_says_so_and_is_of_what_is_read_after_the_start(gigapay: Stand) -> None:
    await placed(gigapay, if_missed="run late")
    gigapay.clock.set_to(at(15, 20))
    await restart(gigapay)

    (mail,) = gigapay.texts("finance-1")
    assert lists(gigapay) == ["Payruns with payouts: 1"]
    assert "This was due Sun 15 Nov 14:00 and comes late" in " ".join(mail.split())
    assert "It stands for the 2 times before it, too, from Fri 13 Nov 14:00 on." in " ".join(mail.split())


async def test_after_a_long_absence_only_the_latest_times_are_written_down(
    gigapay: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "MOST_SLOTS", 10)
    await placed(gigapay, "cron */5 * * * *", if_missed="tell")
    gigapay.clock.set_to(at(18, 12, 3))
    await restart(gigapay)

    slots = await became(gigapay)
    # The one that was next, the latest that were missed, and the one that is in time.
    assert len(slots) == 11
    assert slots[-1] == ("2026-11-18 12:00", Happened.TOLD)
    assert {state for _, state in slots[:-1]} == {Happened.MISSED}
    (mail,) = told_missed(gigapay)
    assert "10 set times were missed" in mail


async def test_other_words_count_from_now_on(gigapay: Stand) -> None:
    await placed(gigapay)
    await gigapay.until(FIRST + HOUR)
    await put(gigapay, "day at 13:30")
    await gigapay.until(at(14, 15))

    assert await became(gigapay) == [
        ("2026-11-13 14:00", Happened.TOLD),
        ("2026-11-14 13:30", Happened.TOLD),
    ]


async def test_words_changed_there_and_back_repeat_no_time(gigapay: Stand) -> None:
    await placed(gigapay)
    await gigapay.until(FIRST)
    await put(gigapay, "day at 15:00")
    gigapay.clock.set_to(FIRST - timedelta(minutes=1))
    await put(gigapay, DAILY)
    await gigapay.until(FIRST + timedelta(minutes=1))

    assert await became(gigapay) == all_told([13])
    assert len(lists(gigapay)) == 1


async def test_a_change_made_while_a_time_waited_does_not_lose_it(gigapay: Stand) -> None:
    await placed(gigapay)
    gigapay.clock.set_to(FIRST + HOUR)
    await put(gigapay, "day at 16:00")
    await gigapay.until(at(13, 16))

    assert await became(gigapay) == [
        ("2026-11-13 14:00", Happened.MISSED),
        ("2026-11-13 16:00", Happened.TOLD),
    ]


async def test_two_workers_at_once_tell_once_and_not_a_second_early(gigapay: Stand) -> None:
    await placed(gigapay)
    await gigapay.until(FIRST - timedelta(seconds=1))
    assert await became(gigapay) == []
    gigapay.clock.go_to(FIRST)
    did = await asyncio.gather(*(schedule.run_schedules(gigapay.bot) for _ in range(4)))
    await gigapay.settle()

    assert sorted(did) == [False, False, False, True]
    assert len(lists(gigapay)) == 1


async def test_a_time_that_is_written_down_is_never_told_again_though_its_schedule_was_lost(
    gigapay: Stand,
) -> None:
    await placed(gigapay)
    await gigapay.until(FIRST)
    async with gigapay.bot.db.write() as tx:
        await tx.execute(
            schedule_table.update().values(next_slot="2026-11-13 14:00", next_at=FIRST, since=FIRST - DAY)
        )
    await gigapay.settle()

    assert await became(gigapay) == all_told([13])
    assert len(lists(gigapay)) == 1


async def test_a_rule_nobody_signed_is_written_down_and_mails_nothing(gigapay: Stand) -> None:
    gigapay.write_rule("listed.yaml", RULE.format(every=DAILY, if_missed="tell", mode="act"))
    await gigapay.reload()
    gigapay.add_payouts("1450.00", "1650.00", "1780.00")
    await gigapay.poll()
    await gigapay.until(FIRST)
    gigapay.clock.set_to(at(14, 20))
    await gigapay.settle()

    assert await became(gigapay) == [
        ("2026-11-13 14:00", Happened.WATCHED),
        ("2026-11-14 14:00", Happened.WATCHED),
    ]
    async with gigapay.bot.db.read() as tx:
        first = (await schedules.occurrences(tx, "with-payouts"))[0]
    assert first.why == "the rule only watches; it would have listed 1"
    assert gigapay.subjects("finance-1") == []


@pytest.mark.parametrize("mode", ["off", "gone"])
async def test_a_rule_that_is_off_or_gone_is_due_no_more(gigapay: Stand, mode: str) -> None:
    await placed(gigapay)
    if mode == "gone":
        other = RULE.replace("with-payouts", "another").format(every=DAILY, if_missed="tell", mode="off")
        gigapay.write_rule("listed.yaml", other)
        await gigapay.reload()
    else:
        await put(gigapay, mode="off")
    await gigapay.until(FIRST)

    assert await gigapay.count(schedule_table) == 0
    assert await became(gigapay) == []


async def test_it_is_not_asked_when_something_changes(gigapay: Stand) -> None:
    await placed(gigapay)

    assert await gigapay.count(decision) == 0
    assert gigapay.subjects("finance-1") == []


async def test_an_error_of_ours_misses_one_rules_time_and_no_others(
    gigapay: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    await placed(gigapay)
    other = RULE.replace("with-payouts", "also-open").replace("Payruns with payouts", "Also open")
    gigapay.write_rule("also.yaml", other.format(every=DAILY, if_missed="tell", mode="act"))
    await gigapay.reload()
    await sign(gigapay)

    async def stumble(bot, tx, running, now):
        if running.rule.id == "with-payouts":
            raise ZeroDivisionError("a bug")
        return await ask_about_all(bot, tx, running, now)

    monkeypatch.setattr(schedule, "ask_about_all", stumble)
    await gigapay.until(FIRST)

    assert await became(gigapay) == [("2026-11-13 14:00", Happened.MISSED)]
    assert await became(gigapay, "also-open") == all_told([13])
    (mail,) = told_missed(gigapay)
    assert "an error of its own" in mail
    assert gigapay.log.of("exception") or gigapay.log.of("error")


async def test_a_mail_lists_no_more_than_can_be_read_and_says_how_many_there_are(gigapay: Stand) -> None:
    await placed(gigapay)
    async with gigapay.bot.db.read() as tx:
        listing = await ask_about_all(gigapay.bot, tx, gigapay.bot.rules["with-payouts"], gigapay.clock.now())
    many = type(listing)(listing.matched * (MOST_LISTED + 3), ())

    kept = many.to_json()
    assert len(kept["matched"]) == MOST_LISTED
    assert kept["matched_total"] == MOST_LISTED + 3


async def test_its_times_are_on_the_wall_of_the_calendar_that_it_names(gigapay: Stand) -> None:
    text = RULE.format(every=DAILY, if_missed="tell", mode="act")
    gigapay.write_rule("listed.yaml", text.replace("    watch:", "    calendar: au-nsw\n    watch:"))
    await gigapay.reload()
    async with gigapay.bot.db.read() as tx:
        standing = (await schedules.all_of(tx))["with-payouts"]

    assert standing.next.name == "2026-11-14 14:00"
    assert standing.next.due_at == datetime.fromisoformat("2026-11-14T14:00+11:00")


async def test_a_mail_has_its_rule_time_and_place_in_the_rule_for_its_key(gigapay: Stand) -> None:
    await placed(gigapay)
    await gigapay.until(FIRST)

    mail = (await gigapay.effects("send_mail"))[-1]
    assert mail.key == "send_mail:every:with-payouts:2026-11-13 14:00:0"
    assert mail.state is State.VERIFIED


async def test_a_rule_that_names_their_template_gets_the_deadlines_of_what_it_says_yes_to(
    gigapay: Stand,
) -> None:
    rule = RULE.format(every=DAILY, if_missed="tell", mode="act").replace("scheduled", "deadlines_ahead")
    gigapay.write_rule("listed.yaml", rule)
    await gigapay.reload()
    assert gigapay.bot.problems == ()
    await sign(gigapay)
    gigapay.add_payouts("1450.00", "1650.00", "1780.00")
    await gigapay.poll()
    await gigapay.settle()
    await gigapay.until(at(13, 15))

    assert await became(gigapay) == all_told([13])
    (subject,) = [one for one in gigapay.subjects("finance-1") if " deadlines to " in one]
    (payrun,) = gigapay.gigapay.state.payruns
    said = gigapay.texts("finance-1")[-1]
    assert f"Bank deadline, Gigapay payrun {payrun}" in said
    assert "THIS WEEK" in said or "NEXT WEEK" in said
    assert subject.split(" deadlines to ")[0].isdigit()
