"""The mail of each shipped rule, made of the first of its own tests in which it says yes."""

from dataclasses import replace

import pytest

from bot.core.resource import Known
from bot.core.rule import Rule
from bot.core.watched import CONNECTION
from bot.engine.letters import alerted
from bot.engine.letters.scheduled import listed_of
from bot.mail.expected import ExpectedBy, TooFewCame
from bot.mail.letters import LETTERS
from bot.mail.render import Rendered
from bot.mail.scheduled import Scheduled
from tests.mail.test_letters import Seen, rendered, squeezed
from tests.rules.shipped_case import case_of, common_of, first_yes
from tests.rules.test_shipped import BOOK

RULES = BOOK.rules.values()
PLAIN = [
    rule
    for rule in RULES
    if any(step.action == "alert" and not step.args.get("template") for step in rule.then)
]
ALERTS = [rule for rule in PLAIN if rule.expect is None]
LISTS = [rule for rule in RULES if rule.every is not None]
EXPECTS = [rule for rule in RULES if rule.expect is not None]

SAYS = {
    "connection-failing": ["Failing since", "Wed 11 Nov 09:59"],
    "vendor-silent-near-deadline": [
        "First deadline",
        "Wed 11 Nov 20:00",
        "Failing since",
        "Wed 11 Nov 11:29",
    ],
    "webhook-gone-quiet": ["Last webhook", "Wed 4 Nov 12:00", "Open pay runs"],
    "not-ready-before-bank-deadline": ["Still open", "Bank deadline", "Wed 18 Nov 17:00"],
    "payrun-reopened": ["Reopened", "Still open"],
    "holiday-pulls-deadline": ["Holiday pulls a deadline", "Effective pay date", "Wed 23 Dec"],
    "gigapay-closes-with-problem": ["Closes by itself at", "Fri 13 Nov 15:00", "Possible duplicates"],
    "gigapay-late-payout": ["Status", "open", "Payouts after cut-off"],
    "gigapay-invoice-unpaid": ["Status", "closed", "Paid at", "Bank deadline", "Tue 17 Nov 16:00"],
    "roubler-not-marked": ["Status", "finalised", "Finalised at", "Mon 16 Nov 10:00"],
    "xero-nobody-drafted": ["Run for this period", "none", "Pay date", "Fri 20 Nov"],
    "xero-draft-not-posted": ["Status", "draft", "Effective pay date", "Fri 20 Nov", "Bank deadline"],
}
"""What a reader of each alert must be told besides what, which, since when and what to do."""


def both(mail: Rendered) -> tuple[str, str]:
    """The words of the text and of the HTML."""
    return squeezed(mail.text), Seen(mail.html).text


def test_every_rule_that_tells_is_tried_here_or_has_a_letter_of_its_own() -> None:
    told = {rule.id for rule in (*ALERTS, *LISTS, *EXPECTS)}
    own = {kind.template for kind in LETTERS}
    others = [rule for rule in RULES if rule.id not in told]

    assert set(SAYS) == {rule.id for rule in ALERTS}
    assert {step.args["template"] for rule in others for step in rule.then if "to" in step.args} <= own
    assert [rule.id for rule in others if not any("to" in step.args for step in rule.then)] == [
        "staffology-start-next"  # it only asks; that question is a mail of its own
    ]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.id)
async def test_an_alert_says_what_it_is_about_what_is_so_and_what_to_do(rule: Rule) -> None:
    case = case_of(rule, first_yes(rule), BOOK)

    mail = await rendered(alerted.notice(case, rule, common_of(case, rule)))

    assert mail.subject == f"{rule.title}, {case.title}"
    for words in both(mail):
        assert rule.title in words
        assert case.title in words
        assert squeezed(rule.advice) in words
        for said in SAYS[rule.id]:
            assert said in words, said
        assert f"Rule {rule.id}, version 1" in words


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.id)
async def test_that_it_is_over_comes_without_advice(rule: Rule) -> None:
    case = case_of(rule, first_yes(rule), BOOK)

    mail = await rendered(alerted.notice(case, rule, common_of(case, rule), over=True))

    assert mail.subject == f"Over: {rule.title}, {case.title}"
    for words in both(mail):
        assert "It is no longer so." in words
        assert squeezed(rule.advice) not in words


@pytest.mark.parametrize("rule", LISTS, ids=lambda rule: rule.id)
async def test_a_list_says_which_run_its_state_and_why_it_is_on_it(rule: Rule) -> None:
    case = case_of(rule, first_yes(rule), BOOK)
    common = common_of(case, rule) | {"title": rule.title}
    del common["connection"]
    assert rule.every is not None
    one = listed_of(case, common["url"], "next deadline is near")
    letter = Scheduled(**common, times=rule.every.times, slot_at=case.now, listed=(one,), total=1)

    mail = await rendered(letter)

    assert mail.subject == f"{rule.title}: 1"
    for words in both(mail):
        assert case.title in words
        assert "Why: next deadline is near" in words
        assert rule.every.times in words.lower()


@pytest.mark.parametrize("rule", EXPECTS, ids=lambda rule: rule.id)
async def test_that_too_few_came_says_how_many_were_expected_and_what_to_do(rule: Rule) -> None:
    case = case_of(ALERTS[0], first_yes(ALERTS[0]), BOOK)
    common = common_of(case, rule) | {"title": rule.title}
    times = (ExpectedBy(case.now, case.now, 0),)

    mail = await rendered(
        TooFewCame(**common, expected="at least 1", times=times, listed_at=case.now, advice=rule.advice)
    )

    for words in both(mail):
        assert rule.title in words
        assert "at least 1" in words
        assert squeezed(rule.advice) in words


def pay_run(people: int) -> list[tuple[str, str]]:
    """The rows of an alert about the pay of so many, by a rule that asks about an amount."""
    rule = next(one for one in ALERTS if one.id == "gigapay-closes-with-problem")
    test = first_yes(rule)
    case = case_of(rule, test, BOOK)
    twice = Known(1, ("payee 7: 2 times 10.00 SEK",))
    values = {**case.facts.values, "payees": Known(people), "possible duplicates": twice}
    case = replace(case, facts=replace(case.facts, values=values))
    return list(alerted.rows_of(case, rule, case.facts.calendar.zone))


@pytest.mark.parametrize(
    ("people", "shown"), [(3, "1 (payee 7: 2 times 10.00 SEK)"), (2, "1")], ids=["three", "two"]
)
def test_an_amount_for_fewer_than_three_people_is_in_no_alert(people: int, shown: str) -> None:
    assert ("Possible duplicates", shown) in pay_run(people)


def test_what_a_connection_does_is_told_once() -> None:
    rule = next(one for one in ALERTS if one.watch == CONNECTION)
    case = case_of(rule, first_yes(rule), BOOK)

    names = [name for name, _ in alerted.notice(case, rule, common_of(case, rule)).rows]

    assert len(names) == len(set(names)) > 0
