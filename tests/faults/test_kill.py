"""A real `kill -9` between any two states, and what the world has seen afterwards."""

import pytest

from bot.core.fault import POINTS
from tests.faults.campaign import Campaign
from tests.faults.kill import Kill
from tests.faults.run import Ran
from tests.faults.size import IS_WHOLE, shard, size
from tests.faults.story import STORIES
from tests.faults.tally import note, note_kinds
from tests.faults.where import at, spread

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

KILLS = shard(
    [*((at(point), STORIES[at(point).story].ends) for point in POINTS[:: size(whole=1, small=2)]), *MORE]
)

DELAYED = shard(
    [at(point, seed=seed) for seed in range(1, 51) for point in POINTS]
    if IS_WHOLE
    else [at(point, seed=number) for number, point in enumerate(POINTS) if number % 2]
)
"""With other delays at all the other points, 50 times each; in a part, every point that is not in KILLS."""

AGAIN = shard(
    [
        at(point, again=number, seed=number if number % 2 else 0)
        for number in range(1, spread(1600) + 1)
        for point in POINTS
    ][:: size(whole=1, small=41)]
)
"""Every other one with delays."""

STARTS = shard([at(point) for point in POINTS[:: size(whole=1, small=15)]])


def _count(suite: str, kill: Kill, ran: Ran) -> None:
    note(suite, runs=1, kills=ran.kills, violations=len(ran.violations))
    if ran.was_struck:
        note_kinds(suite, points=kill.point)
    if kill.seed:
        note_kinds(suite, seeds=kill.seed)


@pytest.mark.in_every_share
@pytest.mark.parametrize(("kill", "ends"), [pytest.param(kill, ends, id=str(kill)) for kill, ends in KILLS])
async def test_nothing_is_lost_or_done_twice_by_a_kill(kill: Kill, ends: str, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    _count("kills", kill, ran)
    assert ran.was_struck, f"{kill.point} was not reached"
    assert ran.violations == []
    assert ran.ended == ends
    assert ran.calls <= STORIES[kill.story].calls
    campaign.forget(kill)


@pytest.mark.in_every_share
@pytest.mark.parametrize("kill", DELAYED, ids=str)
async def test_nor_where_every_step_may_be_late(kill: Kill, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    _count("kills with delays", kill, ran)
    assert ran.was_struck, f"{kill.point} was not reached"
    assert ran.violations == []
    assert ran.calls <= 2
    campaign.forget(kill)


@pytest.mark.in_every_share
@pytest.mark.parametrize("kill", AGAIN, ids=str)
async def test_nor_where_the_one_that_takes_over_is_killed_too(kill: Kill, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    _count("second kills", kill, ran)
    assert ran.was_struck, f"{kill.point} was not reached"
    assert ran.violations == []
    assert ran.calls <= 2
    campaign.forget(kill)


@pytest.mark.in_every_share
@pytest.mark.parametrize("kill", [Kill(**{**vars(kill), "is_fresh": True}) for kill in STARTS], ids=str)
async def test_nor_with_real_starts(kill: Kill, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    _count("kills of real starts", kill, ran)
    assert ran.was_struck, f"{kill.point} was not reached"
    assert ran.violations == []
    assert ran.calls <= STORIES[kill.story].calls
    campaign.forget(kill)


@pytest.mark.in_every_share
@pytest.mark.parametrize(
    "kill",
    shard(
        [
            Kill("a late payout meanwhile", point)
            for point in ("effect.claimed", "effect.read", "effect.before_intent")
        ]
    ),
    ids=str,
)
async def test_what_changed_while_the_bot_was_dead_is_decided_anew_and_asked(
    kill: Kill, campaign: Campaign
) -> None:
    ran = await campaign.ran(kill)

    _count("kills", kill, ran)
    assert ran.was_struck, f"{kill.point} was not reached"
    assert ran.violations == []
    assert (ran.ended, ran.calls, ran.approved) == ("verified", 1, 1)
    campaign.forget(kill)


@pytest.mark.parametrize(
    "kill",
    [Kill("closed by two rules", "mail.before_settle", seed=11, again=again) for again in (0, 11)],
    ids=str,
)
async def test_what_another_rule_got_done_is_not_told_of_as_undone(kill: Kill, campaign: Campaign) -> None:
    ran = await campaign.ran(kill)

    subjects = [entry["subject"] for entry in ran.evidence.inbox]
    assert ran.violations == []
    assert [one for one in subjects if "Closed" in one]
    assert [one for one in subjects if "not done" in one] == []
