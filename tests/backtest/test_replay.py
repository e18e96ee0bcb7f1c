"""A replay decides as the service did: at each reading, and when time alone changes an answer."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from bot.core.guard import Guards
from bot.core.money import Money
from bot.core.resource import Snapshot, Unread
from bot.store.recorded import RecordedReading
from tests.backtest.made import CLOSE, at, came_to, gone, payrun, replayed

SECOND = timedelta(seconds=1)
CUT_OFF = at(13, 15)
ALERT = """\
id: told
title: Tell of it
watch: gigapay.payrun
when: [cost is at least 1 000 SEK]
then: {alert: {to: ops}}
mode: act
"""


def limited(**limits: str) -> str:
    return CLOSE + "limits:\n" + "".join(f"  {name}: {text}\n" for name, text in limits.items())


def test_time_alone_brings_the_answer_with_no_reading_near() -> None:
    done = replayed([payrun(at(9, 9))], CLOSE)

    assert came_to(done) == [("act", CUT_OFF + SECOND)]


def test_a_record_that_ends_on_the_cut_off_itself_comes_to_nothing() -> None:
    assert came_to(replayed([payrun(at(9, 9))], CLOSE, end=CUT_OFF)) == []
    assert came_to(replayed([payrun(at(9, 9))], CLOSE, end=CUT_OFF + SECOND)) == [("act", CUT_OFF + SECOND)]


def test_a_yes_that_goes_and_comes_again_is_done_once() -> None:
    busy = payrun(at(13, 15, 10), payouts="none")
    text = CLOSE.replace("when:", "when:\n  - payouts is at least 1")
    done = replayed([payrun(at(9, 9)), busy, payrun(at(13, 15, 20))], text)

    assert came_to(done) == [("act", CUT_OFF + SECOND)]


def test_a_question_that_goes_and_comes_again_is_asked_again() -> None:
    busy = payrun(at(13, 15, 10), payouts="none")
    text = CLOSE.replace("when:", "when:\n  - payouts is at least 1").replace("act", "ask")
    done = replayed([payrun(at(9, 9)), busy, payrun(at(13, 15, 20))], text)

    assert came_to(done) == [("ask", CUT_OFF + SECOND), ("ask", at(13, 15, 20))]


def test_what_was_open_again_is_asked_about() -> None:
    closed, again = payrun(at(13, 15, 1), status="closed"), payrun(at(13, 16))
    done = replayed([payrun(at(9, 9)), closed, again], CLOSE)

    assert came_to(done) == [("act", CUT_OFF + SECOND), ("ask", at(13, 16))]


def test_the_rule_that_keeps_to_working_hours_comes_on_monday_morning() -> None:
    late = CLOSE.replace("status is open", "payouts is at least 2")
    grown = payrun(at(13, 18), payouts="2")
    done = replayed([payrun(at(9, 9)), grown], late + "limits: {only_during: working hours}\n")

    assert came_to(done) == [("act", at(16, 8))]


def test_what_no_longer_holds_by_then_came_to_nothing() -> None:
    grown, closed = payrun(at(13, 18), payouts="2"), payrun(at(15, 9), status="closed")
    done = replayed(
        [payrun(at(9, 9), payouts="none"), grown, closed],
        CLOSE.replace("when:", "when:\n  - payouts is at least 2") + "limits: {only_during: working hours}\n",
    )

    assert came_to(done) == []


def test_at_most_holds_the_second_back_until_the_first_no_longer_counts() -> None:
    both = [payrun(at(9, 9), id="1"), payrun(at(9, 10), id="2", opened="2026-11-09 08:13")]
    done = replayed(both, limited(at_most="1 per 7 days"))

    assert came_to(done) == [("act", CUT_OFF + SECOND), ("act", CUT_OFF + SECOND + timedelta(days=7))]


def test_a_guard_stops_what_is_above_it_and_lets_go_what_is_on_it() -> None:
    guards = Guards(per_action={"SEK": Money.of(900, "SEK")})
    above = payrun(at(9, 10), id="2", opened="2026-11-09 08:13", cost="900.01 SEK")
    done = replayed([payrun(at(9, 9)), above], CLOSE, guards=guards)

    assert sorted(came_to(done)) == [
        ("act", CUT_OFF + SECOND),
        ("stopped by a guard", CUT_OFF + SECOND),
    ]


def test_a_full_day_is_waited_for() -> None:
    guards = Guards(per_action={"SEK": Money.of(900, "SEK")}, per_day={"SEK": Money.of(1_799, "SEK")})
    both = [payrun(at(9, 9), id="1"), payrun(at(9, 10), id="2", opened="2026-11-09 08:13")]
    done = replayed(both, CLOSE, guards=guards)

    assert came_to(done) == [("act", CUT_OFF + SECOND), ("act", at(14, 0))]


def history(*pays: str) -> list[Snapshot]:
    """Closed payruns of the weeks before, the oldest first."""
    return [
        payrun(
            at(2, 9 + number),
            id=f"9{number}",
            opened=f"2026-10-{5 + 7 * number:02} 08:00",
            status="closed",
            net_pay=pay,
        )
        for number, pay in enumerate(pays)
    ]


def test_a_run_is_compared_with_those_that_were_closed_by_then() -> None:
    guards = Guards(per_action={"SEK": Money.of(900, "SEK")}, change_from_median=Decimal(10))
    later = payrun(at(14, 9), id="95", opened="2026-11-02 08:00", status="closed", net_pay="100 SEK")
    before = history("900 SEK", "900 SEK")

    assert came_to(replayed([*before, payrun(at(9, 9)), later], CLOSE, guards=guards)) == [
        ("act", CUT_OFF + SECOND)
    ]
    still_open = [
        replace(one, is_open=True) for one in history("900 SEK", "900 SEK", "100 SEK", "100 SEK")[2:]
    ]
    assert came_to(replayed([*before, *still_open, payrun(at(9, 9))], CLOSE, guards=guards)) == [
        ("act", CUT_OFF + SECOND)
    ]
    four = history("900 SEK", "900 SEK", "100 SEK", "100 SEK")
    assert came_to(replayed([*four, payrun(at(9, 9))], CLOSE, guards=guards)) == [("ask", CUT_OFF + SECOND)]


def test_a_run_is_not_compared_with_those_of_later_periods() -> None:
    guards = Guards(per_action={"SEK": Money.of(900, "SEK")}, change_from_median=Decimal(10))
    later = [
        payrun(at(2, day), id=str(day), opened=f"2026-11-{day} 08:00", status="closed", net_pay="100 SEK")
        for day in (10, 11, 12)
    ]

    assert came_to(replayed([*later, payrun(at(9, 9))], CLOSE, guards=guards)) == [("act", CUT_OFF + SECOND)]


def test_what_is_gone_at_the_vendor_is_not_acted_on() -> None:
    assert came_to(replayed([payrun(at(9, 9)), gone("1", at(12, 9))], CLOSE)) == []


def test_an_alert_is_told_at_once_and_needs_no_guard() -> None:
    done = replayed([payrun(at(9, 9), cost="1 000 EUR"), payrun(at(9, 10), cost="1 000 SEK")], ALERT)

    assert came_to(done) == [("act", at(9, 10))]


def test_what_was_true_before_the_replay_began_is_not_counted() -> None:
    opened = "2026-09-14 08:00"
    long_ago = payrun(at(13, 9) - timedelta(days=60), opened=opened)

    assert came_to(replayed([long_ago, payrun(at(13, 9), opened=opened, payouts="2")], CLOSE)) == []


def test_unknown_counts_once_it_has_lasted_for_more_than_two_polls() -> None:
    unread = replace(
        payrun(at(9, 9)), values={**payrun(at(9, 9)).values, "cost": Unread("Gigapay did not say")}
    )
    on_time = [unread, payrun(at(9, 11))]
    too_late = [unread, replace(payrun(at(9, 11)), observed_at=at(9, 11) + SECOND)]

    assert replayed(on_time, ALERT).rounds[0].unanswered == []
    (one,) = replayed(too_late, ALERT).rounds[0].unanswered
    assert (one.ref, one.since) == ("gigapay-se/1", at(9, 9))


def test_a_reading_that_cannot_be_read_back_is_left_out_and_counted() -> None:
    broken = RecordedReading("gigapay.payrun:gigapay-se/1", at(9, 10), "{}")
    done = replayed([payrun(at(9, 9)), broken], CLOSE)

    assert done.broken == 1
    assert came_to(done) == [("act", CUT_OFF + SECOND)]


def test_a_rule_that_is_off_or_asked_at_set_times_is_not_replayed() -> None:
    off = CLOSE.replace("mode: act", "mode: off")
    listed = CLOSE.replace("then: gigapay.close_payrun", "then: {send_mail: {template: scheduled, to: ops}}")

    assert replayed([payrun(at(9, 9))], off).decided == 0
    assert replayed([payrun(at(9, 9))], listed + "every: day 08:00\n").decided == 0


def test_both_sides_that_have_one_rule_are_answered_once() -> None:
    one, two = (replayed([payrun(at(9, 9))], *sides) for sides in ([CLOSE], [CLOSE, CLOSE]))

    assert one.decided == two.decided
    assert came_to(two, 0) == came_to(two, 1) == came_to(one)


def test_a_run_that_closes_changes_what_is_answered_about_the_next() -> None:
    text = CLOSE.replace("now is after input cut-off", "change in net pay is at most 10 %")
    first = payrun(at(2, 9), id="0", opened="2026-11-02 08:00")
    closed = replace(payrun(at(11, 10), id="0", opened="2026-11-02 08:00", status="closed"), is_live=True)

    assert came_to(replayed([first, payrun(at(9, 9)), closed], text)) == [("act", at(11, 10))]
