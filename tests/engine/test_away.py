"""Somebody is away: who is asked besides, who is not reminded, and what nobody is left to decide."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.money import Money
from bot.engine import leave, remind
from bot.engine.approve import NothingToDecide, approve, checks_of, reject
from bot.engine.away import gaps, who_instead
from bot.engine.deciders import bands
from bot.engine.keep import keep_once
from bot.engine.may import NotAllowed
from bot.settings import Person, Role, Settings
from bot.store import approvals, away, effects
from bot.store.approvals import ApprovalState
from bot.store.away import Absence
from bot.store.tables import audit
from bot.store.tables import away as away_table
from tests.core.calendars import SE
from tests.settings.settings_kit import loaded

from .stand import CUT_OFF, STOCKHOLM, Stand, at
from .test_approvals import OVER_20_000, OVER_100_000, SOON

MONDAY = at(16, 0)


def absence(person: str, since: datetime, until: datetime) -> Absence:
    return Absence(person, since, until, "", person, since)


async def _known(stand: Stand) -> tuple[Absence, ...]:
    async with stand.bot.db.read() as tx:
        return await away.known(tx, stand.bot.now())


async def _noted(stand: Stand) -> list[tuple[str, str]]:
    async with stand.bot.db.read() as tx:
        rows = await tx.execute(audit.select().where(audit.c.what_json.contains("finance-1")))
        return [(row.actor, row.what_json) for row in rows if '"what":"away"' in row.what_json]


def _stands_in(stand: Stand, person: str, principal: str) -> None:
    people = tuple(
        one.model_copy(update={"substitute_for": principal}) if one.id == person else one
        for one in stand.bot.settings.people
    )
    stand.bot.settings = stand.bot.settings.model_copy(update={"people": people})


# Going away and coming back


async def test_an_absence_is_known_until_the_person_is_back(gigapay: Stand) -> None:
    person = gigapay.person("finance-1")
    said = await leave.go(gigapay.bot, person, until=at(30, 0), note="on leave")
    (one,) = await _known(gigapay)
    back = await leave.back(gigapay.bot, person)

    assert said == "finance-1 is away until Mon 30 Nov."
    assert (one.person, one.since, one.until, one.note) == ("finance-1", at(13, 12), at(30, 0), "on leave")
    assert back == "finance-1 is back."
    assert await _known(gigapay) == ()


async def test_an_absence_ends_by_itself(gigapay: Stand) -> None:
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(14, 12))
    await gigapay.until(at(14, 12))

    assert await _known(gigapay) == ()
    with pytest.raises(NothingToDecide, match="finance-1 is not away"):
        await leave.back(gigapay.bot, gigapay.person("finance-1"))


async def test_the_record_says_who_was_away_and_never_why(gigapay: Stand) -> None:
    await leave.go(
        gigapay.bot, gigapay.person("finance-2"), of="finance-1", until=at(30, 0), note="in hospital"
    )
    ((actor, said),) = await _noted(gigapay)

    assert actor == "finance-2"
    assert "2026-11-29T23:00:00+00:00" in said
    assert "hospital" not in said


async def test_only_an_approver_says_it_of_somebody_else_and_they_are_told(gigapay: Stand) -> None:
    with pytest.raises(NotAllowed, match="An approver says it for somebody else"):
        await leave.go(gigapay.bot, gigapay.person("auditor-1"), of="finance-1", until=at(30, 0))
    with pytest.raises(NotAllowed, match="An approver says it for somebody else"):
        await leave.back(gigapay.bot, gigapay.person("auditor-1"), of="finance-1")
    await leave.go(gigapay.bot, gigapay.person("auditor-1"), until=at(30, 0))
    await leave.go(gigapay.bot, gigapay.person("finance-2"), of="finance-1", until=at(30, 0))
    await gigapay.settle()

    assert gigapay.subjects("finance-1") == ["You are noted as away"]
    assert gigapay.subjects("auditor-1") == []


async def test_what_is_said_last_of_a_time_holds(gigapay: Stand) -> None:
    person = gigapay.person("finance-1")
    await leave.go(gigapay.bot, person, since=at(16, 0), until=at(20, 0))
    await leave.go(gigapay.bot, person, since=at(23, 0), until=at(24, 0))
    await leave.go(gigapay.bot, person, since=at(18, 0), until=at(21, 0))

    assert [(one.since, one.until) for one in await _known(gigapay)] == [
        (at(18, 0), at(21, 0)),
        (at(23, 0), at(24, 0)),
    ]
    assert await leave.back(gigapay.bot, person) == "finance-1 is not away from Wed 18 Nov after all."


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param(None, at(13, 12), id="an end that is now"),
        pytest.param(at(14, 12), at(14, 12), id="an end that is its beginning"),
        pytest.param(at(14, 12), at(14, 11), id="an end before its beginning"),
        pytest.param(None, at(13, 12) + timedelta(days=367), id="more than a year"),
    ],
)
async def test_a_time_that_is_none_is_refused(
    gigapay: Stand, since: datetime | None, until: datetime
) -> None:
    with pytest.raises(NothingToDecide, match="ahead and within a year"):
        await leave.go(gigapay.bot, gigapay.person("finance-1"), since=since, until=until)


async def test_a_person_that_is_not_there_is_told_with_a_guess(gigapay: Stand) -> None:
    with pytest.raises(NothingToDecide, match='Did you mean "finance-1"'):
        await leave.go(gigapay.bot, gigapay.person("finance-2"), of="finanse-1", until=at(30, 0))


async def test_an_absence_that_is_over_is_erased_with_its_note_within_a_day(gigapay: Stand) -> None:
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(14, 12), note="in hospital")
    await gigapay.until(at(14, 11))
    kept = await gigapay.count(away_table)
    await gigapay.until(at(14, 13))
    await keep_once(gigapay.bot)

    assert (kept, await gigapay.count(away_table)) == (1, 0)


# What is asked meanwhile


def _may_approve_all(stand: Stand, person: str) -> None:
    people = tuple(
        one.model_copy(update={"up_to": None}) if one.id == person else one
        for one in stand.bot.settings.people
    )
    stand.bot.settings = stand.bot.settings.model_copy(update={"people": people})


async def test_what_is_asked_of_who_is_away_is_asked_of_the_stand_in_who_may_approve_it(
    gigapay: Stand,
) -> None:
    _stands_in(gigapay, "finance-2", "finance-1")
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(30, 0))
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)

    (asked,) = [one for one in gigapay.texts("finance-2") if "Look and decide" in one]
    assert "finance-1 is away until Mon 30 Nov; finance-2 may decide instead." in asked
    assert any("Look and decide" in one for one in gigapay.texts("finance-1")), "they may look all the same"


async def test_a_stand_in_who_came_into_the_settings_since_is_asked_with_the_reason(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    _stands_in(gigapay, "finance-3", "finance-1")
    _may_approve_all(gigapay, "finance-3")
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(30, 0))
    await gigapay.until(at(13, 18))

    (asked,) = [one for one in gigapay.texts("finance-3") if "Look and decide" in one]
    assert "You get this because you stand in for finance-1, who is away until Mon 30 Nov." in " ".join(
        asked.split()
    )


async def test_a_stand_in_is_not_asked_what_their_limit_does_not_let_them_approve(gigapay: Stand) -> None:
    _stands_in(gigapay, "finance-3", "finance-1")
    for person in ("finance-1", "finance-2"):
        await leave.go(gigapay.bot, gigapay.person(person), until=at(30, 0))
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)

    assert not any("Look and decide" in one for one in gigapay.texts("finance-3"))
    (told,) = [one for one in gigapay.texts("finance-3") if "is to be decided by" in one]
    said = " ".join(told.split())
    assert "It may be decided by finance-1 and finance-2 alone." in said
    assert "Standing in for finance-1 is finance-3, who may not decide it." in said


async def test_a_stand_in_is_not_asked_about_their_own_rule(gigapay: Stand) -> None:
    """payroll-1 proposed the rule, and may approve any amount."""
    _stands_in(gigapay, "payroll-1", "finance-1")
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(30, 0))
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)

    assert not any("Look and decide" in one for one in gigapay.texts("payroll-1"))
    assert any("Look and decide" in one for one in gigapay.texts("finance-2"))


async def test_an_absence_gives_a_stand_in_no_more_than_the_settings_do(gigapay: Stand) -> None:
    """finance-3 stands in for finance-1, and has a limit of its own, which is lower than what is asked."""
    _stands_in(gigapay, "finance-3", "finance-1")
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(30, 0))
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)

    with pytest.raises(NotAllowed, match="Your limit is"):
        await gigapay.approve("finance-3")
    assert (await gigapay.asked()).shown["people"] == ["finance-1", "finance-2"]


def test_who_may_decide_instead_is_named_and_who_may_not_is_not() -> None:
    gone = {"a": absence("a", at(13, 0), at(30, 0)), "c": absence("c", at(13, 0), at(30, 0))}

    assert who_instead(["a", "b"], gone, STOCKHOLM) == ("a is away until Mon 30 Nov; b may decide instead.",)
    assert who_instead(["a", "c"], gone, STOCKHOLM) == (
        "a is away until Mon 30 Nov; nobody else may decide.",
        "c is away until Mon 30 Nov; nobody else may decide.",
    )
    assert who_instead(["b"], gone, STOCKHOLM) == ()


# Nobody is left


def approver(id: str, up_to: int | None = None) -> Person:
    limit: Mapping[str, Money] | None = None if up_to is None else {"SEK": Money.of(up_to, "SEK")}
    return Person(id=id, mail=f"{id}@example.com", roles=(Role.APPROVER,), up_to=limit)


def house(tmp_path: Path, *people: Person) -> Settings:
    settings = loaded(tmp_path)
    guards = settings.guards.model_copy(update={"per_action": {"SEK": Money.of(250_000, "SEK")}})
    return settings.model_copy(update={"people": people, "guards": guards})


def test_nobody_is_left_only_while_all_of_them_are_away_at_once(tmp_path: Path) -> None:
    settings = house(tmp_path, approver("a"), approver("b"))
    one, other = absence("a", at(16, 0), at(20, 0)), absence("b", at(18, 0), at(23, 0))
    (found,) = gaps(settings, [one, other], at(13, 12))

    assert (found.since, found.until, found.people) == (at(18, 0), at(20, 0), ("a", "b"))
    assert found.in_words(STOCKHOLM, at(13, 12)) == (
        "From Wed 18 Nov until Fri 20 Nov: Without a and b nobody may approve anything."
    )
    assert gaps(settings, [one, absence("b", at(20, 0), at(23, 0))], at(13, 12)) == ()
    assert gaps(settings, [one], at(13, 12)) == ()


def test_what_only_the_highest_limit_lets_through_has_nobody_while_that_one_is_away(tmp_path: Path) -> None:
    settings = house(tmp_path, approver("a", 250_000), approver("b", 50_000), approver("c", 50_000))
    (found,) = gaps(settings, [absence("a", at(13, 0), at(20, 0))], at(13, 12))

    assert (
        found.in_words(STOCKHOLM, at(13, 12))
        .replace("\u00a0", " ")
        .startswith("Now until Fri 20 Nov: Without a nobody may approve more than 50 000.00 SEK")
    )


async def test_that_nobody_is_left_is_told_at_once_and_once(gigapay: Stand) -> None:
    people = [gigapay.person(id) for id in ("payroll-1", "finance-1", "finance-2")]
    for person in people:
        said = await leave.go(gigapay.bot, person, until=at(30, 0))
    await gigapay.settle()
    first = gigapay.subjects().count("Nobody is left to approve")
    await leave.go(gigapay.bot, people[0], until=at(30, 0))
    await gigapay.settle()

    assert "nobody may approve more than 21 000.00 SEK" in said.replace("\u00a0", " ")
    told = {
        one.recipients[0] for one in gigapay.inbox.messages if "Nobody is left" in str(one.message["Subject"])
    }
    assert told == {
        f"{one}@example.com" for one in ("ops", "payroll-1", "finance-1", "finance-2", "finance-3")
    }
    assert first == gigapay.subjects().count("Nobody is left to approve") == 5


async def test_an_open_question_that_nobody_is_there_to_answer_is_told_once(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(30, 0))
    await gigapay.settle()
    before = [one for one in gigapay.subjects("ops") if one == "Nobody is left to approve"]
    await leave.go(gigapay.bot, gigapay.person("finance-2"), until=at(17, 0))
    await gigapay.settle()

    assert before == []
    (told,) = [one for one in gigapay.texts("ops") if "is to be decided by Mon 16 Nov 00:00" in one]
    assert "nobody who may decide it is there" in " ".join(told.split())


async def test_an_absence_that_ends_before_the_question_does_leaves_somebody(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    for person in ("finance-1", "finance-2"):
        await leave.go(gigapay.bot, gigapay.person(person), until=at(15, 12))
    await gigapay.settle()

    assert not any("is to be decided by" in one for one in gigapay.texts("ops"))


async def test_a_question_asked_while_nobody_is_there_is_told_of_as_it_is_asked(gigapay: Stand) -> None:
    for person in ("finance-1", "finance-2"):
        await leave.go(gigapay.bot, gigapay.person(person), until=at(30, 0))
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)

    assert any("nobody who may decide it is there" in " ".join(one.split()) for one in gigapay.texts("ops"))


# Reminders


@pytest.mark.parametrize(
    ("asked", "by", "reminders"),
    [
        pytest.param("20 15:04", "20 16:30", ["20 15:47"], id="half-way, where two hours are not left"),
        pytest.param("16 09:00", "18 16:00", ["17 12:30", "18 14:00"], id="half-way and two hours before"),
        pytest.param("16 09:00", "16 12:00", ["16 10:30"], id="of two close together the later"),
        pytest.param("16 15:00", "16 15:50", [], id="not within half an hour"),
        pytest.param("20 18:00", "21 12:00", [], id="never outside of working hours"),
        pytest.param("20 16:45", "23 08:15", ["23 08:00"], id="in the morning rather than at closing time"),
        pytest.param("20 18:00", "23 12:00", ["23 10:00"], id="asked at night"),
    ],
)
def test_at_most_two_reminders_come_in_working_hours(asked: str, by: str, reminders: list[str]) -> None:
    def moment(text: str) -> datetime:
        return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(
            tzinfo=ZoneInfo("Europe/Stockholm")
        )

    found = remind.times(SE, moment(asked), moment(by))

    assert [f"{one.astimezone(STOCKHOLM):%d %H:%M}" for one in found] == reminders


def test_holidays_are_no_working_hours() -> None:
    asked = datetime(2026, 12, 23, 12, tzinfo=STOCKHOLM)
    found = remind.times(SE, asked, datetime(2026, 12, 28, 12, tzinfo=STOCKHOLM))

    assert [f"{one.astimezone(STOCKHOLM):%d %H:%M}" for one in found] == ["28 09:00", "28 10:00"]


def _reminders(stand: Stand, to: str) -> list[str]:
    return [one for one in stand.subjects(to) if one.startswith("Reminder, approve by ")]


async def test_an_open_question_is_remembered_to_who_was_asked_once_and_in_its_thread(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(at(13, 15, 59))
    early = _reminders(gigapay, "finance-1")
    await gigapay.until(at(13, 16, 1))
    await gigapay.until(at(15, 20))

    assert early == []
    assert len(_reminders(gigapay, "finance-1")) == len(_reminders(gigapay, "finance-2")) == 1
    assert _reminders(gigapay, "finance-3") == []
    mails = gigapay.inbox.to("finance-1@example.com")
    assert len({str(one.message["References"]) for one in mails[-2:]}) == 1
    assert "Nobody has answered since it was asked Fri 13 Nov 15:00." in gigapay.texts("finance-1")[-1]


@pytest.mark.parametrize("answer", ["approve", "reject"])
async def test_who_has_been_answered_is_not_reminded(gigapay: Stand, answer: str) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked, person = await gigapay.asked(), gigapay.person("finance-1")
    if answer == "approve":
        await approve(gigapay.bot, person, asked.id, channel="test", checks=checks_of(asked))
    else:
        await reject(gigapay.bot, person, asked.id, channel="test", reason="no")
    await gigapay.until(at(13, 18))

    assert _reminders(gigapay, "finance-1") == _reminders(gigapay, "finance-2") == []


@pytest.mark.parametrize("may", [True, False])
async def test_who_is_away_is_not_reminded_and_who_stands_in_is_where_they_may_approve_it(
    gigapay: Stand, may: bool
) -> None:
    _stands_in(gigapay, "finance-3", "finance-1")
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    if may:
        _may_approve_all(gigapay, "finance-3")
    await leave.go(gigapay.bot, gigapay.person("finance-1"), until=at(30, 0))
    await gigapay.until(at(13, 18))

    assert _reminders(gigapay, "finance-1") == []
    assert len(_reminders(gigapay, "finance-2")) == 1
    assert len(_reminders(gigapay, "finance-3")) == (1 if may else 0)


async def test_of_two_people_only_the_one_that_is_missing_is_reminded(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_100_000)
    await gigapay.until(SOON)
    await gigapay.approve("finance-1")
    await gigapay.until(at(13, 18))

    assert _reminders(gigapay, "finance-1") == []
    assert len(_reminders(gigapay, "finance-2")) == 1
    assert "finance-1 approved it, and it needs another person" in gigapay.texts("finance-2")[-1]


async def test_a_reminder_that_came_due_at_night_waits_for_the_morning(gigapay: Stand) -> None:
    """The service was not there from Friday afternoon on, and comes up on Saturday night."""
    gigapay.gigapay.set_payment_term(batching_interval="monthly", batching_duration=None)
    gigapay.change_rule("gigapay.yaml", "last payout was more than 30 minutes ago", "payees is at least 1")
    await gigapay.reload()
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    async with gigapay.bot.db.write() as tx:
        await approvals.remind_again(tx, asked.id, at(13, 16))
    gigapay.clock.go_to(at(14, 2))
    await remind.remind_once(gigapay.bot)
    waits = await gigapay.asked()
    await gigapay.until(at(16, 8, 1))

    assert asked.expires_at > at(16, 9)
    assert waits.remind_at == at(16, 8)
    (one,) = [
        one for one in gigapay.inbox.to("finance-1@example.com") if "Reminder" in str(one.message["Subject"])
    ]
    assert one.at >= at(16, 8)


async def test_a_reminder_that_was_planned_is_not_planned_again(gigapay: Stand) -> None:
    """As with two services, or after a crash: its plan and the moving on are one transaction."""
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    assert asked.remind_at is not None
    gigapay.clock.go_to(asked.remind_at)
    first = await remind.remind_once(gigapay.bot)
    again = await remind.remind_once(gigapay.bot)
    async with gigapay.bot.db.write() as tx:
        await approvals.remind_again(tx, asked.id, asked.remind_at)
    await remind.remind_once(gigapay.bot)
    async with gigapay.bot.db.read() as tx:
        planned = [one for one in await effects.recent(tx) if one.args.get("letter") == "approval_reminder"]

    assert (first, again) == (True, False)
    assert len(planned) == 1


async def test_what_has_ended_is_not_asked_for_reminders_any_more(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    await gigapay.approve()
    async with gigapay.bot.db.read() as tx:
        due = await approvals.to_remind(tx, CUT_OFF + timedelta(days=2))

    assert due == ()
    assert (await gigapay.askings())[0].state is ApprovalState.APPROVED


# Who is enough


def test_for_each_amount_it_is_said_who_is_enough(tmp_path: Path) -> None:
    settings = house(tmp_path, approver("a", 100_000), approver("b", 500_000), approver("c", 0))

    assert [(one.amounts.replace("\u00a0", " "), one.people) for one in bands(settings)] == [
        ("up to 100 000 SEK", ("a", "b")),
        ("above 100 000 SEK, up to 250 000 SEK", ("b",)),
    ]
    (nobody,) = bands(house(tmp_path, approver("c", 0)))
    assert nobody.people == ()
