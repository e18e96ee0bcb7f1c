"""A rule acts on its own only on what came after it began; what was there is one list."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.databases import Migrated

from .stand import CUT_OFF, Stand, at, stand

SOON = CUT_OFF + timedelta(minutes=1)


@pytest.fixture
async def full(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """Twenty-nine closed payruns and, opened in the morning, one that is open."""
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        made.gigapay.seed_history(date(2026, 4, 24), weeks=29)
        made.add_payouts("1450.00", "1650.00", "1780.00")
        await made.poll()
        yield made


async def test_a_first_start_against_thirty_payruns_closes_nothing_and_sends_one_list(full: Stand) -> None:
    await full.until(at(13, 15, 30))
    before = full.subjects()
    await full.sign()
    await full.until(at(13, 16, 50))

    (asked,) = await full.askings()
    assert before == []
    assert full.close_calls() == 0
    assert len(full.subjects("payroll-1")) == len(full.subjects()) == 1
    assert "2859272" in full.texts("payroll-1")[-1]
    assert "it was there before the rule was signed off" in str(asked.shown["asked"])


async def test_what_was_there_before_is_asked_even_under_the_limit(full: Stand) -> None:
    await full.sign()
    await full.until(SOON)
    calls = full.close_calls()
    await full.approve()
    await full.settle()

    assert calls == 0
    assert full.closes() == ["2859272"]


async def test_the_first_payrun_after_an_empty_list_is_not_one_that_was_there(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(SOON)

    assert await gigapay.askings() == []
    assert gigapay.closes() == [payrun]


async def test_a_rule_that_nobody_has_signed_only_watches(gigapay: Stand) -> None:
    gigapay.add_payouts("1450.00", "1650.00", "1780.00")
    await gigapay.poll()
    await gigapay.until(at(13, 16))

    assert gigapay.bot.rules["gigapay-weekly-close"].why == "not signed off yet"
    assert gigapay.close_calls() == 0
    assert gigapay.subjects() == []
    assert await gigapay.effects("gigapay.close_payrun") == []
