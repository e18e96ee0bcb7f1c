"""Clean questions asked within a minute are one mail, and none of them is left without one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.engine.ask import asked_from_json, asked_to_json
from bot.engine.case import Case
from bot.engine.clean import is_told_in_a_list, told_at
from bot.engine.letters import asking
from bot.engine.letters.parts import Addressed
from bot.mail.asked_list import ApprovalsListed
from bot.mail.letters import ApprovalAsked
from bot.store import approvals
from bot.store.approvals import ApprovalState
from bot.store.effects import Effect

from .stand import CUT_OFF, Stand

SOON = CUT_OFF + timedelta(minutes=1)
CLEAN = ("Possible duplicates: none", "First-time payees: none")


async def _clean_ones(made: Stand, *ids: str, **changes: Any) -> dict[str, Effect]:
    """Questions about runs like the one that waits, without a finding; each with the effect of its mail."""
    await made.weekly("5500.00", "5500.00", "5500.00")
    await made.until(SOON)
    asked = await made.asked()
    question = replace(asked_from_json(asked.shown["asked"]), findings=(), clean=CLEAN, **changes)
    (told,) = [one for one in await made.effects("tell") if one.args.get("approval") == asked.id]
    async with made.bot.db.write() as tx:
        for id in ids:
            shown = {**asked.shown, "asked": asked_to_json(replace(question, title=f"Gigapay payrun {id}"))}
            await approvals.ask(
                tx,
                id=id,
                effect_key=f"{asked.effect_key}:{id}",
                round=1,
                fingerprint=id,
                shown=shown,
                now=made.bot.now(),
                expires_at=asked.expires_at,
                people_needed=1,
            )
    return {id: replace(told, args={**told.args, "approval": id}) for id in ids}


async def _mails(made: Stand, tells: Sequence[Effect]) -> list[Addressed]:
    async with made.bot.db.read() as tx:
        return [letter for tell in tells for letter in await asking.asked(made.bot, tx, tell)]


async def _close(made: Stand, id: str) -> None:
    async with made.bot.db.write() as tx:
        await approvals.close(tx, id, state=ApprovalState.WITHDRAWN, why="it has changed", now=made.bot.now())


async def test_several_clean_ones_are_one_mail_to_each_in_whatever_order_they_are_made(
    gigapay: Stand,
) -> None:
    tells = await _clean_ones(gigapay, "a", "b", "c")
    mails = await _mails(gigapay, [tells["c"], tells["a"], tells["b"]])

    assert sorted(one.to for one in mails) == ["finance-1@example.com", "finance-2@example.com"]
    for one in mails:
        assert isinstance(one.letter, ApprovalsListed)
        assert [listed.question[-1] for listed in one.letter.asks] == ["a", "b", "c"]


async def test_where_the_first_of_them_is_over_the_rest_are_told_of_all_the_same(gigapay: Stand) -> None:
    tells = await _clean_ones(gigapay, "a", "b", "c")
    late = await _mails(gigapay, [tells["b"], tells["c"]])
    await _close(gigapay, "a")
    (first, _) = await _mails(gigapay, [tells["a"]])

    assert late == []
    assert isinstance(first.letter, ApprovalsListed)
    assert [listed.question[-1] for listed in first.letter.asks] == ["b", "c"]


async def test_one_by_itself_is_asked_as_ever(gigapay: Stand) -> None:
    tells = await _clean_ones(gigapay, "a")
    mails = await _mails(gigapay, [tells["a"]])

    assert [type(one.letter) for one in mails] == [ApprovalAsked, ApprovalAsked]


async def test_what_must_be_decided_soon_or_was_asked_before_is_never_in_a_list(gigapay: Stand) -> None:
    await _clean_ones(gigapay, "a")
    async with gigapay.bot.db.read() as tx:
        asked = await approvals.get(tx, "a")
    assert asked is not None
    settings, now = gigapay.bot.settings, asked.asked_at
    again = {**asked.shown, "asked": {**asked.shown["asked"], "first_asked_at": now.isoformat()}}

    assert is_told_in_a_list(settings, asked.shown, now, asked.expires_at)
    assert not is_told_in_a_list(settings, asked.shown, now, now + timedelta(minutes=15))
    assert not is_told_in_a_list(settings, again, now, asked.expires_at)
    assert now < told_at(now) <= now + timedelta(minutes=1)


async def test_a_clean_one_is_mailed_within_the_minute_and_no_finding_waits_for_it(
    gigapay: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Case, "checks", lambda _: ((), CLEAN))
    await gigapay.weekly("5500.00", "5500.00", "5500.00")
    await gigapay.until(CUT_OFF + timedelta(seconds=59))
    asked, early = await gigapay.asked(), gigapay.subjects("finance-1")
    await gigapay.until(SOON)

    assert asked.asked_at == CUT_OFF + timedelta(seconds=1)
    assert not any(one.startswith("Approve by") for one in early)
    assert [one.startswith("Approve by") for one in gigapay.subjects("finance-1")][-1:] == [True]
    assert "0 OF 2 CHECKS FOUND ANYTHING" in gigapay.texts("finance-1")[-1]
