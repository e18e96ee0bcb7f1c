"""Deciding an expectation: whether too few came, from what was counted.

The rule's answer is yes where too few came: then it does what it says. What might have
come and could not be read is unknown, which is never "nothing came".
"""

from dataclasses import dataclass

from bot.core.condition import Answer
from bot.core.decide import Decision, verdict_of
from bot.core.explain import Node
from bot.core.rule import Mode, Rule
from bot.core.words import joined, say


@dataclass(frozen=True, slots=True)
class Came:
    """How many came for certain, and why there may be more than that, a reason each."""

    count: int
    doubts: tuple[str, ...] = ()


def decide_came(rule: Rule, came: Came, mode: Mode | None = None) -> Decision:
    """What a rule with `expect` says to a count. Enough is enough, whatever could not be read besides."""
    assert rule.expect is not None, "only a rule with expect counts"
    if came.count >= rule.expect.at_least:
        answer, saw = Answer.NO, say("{count} came", count=came.count)
    elif came.doubts:
        answer, saw = Answer.UNKNOWN, joined(came.doubts, "; ")
    else:
        answer = Answer.YES
        saw = say("{count} came", count=came.count) if came.count else say("none came")
    text = say(
        "fewer than {count} {kind} came {when}",
        count=rule.expect.at_least,
        kind=rule.watch,
        when=rule.expect.words,
    )
    return Decision(answer, verdict_of(answer, mode or rule.mode), None, Node(answer, text, saw))
