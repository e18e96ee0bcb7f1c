"""Each fact by example, with what it says when something was not read."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Type, Unread, Value
from bot.facts import FactInput, facts, facts_of
from bot.facts.gather import gather, needs_lines
from tests.core.calendars import SE, at
from tests.core.words import claim

NOW = at("2026-11-20T16:00")
NOT_READ = Unread("the lines were not read")


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def line(name: str, payee: str, pay: str, **more) -> Line:
    return Line(name, payee, sek(pay), **more)


def run(
    *lines: Line, kind: str = "gigapay.payrun", name: str = "1", unread: bool = False, **values: Value
) -> Snapshot:
    named = {key.replace("_", " "): value for key, value in values.items()}
    return Snapshot(kind, "here", name, named, NOW, None if unread else lines)


def fact(name: str, snapshot: Snapshot, *earlier: Snapshot) -> Value:
    return facts_of(snapshot.kind)[name].compute(FactInput(snapshot, earlier, SE, NOW))


def test_possible_duplicates_repeat_payee_and_amount():
    snapshot = run(line("a", "7", "10"), line("b", "7", "10.00"), line("c", "7", "11"), line("d", "8", "10"))

    assert fact("possible duplicates", snapshot) == Known(1, ("payee 7: 2 times 10.00 SEK",))


def test_payouts_not_onboarded_would_not_be_paid():
    snapshot = run(line("a", "7", "1", status="onboarding_incomplete"), line("b", "8", "1", status="created"))

    assert fact("payouts not onboarded", snapshot) == Known(1, ("payout a to payee 7",))


@pytest.mark.parametrize(
    ("created", "late"),
    [
        pytest.param("2026-11-20T15:00", 0, id="on the cut-off is in time"),
        pytest.param("2026-11-20T15:00:01", 1, id="a second later is not"),
    ],
)
def test_payouts_after_cut_off(created, late):
    opened = Known(at("2026-11-16T08:12"))
    value = fact("payouts after cut-off", run(line("a", "7", "1", created_at=at(created)), opened_at=opened))

    assert isinstance(value, Known)
    assert value.value == late


def test_payouts_after_cut_off_is_missing_without_one_and_unread_without_times():
    opened = Known(at("2026-11-16T08:12"))

    assert fact("payouts after cut-off", run(line("a", "7", "1"))) == MISSING
    assert fact("payouts after cut-off", run(line("a", "7", "1"), opened_at=opened)) == Unread(
        "payout a does not say when it was created"
    )
    assert fact("payouts after cut-off", run(opened_at=Unread("no answer"))) == Unread("no answer")


def test_first_time_payees_were_in_no_earlier_run():
    now = run(line("a", "7", "1"), line("b", "8", "1"), line("c", "9", "1"))
    before = run(line("x", "7", "1")), run(line("y", "8", "1"))

    assert fact("first-time payees", now, *before) == Known(1, ("payee 9",))
    assert fact("first-time payees", now) == Known(3, ("payee 7", "payee 8", "payee 9"))


def test_first_time_payees_need_the_last_runs_lines_where_somebody_seems_new():
    read, unread = run(line("x", "7", "1")), run(unread=True, name="2858914")

    assert fact("first-time payees", run(line("a", "7", "1")), unread, read) == Known(0)
    assert fact("first-time payees", run(line("a", "9", "1")), unread, read) == Unread(
        "the lines of the last run 2858914 were not read"
    )


def test_who_was_only_in_an_unread_run_further_back_counts_as_new():
    read, unread = run(line("x", "7", "1")), run(unread=True, name="2858914")

    assert fact("first-time payees", run(line("a", "9", "1")), read, unread) == Known(1, ("payee 9",))


def test_missing_since_last_run_compares_with_the_last_alone():
    now, last, older = (
        run(line("a", "7", "1")),
        run(line("x", "7", "1"), line("y", "8", "1")),
        run(line("z", "9", "1")),
    )

    assert fact("missing since last run", now, last, older) == Known(1, ("payee 8",))
    assert fact("missing since last run", now) == MISSING
    assert isinstance(fact("missing since last run", now, run(unread=True)), Unread)


def test_zero_net_pay_is_exactly_zero():
    snapshot = run(line("a", "7", "0.00"), line("b", "8", "-0.01"), line("c", "9", "0.01"))
    of_staffology = replace(snapshot, kind="staffology.payrun")

    assert fact("zero net pay", of_staffology) == Known(1, ("payee 7",))
    assert fact("zero net pay", replace(of_staffology, lines=None)) == NOT_READ


def test_negative_net_pay_is_below_zero():
    snapshot = run(line("a", "7", "0"), line("b", "8", "-0.01"))

    assert fact("negative net pay", snapshot) == Known(1, ("payee 8: −0.01 SEK",))


@pytest.mark.parametrize(
    ("now", "before", "value"),
    [
        pytest.param("110", "100", Known(Decimal(10), ("more, last run 100.00 SEK",)), id="more"),
        pytest.param("90", "100", Known(Decimal(10), ("less, last run 100.00 SEK",)), id="less is as far"),
        pytest.param("0", "0", Known(Decimal(0), ("the same, last run 0.00 SEK",)), id="nothing, as before"),
        pytest.param("1", "0", Unread("the amount before was zero"), id="from zero"),
    ],
)
def test_change_in_net_pay_counts_up_and_down(now, before, value):
    assert fact("change in net pay", run(net_pay=Known(sek(now))), run(net_pay=Known(sek(before)))) == value


def test_change_in_net_pay_needs_a_last_run_in_the_same_currency():
    now = run(net_pay=Known(sek("1")))

    assert fact("change in net pay", now) == MISSING
    assert fact("change in net pay", now, run(net_pay=Unread("no answer"))) == Unread("no answer")
    assert isinstance(fact("change in net pay", now, run(net_pay=Known(Money.of(1, "EUR")))), Unread)


def test_net_pay_against_median_is_of_six_and_needs_three():
    now = run(net_pay=Known(sek("130")))
    earlier = [
        run(net_pay=Known(sek(pay))) for pay in ("90", "110", "100", "100", "80", "120", "9999", "9999")
    ]

    assert fact("net pay against median", now, *earlier) == Known(Decimal(30), ("more, median 100.00 SEK",))
    assert fact("net pay against median", now, *earlier[:2]) == MISSING


@pytest.mark.parametrize(
    ("header", "value"),
    [
        pytest.param("30", Known(False, ("total 30.00 SEK, lines 30.00 SEK",)), id="they agree"),
        pytest.param("30.01", Known(True, ("total 30.01 SEK, lines 30.00 SEK",)), id="a penny off"),
    ],
)
def test_lines_disagree_with_the_vendors_total(header, value):
    snapshot = run(
        line("a", "7", "10"), line("b", "8", "20"), kind="xero.payrun", header_pay=Known(sek(header))
    )

    assert fact("lines disagree", snapshot) == value


def test_lines_of_another_currency_neither_agree_nor_disagree():
    snapshot = run(line("a", "7", "10"), kind="xero.payrun", header_pay=Known(Money.of(10, "GBP")))

    assert isinstance(fact("lines disagree", snapshot), Unread)


@pytest.mark.parametrize(
    ("name", "field", "present", "absent"),
    [
        ("calendar has rolled", "run for this period", False, True),
        ("next period is covered", "next period calendar", True, False),
    ],
)
def test_xero_calendars_say_what_exists_for_their_period(name, field, present, absent):
    def value(of: Value) -> Value:
        return fact(name, Snapshot("xero.calendar", "xero-uk", "c", {field: of}, NOW))

    assert replace(value(Known("d1f0")), detail=()) == Known(present)
    assert value(MISSING) == Known(absent)
    assert value(Unread("the list is not complete")) == Unread("the list is not complete")


@pytest.mark.parametrize(
    "one", [fact for fact in facts() if fact.needs_lines], ids=lambda one: one.field.name
)
def test_a_fact_about_lines_is_unread_without_them(one):
    snapshot = run(unread=True, kind=one.kinds[0], header_pay=Known(sek("1")), opened_at=Known(NOW))

    assert one.compute(FactInput(snapshot, (), SE, NOW)) == NOT_READ


@pytest.mark.parametrize("one", facts(), ids=lambda one: one.field.name)
def test_a_fact_is_described_and_has_a_harmless_example(one):
    assert one.field.help.endswith(".")
    assert one.field.example in {"0", "0 %", "yes", "no"}
    assert one.field.type in {Type.COUNT, Type.PERCENT, Type.FLAG}


def test_everything_about_a_pay_run_is_gathered():
    opened, cut_off = Known(at("2026-11-16T08:12")), at("2026-11-20T15:00")
    snapshot = run(line("a", "7", "10"), opened_at=opened, net_pay=Known(sek("10")))

    gathered = gather(snapshot, (), SE, at("2026-11-20T12:00"))

    assert gathered.values["opened at"] == opened
    assert gathered.values["input cut-off"] == Known(cut_off)
    assert gathered.values["first-time payees"] == Known(1, ("payee 7",))
    assert gathered.changes == {"next deadline": cut_off, "paid last month": at("2026-12-01T00:00")}


def test_a_calendar_has_no_deadlines():
    gathered = gather(Snapshot("xero.calendar", "xero-uk", "c", {}, NOW), (), SE, NOW)

    assert set(gathered.values) == {"calendar has rolled", "next period is covered"}


def test_a_rule_says_whether_it_needs_the_lines(small_rule):
    assert needs_lines(replace(small_rule, when=claim("status is open"))) is False
    assert needs_lines(small_rule) is True
