"""A real `kill -9` between any two states, and what the world has seen afterwards."""

import pytest

from bot.core.fault import POINTS
from tests.faults.campaign import Campaign, Kill
from tests.faults.conftest import Count
from tests.faults.database import rows
from tests.faults.story import STORIES

USUAL = "closed by rule"
ELSEWHERE = {
    "look.before_put_off": "unreadable at first",
    "look.put_off": "unreadable at first",
    "effect.before_wait": "paused, then resumed",
    "effect.waits": "paused, then resumed",
    "effect.before_confirming": "read back as it was",
    "effect.confirming": "read back as it was",
    "effect.before_unknown": "the call never arrived",
    "effect.unknown": "the call never arrived",
    "effect.before_again": "the call never arrived",
    "effect.again": "the call never arrived",
    "effect.before_put_off": "unreadable after the call",
    "effect.put_off": "unreadable after the call",
    "effect.before_end": "refused by the vendor",
    "effect.ended": "refused by the vendor",
    "mail.before_put_off": "a mail is cut off after DATA",
    "mail.put_off": "a mail is cut off after DATA",
    "approval.before_commit": "asked and approved",
    "approval.committed": "asked and approved",
}
"""The points that closing by rule does not pass, and the story that does."""

MORE = (
    # The first passage of these is the asking, the second the person's yes.
    (Kill("asked and approved", "approval.before_commit", 2), "verified"),
    (Kill("asked and approved", "approval.committed", 2), "verified"),
    (Kill("asked and approved", "effect.before_call"), "verified"),
    (Kill("the reply was lost", "effect.called"), "verified"),
    (Kill("the reply was lost", "effect.sent"), "verified"),
    # Nobody knows of the first call nor of the second: a third is a person's to decide.
    (Kill("the call never arrived", "effect.before_call", 2), "parked"),
    (Kill("refused by the vendor", "effect.sent"), "refused"),
    (Kill("finalised with a yes", "effect.intent"), "parked"),
    (Kill("finalised with a yes", "effect.called"), "verified"),
    (Kill("finalised with a yes", "effect.sent"), "verified"),
    (Kill("finalising was never heard of", "effect.unknown"), "parked"),
    (Kill("finalising was never heard of", "effect.before_end"), "parked"),
    (Kill("finalising was never heard of", "effect.ended"), "parked"),
)

KILLS = [
    *((Kill(name, point), STORIES[name].ends) for point in POINTS for name in [ELSEWHERE.get(point, USUAL)]),
    *MORE,
]


@pytest.mark.parametrize(
    ("kill", "ends"),
    [pytest.param(kill, ends, id=f"{kill.point}-{kill.nth} {kill.story}") for kill, ends in KILLS],
)
async def test_nothing_is_lost_or_done_twice_by_a_kill(
    kill: Kill, ends: str, campaign: Campaign, count: Count
) -> None:
    ran = await campaign.ran(kill)

    count.add(kill.point, ran)
    assert ran.was_killed, f"{kill.point} was not reached"
    assert ran.violations == []
    assert ran.ended == ends
    assert ran.calls <= STORIES[kill.story].calls


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(Kill("a late payout meanwhile", point), id=point)
        for point in ("effect.claimed", "effect.read", "effect.before_intent")
    ],
)
async def test_what_changed_while_the_bot_was_dead_is_decided_anew_and_asked(
    kill: Kill, campaign: Campaign, count: Count
) -> None:
    ran = await campaign.ran(kill)

    count.add(kill.point, ran)
    approved = rows(ran.evidence.database, "select 1 from approval where state = 'approved'")
    assert ran.was_killed, f"{kill.point} was not reached"
    assert ran.violations == []
    assert (ran.ended, ran.calls, len(approved)) == ("verified", 1, 1)
