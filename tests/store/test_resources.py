"""Readings become resources that are recognised, compared and counted in generations."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.money import Money
from bot.core.resource import Known, Line, Snapshot
from bot.store import resources
from bot.store.database import Database, Tx
from bot.store.resources import Saved, TwoResources

from .conftest import NOW

LINE = Line("p1", "1041", Money.of("1450.00", "SEK"))


def reading(vendor_id: str = "7", **more: Any) -> Snapshot:
    given: dict[str, Any] = {
        "kind": "gigapay.payrun",
        "connection": "gigapay-se",
        "vendor_id": vendor_id,
        "values": {"status": Known("open")},
        "observed_at": NOW,
        "identities": ("invoice:i7",),
        "is_open": True,
    }
    return Snapshot(**{**given, **more})


async def save(tx: Tx, snapshot: Snapshot) -> Saved:
    return await resources.save(tx, snapshot, now=snapshot.observed_at, correlation="c")


async def test_a_changed_vendor_id_is_the_same_resource_by_its_other_ids(db: Database) -> None:
    async with db.write() as tx:
        first = await save(tx, reading("7"))
        again = await save(tx, reading("renamed"))

    assert (again.resource.id, again.is_new) == (first.resource.id, False)
    assert again.resource.ref == "gigapay-se/renamed"


async def test_a_vendor_id_handed_to_another_payrun_does_not_make_the_two_one(db: Database) -> None:
    async with db.write() as tx:
        first = await save(tx, reading("7"))
        other = await save(tx, reading("7", identities=("invoice:i8",)))

    assert other.is_new
    assert other.resource.id == f"{first.resource.id}~2"


async def test_a_reading_with_the_ids_of_two_resources_is_not_guessed_at(db: Database) -> None:
    async with db.write() as tx:
        await save(tx, reading("7"))
        await save(tx, reading("8", identities=("invoice:i8",)))

        with pytest.raises(TwoResources, match="gigapay-se/9 has the ids of"):
            await save(tx, reading("9", identities=("invoice:i7", "invoice:i8")))


async def test_lines_stay_while_a_later_reading_without_them_shows_no_change(db: Database) -> None:
    async with db.write() as tx:
        await save(tx, reading(lines=(LINE,)))
        same = await save(tx, reading(observed_at=NOW + timedelta(minutes=5)))
        closed = reading(values={"status": Known("closed")}, observed_at=NOW + timedelta(minutes=6))
        changed = await save(tx, closed)

    assert same.resource.snapshot.lines == (LINE,)
    assert not same.has_changed
    assert changed.resource.snapshot.lines is None


@pytest.mark.parametrize(
    ("seen", "generation"),
    [
        pytest.param((True, False, True), 2, id="closed and open again"),
        pytest.param((True, False, False), 1, id="closed and still closed"),
        pytest.param((True, None, True), 1, id="unknown in between is no closing"),
        pytest.param((True, False, True, False, True), 3, id="twice"),
    ],
)
async def test_a_run_that_is_open_again_is_a_new_generation(
    db: Database, seen: tuple[bool | None, ...], generation: int
) -> None:
    async with db.write() as tx:
        for number, is_open in enumerate(seen):
            last = await save(tx, reading(is_open=is_open, observed_at=NOW + timedelta(minutes=number)))

    assert last.resource.generation == generation


async def test_a_reading_that_began_before_the_one_kept_changes_nothing(db: Database) -> None:
    """A slow reading of an open run, saved after it was seen closed, is not a run opened again."""
    async with db.write() as tx:
        await save(tx, reading())
        closed = reading(is_open=False, values={"status": Known("closed")})
        await save(tx, replace(closed, observed_at=NOW + timedelta(seconds=2)))
        late = await save(tx, reading(observed_at=NOW + timedelta(seconds=1)))

    assert (late.has_changed, late.reopened, late.resource.generation) == (False, False, 1)
    assert late.resource.snapshot.values["status"] == Known("closed")
