"""The dates that every pay run gets from its work calendar."""

from dataclasses import replace

import pytest

from bot.core.deadline import deadlines
from bot.core.resource import MISSING, Known, Snapshot, Unread, Value
from tests.core.calendars import AU, SE, SE_SPEC, UK, at, on

NOW = at("2026-11-20T12:00")


def payrun(kind: str = "gigapay.payrun", **values: Value) -> Snapshot:
    named = {name.replace("_", " "): value for name, value in values.items()}
    return Snapshot(kind, "here", "1", named, NOW)


def test_gigapay_gets_its_pay_date_from_the_cut_off():
    found = deadlines(payrun(opened_at=Known(at("2026-11-16T08:12")), pay_date=MISSING), SE, NOW)

    assert found == {
        "input cut-off": Known(at("2026-11-20T15:00")),
        "pay date": Known(on("2026-11-26")),
        "pay date is ours": Known(True),
        "effective pay date": Known(on("2026-11-26")),
        "bank deadline": Known(at("2026-11-24T16:00")),
        "approval deadline": Known(at("2026-11-23T12:00")),
        "next deadline": Known(at("2026-11-20T15:00"), ("input cut-off",)),
    }


def test_roubler_gets_its_pay_date_from_the_period_end():
    found = deadlines(payrun("roubler.payrun", period_end=Known(on("2026-11-15"))), AU, NOW)

    assert found["pay date"] == Known(on("2026-11-25"))
    assert found["pay date is ours"] == Known(True)
    assert found["bank deadline"] == MISSING


def test_the_vendors_pay_date_stays_and_only_the_effective_one_moves():
    found = deadlines(payrun("staffology.payrun", pay_date=Known(on("2026-12-26"))), UK, NOW)

    assert found["pay date"] == Known(on("2026-12-26"))
    assert found["pay date is ours"] == Known(False)
    assert found["effective pay date"] == Known(on("2026-12-24"))
    assert found["bank deadline"] == Known(at("2026-12-22T17:00", UK))


@pytest.mark.parametrize(
    ("now", "coming"),
    [
        pytest.param("2026-11-20T14:59", Known(at("2026-11-20T15:00"), ("input cut-off",)), id="cut-off"),
        pytest.param(
            "2026-11-20T15:00", Known(at("2026-11-23T12:00"), ("approval deadline",)), id="approval"
        ),
        pytest.param("2026-11-23T12:00", Known(at("2026-11-24T16:00"), ("bank deadline",)), id="bank"),
        pytest.param("2026-11-24T16:00", MISSING, id="all have passed"),
    ],
)
def test_the_next_deadline_is_the_first_that_has_not_come(now, coming):
    snapshot = payrun(opened_at=Known(at("2026-11-16T08:12")), pay_date=MISSING)

    assert deadlines(snapshot, SE, at(now))["next deadline"] == coming


def test_what_was_not_read_makes_what_follows_from_it_unread():
    unread = Unread("Gigapay has not answered since 16:12")

    found = deadlines(payrun(opened_at=unread, pay_date=MISSING), SE, NOW)

    assert set(found.values()) == {unread}


def test_without_an_opening_there_is_no_cut_off():
    found = deadlines(payrun(pay_date=MISSING), SE, NOW)

    assert set(found.values()) == {MISSING}


def test_a_calendar_without_rules_makes_no_dates():
    plain = replace(SE, spec=replace(SE_SPEC, cut_offs={}, pay_date=None, bank_deadline=None))

    found = deadlines(payrun(opened_at=Known(at("2026-11-16T08:12"))), plain, NOW)

    assert set(found.values()) == {MISSING}
