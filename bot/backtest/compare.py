"""Two sides of a replay, round by round: what an edit would have changed.

Rounds are matched by rule, pay run, how often it had been open, and their order within
that; so a yes that only comes later is the same one, at another time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from bot.backtest.rounds import Outcome, Round, Rounds
from bot.core import words
from bot.core.condition import Answer
from bot.core.decide import Decision, Verdict
from bot.core.explain import Node
from bot.core.money import Money

NOW, NEW = "now", "new"
AT_ONCE = timedelta(minutes=1)
"""How far apart two instants may be that are the same: an answer is recorded once its reading is in."""


class Change(StrEnum):
    """What a difference comes to, in the order in which a report has them."""

    ACT_MORE = "would act on {} more"
    ACT_LESS = "would no longer act on {}"
    ASK_MORE = "would ask for {}"
    ASK_LESS = "would no longer ask for {}"
    STOPPED = "would be stopped by a guard on {}"
    NO_STOP = "would no longer be stopped by a guard on {}"
    WATCH_MORE = "would only note {} more"
    WATCH_LESS = "would no longer note {}"
    UNANSWERED = "could not answer about {}"
    ELSEWHEN = "would come at another time on {}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One round that came out otherwise. `lines` are those that differ, the old side's first."""

    change: Change
    rule: str
    resource: str
    ref: str
    at: datetime
    before: str
    after: str
    amount: Money | None
    lines: tuple[tuple[str, Node], ...]
    """`NOW` or `NEW`, and the line as that side answers it."""
    also_at: datetime | None = None
    """When it was, where only the time differs."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`same` counts the rounds that came to the same at the same instant."""

    same: int
    differences: tuple[Difference, ...]

    def of(self, change: Change) -> tuple[Difference, ...]:
        return tuple(one for one in self.differences if one.change is change)


def compare(now: Rounds, new: Rounds, since: datetime) -> Comparison:
    """What differs between two sides of one replay, from `since` on, oldest first."""
    olds, news = _by_key(now.settled), _by_key(new.settled)
    unanswered = {(one.rule, one.resource): one.decision for one in new.unanswered}
    same, found = 0, []
    for key in sorted(olds.keys() | news.keys()):
        old, young = olds.get(key), news.get(key)
        if not any(one is not None and one.at is not None and one.at >= since for one in (old, young)):
            continue
        if old is not None and young is not None and _is_same(old, young):
            same += 1
        else:
            found.append(_difference(old, young, unanswered))
    found.sort(key=lambda one: (list(Change).index(one.change), one.at, one.rule, one.ref))
    return Comparison(same, tuple(found))


def money(rounds: Iterable[Difference | Round]) -> tuple[Money, ...]:
    """What they come to in each currency."""
    total: dict[str, Money] = {}
    for one in rounds:
        if one.amount is not None:
            before = total.get(one.amount.currency)
            total[one.amount.currency] = one.amount if before is None else before + one.amount
    return tuple(total[currency] for currency in sorted(total))


def _is_same(old: Round, new: Round) -> bool:
    assert old.at is not None and new.at is not None, "only what came to something is compared"
    return old.outcome is new.outcome and abs(old.at - new.at) <= AT_ONCE


Key = tuple[str, str, int, int]
"""The rule, the resource, how often it had been open, and which of its rounds."""


def _by_key(rounds: Iterable[Round]) -> dict[Key, Round]:
    counted: dict[tuple[str, str, int], int] = defaultdict(int)
    found = {}
    for one in rounds:
        of = one.rule, one.resource, one.generation
        found[(*of, counted[of])] = one
        counted[of] += 1
    return found


def _difference(
    old: Round | None, new: Round | None, unanswered: Mapping[tuple[str, str], Decision]
) -> Difference:
    of = new or old
    assert of is not None
    assert of.at is not None and of.decision is not None, "only what came to something is compared"
    could_not = unanswered.get((of.rule, of.resource)) if new is None else None
    change = Change.UNANSWERED if could_not is not None else _change(old, new)
    if new is not None:
        # At the instant of the new answer, both sides said something; that is what is compared.
        is_together = old is not None and old.at == new.at
        then = _said_of(old) if old is not None and is_together else _said(new.beside, of.zone)
        now = _said_of(new)
    else:
        then, now = _said_of(of), _said(could_not or of.beside, of.zone)
    return Difference(
        change,
        of.rule,
        of.resource,
        of.ref,
        of.at,
        _word(old),
        "unknown" if could_not is not None else _word(new),
        of.amount,
        tuple(_differing(then, now)),
        old.at if old is not None and change is Change.ELSEWHEN else None,
    )


def _word(round: Round | None) -> str:
    return round.outcome.value if round is not None and round.outcome is not None else "nothing"


def _change(old: Round | None, new: Round | None) -> Change:
    before = old.outcome if old else None
    match new.outcome if new else None:
        case after if after is before:
            return Change.ELSEWHEN
        case Outcome.ACT:
            return Change.ACT_MORE
        case Outcome.ASK:
            return Change.ASK_MORE
        case Outcome.STOP:
            return Change.STOPPED
        case Outcome.WATCH if before is None:
            return Change.WATCH_MORE
    return {
        Outcome.ACT: Change.ACT_LESS,
        Outcome.ASK: Change.ASK_LESS,
        Outcome.STOP: Change.NO_STOP,
        Outcome.WATCH: Change.WATCH_LESS,
    }[before or Outcome.WATCH]


def leaves(node: Node) -> Iterator[Node]:
    """The lines that somebody wrote, without the blocks around them."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


Said = dict[tuple[str, str, str], Node]


def _said_of(round: Round) -> Said:
    decision = round.decision
    return _by_words(decision, *decision.reasons, *round.reasons) if decision is not None else {}


def _said(decision: Decision | None, zone: tzinfo) -> Said:
    """What one side said that came to nothing then: it may have waited, and never come to it."""
    if decision is None:
        return {}
    waits = decision.wait_until if decision.verdict is Verdict.ACT else None
    hours = (
        (Node(Answer.NO, "now is within working hours", f"it waits until {words.moment(waits, zone)}"),)
        if waits is not None
        else ()
    )
    return _by_words(decision, *decision.reasons, *hours)


def _by_words(decision: Decision, *reasons: Node) -> Said:
    """Each line of the rule, and each reason to ask a person, once."""
    nodes = (decision.tree, *reasons)
    return {(one.answer, one.text, one.saw): one for node in nodes for one in leaves(node)}


def _differing(old: Said, new: Said) -> Iterator[tuple[str, Node]]:
    yield from ((NOW, node) for said, node in old.items() if said not in new)
    yield from ((NEW, node) for said, node in new.items() if said not in old)
