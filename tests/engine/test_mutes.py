"""A mute holds back alerts of one thing until its end, and nothing else ever."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from json import loads
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.engine.approve import NotAllowed, NothingToDecide
from bot.engine.mutes import mute, unmute
from bot.store import mutes
from bot.store.effects import State
from bot.store.mutes import Mute
from bot.store.tables import audit
from tests.databases import Migrated

from .stand import CUT_OFF, JUST_AFTER, Stand, at, stand, text
from .test_digest import outage

ERRORS = [("Pay rate missing for Ordinary", "72908")]
TOLD = at(13, 12, 11)
END = at(16, 12)


@pytest.fixture
async def roubler(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """Signed rules by the clock of Stockholm, and no run yet; what is added is read at 12:01 on Friday."""
    async with stand(tmp_path, "roubler", database=migrated, poll="30d") as made:
        made.change_rule("roubler.yaml", "mode: act", "calendar: se\n    mode: act")
        await made.reload()
        await made.sign()
        await made.after(minutes=1)
        yield made


async def begin(stand: Stand) -> str:
    run = stand.roubler.add_run(date(2026, 11, 2), date(2026, 11, 15), status="Finalised")
    stand.roubler.set_errors(run, ERRORS)
    await stand.poll()
    return f"roubler-au/{run}"


async def mend(stand: Stand) -> None:
    for run in stand.roubler.state.runs:
        stand.roubler.set_errors(run, [])
    await stand.poll()


async def muted(stand: Stand, what: str, *, until: datetime = END, by: str = "payroll-1") -> str:
    return await mute(stand.bot, stand.person(by), what, why="Roubler mends it on Monday", until=until)


async def standing(stand: Stand) -> list[Mute]:
    async with stand.bot.db.read() as tx:
        return list(await mutes.standing(tx, stand.clock.now()))


def kinds(stand: Stand, to: str = "ops") -> list[str]:
    return [one.partition(":")[0] if ":" in one else "Alert" for one in stand.subjects(to)]


# -- what it holds back


@pytest.mark.parametrize("what", ["roubler-errors", "roubler-au", "roubler-au/38"])
async def test_what_it_held_back_and_is_still_so_is_told_at_its_end_once(roubler: Stand, what: str) -> None:
    await begin(roubler)
    await muted(roubler, what)
    await roubler.until(END - timedelta(seconds=1))
    before = roubler.subjects()
    await roubler.until(END)
    await roubler.until(END + timedelta(hours=2))

    assert before == []
    assert kinds(roubler) == ["Alert"]


async def test_what_is_over_before_its_end_is_never_mentioned(roubler: Stand) -> None:
    await begin(roubler)
    await muted(roubler, "roubler-errors")
    await roubler.until(at(14, 12))
    await mend(roubler)
    await roubler.until(at(18, 12))

    assert roubler.subjects() == []


async def test_a_mute_of_something_else_holds_nothing_back(roubler: Stand) -> None:
    first = await begin(roubler)
    second = roubler.roubler.add_run(date(2026, 10, 19), date(2026, 11, 1), status="Finalised")
    roubler.roubler.set_errors(second, ERRORS)
    await roubler.poll()
    await muted(roubler, f"roubler-au/{second}")
    await roubler.until(at(13, 13))

    (mail,) = roubler.subjects("ops")
    assert first.partition("/")[2] in mail


async def test_reminders_and_passing_on_wait_for_its_end_too_and_come_once(roubler: Stand) -> None:
    await begin(roubler)
    await roubler.until(TOLD)
    await muted(roubler, "roubler-errors", until=at(18, 12))
    await roubler.until(at(18, 11, 59, 59))
    before = (kinds(roubler), kinds(roubler, "finance-1"))
    await roubler.until(at(18, 12))

    assert before == (["Alert"], [])
    assert kinds(roubler) == ["Alert", "Still open"]
    assert kinds(roubler, "finance-1") == ["Passed on"]


async def test_that_something_is_over_is_told_while_it_is_muted(roubler: Stand) -> None:
    await begin(roubler)
    await roubler.until(TOLD)
    await muted(roubler, "roubler-errors")
    await mend(roubler)

    assert kinds(roubler) == ["Alert", "Cleared"]


async def test_a_mute_of_one_pay_run_leaves_an_alert_of_the_whole_connection(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "roubler", database=migrated, poll="30d") as made:
        made.change_rule("roubler.yaml", "group_by: payrun", "group_by: connection")
        await made.reload()
        await made.sign()
        await made.after(minutes=1)
        await muted(made, await begin(made))
        await made.until(at(13, 13))

        assert kinds(made) == ["Alert"]


async def test_of_two_mutes_the_longer_one_counts(roubler: Stand) -> None:
    await begin(roubler)
    await muted(roubler, "roubler-errors", until=at(14, 12))
    await muted(roubler, "roubler-au", until=END)
    await roubler.until(END - timedelta(seconds=1))
    before = kinds(roubler)
    await roubler.until(END)

    assert (before, kinds(roubler)) == ([], ["Alert"])


@pytest.mark.parametrize(
    ("until", "told"),
    [
        pytest.param(at(17, 12), [], id="later"),
        pytest.param(at(14, 12), ["Alert", "Still open"], id="sooner"),
    ],
)
async def test_muted_anew_it_ends_when_the_new_one_says(
    roubler: Stand, until: datetime, told: list[str]
) -> None:
    await begin(roubler)
    await muted(roubler, "roubler-errors")
    await roubler.until(at(13, 13))
    await muted(roubler, "roubler-errors", until=until)
    await roubler.until(END)

    assert [one.until for one in await standing(roubler)] == ([until] if until > END else [])
    assert kinds(roubler) == told


async def test_unmuted_it_tells_at_once(roubler: Stand) -> None:
    await begin(roubler)
    await muted(roubler, "roubler-errors")
    await roubler.until(at(13, 14))
    said = await unmute(roubler.bot, roubler.person("finance-1"), "roubler-errors")
    await roubler.settle()

    assert said == "roubler-errors is no longer muted. What was held back and is still so is told now."
    assert kinds(roubler) == ["Alert"]


# -- what it never holds back


async def test_a_failed_action_an_approval_and_the_action_itself_are_never_muted(gigapay: Stand) -> None:
    gigapay.gigapay.faults.add("status", call="close", times=None, code=400)
    gigapay.write_rule("told.yaml", ALERT_RULE)
    await gigapay.reload()
    for what in ("gigapay-se", "told"):
        await muted(gigapay, what)
    payrun = await gigapay.weekly()
    await muted(gigapay, f"gigapay-se/{payrun}")
    await gigapay.until(CUT_OFF + JUST_AFTER)

    assert gigapay.close_calls() == 1
    assert any("was refused" in one for one in gigapay.subjects("ops"))
    assert not any("open is told of" in one for one in gigapay.subjects())


async def test_what_a_person_is_asked_is_never_muted(gigapay: Stand) -> None:
    payrun = await gigapay.weekly("21000.00", "1650.00", "1780.00")
    for what in ("gigapay-se", f"gigapay-se/{payrun}"):
        await muted(gigapay, what)
    await gigapay.until(CUT_OFF + JUST_AFTER)

    assert any(one.startswith("Approve by") for one in gigapay.subjects("finance-1"))


ALERT_RULE = """rules:
  - id: told
    title: Every payrun that is open is told of
    watch: gigapay.payrun
    when: [status is open, payouts is at least 1]
    then: {alert: {to: payroll}}
    mode: act
"""


# -- who may, and for how long


async def test_who_only_looks_mutes_nothing(roubler: Stand) -> None:
    with pytest.raises(NotAllowed):
        await muted(roubler, "roubler-errors", by="auditor-1")
    with pytest.raises(NotAllowed):
        await unmute(roubler.bot, roubler.person("auditor-1"), "roubler-errors")
    assert await standing(roubler) == []


@pytest.mark.parametrize(
    ("ahead", "is_taken"),
    [
        pytest.param(timedelta(0), False, id="now"),
        pytest.param(timedelta(seconds=1), True, id="a second ahead"),
        pytest.param(timedelta(days=30), True, id="thirty days"),
        pytest.param(timedelta(days=30, seconds=1), False, id="a second more"),
    ],
)
async def test_its_end_is_ahead_and_within_thirty_days(
    roubler: Stand, ahead: timedelta, is_taken: bool
) -> None:
    if is_taken:
        await muted(roubler, "roubler-errors", until=roubler.clock.now() + ahead)
    else:
        with pytest.raises(NothingToDecide, match="must be ahead, and within 30 days"):
            await muted(roubler, "roubler-errors", until=roubler.clock.now() + ahead)

    assert len(await standing(roubler)) == is_taken


async def test_it_may_be_said_how_long_it_lasts(roubler: Stand) -> None:
    said = await mute(roubler.bot, roubler.person("payroll-1"), "roubler-errors", why="known", lasts="3 days")

    assert said == "Nobody is alerted of roubler-errors until Mon 16 Nov 12:01."
    assert [one.until for one in await standing(roubler)] == [at(16, 12, 1)]


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("roubler-error", 'There is no rule and no connection roubler-error. Did you mean "roubler-errors"?'),
        ("nothing-near", "Name a rule, a connection, or a pay run as gigapay-se/2859272."),
        ("roubler-au/999", "There is no pay run roubler-au/999."),
        ("roubler-au/", "is not a reference such as gigapay-se/2859272."),
        ("listed", "The rule listed alerts nobody, and only alerts are muted."),
        ("roubler-au", "Say which is meant: rule:roubler-au or connection:roubler-au."),
    ],
)
async def test_what_cannot_be_muted_is_refused_with_what_can(roubler: Stand, what: str, says: str) -> None:
    roubler.write_rule("more.yaml", MORE_RULES)
    await roubler.reload()

    with pytest.raises(NothingToDecide) as refused:
        await muted(roubler, what)
    assert says in str(refused.value)


MORE_RULES = """rules:
  - id: listed
    title: A list
    every: Friday 15:00
    watch: roubler.payrun
    when: [errors is at least 1]
    then: {send_mail: {template: scheduled, to: ops}}
  - id: roubler-au
    title: A rule that is called like a connection
    watch: roubler.payrun
    when: [errors is at least 1]
    then: {alert: {to: ops}}
"""


async def test_of_a_name_that_two_have_one_is_said_in_full(roubler: Stand) -> None:
    roubler.write_rule("more.yaml", MORE_RULES)
    await roubler.reload()
    for about in ("rule:roubler-au", "connection:roubler-au"):
        await muted(roubler, about)
    with pytest.raises(NothingToDecide, match="Say which is meant"):
        await unmute(roubler.bot, roubler.person("payroll-1"), "roubler-au")
    await unmute(roubler.bot, roubler.person("payroll-1"), "rule:roubler-au")

    assert [one.about for one in await standing(roubler)] == ["connection:roubler-au"]


async def test_what_is_not_muted_cannot_be_unmuted(roubler: Stand) -> None:
    with pytest.raises(NothingToDecide, match="roubler-errors is not muted"):
        await unmute(roubler.bot, roubler.person("payroll-1"), "roubler-errors")


# -- what is known of it


async def test_the_record_says_who_muted_what_until_when_and_why(roubler: Stand) -> None:
    ref = await begin(roubler)
    await muted(roubler, ref)
    await unmute(roubler.bot, roubler.person("finance-1"), ref)
    async with roubler.bot.db.read() as tx:
        rows = [(row.actor, loads(row.what_json)) for row in await tx.execute(select(audit))]

    said = [(who, line) for who, line in rows if "muted" in line["what"]]
    assert said == [
        (
            "payroll-1",
            {"what": "muted", "about": ref, "why": "Roubler mends it on Monday", "until": END.isoformat()},
        ),
        ("finance-1", {"what": "unmuted", "about": ref}),
    ]


async def test_what_waits_for_its_end_says_so(roubler: Stand) -> None:
    await begin(roubler)
    await muted(roubler, "roubler-errors")
    await roubler.until(at(13, 13))

    (alert,) = await roubler.effects("alert")
    assert (alert.state, alert.reason, alert.not_before) == (
        State.WAITING,
        "payroll-1 muted roubler-errors until Mon 16 Nov 12:00",
        END,
    )


async def test_a_digest_names_every_mute_with_its_owner_its_end_and_its_reason(gigapay: Stand) -> None:
    await muted(gigapay, "gigapay-se")
    await outage(gigapay, 9)
    await gigapay.after(hours=1)

    (digest,) = [one for one in gigapay.inbox.messages if "things happened" in str(one.message["Subject"])]
    words = " ".join(text(digest.message).split())
    assert (
        "MUTED NOW Nobody is alerted of this until then. What fails at a vendor, and what needs somebody, "
        "is never muted. - gigapay-se until Mon 16 Nov 12:00, by payroll-1: Roubler mends it on Monday"
    ) in words
