"""What an edit would have changed: counted, summed, and with the lines that differ."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.backtest.compare import Change, Comparison, compare
from bot.backtest.report import compared, headline
from bot.core.guard import Guards
from bot.core.money import Money
from bot.core.resource import Snapshot
from tests.backtest.made import CLOSE, GUARDS, SINCE, at, payrun, replayed

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MORE = CLOSE + "limits: {ask_above: 1 000 SEK}\n"


def of(now: str, new: str, *events: Snapshot, guards: Guards = GUARDS, since: datetime = SINCE) -> Comparison:
    done = replayed(events or [payrun(at(9, 9))], now, new, guards=guards)
    return compare(done.rounds[0], done.rounds[1], since)


@pytest.mark.parametrize(
    ("now", "new", "says"),
    [
        (CLOSE, CLOSE, "same 1"),
        (CLOSE + "limits: {ask_above: 899.99 SEK}\n", CLOSE, "same 0; would act on 1 more (900 SEK)"),
        (CLOSE + "limits: {ask_above: 900 SEK}\n", CLOSE, "same 1"),
        (CLOSE, CLOSE.replace("mode: act", "mode: ask"), "same 0; would ask for 1 (900 SEK)"),
        (
            CLOSE,
            CLOSE.replace("mode: act", "mode: watch"),
            "same 0; would no longer act on 1 (900 SEK)",
        ),
        (
            CLOSE,
            CLOSE.replace("when:", "when:\n  - payouts is at least 2"),
            "same 0; would no longer act on 1 (900 SEK)",
        ),
        (
            CLOSE.replace("mode: act", "mode: ask"),
            CLOSE.replace("mode: act", "mode: off"),
            "same 0; would no longer ask for 1 (900 SEK)",
        ),
        (
            CLOSE.replace("mode: act", "mode: off"),
            CLOSE.replace("mode: act", "mode: watch"),
            "same 0; would only note 1 more (900 SEK)",
        ),
        (
            CLOSE,
            CLOSE.replace("when:", "when:\n  - credit left is known\n  - paid at is after opened at"),
            "same 0; would no longer act on 1 (900 SEK)",
        ),
        (
            CLOSE,
            CLOSE.replace("now is after input cut-off", "now is after Fri 13 Nov 2026 14:00"),
            "same 0; would come at another time on 1 (900 SEK)",
        ),
    ],
)
def test_the_headline_says_what_would_change(now: str, new: str, says: str) -> None:
    assert headline(of(now, new)) == says


def test_what_a_rule_could_not_answer_then_is_no_plain_no() -> None:
    unread = payrun(at(9, 9), cost="unknown")
    found = of(CLOSE, CLOSE.replace("when:", "when:\n  - cost is at most 1 000 SEK"), unread)

    assert headline(found) == "same 0; could not answer about 1"
    (one,) = found.differences
    assert (one.before, one.after) == ("stopped by a guard", "unknown")
    assert [(side, node.text, node.saw) for side, node in one.lines] == [
        ("now", "guard: the amount is known", "the test says so"),
        ("new", "cost is at most 1 000 SEK", "the test says so"),
    ]


def test_what_would_have_waited_for_working_hours_and_never_came_to_it_says_so() -> None:
    grown, closed = payrun(at(13, 18), payouts="2"), payrun(at(15, 9), status="closed")
    late = CLOSE.replace("when:", "when:\n  - payouts is at least 2") + "limits: {only_during: working hours"
    asks = late + ", ask_above: 1 SEK}\n"
    found = of(late + "}\n", asks, payrun(at(9, 9), payouts="none"), grown, closed)

    assert headline(found) == "same 0; would ask for 1 (900 SEK)"
    (one,) = found.differences
    assert (one.before, one.after) == ("nothing", "ask")
    assert [(side, node.text, node.saw) for side, node in one.lines] == [
        ("now", "now is within working hours", "it waits until Mon 16 Nov 08:00"),
        ("new", "cost is above 1 SEK", "900.00 SEK"),
    ]


def test_a_guard_of_today_stops_what_the_edit_would_let_go() -> None:
    guards = Guards(per_action={"SEK": Money.of(800, "SEK")})
    found = of(CLOSE.replace("mode: act", "mode: off"), CLOSE, guards=guards)

    assert headline(found) == "same 0; would be stopped by a guard on 1 (900 SEK)"


def test_amounts_are_summed_in_each_currency() -> None:
    events = [
        payrun(at(9, 9), id="1"),
        payrun(at(9, 10), id="2", opened="2026-11-09 08:13", cost="1 000.50 SEK"),
        payrun(at(9, 11), id="3", opened="2026-11-09 08:14", cost="70 EUR"),
    ]
    guards = Guards(per_action={"SEK": Money.of(5000, "SEK"), "EUR": Money.of(500, "EUR")})
    found = of(CLOSE.replace("mode: act", "mode: ask"), CLOSE, *events, guards=guards)

    assert headline(found) == "same 0; would act on 3 more (70 EUR, 1 900.50 SEK)"


def test_only_what_came_since_is_counted() -> None:
    asks = CLOSE.replace("mode: act", "mode: ask")

    assert headline(of(asks, CLOSE, since=at(13, 15, 0, 1))) == "same 0; would act on 1 more (900 SEK)"
    assert headline(of(asks, CLOSE, since=at(13, 15, 0, 2))) == "same 0"


def test_a_rule_that_is_new_counts_as_more() -> None:
    found = of(CLOSE, CLOSE.replace("id: close", "id: another"))

    assert [one.rule for one in found.of(Change.ACT_MORE)] == ["another"]
    assert [one.rule for one in found.of(Change.ACT_LESS)] == ["close"]


def test_each_difference_shows_the_lines_that_differ_and_no_other() -> None:
    more = CLOSE.replace("when:", "when:\n  - payouts is at least 2")
    less = CLOSE.replace("when:", "when:\n  - payouts is at least 1")

    assert list(compared(of(more, less), STOCKHOLM)) == [
        "same 0; would act on 1 more (900 SEK)",
        "",
        "would act on 1 more (900 SEK):",
        "  Fri 13 Nov 15:00  gigapay-se/1  close: nothing -> act, 900.00 SEK",
        "    now  no       payouts is at least 2  (1)",
        "    new  yes      payouts is at least 1  (1)",
    ]


def test_another_time_says_when_it_was() -> None:
    earlier = CLOSE.replace("now is after input cut-off", "now is after Fri 13 Nov 2026 14:00")

    assert list(compared(of(CLOSE, earlier), STOCKHOLM))[3:5] == [
        "  Fri 13 Nov 14:00  gigapay-se/1  close: act then, act now, 900.00 SEK",
        "    it was at Fri 13 Nov 15:00",
    ]


def test_a_minute_apart_is_the_same_and_a_second_more_is_not() -> None:
    def by(seconds: int) -> str:
        when = datetime(2026, 11, 13, 15, tzinfo=STOCKHOLM) + timedelta(seconds=seconds)
        line = f"now is after {when:Fri 13 Nov 2026 %H:%M:%S}"
        return CLOSE.replace("now is after input cut-off", line)

    assert headline(of(CLOSE, by(60))) == "same 1"
    assert headline(of(CLOSE, by(61))) == "same 0; would come at another time on 1 (900 SEK)"
