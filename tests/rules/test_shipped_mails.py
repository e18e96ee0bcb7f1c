"""The mail of each shipped rule, made of the first of its own tests in which it says yes."""

from dataclasses import replace

import pytest

from bot.core.resource import Known
from bot.core.rule import Rule
from bot.core.watched import CONNECTION
from bot.engine.letters import alerted
from bot.engine.letters.scheduled import deadlines_letter, dues_ahead, holiday_letter, listed_of
from bot.mail.deadlines import DeadlinesAhead
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
TIMED = [rule for rule in RULES if rule.every is not None]
LISTS = [rule for rule in TIMED if rule.then[0].args["template"] == Scheduled.template]
WEEKS = [rule for rule in TIMED if rule.then[0].args["template"] == DeadlinesAhead.template]
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
    told = {rule.id for rule in (*ALERTS, *TIMED, *EXPECTS)}
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


async def test_a_holiday_ahead_says_what_it_moves_from_when_to_when_and_what_to_do() -> None:
    rule = BOOK.rules["holiday-pulls-deadline"]
    given = {"calendar": "uk-bacs", "now": "Tue 1 Dec 2026 09:00", "pay date": "Fri 25 Dec 2026"}
    case = case_of(rule, replace(first_yes(rule), given=given), BOOK)
    letter = holiday_letter(common_of(case, rule), case, rule.advice)
    assert letter is not None

    mail = await rendered(letter)

    assert mail.subject.startswith(
        f"Christmas Day moves {len(letter.moves)} deadlines of {case.title}, the first "
    )
    for words in both(mail):
        assert "Bank deadline" in words
        assert "Thu 24 Dec" in words
        assert "usually Fri 25 Dec" in words
        assert squeezed(rule.advice) in words


def test_a_holiday_that_moves_nothing_ahead_has_no_mail_of_its_own() -> None:
    rule = BOOK.rules["holiday-pulls-deadline"]
    given = {"calendar": "uk-bacs", "now": "Tue 3 Nov 2026 09:00", "pay date": "Fri 20 Nov 2026"}
    case = case_of(rule, replace(first_yes(rule), given=given), BOOK)

    assert holiday_letter(common_of(case, rule), case, rule.advice) is None


@pytest.mark.parametrize("rule", WEEKS, ids=lambda rule: rule.id)
async def test_deadlines_ahead_come_by_week_with_what_moved_them(rule: Rule) -> None:
    given = {"calendar": "uk-bacs", "now": "Mon 21 Dec 2026 08:00", "pay date": "Fri 25 Dec 2026"}
    case = case_of(rule, replace(first_yes(rule), given=given), BOOK)
    common = common_of(case, rule) | {"title": rule.title}
    url = common.pop("url")
    del common["connection"]
    assert rule.every is not None
    dues = dues_ahead(case, "one")
    more = {"times": rule.every.times, "slot_at": case.now}

    mail = await rendered(deadlines_letter(common | more, dues, {"one": (case, url)}, url=url))

    assert mail.subject.startswith(f"{len(dues)} deadlines to Thu 24 Dec, the first ")
    for words in both(mail):
        assert case.title in words
        assert "Bank deadline" in words
        assert "moved from Fri 25 Dec: Christmas Day" in words
        assert "this week" in words.casefold()
        assert "nothing is closed while it is held" in words


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
