"""The suite can fail: with any one protection taken out, some run is found wanting."""

from dataclasses import replace

import pytest

from tests.faults.breaks import BREAKS
from tests.faults.campaign import Campaign
from tests.faults.kill import Kill
from tests.faults.size import IS_WHOLE
from tests.faults.tally import note

UNHEARD = "a late payout nobody told of"

FOUND_BY: dict[str, tuple[str, Kill]] = {
    "fence": ("I9", Kill("closed by rule", "effect.read", freezes="worker", leases=2)),
    "resource lock": ("R5", Kill("closed by two rules", "effect.before_call", freezes="worker", leases=2)),
    "newest reading": (
        "I9",
        Kill("closed by two rules", "effect.read", freezes="worker", leases=0.5),
    ),
    "read-back": ("I9", Kill("the reply was lost")),
    "second decide": (
        "R5",
        Kill("a late payout nobody told of", "effect.claimed", freezes="worker", leases=1),
    ),
    "answer before commit": ("I1", Kill("told of once", "hook.before_commit")),
    "unknown is retried": ("I9", Kill("the call never arrived")),
}
"""For each the invariant that no longer holds, and a run that shows it."""


@pytest.mark.parametrize(
    ("kill", "invariant"),
    [
        pytest.param(replace(kill, breaks=broken), invariant, id=broken)
        for broken, (invariant, kill) in FOUND_BY.items()
    ],
)
async def test_a_missing_protection_is_noticed(kill: Kill, invariant: str, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    note("protections taken out", runs=1, noticed=int(bool(ran.violations)))
    assert invariant in {one.invariant for one in ran.violations}


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill, id=name)
        for name, (_, kill) in list(FOUND_BY.items())[: len(FOUND_BY) if IS_WHOLE else 1]
    ],
)
async def test_with_it_the_same_run_is_in_order(kill: Kill, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    note("protections taken out", runs=1)
    assert ran.violations == []


def test_each_protection_is_taken_out_once() -> None:
    assert set(FOUND_BY) == set(BREAKS)
