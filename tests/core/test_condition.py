"""Each kind of line, both edges of each, and what nobody knows."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answer import answer, combined
from bot.core.condition import Answer, Block, Given, How, claims, names
from bot.core.explain import explain
from bot.core.money import Money
from bot.core.resource import Known, Unread
from tests.core.calendars import SE, at, on
from tests.core.words import claim, said

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
NOON = at("2026-11-20T12:00")
SEK = Money(Decimal(20_000), "SEK")


@pytest.mark.parametrize(
    ("line", "name", "value", "expected"),
    [
        pytest.param("status is open", "status", "open", YES, id="is"),
        pytest.param("status is open", "status", "closed", NO, id="is not so"),
        pytest.param("Status is OPEN", "status", "open", YES, id="in any case"),
        pytest.param("status is not open", "status", "closed", YES, id="not"),
        pytest.param("status is one of open, approved", "status", "approved", YES, id="one of"),
        pytest.param("status is not one of open, approved", "status", "approved", NO, id="not one of"),
        pytest.param("run is A17", "run", "a17", YES, id="text in any case"),
        pytest.param("automated is no", "automated", False, YES, id="no"),
        pytest.param("automated is yes", "automated", False, NO, id="no is not yes"),
        pytest.param("cost is at most 20 000 SEK", "cost", SEK, YES, id="at most, on the amount"),
        pytest.param(
            "cost is at most 20 000 SEK", "cost", Money.of("20000.01", "SEK"), NO, id="at most, a cent more"
        ),
        pytest.param("cost is at least SEK 20,000", "cost", SEK, YES, id="at least, on the amount"),
        pytest.param(
            "cost is at least 20 000 SEK", "cost", Money.of("19999.99", "SEK"), NO, id="at least, a cent less"
        ),
        pytest.param("cost is more than 20 000 SEK", "cost", SEK, NO, id="more than, on the amount"),
        pytest.param(
            "cost is more than 20 000 SEK", "cost", Money.of("20000.01", "SEK"), YES, id="more, by a cent"
        ),
        pytest.param("cost is less than 20 000 SEK", "cost", SEK, NO, id="less than, on the amount"),
        pytest.param("cost is less than 20 000 SEK", "cost", Money.of("19999.99", "SEK"), YES, id="less"),
        pytest.param("cost is not at most 20 000 SEK", "cost", SEK, NO, id="not at most"),
        pytest.param("cost is 20 000 SEK", "cost", Money.of("20000.00", "SEK"), YES, id="equal amounts"),
        pytest.param("payouts is none", "payouts", 0, YES, id="a count of none is zero"),
        pytest.param("payouts is none", "payouts", 1, NO, id="one is not none"),
        pytest.param("payouts is missing", "payouts", 0, NO, id="zero is not missing"),
        pytest.param("payouts is at least 1", "payouts", 1, YES, id="a count"),
        pytest.param(
            "change in net pay is at most 10 %", "change in net pay", Decimal("10.0"), YES, id="10 %"
        ),
        pytest.param(
            "change in net pay is at most 10 %", "change in net pay", Decimal("10.01"), NO, id="more"
        ),
        pytest.param("open for is more than 20 hours", "open for", timedelta(hours=20), NO, id="a length"),
        pytest.param("open for is more than 20 hours", "open for", timedelta(hours=20.1), YES, id="longer"),
        pytest.param("period end is Fri 20 Nov 2026", "period end", on("2026-11-20"), YES, id="a date"),
        pytest.param("period end is 2026-11-20", "period end", on("2026-11-21"), NO, id="another date"),
        pytest.param("run is known", "run", "A17", YES, id="known"),
        pytest.param("run is missing", "run", "A17", NO, id="not missing"),
        pytest.param("run is not missing", "run", "A17", YES, id="is not missing"),
    ],
)
def test_a_line_about_a_known_value(line, name, value, expected):
    assert said(line, {name: Known(value)}, NOON).answer is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("run is missing", YES, id="missing"),
        pytest.param("run is none", YES, id="none"),
        pytest.param("payouts is none", YES, id="a count that the vendor does not have"),
        pytest.param("run is known", NO, id="known"),
        pytest.param("run is not known", YES, id="not known"),
        pytest.param("run is not missing", NO, id="not missing"),
        pytest.param("status is open", NO, id="is"),
        pytest.param("status is not open", NO, id="is not: there is nothing to be otherwise"),
        pytest.param("cost is at most 20 000 SEK", NO, id="at most"),
        pytest.param("cost is not at most 20 000 SEK", NO, id="not at most"),
        pytest.param("last payout was more than 30 minutes ago", NO, id="ago"),
        pytest.param("now is after input cut-off", NO, id="after what is not there"),
    ],
)
def test_a_line_about_what_is_not_there(line, expected):
    assert said(line, {}, NOON).answer is expected


@pytest.mark.parametrize(
    "line",
    ["run is missing", "run is known", "run is none", "run is A17", "run is not A17"],
)
def test_what_nobody_read_answers_no_question(line):
    node = said(line, {"run": Unread("Gigapay has not answered since 16:12")}, NOON)

    assert (node.answer, node.saw) == (UNKNOWN, "Gigapay has not answered since 16:12")


def test_the_other_side_unread_is_unknown():
    assert said("now is after input cut-off", {"input cut-off": Unread("not read")}, NOON).answer is UNKNOWN


@pytest.mark.parametrize("line", ["cost is at most 20 000 SEK", "cost is 20 000 SEK"])
def test_another_currency_is_unknown(line):
    node = said(line, {"cost": Known(Money.of(1, "EUR"))}, NOON)

    assert (node.answer, node.saw) == (UNKNOWN, "1.00 EUR is in another currency")


@pytest.mark.parametrize(
    ("line", "value", "now", "expected", "until"),
    [
        pytest.param(
            "last payout was more than 30 minutes ago",
            "2026-11-20T14:30",
            "2026-11-20T15:00",
            NO,
            "2026-11-20T15:00:01",
            id="exactly half an hour is not yet more",
        ),
        pytest.param(
            "last payout was more than 30 minutes ago",
            "2026-11-20T14:30",
            "2026-11-20T15:00:01",
            YES,
            None,
            id="a second more",
        ),
        pytest.param(
            "last payout was less than 30 minutes ago",
            "2026-11-20T14:30",
            "2026-11-20T14:59:59",
            YES,
            "2026-11-20T15:00",
            id="a second less",
        ),
        pytest.param(
            "last payout was less than 30 minutes ago",
            "2026-11-20T14:30",
            "2026-11-20T15:00",
            NO,
            None,
            id="exactly half an hour is not less",
        ),
        pytest.param(
            "last payout was more than 30 minutes ago",
            "2026-11-20T15:00:01",
            "2026-11-20T15:00",
            UNKNOWN,
            "2026-11-20T15:00:01",
            id="the vendor's clock is ahead of ours",
        ),
        pytest.param(
            "last payout was more than 2 working hours ago",
            "2026-11-20T16:00",
            "2026-11-23T09:00",
            NO,
            "2026-11-23T09:00:01",
            id="working hours, over a weekend",
        ),
        pytest.param(
            "last payout was more than 1 working hours ago",
            "2026-11-19T16:00",
            "2026-11-19T17:00",
            NO,
            "2026-11-20T08:00:01",
            id="closing time is not yet more, nor is the night",
        ),
        pytest.param(
            "last payout was less than 1 working hours ago",
            "2026-11-19T16:00",
            "2026-11-19T16:59",
            YES,
            "2026-11-19T17:00",
            id="working hours, still less",
        ),
        pytest.param(
            "last payout is in the next 2 hours",
            "2026-11-20T14:00",
            "2026-11-20T12:00",
            YES,
            "2026-11-20T14:00",
            id="hours are exact",
        ),
        pytest.param(
            "last payout is in the next 2 hours",
            "2026-11-20T14:00",
            "2026-11-20T11:59:59",
            NO,
            "2026-11-20T12:00",
            id="a second too early",
        ),
        pytest.param(
            "last payout is in the next 2 hours",
            "2026-11-20T14:00",
            "2026-11-20T14:00",
            NO,
            None,
            id="what has come is not ahead",
        ),
        pytest.param(
            "last payout is in the next 1 working day",
            "2026-11-24T16:00",
            "2026-11-23T23:59:59",
            NO,
            "2026-11-24T00:00",
            id="the day before is too early",
        ),
        pytest.param(
            "last payout is in the next 1 working day",
            "2026-11-24T16:00",
            "2026-11-24T00:00",
            YES,
            "2026-11-24T16:00",
            id="today is the first working day",
        ),
        pytest.param(
            "last payout is in the next 2 working days",
            "2026-11-23T16:00",
            "2026-11-20T00:00",
            YES,
            "2026-11-23T16:00",
            id="Friday to Monday are two",
        ),
        pytest.param(
            "last payout is in the next 1 working day",
            "2026-11-23T16:00",
            "2026-11-21T00:00",
            YES,
            "2026-11-23T16:00",
            id="from Saturday, Monday is the first",
        ),
        pytest.param(
            "last payout is in the next 3 days",
            "2026-11-22T16:00",
            "2026-11-20T00:00",
            YES,
            "2026-11-22T16:00",
            id="days count today as well",
        ),
        pytest.param(
            "now is after last payout",
            "2026-11-20T15:00",
            "2026-11-20T15:00",
            NO,
            "2026-11-20T15:00:01",
            id="now on it is not after it",
        ),
        pytest.param(
            "now is after last payout",
            "2026-11-20T15:00",
            "2026-11-20T15:00:01",
            YES,
            None,
            id="now after it",
        ),
        pytest.param(
            "now is before last payout",
            "2026-11-20T15:00",
            "2026-11-20T14:59:59",
            YES,
            "2026-11-20T15:00",
            id="now before it",
        ),
        pytest.param(
            "last payout is before now",
            "2026-11-20T15:00",
            "2026-11-20T15:00",
            NO,
            "2026-11-20T15:00:01",
            id="the other way round",
        ),
        pytest.param(
            "last payout is after Fri 20 Nov 2026 14:00",
            "2026-11-20T15:00",
            "2026-11-20T12:00",
            YES,
            None,
            id="a moment in the rule, in the calendar's zone",
        ),
        pytest.param(
            "last payout is after 2026-11-20",
            "2026-11-20T23:59",
            "2026-11-20T12:00",
            NO,
            None,
            id="after a day is the day after",
        ),
    ],
)
def test_a_line_about_a_moment_and_when_time_turns_it(line, value, now, expected, until):
    node = said(line, {"last payout": Known(at(value))}, at(now))

    assert node.answer is expected
    assert node.until == (at(until) if until else None)


@pytest.mark.parametrize(
    ("line", "now", "expected", "until"),
    [
        pytest.param("now is after period end", "2026-11-20T23:59:59", NO, "2026-11-21T00:00", id="not over"),
        pytest.param("now is after period end", "2026-11-21T00:00", YES, None, id="over"),
        pytest.param("now is before period end", "2026-11-19T23:59", YES, "2026-11-20T00:00", id="before"),
        pytest.param(
            "period end is in the next 1 working day", "2026-11-20T23:59", YES, "2026-11-21T00:00", id="today"
        ),
        pytest.param(
            "period end is in the next 2 working days", "2026-11-18T23:59", NO, "2026-11-19T00:00", id="early"
        ),
        pytest.param(
            "period end was more than 2 days ago", "2026-11-22T23:59", NO, "2026-11-23T00:00", id="two"
        ),
        pytest.param("period end was more than 2 days ago", "2026-11-23T00:00", YES, None, id="three"),
        pytest.param(
            "period end was less than 2 days ago", "2026-11-21T23:59", YES, "2026-11-22T00:00", id="one"
        ),
    ],
)
def test_a_line_about_a_date_and_when_time_turns_it(line, now, expected, until):
    node = said(line, {"period end": Known(on("2026-11-20"))}, at(now))

    assert node.answer is expected
    assert node.until == (at(until) if until else None)


def test_a_saturday_is_within_the_working_day_that_follows():
    saturday = {"period end": Known(on("2026-11-21"))}

    assert said("period end is in the next 1 working day", saturday, at("2026-11-20T12:00")).answer is NO
    assert said("period end is in the next 1 working day", saturday, at("2026-11-21T12:00")).answer is YES


@pytest.mark.parametrize(
    ("line", "values", "now", "saw"),
    [
        pytest.param(
            "now is after input cut-off",
            {"input cut-off": Known(at("2026-11-20T15:00"))},
            "2026-11-20T15:03",
            "15:03, cut-off 15:00",
            id="now and the cut-off",
        ),
        pytest.param(
            "last payout was more than 30 minutes ago",
            {"last payout": Known(at("2026-11-20T14:31"))},
            "2026-11-20T15:03",
            "14:31, 32 minutes",
            id="how long ago",
        ),
        pytest.param(
            "bank deadline is in the next 1 working day",
            {"bank deadline": Known(at("2026-11-24T16:00"))},
            "2026-11-20T15:03",
            "Tue 24 Nov 16:00",
            id="another day",
        ),
        pytest.param(
            "payouts is none",
            {"payouts": Known(1, ("payee 7",))},
            "2026-11-20T15:03",
            "1 (payee 7)",
            id="ids",
        ),
        pytest.param("run is A17", {}, "2026-11-20T15:03", "none", id="nothing"),
        pytest.param("cost is none", {"cost": Known(SEK)}, "2026-11-20T15:03", "20 000.00 SEK", id="money"),
        pytest.param("automated is no", {"automated": Known(True)}, "2026-11-20T15:03", "yes", id="yes"),
    ],
)
def test_what_was_seen_is_in_words(line, values, now, saw):
    assert said(line, values, at(now)).saw == saw


def combine(how: How, parts) -> Given:
    """What a block answers whose parts answer so; each is asked when it is its turn."""
    asked = tuple(lambda *_, part=part: part() if callable(part) else part for part in parts)
    return combined(how, asked)({}, SE, NOON)


UNTILS = st.none() | st.integers(1, 5).map(lambda minute: at(f"2026-11-20T15:0{minute}"))
ANSWERS = st.builds(Given, st.sampled_from(list(Answer)), UNTILS, st.just(""))
TREES = st.recursive(
    ANSWERS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: combine(How.ALL, parts)),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: combine(How.ANY, parts)),
        inner.map(lambda part: combine(How.NOT, [part])),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(("a", "b"), list(product(Answer, repeat=2)))
def test_all_and_any_of_two(a, b):
    both = (Given(a), Given(b))
    of_all = NO if NO in (a, b) else UNKNOWN if UNKNOWN in (a, b) else YES
    of_any = YES if YES in (a, b) else UNKNOWN if UNKNOWN in (a, b) else NO

    assert combine(How.ALL, both).answer is of_all
    assert combine(How.ANY, both).answer is of_any


def _when_decided(parts: list[Given], decisive: Answer) -> datetime | None:
    """The definition: while one decides, until all that do may have changed; else until any may have."""
    untils = [part.until for part in parts if part.answer is decisive]
    if untils:
        return None if None in untils else max(untils)
    return min((part.until for part in parts if part.until is not None), default=None)


@given(st.lists(TREES, min_size=1, max_size=5))
def test_a_block_changes_when_its_parts_say_so(trees):
    assert combine(How.ALL, trees).until == _when_decided(trees, NO)
    assert combine(How.ANY, trees).until == _when_decided(trees, YES)


def test_what_is_decided_for_ever_is_asked_no_further():
    def never():
        raise AssertionError("asked")

    assert combine(How.ALL, [Given(YES), Given(NO, at("2026-11-20T15:00")), Given(NO), never]) == Given(NO)
    assert combine(How.ANY, [Given(UNKNOWN), Given(YES), never]) == Given(YES)


@given(TREES)
def test_not_twice_is_the_same(tree):
    assert combine(How.NOT, [combine(How.NOT, [tree])]) == tree


@given(st.lists(TREES, min_size=1, max_size=4))
def test_not_all_is_any_not(trees):
    none = combine(How.NOT, [combine(How.ALL, trees)])
    some = combine(How.ANY, [combine(How.NOT, [tree]) for tree in trees])

    assert none == some


@given(st.lists(TREES, min_size=1, max_size=4), st.randoms())
def test_order_does_not_matter(trees, random):
    shuffled = list(trees)
    random.shuffle(shuffled)

    assert combine(How.ALL, trees) == combine(How.ALL, shuffled)
    assert combine(How.ANY, trees) == combine(How.ANY, shuffled)


def test_a_no_that_time_does_not_change_is_looked_at_no_more():
    closed = {"status": Known("closed"), "last payout": Known(at("2026-11-20T14:31"))}
    both = Block(How.ALL, (claim("status is open"), claim("last payout was more than 30 minutes ago")))

    assert answer(both, closed, SE, at("2026-11-20T14:40")).until is None


def test_what_is_no_twice_stays_no_until_both_may_have_changed():
    values = {"last payout": Known(at("2026-11-20T14:00")), "input cut-off": Known(at("2026-11-20T15:00"))}
    lines = (claim("last payout was more than 30 minutes ago"), claim("now is after input cut-off"))

    node = explain(Block(How.ALL, lines), values, SE, at("2026-11-20T14:10"))

    assert [child.until for child in node.children] == [at("2026-11-20T14:30:01"), at("2026-11-20T15:00:01")]
    assert node.until == at("2026-11-20T15:00:01")


def test_names_are_those_of_both_sides():
    block = Block(How.ANY, (claim("now is after cut-off"), Block(How.NOT, (claim("status is open"),))))

    assert names(block) == {"now", "input cut-off", "status"}
    assert [one.text for one in claims(block)] == ["now is after cut-off", "status is open"]


LINES = (
    "last payout was more than 30 minutes ago",
    "last payout was less than 2 hours ago",
    "last payout was more than 3 working hours ago",
    "last payout was less than 3 working hours ago",
    "last payout was more than 1 day ago",
    "last payout is in the next 2 hours",
    "last payout is in the next 2 days",
    "last payout is in the next 2 working days",
    "now is after last payout",
    "now is before last payout",
    "last payout is after now",
    "period end is in the next 2 working days",
    "period end was more than 1 days ago",
    "period end is before now",
    "now is after period end",
)
SECONDS = st.integers(min_value=-4 * 86400, max_value=4 * 86400)


@given(
    lines=st.lists(st.sampled_from(LINES), min_size=1, max_size=3),
    how=st.sampled_from([How.ALL, How.ANY]),
    negated=st.booleans(),
    offset=SECONDS,
    payout=SECONDS,
    days=st.integers(min_value=-3, max_value=3),
    minutes=st.lists(st.integers(min_value=1, max_value=6 * 1440), min_size=1, max_size=30),
)
def test_nothing_changes_before_the_instant_that_an_answer_names(
    lines, how, negated, offset, payout, days, minutes
):
    middle = at("2026-10-30T12:00")
    now = middle + timedelta(seconds=offset)
    values = {
        "last payout": Known(middle + timedelta(seconds=payout)),
        "period end": Known(date(2026, 10, 30) + timedelta(days=days)),
    }
    block = Block(how, tuple(claim(line) for line in lines))
    condition = Block(How.NOT, (block,)) if negated else block

    first = answer(condition, values, SE, now)

    later = [now + timedelta(minutes=minute) for minute in minutes]
    for moment in [*later, first.until - timedelta(seconds=1)] if first.until else later:
        if moment >= now and (first.until is None or moment < first.until):
            assert answer(condition, values, SE, moment).answer is first.answer


@pytest.mark.parametrize("line", LINES)
@given(offset=SECONDS, payout=SECONDS)
def test_one_line_has_changed_at_the_instant_it_names(line, offset, payout):
    now = at("2026-10-30T12:00") + timedelta(seconds=offset)
    values = {
        "last payout": Known(at("2026-10-30T12:00") + timedelta(seconds=payout)),
        "period end": Known(date(2026, 10, 30)),
    }
    first = said(line, values, now)

    if first.until is not None:
        assert first.until > now
        assert said(line, values, first.until).answer is not first.answer
