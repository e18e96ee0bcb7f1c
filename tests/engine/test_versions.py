"""Which version of a rule runs, in which mode, is what people have signed and no wider."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import read_rules, setup_of
from bot.core.fault import set_fault_hook
from bot.core.rule import Mode
from bot.engine import versions
from bot.engine.bot import Running
from bot.engine.versions import NotSigned
from tests.databases import Migrated

from .stand import Stand, at, stand

RULE = "gigapay-weekly-close"
FILE = "gigapay.yaml"


def running(stand: Stand) -> Running:
    return stand.bot.rules[RULE]


@pytest.fixture
async def sole(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", sole=True, database=migrated) as made:
        yield made


async def sign(stand: Stand, person: str) -> str:
    return await versions.sign_off(stand.bot, stand.person(person), RULE, stand.reload)


async def test_an_unsigned_rule_watches(gigapay: Stand) -> None:
    assert (running(gigapay).mode, running(gigapay).is_signed) == (Mode.WATCH, False)


async def test_a_proposed_rule_runs_when_one_other_person_has_signed(gigapay: Stand) -> None:
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    with pytest.raises(NotSigned, match="You proposed it"):
        await sign(gigapay, "payroll-1")
    await sign(gigapay, "finance-1")

    assert (running(gigapay).mode, running(gigapay).why) == (Mode.ACT, "signed off by finance-1")


async def test_a_bare_file_change_needs_two_approvers(gigapay: Stand) -> None:
    first = await sign(gigapay, "finance-1")
    after_one = running(gigapay).mode
    with pytest.raises(NotSigned, match="another person signs too"):
        await sign(gigapay, "finance-1")
    after_the_same = running(gigapay).mode
    await sign(gigapay, "finance-2")

    assert first == "Signed. One more person signs before it runs."
    assert (after_one, after_the_same) == (Mode.WATCH, Mode.WATCH)
    assert running(gigapay).mode is Mode.ACT


async def test_where_one_person_suffices_one_signature_does(sole: Stand) -> None:
    await versions.propose(sole.bot, sole.person("finance-1"))
    await sign(sole, "finance-1")

    assert running(sole).mode is Mode.ACT


async def test_a_viewer_neither_proposes_nor_signs(gigapay: Stand) -> None:
    with pytest.raises(NotSigned):
        await versions.propose(gigapay.bot, gigapay.person("auditor-1"))
    with pytest.raises(NotSigned):
        await sign(gigapay, "auditor-1")


async def test_a_changed_version_waits_while_the_signed_one_runs_on(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.change_rule(FILE, "ask_above: 20 000 SEK", "ask_above: 30 000 SEK")
    await gigapay.reload()
    await gigapay.until(at(13, 15, 5))

    assert running(gigapay).why == "version 2 waits for sign-off"
    assert running(gigapay).version == 1
    assert gigapay.closes() == [payrun]


async def test_a_lowered_mode_takes_effect_at_once(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.change_rule(FILE, "mode: act", "mode: watch")
    await gigapay.reload()
    await gigapay.until(at(13, 16))

    assert (running(gigapay).mode, running(gigapay).why) == (Mode.WATCH, "only narrower than version 1")
    assert gigapay.close_calls() == 0


async def test_a_mode_lowered_between_the_yes_and_the_call_withdraws_it(gigapay: Stand) -> None:
    await gigapay.weekly("9000.00", "9000.00", "9000.00")
    await gigapay.until(at(13, 15, 5))
    await gigapay.approve()
    gigapay.change_rule(FILE, "mode: act", "mode: watch")
    await gigapay.reload()
    await gigapay.settle()

    assert gigapay.close_calls() == 0


async def test_the_signed_version_that_comes_back_runs_without_new_signatures(gigapay: Stand) -> None:
    await gigapay.sign()
    gigapay.change_rule(FILE, "mode: act", "mode: ask")
    await gigapay.reload()
    lowered = running(gigapay).mode
    gigapay.change_rule(FILE, "mode: ask", "mode: act")
    await gigapay.reload()

    assert lowered is Mode.ASK
    assert running(gigapay).mode is Mode.ACT


async def test_a_broken_file_keeps_the_signed_version_running_and_is_told_once(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.change_rule(FILE, "payouts is at least 1", "payuots is at least 1")
    await gigapay.reload()
    await gigapay.reload()
    await gigapay.until(at(13, 15, 5))

    assert running(gigapay).why == "its file is refused, so the signed version runs on"
    assert gigapay.closes() == [payrun]
    (mail,) = gigapay.texts("ops")
    assert "payuots" in mail


async def test_a_rule_narrowed_after_a_surprise_asks_at_once_and_until_it_is_signed_again(
    gigapay: Stand,
) -> None:
    await gigapay.sign()
    async with gigapay.bot.db.write() as tx:
        await versions.narrow(gigapay.bot, tx, RULE, Mode.ASK)
    at_once = running(gigapay).mode
    await gigapay.reload()
    reloaded = running(gigapay).mode
    gigapay.change_rule(FILE, "payouts is at least 1", "payuots is at least 1")
    await gigapay.reload()
    broken = running(gigapay).mode
    gigapay.change_rule(FILE, "payuots is at least 1", "payouts is at least 1")
    await gigapay.reload()
    await sign(gigapay, "finance-2")

    assert (at_once, reloaded, broken) == (Mode.ASK, Mode.ASK, Mode.ASK)
    assert running(gigapay).mode is Mode.ACT


async def test_lines_that_went_otherwise_than_approved_narrow_the_rule(gigapay: Stand) -> None:
    """A payout slips in between the last reading and the close."""
    await gigapay.weekly()

    async def slip_in(point: str) -> None:
        if point == "effect.before_call":
            gigapay.add_payouts("999.00", first=1099)

    set_fault_hook(slip_in)
    try:
        await gigapay.until(at(13, 15, 5))
    finally:
        set_fault_hook(None)

    done = await gigapay.effect()
    assert len(done.outcome["differences"]) == 1
    assert running(gigapay).mode is Mode.ASK


async def test_a_lower_mode_takes_effect_whatever_else_the_file_changes(gigapay: Stand) -> None:
    await gigapay.sign()
    gigapay.change_rule(FILE, "mode: act", "mode: ask")
    gigapay.change_rule(FILE, "payouts is at least 1", "payouts is at least 0")
    await gigapay.reload()
    wider = running(gigapay)
    gigapay.change_rule(FILE, "mode: ask", "mode: off")
    await gigapay.reload()

    assert (wider.version, wider.mode) == (1, Mode.ASK)
    assert (running(gigapay).version, running(gigapay).mode) == (3, Mode.OFF)


async def test_going_back_to_a_version_that_was_replaced_needs_new_signatures(gigapay: Stand) -> None:
    await gigapay.sign()
    gigapay.change_rule(FILE, "ask_above: 20 000 SEK", "ask_above: 1 000 SEK")
    await gigapay.reload()
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    await sign(gigapay, "finance-1")
    gigapay.change_rule(FILE, "ask_above: 1 000 SEK", "ask_above: 20 000 SEK")
    await gigapay.reload()
    after_going_back = running(gigapay)
    await sign(gigapay, "finance-2")

    assert (after_going_back.version, after_going_back.why) == (2, "version 1 waits for sign-off")
    assert running(gigapay).version == 1


async def test_who_proposed_a_version_is_still_its_proposer_when_it_is_only_narrowed(gigapay: Stand) -> None:
    await versions.propose(gigapay.bot, gigapay.person("finance-2"))
    await sign(gigapay, "finance-1")
    gigapay.change_rule(FILE, "mode: act", "mode: ask")
    await gigapay.reload()

    assert (running(gigapay).mode, running(gigapay).proposed_by) == (Mode.ASK, "finance-2")


async def test_a_rule_whose_own_text_is_another_rule_does_not_run(gigapay: Stand) -> None:
    await gigapay.sign()
    setup = setup_of(gigapay.bot.settings, gigapay.bot.renderer.names())
    book = read_rules(gigapay.bot.settings.rules, setup)
    shown = book.rules[RULE].text.replace("20 000 SEK", "1 SEK")
    forged = replace(book.rules[RULE], text=shown, hash="another")
    await versions.put_in_force(gigapay.bot, replace(book, rules={**book.rules, RULE: forged}), setup)

    assert running(gigapay).why == "its file is refused, so the signed version runs on"
    assert any("is not the same rule" in problem for problem in gigapay.bot.problems)
