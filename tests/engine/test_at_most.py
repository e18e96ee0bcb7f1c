"""What a rule's `at_most` holds back is told of once, and by which limit."""

import asyncio
from dataclasses import replace

from bot.core.fault import set_fault_hook
from bot.core.money import Money
from bot.engine.perform import perform_once
from bot.engine.plan import decide_due

from .stand import CUT_OFF, JUST_AFTER, Stand, at

SOON = at(13, 15, 5)


def held_back(stand: Stand) -> list[str]:
    return [" ".join(one.split()) for one in stand.texts("ops") if "does at most" in one]


async def limited(stand: Stand, limit: str) -> str:
    """One payrun closed on Friday at its cut-off, and the next one due a week later; says which that is."""
    stand.change_rule("gigapay.yaml", "only_during:", f"at_most: {limit}\n      only_during:")
    await stand.reload()
    await stand.weekly()
    await stand.until(SOON)
    await stand.until(at(16, 13))
    following = stand.add_payouts("1450.00")
    await stand.poll()
    return following


async def test_the_one_that_it_holds_back_is_told_of_once_however_often_it_is_looked_at(
    gigapay: Stand,
) -> None:
    following = await limited(gigapay, "1 per 10 days")
    for hour in (15, 16, 17):
        await gigapay.until(at(20, hour, 5))
        await gigapay.poll()

    (told,) = held_back(gigapay)
    assert f"Needs you: close Gigapay payrun {following} waits" in gigapay.subjects("ops")
    assert "payrunbot did not call the vendor. The rule does at most 1 in 10 days, and 1 were done." in told


async def test_a_limit_in_hours_is_told_in_hours(gigapay: Stand) -> None:
    await limited(gigapay, "1 per 170 hours")
    await gigapay.until(at(20, 15, 5))

    (told,) = held_back(gigapay)
    assert "The rule does at most 1 in 7 days 2 hours, and 1 were done." in told


async def test_one_that_the_limit_does_not_hold_back_is_not_told_of(gigapay: Stand) -> None:
    await limited(gigapay, "1 per 6 days")
    await gigapay.until(at(20, 15, 5))

    assert held_back(gigapay) == []
    assert len(gigapay.closes()) == 2


async def test_of_two_at_one_moment_the_later_is_told_of_too(gigapay: Stand) -> None:
    gigapay.change_rule("gigapay.yaml", "ask_above: 20 000 SEK", "at_most: 1 per 10 days")
    gigapay.change_rule("gigapay.yaml", "      two_people_above: 100 000 SEK\n", "")
    await gigapay.reload()
    account = gigapay.bot.accounts["gigapay-se"]
    limits = {one: Money.of("9000", one) for one in ("EUR", "SEK")}
    gigapay.bot.accounts = {"gigapay-se": replace(account, guards=replace(account.guards, per_action=limits))}
    await gigapay.weekly()
    for payee in ("1041", "1042"):
        gigapay.gigapay.add_payout(payee, "900.00", currency="EUR")
    await gigapay.poll()

    async def let_the_other_come_as_far(point: str) -> None:
        if point == "effect.before_intent":
            await asyncio.sleep(1)

    gigapay.clock.go_to(CUT_OFF + JUST_AFTER)
    await decide_due(gigapay.bot)
    set_fault_hook(let_the_other_come_as_far)
    try:
        await asyncio.gather(perform_once(gigapay.bot), perform_once(gigapay.bot))
    finally:
        set_fault_hook(None)
    await gigapay.settle()

    assert len(held_back(gigapay)) == 1
    assert len(gigapay.closes()) == 1
