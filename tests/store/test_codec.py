"""Stored JSON is read back as exactly what it was."""

import json
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Unread
from bot.store.codec import canonical, snapshot_from_json, snapshot_to_json

from .conftest import NOW

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)
MONEY = st.builds(Money, AMOUNTS, st.sampled_from(["SEK", "GBP", "AUD", "EUR"]))
INSTANTS = st.datetimes(timezones=st.just(UTC))
WORDS = st.text(max_size=20)
SCALARS = st.one_of(
    MONEY,
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.timedeltas(),
    INSTANTS,
    st.dates(),
    WORDS,
    st.booleans(),
)
VALUES = st.one_of(
    st.builds(Known, SCALARS, st.lists(WORDS, max_size=3).map(tuple)),
    st.just(MISSING),
    st.builds(Unread, WORDS),
)
LINES = st.builds(Line, WORDS, WORDS, MONEY, st.none() | MONEY, st.none() | INSTANTS, WORDS)
SNAPSHOTS = st.builds(
    Snapshot,
    kind=WORDS,
    connection=WORDS,
    vendor_id=WORDS,
    values=st.dictionaries(WORDS, VALUES, max_size=5),
    observed_at=st.just(NOW),
    lines=st.none() | st.lists(LINES, max_size=3).map(tuple),
    identities=st.lists(WORDS, max_size=3).map(tuple),
    vendor_status=WORDS,
    is_open=st.none() | st.booleans(),
    is_live=st.booleans(),
    notes=st.lists(WORDS, max_size=2).map(tuple),
    call=st.dictionaries(WORDS, WORDS, max_size=2),
)


def types_of(snapshot: Snapshot) -> dict[str, type]:
    return {name: type(one.value) for name, one in snapshot.values.items() if isinstance(one, Known)}


@settings(deadline=None, max_examples=60)
@given(SNAPSHOTS)
def test_a_snapshot_comes_back_exactly_as_it_was(snapshot: Snapshot) -> None:
    stored = canonical(snapshot_to_json(snapshot))
    back = snapshot_from_json(json.loads(stored), NOW)

    assert back == snapshot
    assert canonical(snapshot_to_json(back)) == stored
    # Equal is not enough: True equals 1, and Decimal("0") equals 0.
    assert types_of(back) == types_of(snapshot)


def test_the_same_state_read_later_is_the_same_json() -> None:
    first = Snapshot("k", "c", "1", {"cost": Known(Money.of("1.10", "SEK"))}, NOW)
    later = Snapshot("k", "c", "1", {"cost": Known(Money.of("1.10", "SEK"))}, NOW + timedelta(hours=1))

    assert canonical(snapshot_to_json(first)) == canonical(snapshot_to_json(later))


@pytest.mark.parametrize("content", [1.5, {"cost": 1.5}, [Decimal("1.5")], {"at": NOW}])
def test_what_json_would_round_or_guess_is_refused(content: object) -> None:
    with pytest.raises(TypeError, match="has no place in stored JSON"):
        canonical(content)
