"""Payruns in two currencies at one account: neither is compared with the other."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.money import Money
from bot.engine.case import load_case
from bot.store.effects import State
from tests.databases import Migrated

from .stand import CUT_OFF, JUST_AFTER, OPENED, Stand, stand

GUARDS = "per_action: {SEK: 250 000, EUR: 30 000}\n  per_day: {SEK: 1 000 000}\n  change_from_median: 25 %"


async def _in_euros(made: Stand) -> str:
    # In another currency than the limit's, two people would be needed.
    made.change_rule("gigapay.yaml", "      two_people_above: 100 000 SEK\n", "")
    await made.reload()
    await made.sign()
    await made.until(OPENED)
    payrun = str(made.gigapay.add_payout("1041", "1450.00", currency="EUR")["payrun"])
    await made.poll()
    await made.until(CUT_OFF + JUST_AFTER)
    return payrun


async def test_what_was_paid_in_another_currency_keeps_nothing_from_being_done(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "gigapay", database=migrated, guards=GUARDS, history=True) as made:
        payrun = await _in_euros(made)
        await made.approve("finance-2")
        await made.after(minutes=1)

        done = await made.effect()
        assert made.closes() == [payrun]
        assert done.state is State.VERIFIED
        assert made.log.of("error") == []


@pytest.mark.parametrize("history", [False, True])
async def test_the_first_run_in_a_currency_has_no_last_run(
    history: bool, tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "gigapay", database=migrated, guards=GUARDS, history=history) as made:
        payrun = await _in_euros(made)
        async with made.bot.db.read() as tx:
            case = await load_case(made.bot, tx, f"gigapay.payrun:gigapay-se/{payrun}")

        assert case is not None
        assert (case.money("net pay"), case.last) == (Money.of("1450.00", "EUR"), None)


async def test_a_last_run_in_the_same_currency_is_compared_with(tmp_path: Path, migrated: Migrated) -> None:
    async with stand(tmp_path, "gigapay", database=migrated, guards=GUARDS, history=True) as made:
        payrun = await made.weekly()
        await made.until(OPENED + timedelta(minutes=1))
        async with made.bot.db.read() as tx:
            case = await load_case(made.bot, tx, f"gigapay.payrun:gigapay-se/{payrun}")

        assert case is not None and case.last is not None
        net = case.last.money("net pay")
        assert net is not None and net.currency == "SEK"
