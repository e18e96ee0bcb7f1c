"""Whoever may sign a version reads what it does and what it changes, in the language of the house."""

from dataclasses import replace

import pytest

from bot.engine import versions
from bot.engine.read_back import UNREADABLE, changes_of, rule_of, sentence_of
from bot.store import rules
from bot.store.rules import Version

from .stand import Stand

RULE = "gigapay-weekly-close"
FILE = "gigapay.yaml"
MORE = (FILE, "ask_above: 20 000 SEK", "ask_above: 30 000 SEK")


async def change(stand: Stand, *what: tuple[str, str, str]) -> tuple[Version, Version]:
    """Sign what there is, change the file, and give what runs and what waits."""
    await stand.sign()
    for file, before, after in what:
        stand.change_rule(file, before, after)
    await stand.reload()
    async with stand.bot.db.read() as tx:
        state = (await rules.states(tx))[RULE]
        runs = await rules.version(tx, state.running_hash or "")
        waits = await rules.version(tx, state.file_hash or "")
    assert runs is not None
    assert waits is not None
    return runs, waits


@pytest.mark.parametrize(
    ("language", "says", "changes"),
    [
        ("en", "For each Gigapay payrun, when", "- a person is asked above 20 000 SEK → 30 000 SEK"),
        ("sv", "För varje payrun i Gigapay, när", "- en person tillfrågas över 20 000 SEK → 30 000 SEK"),
    ],
)
async def test_the_mail_to_who_may_sign_says_what_is_changed_and_the_whole(
    language: str, says: str, changes: str, gigapay: Stand
) -> None:
    settings = gigapay.bot.settings
    people = tuple(one.model_copy(update={"language": language}) for one in settings.people)
    gigapay.bot.settings = settings.model_copy(update={"people": people})
    await change(gigapay, MORE)
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    await gigapay.settle()

    mail = " ".join(gigapay.texts(to="finance-1")[-1].split())

    assert says in mail
    assert changes in mail
    assert mail.index(changes) < mail.index(says)


async def test_what_a_version_changes_is_said_beside_the_one_that_runs(gigapay: Stand) -> None:
    runs, waits = await change(gigapay, MORE, (FILE, "above: 100 000 SEK", "above: 200 000 SEK"))

    assert changes_of(gigapay.bot, gigapay.bot.rules[RULE], runs, waits) == (
        "a person is asked above 20 000 SEK → 30 000 SEK",
        "two people approve above 100 000 SEK → 200 000 SEK",
    )


async def test_a_work_calendar_that_changes_what_a_rule_does_is_named(gigapay: Stand) -> None:
    runs, waits = await change(
        gigapay, ("calendars.yaml", "Friday 15:00", "Friday 14:00"), (FILE, "mode: act", "mode: act")
    )

    assert changes_of(gigapay.bot, gigapay.bot.rules[RULE], runs, waits) == (
        "the work calendar se has changed",
    )


async def test_a_first_version_changes_nothing_of_itself(gigapay: Stand) -> None:
    running = gigapay.bot.rules[RULE]
    async with gigapay.bot.db.read() as tx:
        version = await rules.version(tx, running.rule.hash)
    assert version is not None

    assert changes_of(gigapay.bot, running, version, version) == ()
    assert changes_of(gigapay.bot, None, None, version) == ()


async def test_a_version_that_todays_words_no_longer_read_is_said_to_be_unreadable(gigapay: Stand) -> None:
    running = gigapay.bot.rules[RULE]
    async with gigapay.bot.db.read() as tx:
        version = await rules.version(tx, running.rule.hash)
    assert version is not None
    old = replace(version, text=version.text.replace("status is open", "mood is open"), hash="old")

    assert rule_of(old) is None
    assert sentence_of(rule_of(old)) == UNREADABLE
    assert changes_of(gigapay.bot, running, version, old) == ()
