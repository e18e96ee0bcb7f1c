"""What the proof prints is what a rule's test reads, and reads as the same values."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.money import Money
from bot.core.prove import Example, given_line
from bot.core.resource import MISSING, Known, Unread
from bot.rulebook.given import given_facts, given_now
from tests.core.calendars import SE, at, on
from tests.core.words import FIELDS

NOW = at("2026-11-13T15:05")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("cost", Known(Money.of("50000.01", "SEK")), "50 000.01 SEK"),
        ("cost", Known(Money.of("50000", "SEK")), "50 000 SEK"),
        ("cost", Known(Money.of("-0.005", "SEK")), "-0.0050 SEK"),
        ("cost", Unread("not read yet"), "unknown"),
        ("cost", MISSING, "missing"),
        ("payouts", Known(0), "0"),
        ("payouts", Known(7), "7"),
        ("change in net pay", Known(Decimal("10.001")), "10.001 %"),
        ("open for", Known(timedelta(minutes=90)), "90 minutes"),
        ("open for", Known(timedelta(days=14)), "2 weeks"),
        ("open for", Known(timedelta(seconds=1)), "1 second"),
        ("last payout", Known(at("2026-11-13T14:02")), "Fri 13 Nov 2026 14:02"),
        ("last payout", Known(at("2026-10-25T00:00:01")), "Sun 25 Oct 2026 00:00:01"),
        ("period end", Known(on("2026-11-19")), "Thu 19 Nov 2026"),
        ("status", Known("open"), "open"),
        ("run", Known("A1 b"), "A1 b"),
        ("automated", Known(True), "yes"),
        ("automated", Known(False), "no"),
    ],
)
def test_a_value_is_printed_as_a_rules_test_reads_it(name, value, said):
    assert given_line(Example({name: value}, NOW), SE) == f"{name}: {said}, now: Fri 13 Nov 2026 15:05"
    assert given_now({"now": "Fri 13 Nov 2026 15:05"}, SE) == NOW
    _, facts = given_facts("payrun", FIELDS, {name: said}, SE, NOW)
    read = facts.values[name]
    assert read == value or (isinstance(read, Unread) and isinstance(value, Unread))


def test_a_text_that_would_end_the_line_is_quoted():
    assert given_line(Example({"run": Known("a, b: c")}, NOW), SE).startswith('run: "a, b: c", ')
