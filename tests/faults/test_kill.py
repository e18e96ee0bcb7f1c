"""A real `kill -9` between any two states, and what the world has seen afterwards."""

from pathlib import Path

import pytest

from bot.core.fault import POINTS
from tests.faults.conftest import Count
from tests.faults.nursery import Nursery
from tests.faults.run import run
from tests.faults.story import STORIES
from tests.faults.witness import Template

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
    ("asked and approved", "approval.before_commit", 2, "verified"),
    ("asked and approved", "approval.committed", 2, "verified"),
    ("asked and approved", "effect.before_call", 1, "verified"),
    ("the reply was lost", "effect.called", 1, "verified"),
    ("the reply was lost", "effect.sent", 1, "verified"),
    # Nobody knows of the first call nor of the second: a third is a person's to decide.
    ("the call never arrived", "effect.before_call", 2, "parked"),
    ("refused by the vendor", "effect.sent", 1, "refused"),
    ("finalised with a yes", "effect.intent", 1, "parked"),
    ("finalised with a yes", "effect.called", 1, "verified"),
    ("finalised with a yes", "effect.sent", 1, "verified"),
    ("finalising was never heard of", "effect.unknown", 1, "parked"),
    ("finalising was never heard of", "effect.before_end", 1, "parked"),
    ("finalising was never heard of", "effect.ended", 1, "parked"),
)

KILLS = [
    (name, point, 1, STORIES[name].ends) for point in POINTS for name in [ELSEWHERE.get(point, USUAL)]
] + list(MORE)


@pytest.mark.parametrize(
    ("name", "point", "nth", "ends"), [pytest.param(*one, id=f"{one[1]}-{one[2]} {one[0]}") for one in KILLS]
)
async def test_nothing_is_lost_or_done_twice_by_a_kill(
    name: str,
    point: str,
    nth: int,
    ends: str,
    tmp_path: Path,
    nursery: Nursery,
    template: Template,
    count: Count,
) -> None:
    story = STORIES[name]

    ran = await run(tmp_path, nursery, template, story, point, nth)

    count.add(point, ran)
    assert ran.was_killed, f"{point} was not reached"
    assert ran.violations == []
    assert ran.ended == ends
    assert ran.calls <= story.calls
