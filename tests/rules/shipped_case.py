"""What a test in a shipped rule file is about, as the case that its mail is made of."""

from datetime import timedelta
from typing import Any, cast

from bot.connectors import connectors
from bot.core.guard import Guards
from bot.core.rule import Rule, RuleTest
from bot.engine.bot import Account
from bot.engine.case import Case
from bot.mail.parts import Reason
from bot.rulebook import Rulebook
from bot.rulebook.given import given_facts, given_now
from bot.rulebook.rule_tests import calendar_for
from bot.store.resources import Resource

URL = "https://payrun.example.com/payruns/given"


def first_yes(rule: Rule) -> RuleTest:
    """The first of the rule's own tests in which it says yes."""
    return next(test for test in rule.tests if test.expect in ("act", "ask", "watch"))


def case_of(rule: Rule, test: RuleTest, book: Rulebook) -> Case:
    calendar = calendar_for(rule, test.given, book, {})
    assert calendar is not None
    now = given_now(test.given, calendar)
    snapshot, facts = given_facts(rule.watch, book.vocabulary.fields[rule.watch], test.given, calendar, now)
    connector = connectors().get(rule.watch.partition(".")[0], connectors()["gigapay"])
    nothing_to_call = cast(Any, None)
    account = Account("here", connector, nothing_to_call, calendar.name, timedelta(minutes=10), Guards())
    found = Resource("given", 1, None, snapshot, now, None)
    return Case(account, book.vocabulary.kinds[rule.watch], found, facts, (), now)


def common_of(case: Case, rule: Rule) -> dict[str, Any]:
    """What every letter has, as the engine fills it."""
    return {
        "made_at": case.now,
        "zone": case.facts.calendar.zone,
        "reason": Reason("you are in payroll", f"{URL}#why", rule.id, "1"),
        "url": URL,
        "title": case.title,
        "connection": case.account.id,
    }
