"""Many looks of one connection are one reading of its list, and no news is lost by it."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from bot.core.fault import set_fault_hook
from bot.engine import look
from bot.store import news
from bot.store.crowd import AT_MOST
from bot.store.tables import look as look_table

from .stand import Stand

KIND = "gigapay.payrun"


async def closed_runs(stand: Stand, count: int) -> list[str]:
    """So many payruns that are paid, each read once: the list shows whether they change."""
    await stand.sign()
    made = []
    for number in range(count):
        payrun = str(stand.gigapay.add_payout(str(1041 + number), Decimal("900.00"))["payrun"])
        stand.gigapay.state.close(payrun, stand.clock.now())
        stand.gigapay.state.pay(payrun, stand.clock.now())
        stand.clock.go_to(stand.clock.now() + timedelta(seconds=1))
        made.append(payrun)
    for _ in range(2):
        await stand.poll()
        await stand.after(seconds=10)
    return made


async def tell_of(stand: Stand, payruns: list[str]) -> None:
    """News of each, due now."""
    async with stand.bot.db.write() as tx:
        for payrun in payruns:
            await news.ask_to_look(
                tx,
                connection="gigapay-se",
                kind=KIND,
                key=payrun,
                due_at=stand.clock.now(),
                correlation="test",
            )


async def waiting(stand: Stand) -> list[str]:
    async with stand.bot.db.read() as tx:
        rows = await tx.execute(select(look_table.c.key).where(look_table.c.kind != news.LIST))
        return list(rows.scalars())


def since(stand: Stand, begin: int) -> list[tuple[str, str]]:
    return [(str(one["call"]), str(one["target"])) for one in stand.gigapay.ledger.entries[begin:]]


async def test_more_looks_than_25_are_one_reading_of_the_list(gigapay: Stand) -> None:
    payruns = await closed_runs(gigapay, AT_MOST + 1)
    begin = len(gigapay.gigapay.ledger.entries)
    await tell_of(gigapay, payruns)
    await gigapay.settle()

    assert since(gigapay, begin) == [("GET /payruns/", "")]
    assert await waiting(gigapay) == []


async def test_25_looks_are_read_one_by_one(gigapay: Stand) -> None:
    payruns = await closed_runs(gigapay, AT_MOST)
    begin = len(gigapay.gigapay.ledger.entries)
    await tell_of(gigapay, payruns)
    await gigapay.settle()

    read = [target for call, target in since(gigapay, begin) if call == "GET /payruns/:id/"]
    assert sorted(read) == sorted(payruns)
    assert ("GET /payruns/", "") not in since(gigapay, begin)


async def test_what_the_list_shows_as_changed_is_read_and_so_is_what_it_does_not_show(gigapay: Stand) -> None:
    payruns = await closed_runs(gigapay, AT_MOST + 5)
    changed, deleted = payruns[3], payruns[4]
    gigapay.gigapay.state.payruns[changed]["price"] = "1.00"
    gigapay.gigapay.state.payruns.pop(deleted)
    begin = len(gigapay.gigapay.ledger.entries)
    await tell_of(gigapay, payruns)
    await gigapay.settle()

    calls = since(gigapay, begin)
    assert {target for call, target in calls if call == "GET /payruns/:id/"} == {changed, deleted}
    assert calls.count(("GET /payruns/", "")) == 1
    assert await waiting(gigapay) == []


async def test_what_is_live_is_read_although_the_list_shows_it_unchanged(gigapay: Stand) -> None:
    payruns = await closed_runs(gigapay, AT_MOST)
    open_one = gigapay.add_payouts("1450.00")
    await gigapay.poll()
    await gigapay.after(seconds=10)
    begin = len(gigapay.gigapay.ledger.entries)
    await tell_of(gigapay, [*payruns, open_one])
    await gigapay.settle()

    read = [target for call, target in since(gigapay, begin) if call == "GET /payruns/:id/"]
    assert read == [open_one]


async def test_news_that_comes_while_the_list_is_read_is_read_after_it(gigapay: Stand) -> None:
    payruns = await closed_runs(gigapay, AT_MOST + 1)
    begin = len(gigapay.gigapay.ledger.entries)
    await tell_of(gigapay, payruns)
    came = False

    async def more(point: str) -> None:
        nonlocal came
        if point == "look.read" and not came:
            came = True
            await tell_of(gigapay, payruns[:1])

    set_fault_hook(more)
    try:
        await gigapay.settle()
        await gigapay.after(seconds=6)
    finally:
        set_fault_hook(None)

    read = [target for call, target in since(gigapay, begin) if call == "GET /payruns/:id/"]
    assert read == payruns[:1]
    assert await waiting(gigapay) == []


async def test_looks_that_the_list_cannot_answer_are_not_sent_back_a_second_time(gigapay: Stand) -> None:
    """News of forty payruns that do not exist: one list, then each is read, and is gone."""
    await closed_runs(gigapay, 1)
    begin = len(gigapay.gigapay.ledger.entries)
    strangers = [f"nobody-{number}" for number in range(40)]
    await tell_of(gigapay, strangers)
    await gigapay.settle()

    calls = since(gigapay, begin)
    assert calls.count(("GET /payruns/", "")) == 1
    assert sorted(target for call, target in calls if call == "GET /payruns/:id/") == sorted(strangers)
    assert await waiting(gigapay) == []


async def test_lists_that_stand_in_for_looks_are_a_gap_apart(gigapay: Stand) -> None:
    payruns = await closed_runs(gigapay, AT_MOST + 1)
    begin = len(gigapay.gigapay.ledger.entries)
    for _ in range(3):
        await tell_of(gigapay, payruns)
        await gigapay.settle()
    at_once = since(gigapay, begin).count(("GET /payruns/", ""))
    await gigapay.after(seconds=6)

    assert at_once == 1
    assert since(gigapay, begin).count(("GET /payruns/", "")) == 2
    assert await waiting(gigapay) == []


async def test_when_the_list_cannot_be_read_the_looks_are_read_by_themselves_in_the_end(
    gigapay: Stand,
) -> None:
    payruns = await closed_runs(gigapay, AT_MOST + 1)
    gigapay.gigapay.faults.add("status", call="GET /payruns/", code=400, times=None)
    begin = len(gigapay.gigapay.ledger.entries)
    await tell_of(gigapay, payruns)
    await gigapay.after(minutes=40)
    gigapay.gigapay.faults.clear()
    await gigapay.after(minutes=20)

    assert ("GET /payruns/", "") in since(gigapay, begin)
    assert await waiting(gigapay) == []
    assert not await look.look_once(gigapay.bot)
