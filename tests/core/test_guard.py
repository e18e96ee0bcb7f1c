"""Guards: what is let go, asked, made to wait, and stopped."""

from decimal import Decimal

import pytest

from bot.core.condition import Answer
from bot.core.guard import Compared, Gate, Guards, guard
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread
from tests.core.calendars import at

TOMORROW = at("2026-11-21T00:00")
GUARDS = Guards({"SEK": Money(Decimal(250_000), "SEK")}, {"SEK": Money(Decimal(400_000), "SEK")}, Decimal(25))
EARLIER = tuple(Money(Decimal(pay), "SEK") for pay in (14_905, 14_730, 14_390, 15_020, 14_655, 13_760))


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def asked(amount, used=None, **more):
    return guard(GUARDS, amount=amount, used_today=used, tomorrow=TOMORROW, **more)


@pytest.mark.parametrize(
    ("amount", "used", "gate"),
    [
        pytest.param(Known(sek("250000")), None, Gate.GO, id="on the limit"),
        pytest.param(Known(sek("250000.01")), None, Gate.STOP, id="a cent above it"),
        pytest.param(Known(sek("200000")), sek("200000"), Gate.GO, id="on the day's limit"),
        pytest.param(Known(sek("200000")), sek("200000.01"), Gate.WAIT, id="above the day's"),
        pytest.param(Known(Money.of(1, "GBP")), None, Gate.STOP, id="a currency without a guard"),
        pytest.param(Unread("not read"), None, Gate.STOP, id="an amount nobody read"),
        pytest.param(MISSING, None, Gate.STOP, id="an amount that is not there"),
        pytest.param(None, None, Gate.GO, id="an action without an amount"),
    ],
)
def test_amounts(amount, used, gate):
    answer = asked(amount, used)

    assert answer.gate is gate
    assert answer.until == (TOMORROW if gate is Gate.WAIT else None)


def test_what_no_day_has_room_for_is_stopped_and_does_not_wait_for_ever():
    tight = Guards({"SEK": sek("250000")}, {"SEK": sek("100000")})

    assert guard(tight, amount=Known(sek("100000.01")), used_today=None, tomorrow=TOMORROW).gate is Gate.STOP


@pytest.mark.parametrize(
    ("net_pay", "earlier", "gate", "saw"),
    [
        pytest.param("18365.62", EARLIER, Gate.GO, "25 % above, median 14 692.50 SEK", id="25 % is not more"),
        pytest.param("18450.25", EARLIER, Gate.ASK, "25.6 % above, median 14 692.50 SEK", id="above"),
        pytest.param("10000", EARLIER, Gate.ASK, "31.9 % below, median 14 692.50 SEK", id="below"),
        pytest.param("99000", EARLIER[:2], Gate.GO, "no history", id="two runs are no history"),
        pytest.param("20000", EARLIER[:3], Gate.ASK, "35.8 % above, median 14 730.00 SEK", id="three are"),
        pytest.param("1", (sek("0"),) * 3, Gate.ASK, "1.00 SEK, the median is zero", id="from zero"),
        pytest.param("0", (sek("0"),) * 3, Gate.GO, "0.00 SEK, the median is zero", id="zero as always"),
        pytest.param(
            "1", (Money.of(1, "EUR"),) * 6, Gate.GO, "no history", id="other currencies are no history"
        ),
    ],
)
def test_the_change_from_the_median(net_pay, earlier, gate, saw):
    answer = asked(None, compared=Compared("net pay", Known(sek(net_pay)), earlier))

    assert answer.gate is gate
    assert answer.lines[-1].saw == saw


def test_only_the_last_six_runs_count():
    longer = (*EARLIER, *((sek("99000"),) * 6))

    assert asked(None, compared=Compared("net pay", Known(sek("14700")), longer)).gate is Gate.GO


def test_the_line_says_on_which_side():
    answer = asked(None, compared=Compared("net pay", Known(sek("18450.25")), EARLIER))

    assert [line.text for line in answer.reasons] == ["guard: net pay is more than 25 % above the median"]


def test_what_was_approved_is_not_asked_again_but_still_stopped():
    compared = Compared("net pay", Known(sek("18450.25")), EARLIER)

    assert asked(Known(sek("1")), compared=compared).gate is Gate.ASK
    assert asked(Known(sek("1")), compared=compared, approved=True).gate is Gate.GO
    assert asked(Known(sek("300000")), compared=compared, approved=True).gate is Gate.STOP


def test_the_strictest_guard_answers_and_says_why():
    compared = Compared("net pay", Known(sek("18450.25")), EARLIER)

    answer = asked(Known(sek("250000.01")), sek("399999"), compared=compared)

    assert answer.gate is Gate.STOP
    assert answer.why == "guard: one action is above 250 000 SEK: 250 000.01 SEK"
    assert [line.answer for line in answer.lines] == [Answer.YES, Answer.YES, Answer.YES]


def test_an_unread_amount_to_compare_asks():
    assert asked(None, compared=Compared("net pay", Unread("not read"), EARLIER)).gate is Gate.ASK
