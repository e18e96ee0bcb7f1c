"""Which story passes which fault point, and the kills that every session tries."""

from bot.core.fault import POINTS
from tests.faults.kill import Kill

USUAL = "closed by rule"
CROWDED = "closed by two rules"
"""The usual one with two workers at one payrun: for the runs whose steps are delayed."""

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
    "mail.before_merge": "many mails have waited",
    "mail.merged": "many mails have waited",
    "approval.before_commit": "asked and approved",
    "approval.committed": "asked and approved",
    "replay.before_commit": "replayed",
    "replay.committed": "replayed",
    "schedule.before_commit": "told at a set time",
    "schedule.committed": "told at a set time",
}
"""The points that closing by rule does not pass, and the story that does."""


def at(point: str, *, seed: int = 0, again: int = 0) -> Kill:
    """The kill at a point, in the story that passes it."""
    usual = CROWDED if seed else USUAL
    return Kill(ELSEWHERE.get(point, usual), point, seed=seed, again=again)


def spread(wanted: int) -> int:
    """How many runs each point has, for so many in all."""
    return -(-wanted // len(POINTS))
