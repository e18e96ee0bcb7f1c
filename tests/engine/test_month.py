"""The mail about a month is made of what is stored, in as many statements for many pay runs as for few."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.core.money import Money
from bot.core.resource import Known, Snapshot, Value
from bot.engine.letters import letters_for
from bot.mail.month import Figure, MonthPaid
from bot.store import audit, effects, month, resources, rules
from bot.store.effects import Plan, State
from bot.store.tables import effect as effects_table
from tests.databases import Migrated

from .stand import STOCKHOLM, Stand, at, stand

RULE = """\
rules:
  - id: the-month
    title: Pay runs paid last month
    every: day at 14:00
    watch: gigapay.payrun
    when: [paid last month is yes]
    then:
      - send_mail: {template: month, to: finance}
    mode: act
    advice: Compare it with the bank statement.
"""
OCTOBER = datetime(2026, 10, 16, 15, 0, tzinfo=STOCKHOLM)


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        (made.bot.settings.rules / "gigapay.yaml").unlink()
        made.write_rule("month.yaml", RULE)
        await made.reload()
        assert made.bot.problems == ()
        async with made.bot.db.write() as tx:
            for one in (await rules.states(tx)).values():
                if one.file_hash is not None:
                    await rules.propose(tx, [one.file_hash], "payroll-1", made.clock.now())
                    await rules.sign(tx, one.file_hash, "finance-1", made.clock.now())
        await made.reload()
        await made.poll()
        yield made


def payrun(
    id: str, *, people: int = 5, net_pay: str = "1000", is_open: bool = False, **more: Value
) -> Snapshot:
    values = {
        "status": Known("open" if is_open else "closed"),
        "payees": Known(people),
        "net pay": Known(Money.of(net_pay, "SEK")),
        "cost": Known(Money.of(net_pay, "SEK")),
        "opened at": Known(OCTOBER.replace(day=12)),
        "currency": Known("SEK"),
    }
    return Snapshot(
        kind="gigapay.payrun",
        connection="gigapay-se",
        vendor_id=id,
        values=values | {name.replace("_", " "): value for name, value in more.items()},
        observed_at=at(13, 11),
        vendor_status="open" if is_open else "closed",
        is_open=is_open,
        is_live=is_open,
    )


async def keep(stand: Stand, pay_on: date, *snapshots: Snapshot) -> None:
    async with stand.bot.db.write() as tx:
        for one in snapshots:
            saved = await resources.save(tx, one, now=at(13, 11), correlation="test")
            await resources.set_pay_on(tx, saved.resource.id, pay_on)


async def letter(stand: Stand, *, matched: int = 1) -> MonthPaid:
    """What the rule's time of this day leads to."""
    args: dict[str, Any] = {"template": "month", "to": "finance", "slot": "2026-11-13 14:00"}
    args |= {"due_at": at(13, 14).isoformat(), "late": False, "missed": []}
    args |= {"matched": [], "matched_total": matched, "unanswered": [], "unanswered_total": 0}
    running = stand.bot.rules["the-month"]
    plan = Plan(
        key="send_mail:month", action="send_mail", connection="", resource="", generation=0,
        rule="the-month", rule_hash=running.rule.hash, is_vendor=False, not_before=at(13, 14), args=args,
    )  # fmt: skip
    async with stand.bot.db.write() as tx:
        if await effects.latest(tx, plan.key) is None:
            await effects.plan(tx, plan, round=1, chain="month", now=at(13, 14), correlation="test")
    async with stand.bot.db.read() as tx:
        found = await effects.latest(tx, plan.key)
        assert found is not None
        made = [one.letter for one in await letters_for(stand.bot, tx, replace(found, args=args))]
    assert isinstance(made[0], MonthPaid)
    return made[0]


def figures(one: MonthPaid) -> dict[str, Figure]:
    (part,) = one.parts
    return {figure.label: figure for figure in part.figures}


async def test_the_rules_time_mails_the_month_before_it(gigapay: Stand) -> None:
    await keep(gigapay, date(2026, 10, 22), payrun("1"), payrun("2", net_pay="500"))
    await keep(gigapay, date(2026, 9, 24), payrun("3", net_pay="1200"))
    await keep(gigapay, date(2026, 11, 5), payrun("4", net_pay="77"))
    await gigapay.until(at(13, 14))

    assert "2 pay runs paid in October 2026" in gigapay.subjects("finance-1")[-1]
    said = " ".join(gigapay.texts("finance-1")[-1].split())
    assert "Pay runs 1 2 +1" in said
    assert "Net pay 1\u00a0200.00 1\u00a0500.00 +25.0\u00a0%".replace("\u00a0", " ") in said
    assert "Compare it with the bank statement." in said


@pytest.mark.parametrize(
    ("on", "counted"),
    [
        pytest.param(date(2026, 10, 1), 1, id="the first day"),
        pytest.param(date(2026, 10, 31), 1, id="the last"),
        pytest.param(date(2026, 9, 30), 0, id="the day before"),
        pytest.param(date(2026, 11, 1), 0, id="the day after"),
    ],
)
async def test_a_month_has_its_first_and_its_last_day(gigapay: Stand, on: date, counted: int) -> None:
    await keep(gigapay, on, payrun("1"))

    assert (await letter(gigapay)).runs == counted


async def test_one_of_two_people_is_counted_and_not_summed(gigapay: Stand) -> None:
    await keep(gigapay, date(2026, 10, 22), payrun("1"), payrun("2", people=2, net_pay="500"))

    made = await letter(gigapay)

    assert figures(made)["Pay runs"].now == 2
    assert figures(made)["Net pay"].now == Money.of("1000", "SEK")
    assert made.not_summed == 1


async def test_one_that_is_still_open_is_named_as_late_and_in_no_figure(gigapay: Stand) -> None:
    await keep(gigapay, date(2026, 10, 22), payrun("1"), payrun("2", is_open=True))

    made = await letter(gigapay, matched=2)

    assert figures(made)["Pay runs"].now == 1
    assert [(one.title, one.what) for one in made.troubles] == [
        ("Gigapay payrun 2", "Still open, though its pay date was Thu 22 Oct.")
    ]
    assert made.matched is None  # the rule said yes to both


@pytest.mark.parametrize(
    ("paid_at", "late"),
    [
        pytest.param(datetime(2026, 10, 20, 16, 0, tzinfo=STOCKHOLM), False, id="at the deadline is in time"),
        pytest.param(datetime(2026, 10, 20, 16, 0, 1, tzinfo=STOCKHOLM), True, id="a second later is not"),
    ],
)
async def test_one_paid_after_its_bank_deadline_is_named(
    gigapay: Stand, paid_at: datetime, late: bool
) -> None:
    await keep(gigapay, date(2026, 10, 22), payrun("1", paid_at=Known(paid_at)))

    troubles = (await letter(gigapay)).troubles

    assert [one.what for one in troubles] == (
        ["Paid Tue 20 Oct 16:00, after its bank deadline Tue 20 Oct 16:00."] if late else []
    )


async def test_what_was_done_is_counted_by_who_did_it(gigapay: Stand) -> None:
    await act(gigapay, "1", State.VERIFIED, done_by=audit.BOT)
    await act(gigapay, "2", State.VERIFIED, done_by="somebody else")
    await act(gigapay, "3", State.VERIFIED, done_by=audit.BOT, on=datetime(2026, 11, 1, tzinfo=STOCKHOLM))
    await act(gigapay, "4", State.REFUSED)

    made = await letter(gigapay)

    assert [(one.what, one.by_bot, one.by_others) for one in made.deeds] == [("Close", 1, 1)]
    assert [(one.title, one.what) for one in made.troubles] == [("Gigapay payrun 4", "Close: was refused.")]


async def act(
    stand: Stand, id: str, state: State, *, done_by: str | None = None, on: datetime = OCTOBER
) -> None:
    """An action on a pay run of another month ended so, then."""
    await keep(stand, date(2026, 8, 20), payrun(id))
    plan = Plan(
        key=f"close:{id}", action="gigapay.close_payrun", connection="gigapay-se",
        resource=f"gigapay.payrun:gigapay-se/{id}", generation=1, rule="the-month", rule_hash="",
        is_vendor=True, not_before=on, args={},
    )  # fmt: skip
    async with stand.bot.db.write() as tx:
        await effects.plan(tx, plan, round=1, chain=plan.key, now=on, correlation="test")
        await tx.execute(
            effects_table.update()
            .where(effects_table.c.key == plan.key)
            .values(state=state, done_by=done_by, changed_at=on)
        )


@contextmanager
def statements(stand: Stand) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *more: Any) -> None:
        asked.append(statement)

    engines = [engine.sync_engine for engine in vars(stand.bot.db).values() if hasattr(engine, "sync_engine")]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def test_many_pay_runs_take_no_more_statements_than_few(gigapay: Stand) -> None:
    await keep(gigapay, date(2026, 10, 22), *(payrun(str(number)) for number in range(3)))
    with statements(gigapay) as few:
        assert (await letter(gigapay)).runs == 3
    await keep(gigapay, date(2026, 10, 23), *(payrun(str(number)) for number in range(10, 90)))
    with statements(gigapay) as many:
        assert (await letter(gigapay)).runs == 83

    assert 0 < len(many) <= len(few)


async def test_pay_runs_come_some_at_a_time_and_each_once(
    gigapay: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month, "_AT_ONCE", 2)
    monkeypatch.setattr(month, "AT_MOST", 6)
    await keep(gigapay, date(2026, 10, 22), *(payrun(str(number)) for number in range(4)))
    await keep(gigapay, date(2026, 10, 23), payrun("4"))
    assert ((made := await letter(gigapay)).runs, made.is_cut) == (5, False)

    await keep(gigapay, date(2026, 10, 23), payrun("5"), payrun("6"))
    assert ((made := await letter(gigapay)).runs, made.is_cut) == (6, True)
