"""Wider and narrower, and whether two rules meet: each key of a rule, on both sides."""

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.condition import Block, How
from bot.core.money import Money
from bot.core.prove import Example, Impossible, NotWider, Wider, Would, amount_of, given_line, overlap, wider
from bot.core.prove.found import CannotTell
from bot.core.prove.reach import COST
from bot.core.resource import Field, Type
from bot.core.rule import AtMost, IfMissed, Limits, Mode, Rule, Step
from bot.core.slots import parse_schedule
from tests.core.calendars import SE, at
from tests.core.words import FIELDS, claim

NOW = at("2026-11-13T15:05")
NET_PAY = Field("net pay", Type.MONEY, "what people receive", "0 AUD", "ours")


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def rule(*lines: str, mode: Mode = Mode.ACT, **other) -> Rule:
    limits = {name: other.pop(name) for name in [one.name for one in fields(Limits)] if name in other}
    return Rule(
        id="a-rule",
        title="A rule",
        watch="gigapay.payrun",
        when=Block(How.ALL, tuple(map(claim, lines or ("status is open",)))),
        then=(Step("gigapay.close_payrun"), Step("send_mail", {"to": "payroll"})),
        mode=mode,
        hash="",
        text="",
        file="",
        line=1,
        limits=Limits(**limits),
        **other,
    )


SIGNED = rule(
    "status is open", "payouts is at least 2", ask_above=sek("20000"), two_people_above=sek("100000")
)


def edited(*lines: str, **limits) -> Rule:
    when = Block(How.ALL, tuple(map(claim, lines))) if lines else SIGNED.when
    return replace(SIGNED, when=when, limits=replace(SIGNED.limits, **limits))


@pytest.mark.parametrize(
    ("new", "would", "example"),
    [
        pytest.param(
            edited("status is one of open, approved", "payouts is at least 2"),
            Would.ACT,
            "status: approved, payouts: 2, cost: 20 000 SEK",
            id="one more status",
        ),
        pytest.param(
            edited("status is open", "payouts is at least 1"),
            Would.ACT,
            "status: open, payouts: 1, cost: 20 000 SEK",
            id="one fewer payout",
        ),
        pytest.param(
            edited("status is open"),
            Would.ACT,
            "status: open, cost: 20 000 SEK, payouts: 0",
            id="a line less",
        ),
        pytest.param(
            edited(ask_above=sek("50000")),
            Would.ACT_UNASKED,
            "status: open, payouts: 2, cost: 50 000 SEK",
            id="a higher limit",
        ),
        pytest.param(
            edited(ask_above=sek("20000.01")),
            Would.ACT_UNASKED,
            "status: open, payouts: 2, cost: 20 000.01 SEK",
            id="a limit higher by a cent",
        ),
        pytest.param(
            edited(ask_above=None),
            Would.ACT_UNASKED,
            "status: open, payouts: 2, cost: 100 000 SEK",
            id="no limit, so it acts at any amount at which two people are not asked",
        ),
        pytest.param(
            edited(ask_above=Money.of("1", "EUR"), two_people_above=None),
            Would.ACT_UNASKED,
            "status: open, payouts: 2, cost: 1 EUR",
            id="a limit in another currency",
        ),
        pytest.param(
            edited(two_people_above=sek("200000")),
            Would.ASK_ONE,
            "status: open, payouts: 2, cost: 200 000 SEK",
            id="one person where two were asked",
        ),
        pytest.param(
            replace(edited(), mode=Mode.ASK, when=rule("status is closed").when),
            Would.ASK,
            "status: closed, cost: 100 000 SEK",
            id="asks where nothing was done",
        ),
    ],
)
def test_a_version_is_wider_where_a_resource_shows_it(new, would, example):
    found = wider(new, SIGNED, SE, NOW)

    assert isinstance(found, Wider)
    assert found.would is would
    assert found.why == f"it would {would}, and the signed version would not"
    assert found.example is not None
    assert given_line(found.example, SE) == f"{example}, now: Fri 13 Nov 2026 15:05"


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(SIGNED, id="the same"),
        pytest.param(edited("payouts is more than 1", "status is open"), id="the same in other words"),
        pytest.param(edited("status is open", "payouts is at least 3"), id="one more payout"),
        pytest.param(edited("status is open", "payouts is at least 2", "automated is no"), id="a line more"),
        pytest.param(edited(ask_above=sek("19999.99")), id="a lower limit"),
        pytest.param(edited(two_people_above=sek("50000")), id="two people sooner"),
        pytest.param(edited(ask_when=(claim("payouts is at least 9"),)), id="asks also when"),
        pytest.param(edited(only_during_working_hours=True), id="only in working hours"),
        pytest.param(edited(at_most=AtMost(1, timedelta(days=7))), id="seldom"),
        pytest.param(replace(SIGNED, mode=Mode.ASK), id="asks"),
        pytest.param(replace(edited(ask_above=None), mode=Mode.ASK), id="asks without a limit"),
        pytest.param(
            replace(edited("payouts is none"), mode=Mode.WATCH), id="only watches, whatever it watches"
        ),
        pytest.param(replace(edited("payouts is none"), mode=Mode.OFF), id="switched off"),
        pytest.param(replace(edited("status is open", "status is closed"), then=()), id="can never fire"),
        pytest.param(replace(SIGNED, connections=("gigapay-se",)), id="fewer connections"),
        pytest.param(
            replace(SIGNED, title="Other words", advice="Look.", hash="1", text="x", file="y", line=9),
            id="words",
        ),
    ],
)
def test_a_version_that_does_less_is_proved_not_wider(new):
    assert wider(new, SIGNED, SE, NOW) == NotWider()


def test_a_limit_in_the_old_version_asks_also_where_nobody_knows_the_amount():
    """Without it the new one acts on a missing cost, where the old one asked."""
    old, new = rule(ask_above=sek("5")), rule("status is open", "cost is missing")
    found = wider(new, old, SE, NOW)

    assert isinstance(found, Wider) and found.would is Would.ACT_UNASKED
    assert found.example is not None
    assert given_line(found.example, SE) == "status: open, cost: missing, now: Fri 13 Nov 2026 15:05"
    assert wider(rule("status is open", "cost is at most 5 SEK"), old, SE, NOW) == NotWider()


def test_what_is_asked_about_is_asked_also_where_the_answer_is_unknown():
    old = rule(ask_when=(claim("automated is yes"),))
    unread = rule("status is open", ask_when=(claim("automated is yes"), claim("automated is missing")))
    known = rule("status is open", "automated is no")
    new = replace(known, limits=Limits())

    assert wider(unread, old, SE, NOW) == NotWider()
    assert wider(new, old, SE, NOW) == NotWider()
    assert isinstance(wider(rule(), old, SE, NOW), Wider)

    never_yes = wider(rule(), rule(ask_when=(claim("payouts is less than 0"),)), SE, NOW)
    assert isinstance(never_yes, Wider) and never_yes.example is not None
    assert given_line(never_yes.example, SE) == "status: open, payouts: unknown, now: Fri 13 Nov 2026 15:05"


def test_two_people_are_asked_above_an_amount_also_in_mode_act():
    old = rule(two_people_above=sek("100"))

    assert wider(rule(ask_above=sek("100"), mode=Mode.ASK), old, SE, NOW) != NotWider()
    assert wider(rule(ask_above=sek("50"), two_people_above=sek("100")), old, SE, NOW) == NotWider()


def test_a_higher_mode_is_wider():
    act, ask, watch = (replace(rule(), mode=mode) for mode in (Mode.ACT, Mode.ASK, Mode.WATCH))

    assert wider(act, ask, SE, NOW).would is Would.ACT_UNASKED
    assert wider(act, watch, SE, NOW).would is Would.ACT
    assert wider(ask, watch, SE, NOW).would is Would.ASK
    assert wider(watch, replace(rule(), mode=Mode.OFF), SE, NOW) == NotWider()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            rule(only_during_working_hours=True),
            rule(),
            "it no longer keeps to working hours",
        ),
        (rule(at_most=AtMost(1, timedelta(days=7))), rule(), "it may do it more often"),
        (
            rule(at_most=AtMost(1, timedelta(days=7))),
            rule(at_most=AtMost(2, timedelta(days=7))),
            "it may do it more often",
        ),
        (
            rule(at_most=AtMost(1, timedelta(days=7))),
            rule(at_most=AtMost(1, timedelta(days=6))),
            "it may do it more often",
        ),
        (rule(connections=("a",)), rule(connections=("a", "b")), "it is about b, too"),
        (rule(connections=("a",)), rule(), "it is about every connection"),
        (
            rule(calendar="se"),
            rule(),
            "it names another calendar, and what two calendars say is not compared",
        ),
        (rule(), replace(rule(), watch="gigapay.payout"), "it watches something else"),
        (
            rule(),
            replace(rule(), then=tuple(reversed(rule().then))),
            "what it does is not the same, or not in the same order",
        ),
        (
            rule(),
            replace(rule(), then=(rule().then[0], Step("send_mail", {"to": "everybody"}))),
            "what it does is not the same, or not in the same order",
        ),
        (rule(ask="leads"), rule(), "another group is asked"),
        (rule(), rule(group_by="payrun"), "what it tells is put together differently"),
        (
            rule(),
            rule(wait=timedelta(minutes=5)),
            "it waits for another length of time before it tells",
        ),
        (rule(every=parse_schedule("day 08:00")), rule(), "it is asked at other times"),
        (
            rule(every=parse_schedule("day 08:00")),
            rule(every=parse_schedule("day 08:00"), if_missed=IfMissed.RUN_LATE),
            "missed times are treated differently",
        ),
        (rule(), rule(remind=parse_schedule("day 08:00")), "it tells again at other times"),
    ],
)
def test_what_is_not_asked_of_a_resource_is_compared_as_it_stands(old, new, why):
    assert wider(new, old, SE, NOW) == Wider(why)
    assert wider(replace(new, mode=Mode.WATCH), old, SE, NOW) == NotWider()


def test_what_can_not_be_settled_counts_as_wider():
    old = rule("bank deadline is in the next 50 days")
    new = rule("bank deadline is in the next 1 working day")

    assert wider(new, old, SE, NOW) == Wider(
        "it cannot be told whether these can be so at one moment: "
        '"bank deadline is in the next 1 working day", "bank deadline is in the next 50 days"'
    )


def test_without_an_amount_a_limit_always_asks():
    limited = rule(ask_above=sek("100"))

    assert wider(limited, rule(mode=Mode.ASK), SE, NOW, amount=None) == NotWider()
    assert isinstance(wider(limited, rule(mode=Mode.ASK), SE, NOW), Wider)


def test_the_amount_of_a_kind_is_its_cost_or_else_its_net_pay():
    old, new = rule(ask_above=Money(Decimal(5), "AUD")), rule(ask_above=Money(Decimal(6), "AUD"))
    found = wider(new, old, SE, NOW, amount=NET_PAY)

    assert amount_of([NET_PAY, FIELDS["cost"]]) is FIELDS["cost"]
    assert amount_of([NET_PAY, FIELDS["status"]]) is NET_PAY
    assert amount_of([FIELDS["status"]]) is None
    assert COST.type is Type.MONEY
    assert isinstance(found, Wider) and found.example is not None
    assert given_line(found.example, SE) == "status: open, net pay: 6 AUD, now: Fri 13 Nov 2026 15:05"


# -- two rules -----------------------------------------------------------------------


def test_two_rules_meet_on_a_resource_that_is_shown():
    found = overlap(rule("status is open", "cost is at least 5 SEK"), rule("cost is at most 5 SEK"), SE, NOW)

    assert isinstance(found, Example)
    assert given_line(found, SE) == "status: open, cost: 5 SEK, now: Fri 13 Nov 2026 15:05"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(rule("status is closed"), id="another status"),
        pytest.param(replace(rule(connections=("b",)), when=rule().when), id="another connection"),
        pytest.param(replace(rule(), watch="xero.payrun"), id="another vendor"),
        pytest.param(rule("status is closed", calendar="se"), id="another status and calendar"),
    ],
)
def test_two_rules_that_never_meet_are_proved_so(other):
    assert overlap(rule(connections=("a",)), other, SE, NOW) == Impossible()
    assert overlap(other, rule(connections=("a",)), SE, NOW) == Impossible()


def test_a_rule_about_any_pay_run_meets_the_vendors():
    assert isinstance(overlap(replace(rule(), watch="payrun"), rule(), SE, NOW), Example)
    assert isinstance(overlap(rule(), replace(rule(), watch="payrun"), SE, NOW), Example)


def test_rules_with_different_calendars_are_compared_without_the_time():
    early = rule("now is before input cut-off", "status is open", calendar="se")
    late = rule("now is after input cut-off", "status is open")
    timeless = rule("status is open")

    assert overlap(early, late, SE, NOW) == CannotTell("a-rule and a-rule are read with different calendars")
    assert overlap(early, replace(late, calendar="se"), SE, NOW) == Impossible()
    assert isinstance(overlap(timeless, replace(timeless, calendar="se"), SE, NOW), Example)
