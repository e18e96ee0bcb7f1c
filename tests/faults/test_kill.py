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
    ("asked and approved", "approval.before_commit", 2),
    ("asked and approved", "approval.committed", 2),
    ("asked and approved", "effect.before_call", 1),
    ("the reply was lost", "effect.called", 1),
    ("the reply was lost", "effect.sent", 1),
    ("the call never arrived", "effect.before_call", 2),
    ("finalised with a yes", "effect.intent", 1),
    ("finalised with a yes", "effect.called", 1),
    ("finalised with a yes", "effect.sent", 1),
    ("finalising was never heard of", "effect.unknown", 1),
    ("finalising was never heard of", "effect.before_end", 1),
    ("finalising was never heard of", "effect.ended", 1),
)

KILLS = [(ELSEWHERE.get(point, USUAL), point, 1) for point in POINTS] + list(MORE)


@pytest.mark.parametrize(
    ("name", "point", "nth"), [pytest.param(*one, id=f"{one[1]}-{one[2]} {one[0]}") for one in KILLS]
)
async def test_nothing_is_lost_or_done_twice_by_a_kill(
    name: str, point: str, nth: int, tmp_path: Path, nursery: Nursery, template: Template, count: Count
) -> None:
    story = STORIES[name]

    ran = await run(tmp_path, nursery, template, story, point, nth)

    count.runs += 1
    count.violations += len(ran.violations)
    assert ran.was_killed, f"{point} was not reached"
    count.points.add(point)
    assert ran.violations == []
    assert ran.ended == story.ends
