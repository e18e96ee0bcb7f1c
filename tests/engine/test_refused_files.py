"""Rule files that are refused change nothing of what runs, and nobody is left to find out alone."""

import asyncio
from pathlib import Path

from bot.core.rule import Mode
from bot.engine import versions
from bot.engine.refused import kept

from .stand import Stand, at

RULE = "gigapay-weekly-close"
FILE = "gigapay.yaml"


def place(stand: Stand, file: str = FILE) -> Path:
    return stand.bot.settings.rules / file


def rewrite(stand: Stand, old: str, new: str, file: str = FILE) -> None:
    """Change a file as a person does, who leaves the rule's tests as they are."""
    before = place(stand, file).read_text()
    assert old in before
    place(stand, file).write_text(before.replace(old, new))


async def test_a_rule_whose_own_test_fails_is_refused_and_the_signed_version_runs_on(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    rewrite(gigapay, "ask_above: 20 000 SEK", "ask_above: 50 000 SEK")
    await gigapay.reload()
    await gigapay.until(at(13, 15, 5))

    (problem,) = gigapay.bot.problems
    assert problem.startswith(f"rules/gigapay.yaml:27  {RULE}: its test expects ask, and got act"), problem
    assert gigapay.bot.rules[RULE].why == "its file is refused, so the signed version runs on"
    assert gigapay.closes() == [payrun]
    (mail,) = gigapay.texts("ops")
    assert "its test expects ask, and got act" in " ".join(mail.split())
    assert f"{RULE} runs on in version 1" in mail


async def test_a_mode_that_is_lowered_holds_though_the_rules_tests_expect_more(gigapay: Stand) -> None:
    await gigapay.weekly()
    rewrite(gigapay, "mode: act", "mode: watch")
    await gigapay.reload()
    lowered = gigapay.bot.rules[RULE].mode
    await gigapay.until(at(13, 15, 5))

    assert lowered is Mode.WATCH
    assert gigapay.close_calls() == 0


async def test_a_file_that_breaks_does_not_raise_the_mode_that_it_had_lowered(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.change_rule(FILE, "mode: act", "mode: ask")
    gigapay.change_rule(FILE, "title: Close", "title: Ask, then close")
    await gigapay.reload()
    before = gigapay.bot.rules[RULE].mode
    rewrite(gigapay, "status is open", "status is opne")
    await gigapay.reload()

    assert (before, gigapay.bot.rules[RULE].mode) == (Mode.ASK, Mode.ASK)


async def test_a_version_that_is_only_narrower_runs_on_when_its_file_breaks(gigapay: Stand) -> None:
    await versions.propose(gigapay.bot, gigapay.person("finance-2"))
    await versions.sign_off(gigapay.bot, gigapay.person("finance-1"), RULE, gigapay.reload)
    gigapay.change_rule(FILE, "mode: act", "mode: ask")
    await gigapay.reload()
    before = gigapay.bot.rules[RULE]
    rewrite(gigapay, "status is open", "status is opne")
    await gigapay.reload()
    after = gigapay.bot.rules[RULE]

    assert (after.rule.hash, after.mode, after.proposed_by) == (before.rule.hash, Mode.ASK, "finance-2")


async def test_a_rule_that_nobody_signed_watches_on_when_its_file_breaks(gigapay: Stand) -> None:
    rewrite(gigapay, "status is open", "status is opne")
    await gigapay.reload()

    one = gigapay.bot.rules[RULE]
    assert (one.mode, one.why) == (Mode.WATCH, "its file is refused, so the version before runs on")


async def test_calendars_that_are_refused_leave_the_ones_before_standing(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    before = gigapay.bot.rules[RULE].rule.hash
    place(gigapay, "calendars.yaml").write_text("calendars: [")
    await gigapay.reload()
    await gigapay.until(at(13, 15, 5))

    assert gigapay.bot.rules[RULE].rule.hash == before
    assert kept(gigapay.bot) == (RULE,)
    assert gigapay.closes() == [payrun]


async def test_calendars_that_are_refused_leave_what_nobody_signed_deciding_by_the_ones_before(
    gigapay: Stand,
) -> None:
    gigapay.change_rule(FILE, "title: Close", "title: Close")  # and it has no tests that could fail
    gigapay.add_payouts("1450.00")
    await gigapay.reload()
    await gigapay.poll()
    place(gigapay, "calendars.yaml").write_text("calendars: [")
    await gigapay.reload()
    await gigapay.until(at(13, 15, 5))

    one = gigapay.bot.rules[RULE]
    assert one.calendar(gigapay.bot.accounts["gigapay-se"]).name == "se"
    assert gigapay.bot.calendars["se"].spec.country == "SE"


async def test_a_rule_that_is_in_no_file_any_more_is_told_once(gigapay: Stand) -> None:
    await gigapay.sign()
    text = place(gigapay).read_text()
    place(gigapay).write_text(text.replace(f"id: {RULE}", "id: another-name"))
    await gigapay.reload()
    await gigapay.reload()
    await gigapay.settle()

    assert RULE not in gigapay.bot.rules
    (mail,) = gigapay.texts("ops")
    assert f"No rule file has {RULE} any more, so it does nothing from now on." in " ".join(mail.split())


async def test_what_runs_is_swapped_whole(gigapay: Stand) -> None:
    """Whoever looks while new files are read sees all of the rules before, or all of those after."""
    await gigapay.sign()
    text = place(gigapay).read_text()
    place(gigapay, "more.yaml").write_text(text.replace(f"id: {RULE}", "id: second-rule"))
    seen: set[tuple[str, ...]] = set()

    async def look() -> None:
        while True:
            seen.add(tuple(sorted(gigapay.bot.rules)))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await gigapay.reload()
    await asyncio.sleep(0)
    looking.cancel()

    assert seen == {(RULE,), (RULE, "second-rule")}
