"""A rule's tests and the cases made of its numbers, run for whoever looks at its page.

They are of a version's own text, so that one whose file is refused by now has them, too.
What a text came to is kept: it comes to the same each time.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache

from bot.core.rule import RuleTest
from bot.engine.bot import Bot
from bot.engine.rule_folder import words_now
from bot.rulebook import Rulebook, parse_rule_text
from bot.rulebook.boundaries import run_boundaries
from bot.rulebook.calendars import stored_calendars
from bot.rulebook.rule_tests import TestResult, run_tests
from bot.store.rules import Version
from bot.web.rule_views import Checks, TestRow


async def checks_of(bot: Bot, version: Version) -> Checks | None:
    """None where today's words no longer read the version."""
    calendar_of: dict[str, str] = {}
    for account in bot.accounts.values():
        calendar_of.setdefault(account.connector.vendor, account.calendar)
    vendors = tuple(sorted(calendar_of.items()))
    return await asyncio.to_thread(_checks, version.text, version.calendars_text, version.file, vendors)


@lru_cache(maxsize=256)
def _checks(text: str, calendars_text: str, file: str, vendors: tuple[tuple[str, str], ...]) -> Checks | None:
    rule, _ = parse_rule_text(text, calendars_text, vocabulary=words_now(), file=file)
    if rule is None:
        return None
    calendars = stored_calendars(calendars_text).by_name
    book = Rulebook({rule.id: rule}, calendars, (), {}, calendars_text, words_now())
    calendar_of: Mapping[str, str] = dict(vendors)
    results = run_tests(book, calendar_of)
    made = run_boundaries(book, calendar_of)
    return Checks(
        tuple(row_of(n, test, one) for n, (test, one) in enumerate(zip(rule.tests, results, strict=True), 1)),
        len(made),
        tuple((one.about, one.expected, one.got) for one in made if not one.ok),
    )


def row_of(number: int, test: RuleTest, result: TestResult) -> TestRow:
    given = ", ".join(f"{name}: {value}" for name, value in test.given.items())
    return TestRow(number, test.line, given, result.expected, result.got, tuple(result.reasons()))
