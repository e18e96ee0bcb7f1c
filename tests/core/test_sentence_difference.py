"""What a new version of a rule changes is said in words, and nothing that it changes is left out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from bot.core.condition import Block, How
from bot.core.expect import parse_expectation
from bot.core.lapse import Lapse
from bot.core.money import Money
from bot.core.rule import AtMost, Escalate, IfMissed, Limits, Mode, Rule, Step
from bot.core.sentence import condition_in_words, difference, sentence
from bot.core.sentence.normal import lines
from bot.core.slots import parse_schedule
from bot.core.words import LanguageCode
from tests.core.made_rules import Maker, whole_vocabulary
from tests.core.test_sentence import ALERT, RULE, both, either, line
from tests.core.test_sentence_reads_back import parts_of

CHANGED = 600
LIMITED = replace(RULE, limits=Limits(Money(Decimal(20_000), "SEK")))
WITH_ANY = replace(
    RULE, when=Block(How.ALL, (line("status is open"), either("cost is known", "price is known")))
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            LIMITED,
            replace(RULE, limits=Limits(Money(Decimal(20_500), "SEK"))),
            ["a person is asked above 20 000 SEK → 20 500 SEK"],
            id="another amount, whole",
        ),
        pytest.param(
            LIMITED, RULE, ["no longer: a person is asked above 20 000 SEK"], id="no limit any more"
        ),
        pytest.param(RULE, LIMITED, ["new: a person is asked above 20 000 SEK"], id="a limit"),
        pytest.param(RULE, replace(RULE, mode=Mode.ASK), ["mode: act → ask"], id="the mode"),
        pytest.param(
            RULE,
            replace(RULE, when=both("status is open", "payouts is at least 2")),
            ["payouts is at least 1 → 2"],
            id="another number in a line",
        ),
        pytest.param(
            RULE,
            replace(RULE, when=both("status is open")),
            ["the line “payouts is at least 1” is gone"],
            id="a line less",
        ),
        pytest.param(
            RULE,
            replace(RULE, when=both("status is open", "payouts is at least 1", "cost is known")),
            ["new line: cost is known"],
            id="a line more",
        ),
        pytest.param(
            RULE,
            replace(RULE, when=both("status is open", "payouts is at most 1")),
            ["the line “payouts is at least 1” is gone", "new line: payouts is at most 1"],
            id="the same number the other way round",
        ),
        pytest.param(
            RULE,
            replace(RULE, when=either("status is open", "payouts is at least 1")),
            [
                "the line “status is open” is gone",
                "the line “payouts is at least 1” is gone",
                "new line: status is open or payouts is at least 1",
            ],
            id="any instead of all",
        ),
        pytest.param(
            WITH_ANY,
            replace(
                RULE,
                when=Block(How.ALL, (line("status is open"), either("cost is known", "price is missing"))),
            ),
            ["cost is known or price is known → missing"],
            id="within a block",
        ),
        pytest.param(
            RULE,
            replace(RULE, then=RULE.then[:1]),
            ["no longer: mail payrun_closed to payroll"],
            id="a step less",
        ),
        pytest.param(
            RULE,
            replace(
                RULE, then=(RULE.then[0], Step("send_mail", {"template": "payrun_closed", "to": "finance"}))
            ),
            ["mail payrun_closed to payroll → finance"],
            id="somebody else",
        ),
        pytest.param(
            RULE,
            replace(RULE, then=(*RULE.then, Step("post_webhook", {"target": "erp"}))),
            ["also: post to the webhook erp"],
            id="a step more",
        ),
        pytest.param(
            RULE,
            replace(RULE, then=RULE.then[::-1]),
            ["in another order: mail payrun_closed to payroll, then close it"],
            id="the steps the other way round",
        ),
        pytest.param(
            RULE, replace(RULE, connections=("gigapay-se",)), ["new: of gigapay-se"], id="fewer connections"
        ),
        pytest.param(
            replace(RULE, calendar="se"),
            replace(RULE, calendar="uk-bacs"),
            ["by the work calendar se → uk-bacs"],
            id="another work calendar",
        ),
        pytest.param(
            RULE, replace(RULE, watch="xero.payrun"), ["watches Gigapay payrun → Xero pay run"], id="the kind"
        ),
        pytest.param(RULE, replace(RULE, title="Shut it"), ["title: “Close it” → “Shut it”"], id="the title"),
        pytest.param(
            RULE,
            replace(RULE, advice="Look"),
            ["what the approver is advised: nothing → “Look”"],
            id="the advice",
        ),
        pytest.param(
            replace(RULE, every=parse_schedule("Friday 15:00")),
            replace(RULE, every=parse_schedule("Friday 16:00"), if_missed=IfMissed.SKIP),
            [
                "every Friday at 15:00 → 16:00",
                "missed times are told to ops and not made up for → left out",
            ],
            id="the times",
        ),
        pytest.param(
            replace(RULE, expect=parse_expectation("x per week by Thursday 12:00").expectation),
            replace(RULE, expect=parse_expectation("at least 2 x per week by Thursday 12:00").expectation),
            [
                "expected at least 1 time each week by Thursday at 12:00 → "
                "2 times each week by Thursday at 12:00"
            ],
            id="how many are expected",
        ),
        pytest.param(
            replace(
                RULE, then=(ALERT,), wait=timedelta(minutes=10), escalate=Escalate(Lapse(4, "hour"), "lead")
            ),
            replace(RULE, then=(ALERT,), remind=parse_schedule("day 09:00"), group_by="payrun"),
            [
                "new: one alert for each pay run",
                "no longer: collected for 10 minutes before it is told",
                "new: told again every day at 09:00 while it lasts",
                "no longer: lead is told too after 4 hours",
            ],
            id="what is told when",
        ),
    ],
)
def test_a_difference_is_said_in_words(old: Rule, new: Rule, said: list[str]) -> None:
    assert sorted(difference(replace(old, hash="1"), replace(new, hash="2"))) == sorted(said)


def test_a_difference_is_said_in_swedish_too() -> None:
    new = replace(
        LIMITED, mode=Mode.ASK, limits=Limits(Money(Decimal(30_000), "SEK")), when=both("status is open")
    )

    assert difference(LIMITED, new, "sv") == (
        "raden ”antalet utbetalningar är minst 1” är borta",
        "läge: act → ask",
        "en person tillfrågas över 20 000 SEK → 30 000 SEK",
    )


@pytest.mark.parametrize(
    ("new", "said"),
    [
        pytest.param(
            replace(
                RULE,
                hash="2",
                text="when: [payouts is at least 1, status is open]",
                when=both("payouts is at least 1", "status is open"),
            ),
            ("the same in other words",),
            id="written otherwise",
        ),
        pytest.param(
            replace(RULE, hash="2"),
            ("the rule says the same; its work calendar, a group or a fact it uses has changed",),
            id="read with something else",
        ),
        pytest.param(RULE, (), id="nothing at all"),
    ],
)
def test_what_changes_no_word_of_the_sentence_is_said_as_such(new: Rule, said: tuple[str, ...]) -> None:
    assert difference(RULE, new) == said


def test_a_work_calendar_that_has_changed_is_named() -> None:
    assert difference(RULE, replace(RULE, hash="2"), calendars=("se",)) == (
        "the work calendar se has changed",
    )


@pytest.mark.parametrize("language", ["en", "sv"])
def test_whatever_one_change_makes_another_rule_is_named(language: LanguageCode) -> None:
    """And what makes no other rule makes no line."""
    maker = Maker(Random(20261121), whole_vocabulary())
    for _ in range(CHANGED):
        old = replace(maker.rule(), hash="1")
        key, value = maker.pick.choice(sorted(one_change(maker, old).items()))
        new = replace(old, **{key: value}, hash="2", text="another")
        said = difference(old, new, language)

        is_same = parts_of(old) == parts_of(new)
        assert said, (key, sentence(old), sentence(new))
        assert (sentence(old, language) == sentence(new, language)) is is_same, key
        if not is_same and not only_moved(old, new):
            assert said not in (("the same in other words",), ("detsamma med andra ord",)), key
        assert difference(old, replace(new, **{key: getattr(old, key)}, hash="1")) == ()


def one_change(maker: Maker, old: Rule) -> Mapping[str, object]:
    """Everything that may be set anew, each with another value."""
    others = maker.others(old)
    return {
        **others,
        "when": maker.condition(old.watch),
        "then": maker.steps(old.watch),
        "mode": maker.pick.choice(list(Mode)),
        "limits": replace(old.limits, at_most=AtMost(3, timedelta(days=maker.pick.randint(1, 30)))),
        **({"every": maker.schedule()} if old.every else {}),
    }


def only_moved(old: Rule, new: Rule) -> bool:
    """Whether they have the same lines in another order, which is the same rule."""
    before, after = (sorted(map(condition_in_words, lines(rule.when))) for rule in (old, new))
    return before == after and parts_of(old) == {**parts_of(new), "when": parts_of(old)["when"]}
