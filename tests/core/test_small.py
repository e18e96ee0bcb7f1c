"""What is too small for a file of its own: who is watched, what an action is called, what was meant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.connectors import vendor_actions
from bot.core import connection, watched
from bot.core.action import AskedInstant
from bot.core.hint import guess, listing
from bot.core.rank import Rank
from bot.core.resource import MISSING, Known, Snapshot
from bot.core.rule import Mode

NOW = datetime(2026, 11, 13, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("watch", "kind", "is_about"),
    [
        ("gigapay.payrun", "gigapay.payrun", True),
        ("gigapay.payrun", "xero.payrun", False),
        ("payrun", "gigapay.payrun", True),
        ("payrun", "payrun", True),
        ("payrun", "xero.calendar", False),
        ("payrun", "gigapaypayrun", False),
        ("connection", "connection", True),
        ("connection", "gigapay.payrun", False),
    ],
)
def test_a_rule_is_asked_about_what_it_watches(watch: str, kind: str, is_about: bool) -> None:
    assert watched.is_about(watch, kind) is is_about


@pytest.mark.parametrize(
    ("watch", "vendor", "may_be"),
    [
        ("gigapay.payrun", "gigapay", True),
        ("gigapay.payrun", "xero", False),
        ("payrun", "xero", True),
        ("connection", "xero", True),
    ],
)
def test_what_a_rule_watches_may_be_at_a_vendor(watch: str, vendor: str, may_be: bool) -> None:
    assert watched.may_be_of(watch, vendor) is may_be


@pytest.mark.parametrize(
    ("word", "hint"),
    [("csot", ' Did you mean "cost"?'), ("Cost", ' Did you mean "cost"?'), ("zebra", ""), ("", "")],
)
def test_an_unknown_word_is_answered_with_the_nearest(word: str, hint: str) -> None:
    assert guess(word, (one for one in ("cost", "net pay"))) == hint
    assert listing(["a", "b"]) == "a, b"


def test_modes_and_ranks_go_from_least_to_most() -> None:
    assert [mode.steps for mode in (Mode.OFF, Mode.WATCH, Mode.ASK, Mode.ACT)] == [0, 1, 2, 3]
    assert sorted(Rank, reverse=True) == [Rank.NEWS, Rank.USUAL, Rank.URGENT]


def test_an_instant_that_was_asked_for_is_sent_in_utc() -> None:
    asked = AskedInstant("paidAt", "Paid at", "")

    assert asked.sent(datetime(2026, 11, 19, 7, 5, 9, tzinfo=timezone(timedelta(hours=11)))) == (
        "2026-11-18T20:05:09Z"
    )


def test_an_action_by_itself_is_not_from_anything() -> None:
    actions = vendor_actions()

    assert actions["xero.create_next_calendar"].alone == "Create the next calendar"
    assert actions["gigapay.close_payrun"].alone == "Close"


def test_an_action_is_as_the_step_of_a_rule_tells_it() -> None:
    action = vendor_actions()["gigapay.close_payrun"]
    told = replace(action, told=lambda args: replace(action, name=args["name"]))

    assert action.as_told({"name": "other"}) is action
    assert told.as_told({"name": "other"}).name == "other"


def health(**at: datetime) -> Snapshot:
    values = {name.replace("_", " "): Known(instant) for name, instant in at.items()}
    return Snapshot("connection", "gigapay-se", "gigapay-se", {"status": Known("paused"), **values}, NOW)


SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("known", "changes"),
    [
        ({}, {}),
        ({"resting_until": NOW}, {}),
        ({"resting_until": SOON}, {"resting until": SOON, "status": SOON}),
        ({"first_deadline": LATER}, {"first deadline": LATER}),
        (
            {"paused_until": LATER},
            {"paused until": LATER, "paused by": LATER, "paused since": LATER, "status": LATER},
        ),
        (
            {"paused_until": LATER, "resting_until": SOON},
            {
                "resting until": SOON,
                "paused until": LATER,
                "paused by": LATER,
                "paused since": LATER,
                "status": SOON,
            },
        ),
    ],
)
def test_time_alone_ends_a_rest_and_a_pause(known: dict[str, datetime], changes: dict[str, datetime]) -> None:
    assert connection.changes(health(**known), NOW) == changes
    assert connection.changes(replace(health(), values={"paused until": MISSING}), NOW) == {}
