"""What follows from an answer: the verdict, its reasons, and when to look again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.condition import Answer, Block, How
from bot.core.decide import Decision, Facts, Verdict, decide
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread, Value
from bot.core.rule import NO_LIMITS, AtMost, Limits, Mode, Rule, Step
from tests.core.calendars import SE, at
from tests.core.words import claim

NOON = at("2026-11-20T12:00")
LIMIT = Money(Decimal(20_000), "SEK")


def rule(limits: Limits = NO_LIMITS, mode: Mode = Mode.ACT) -> Rule:
    return Rule(
        id="a-rule",
        title="A rule",
        watch="gigapay.payrun",
        when=Block(How.ALL, (claim("status is open"),)),
        then=(Step("gigapay.close_payrun"),),
        mode=mode,
        hash="hash",
        text="",
        file="rules/a.yaml",
        line=1,
        limits=limits,
    )


def decided(one: Rule, now=NOON, mode: Mode | None = None, **values: Value) -> Decision:
    known = {"status": Known("open"), "cost": Known(LIMIT)} | {
        name.replace("_", " "): value for name, value in values.items()
    }
    return decide(one, Facts(known, SE), now, mode)


@pytest.mark.parametrize(
    ("mode", "status", "verdict"),
    [
        pytest.param(Mode.ACT, Known("open"), Verdict.ACT, id="yes, act"),
        pytest.param(Mode.ASK, Known("open"), Verdict.ASK, id="yes, ask"),
        pytest.param(Mode.WATCH, Known("open"), Verdict.WATCH, id="yes, watch"),
        pytest.param(Mode.OFF, Known("open"), Verdict.NOTHING, id="yes, off"),
        pytest.param(Mode.ACT, Known("closed"), Verdict.NOTHING, id="no"),
        pytest.param(Mode.ACT, Unread("not read"), Verdict.UNKNOWN, id="unknown never acts"),
        pytest.param(Mode.WATCH, Unread("not read"), Verdict.UNKNOWN, id="unknown, watched"),
    ],
)
def test_the_verdict_follows_from_answer_and_mode(mode, status, verdict):
    assert decided(rule(mode=mode), status=status).verdict is verdict


def test_the_mode_in_force_counts_and_not_the_files():
    assert decided(rule(mode=Mode.ACT), mode=Mode.WATCH).verdict is Verdict.WATCH


@pytest.mark.parametrize(
    ("cost", "verdict", "saw"),
    [
        pytest.param(Known(LIMIT), Verdict.ACT, None, id="on the limit is done"),
        pytest.param(Known(Money.of("20000.01", "SEK")), Verdict.ASK, "20 000.01 SEK", id="a cent over"),
        pytest.param(
            Known(Money.of(1, "EUR")), Verdict.ASK, "1.00 EUR is in another currency", id="currency"
        ),
        pytest.param(Unread("not read yet"), Verdict.ASK, "not read yet", id="unread"),
        pytest.param(MISSING, Verdict.ASK, "no amount is known", id="missing"),
    ],
)
def test_ask_above_asks_above_and_where_nobody_knows(cost, verdict, saw):
    decision = decided(rule(Limits(ask_above=LIMIT)), cost=cost)

    assert decision.verdict is verdict
    assert [(node.text, node.saw) for node in decision.reasons] == (
        [("cost is above 20 000 SEK", saw)] if saw else []
    )


@pytest.mark.parametrize(
    ("cost", "people"),
    [
        pytest.param(Known(LIMIT), 1, id="on the limit"),
        pytest.param(Known(Money.of("20000.01", "SEK")), 2, id="above"),
        pytest.param(Unread("not read"), 2, id="unread"),
    ],
)
def test_two_people_above(cost, people):
    decision = decided(rule(Limits(two_people_above=LIMIT), mode=Mode.ASK), cost=cost)

    assert (decision.verdict, decision.people_needed) == (Verdict.ASK, people)


@pytest.mark.parametrize(
    ("payouts", "verdict"),
    [
        pytest.param(Known(0), Verdict.ACT, id="no"),
        pytest.param(Known(1), Verdict.ASK, id="yes"),
        pytest.param(Unread("not read"), Verdict.ASK, id="unknown asks"),
        pytest.param(MISSING, Verdict.ACT, id="missing is no"),
    ],
)
def test_ask_when_asks_unless_it_is_no(payouts, verdict):
    limits = Limits(ask_when=(claim("payouts is at least 1"),))

    assert decided(rule(limits), payouts=payouts).verdict is verdict


@pytest.mark.parametrize(
    ("now", "wait_until"),
    [
        pytest.param("2026-11-20T16:59", None, id="in working hours at once"),
        pytest.param("2026-11-20T17:00", "2026-11-23T08:00", id="after closing at the next opening"),
    ],
)
def test_only_during_working_hours_waits(now, wait_until):
    decision = decided(rule(Limits(only_during_working_hours=True)), now=at(now))

    assert decision.verdict is Verdict.ACT
    assert decision.wait_until == (at(wait_until) if wait_until else None)


def test_limits_are_not_looked_at_without_a_yes():
    decision = decided(rule(Limits(ask_above=LIMIT)), status=Known("closed"), cost=MISSING)

    assert decision.reasons == ()


def test_the_next_look_is_also_when_an_asking_may_change():
    limits = Limits(
        ask_when=(claim("last payout was less than 1 hour ago"),), at_most=AtMost(1, timedelta(days=7))
    )

    decision = decided(rule(limits), last_payout=Known(at("2026-11-20T11:30")))

    assert decision.next_at == at("2026-11-20T12:30")


def test_a_value_that_time_changes_is_looked_at_then():
    one = rule()
    values = {"status": Known("open"), "next deadline": Known(at("2026-11-20T15:00"))}
    changes = {"next deadline": at("2026-11-20T15:00")}
    asking = replace(one, when=claim("next deadline is known"))

    assert decide(asking, Facts(values, SE, changes), NOON).next_at == at("2026-11-20T15:00")
    assert decide(one, Facts(values, SE, changes), NOON).next_at is None


def test_a_decision_knows_which_rule_was_asked_and_when():
    decision = decided(rule())

    assert (decision.answer, decision.why.rule, decision.why.now) == (Answer.YES, rule(), NOON)


@given(
    cost=st.decimals(min_value=0, max_value=100_000, places=2),
    minutes=st.integers(min_value=-600, max_value=600),
    mode=st.sampled_from(list(Mode)),
)
def test_decided_twice_is_decided_the_same(cost, minutes, mode):
    limits = Limits(LIMIT, (claim("last payout was less than 1 hour ago"),), LIMIT, True)
    values = {"cost": Known(Money(cost, "SEK")), "last_payout": Known(NOON + timedelta(minutes=minutes))}

    assert decided(rule(limits), mode=mode, **values) == decided(rule(limits), mode=mode, **values)
