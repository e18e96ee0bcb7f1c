"""No reply of a vendor raises anything but a reported problem, or turns into a wrong amount.

An amount is wrong where it is neither what the unharmed reply says nor unknown. Two things
make an amount another one rightly: items that are not there, as nobody can miss what was
never listed; and at Staffology a total that is left out, which its document says is 0.
"""

import random
from collections.abc import Mapping
from typing import Any

import pytest
import structlog

from bot.connectors import Connection, connectors
from bot.connectors.client import open_session
from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.core.money import Money
from bot.core.resource import Known, Snapshot
from tests.faults.size import size
from tests.faults.tally import note

from .conftest import NOON, MemoryTokens, StillClock
from .generated import GONE, Change, Recorder, Replayer, draw
from .stand import OWN, stand

REPORTED = (VendorProblem, Gone, HeldBack)
COUNT = size(whole=10_000, small=1_500)
Read = Mapping[tuple[str, str], Snapshot]


async def recorded(vendor: str) -> tuple[Recorder, Any]:
    """Every reply that reading everything at a vendor needs, and the settings it was read with."""
    clock = StillClock()
    async with open_session() as session:
        client = Recorder(session, timeout_s=5, clock=clock, log=structlog.get_logger())
        async with stand(vendor, client, MemoryTokens(), clock) as at:
            await all_of(at.connection)
            return client, at.settings


async def all_of(connection: Connection) -> Read:
    listing = await connection.list(NOON)
    found = {}
    for row in listing.rows:
        found[row.kind, row.vendor_id] = await connection.read(row.kind, row.vendor_id, NOON, lines=True)
    return found


def amounts(snapshot: Snapshot) -> dict[str, Money]:
    """Every amount that is known of it, the lines' by their ids."""
    found = {
        name: value.value
        for name, value in snapshot.values.items()
        if isinstance(value, Known) and isinstance(value.value, Money)
    }
    for line in snapshot.lines or ():
        found[f"line {line.id}"] = line.net_pay
    return found


def may_differ(vendor: str, change: Change) -> bool:
    """Whether an amount rightly becomes another by this change."""
    if not change.path:
        return False
    is_item = isinstance(change.path[-1], int)
    if change.value == [] or (change.value is GONE and is_item):
        return True
    return vendor == "staffology" and (change.value is GONE or isinstance(change.value, dict))


@pytest.mark.parametrize("vendor", sorted(connectors()))
async def test_whatever_a_vendor_answers_is_a_problem_in_words_or_true(vendor: str) -> None:
    client, settings = await recorded(vendor)
    connector, drawn = connectors()[vendor], random.Random(vendor)
    replayer = Replayer(client.replies, StillClock())
    unharmed = await all_of(connector.open(settings, replayer, MemoryTokens()))
    assert unharmed
    read = reported = 0
    for _ in range(COUNT):
        replayer.change = draw(client.replies, drawn)
        connection = connector.open(settings, replayer, MemoryTokens())
        try:
            found = await all_of(connection)
        except REPORTED as problem:
            reported += bool(str(problem))
            continue
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}, where {replayer.change}")
        read += 1
        for key, snapshot in found.items():
            before = amounts(unharmed[key]) if key in unharmed else None
            for name, amount in amounts(snapshot).items():
                is_right = before is None or before.get(name, amount) == amount
                assert is_right or may_differ(vendor, replayer.change), (
                    f"{key} {name}: {before and before.get(name)} became {amount}, where {replayer.change}"
                )
    note("generated replies", runs=COUNT, reported=reported, read=read)
    assert read and reported
    assert read + reported == COUNT, "a problem said nothing"


def test_each_connector_has_secrets_here() -> None:
    assert set(OWN) == set(connectors())
