"""Frozen instead of killed: one worker while the others go on, or the whole process.

One process holds the database, so that nobody can take over from one that is frozen as
a whole; what runs out meanwhile are its leases, its time-outs and its vendors' patience.
The worker that wakes among others which have done its work is the dangerous one.
"""

import pytest

from bot.core.fault import POINTS
from tests.faults.campaign import Campaign
from tests.faults.child import QUARANTINE
from tests.faults.database import rows
from tests.faults.fate import Freeze
from tests.faults.kill import Kill
from tests.faults.size import shard, size
from tests.faults.story import STORIES
from tests.faults.tally import note, note_kinds
from tests.faults.where import at

LEASES = (1, 2, 5)
WAYS: tuple[Freeze, ...] = ("worker", "process")

ALL = [
    Kill(at(point).story, point, freezes=way, leases=leases)
    for leases in LEASES
    for way in WAYS
    for point in POINTS
]
BEFORE_THE_CALL = Kill("closed by rule", "effect.before_call", freezes="worker", leases=5)


@pytest.mark.in_every_share
@pytest.mark.parametrize("kill", shard(ALL[:: size(whole=1, small=13)]), ids=str)
async def test_a_freeze_does_nothing_twice(kill: Kill, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    note("freezes", runs=1, violations=len(ran.violations), requests=ran.calls)
    if ran.was_struck:
        note_kinds("freezes", points=kill.point)
    outlasts = kill.freeze_s > QUARANTINE.total_seconds()
    assert ran.was_struck, f"{kill.point} was not reached"
    assert ran.violations == []
    assert ran.calls <= STORIES[kill.story].calls + outlasts
    campaign.forget(kill)


@pytest.mark.parametrize("kill", [BEFORE_THE_CALL], ids=str)
async def test_a_call_that_left_after_somebody_else_called_is_refused_and_told(
    kill: Kill, campaign: Campaign
) -> None:
    campaign.begin([kill])
    ran = await campaign.ran(kill)

    told = rows(ran.evidence.database, "select state from effect where key like 'tell:late:%'")
    closes = [entry["effect"] for entry in ran.evidence.ledger if entry["call"] == "close"]
    assert closes == [True, False]
    assert [row["state"] for row in told] == ["verified"]
    assert ran.violations == []


@pytest.mark.parametrize(
    "kill", [Kill("closed by rule", "effect.intent", freezes="worker", leases=5)], ids=str
)
async def test_who_wakes_before_the_last_check_does_not_call(kill: Kill, campaign: Campaign) -> None:
    campaign.begin([kill])
    ran = await campaign.ran(kill)

    assert ran.was_struck
    assert (ran.ended, ran.calls, ran.violations) == ("verified", 1, [])
