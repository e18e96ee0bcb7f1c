"""Rounds: what each yes would have come to, once, with the guards in the way.

A round is a rule's yes about one resource from when it begins to when it ends. It
comes to something at most once, in the order in which the service asks: a guard that
stops, one that waits, a person, working hours, `at_most`. What a person is asked counts
as not done, so it uses up no guard; what is done once is not done again, since it has
the same key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from bot.backtest.inforce import InForce, Place
from bot.backtest.world import Standing
from bot.core.action import Action
from bot.core.condition import Answer
from bot.core.decide import Decision, Facts, Verdict
from bot.core.explain import Node
from bot.core.guard import Compared, Gate, GuardAnswer, guard
from bot.core.money import Money
from bot.core.resource import Snapshot
from bot.core.workdays import WorkCalendar
from bot.engine.plan import FRESH_POLLS


class Outcome(StrEnum):
    """What a round came to."""

    ACT = "act"
    ASK = "ask"
    WATCH = "watch"
    STOP = "stopped by a guard"


@dataclass(frozen=True, slots=True)
class Heard:
    """One rule's answer at one instant, with what it was about."""

    one: InForce
    decision: Decision
    facts: Facts
    about: Standing
    earlier: tuple[Snapshot, ...]
    place: Place
    calendar: WorkCalendar
    """The connection's own, for days and hours that are not the rule's business."""


@dataclass(slots=True)
class Round:
    """One yes, and what it came to. `beside` is what the other side said at that instant."""

    rule: str
    resource: str
    ref: str
    generation: int
    since: datetime
    outcome: Outcome | None = None
    at: datetime | None = None
    amount: Money | None = None
    decision: Decision | None = None
    reasons: tuple[Node, ...] = ()
    beside: Decision | None = None
    zone: tzinfo = UTC
    """Of the connection's clocks."""
    is_over: bool = False
    """Nothing more comes of it: it has come to something, or it was there before, or done already."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A stretch in which a rule could not say yes or no for longer than two polls."""

    rule: str
    resource: str
    ref: str
    since: datetime
    decision: Decision


@dataclass(slots=True)
class Rounds:
    """All rounds of one side, and what they have used of guards so far."""

    actions: Mapping[str, Action]
    settled: list[Round] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)
    asked_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When each rule was last asked about each resource."""
    _open: dict[tuple[str, str], Round] = field(default_factory=dict)
    _unknown: dict[tuple[str, str], Unanswered] = field(default_factory=dict)
    _patience: dict[tuple[str, str], timedelta] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)
    _used: dict[tuple[str, str, str], Money] = field(default_factory=dict)
    _deeds: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)

    def take(
        self, heard: Heard, now: datetime, beside: Decision | None, *, at_start: bool
    ) -> datetime | None:
        """Take one answer in; when to ask again although nothing changes, None for never.

        What is yes at the start was so before, and comes to nothing here.
        """
        rule, about = heard.one.rule.id, heard.about
        key = rule, about.id
        self.asked_at[key] = now
        self._keep_unknown(key, heard, now)
        if heard.decision.answer is Answer.NO:
            self._open.pop(key, None)
            return None
        if heard.decision.answer is Answer.UNKNOWN:
            return None
        round = self._open.get(key)
        if round is None:
            round = Round(rule, about.id, about.snapshot.ref, about.generation, now, is_over=at_start)
            self._open[key] = round
        return None if round.is_over else self._go_on(round, heard, now, beside)

    def end(self, now: datetime) -> None:
        """The record is at its end: what is still unknown has been for so long."""
        for key in list(self._unknown):
            self._unknown_until(key, now)

    def _keep_unknown(self, key: tuple[str, str], heard: Heard, now: datetime) -> None:
        if heard.decision.answer is not Answer.UNKNOWN:
            self._unknown_until(key, now)
        elif key not in self._unknown:
            rule, resource = key
            ref = heard.about.snapshot.ref
            self._unknown[key] = Unanswered(rule, resource, ref, now, heard.decision)
            self._patience[key] = heard.place.poll * FRESH_POLLS

    def _unknown_until(self, key: tuple[str, str], now: datetime) -> None:
        found = self._unknown.pop(key, None)
        if found is not None and now - found.since > self._patience[key]:
            self.unanswered.append(found)

    def _go_on(self, round: Round, heard: Heard, now: datetime, beside: Decision | None) -> datetime | None:
        decision = heard.decision
        first = heard.one.rule.then[0]
        told = self.actions.get(first.action)
        action = told.as_told(first.args) if told is not None else None
        if decision.verdict is Verdict.WATCH or action is None:
            self._settle(round, heard, Outcome(decision.verdict), now, beside, action)
            return None
        snapshot = heard.about.snapshot
        name = action.key(snapshot, heard.about.generation)
        if name in self._done or action.is_done(snapshot, action.request(snapshot)):
            round.is_over = True
            return None
        gate = self._guards(action, heard, now)
        if gate.gate is Gate.STOP:
            self._settle(round, heard, Outcome.STOP, now, beside, action, gate.reasons)
            return None
        if gate.gate is Gate.WAIT:
            return gate.until
        reasons = (*_why_ask(heard, action), *gate.reasons)
        if reasons:
            self._settle(round, heard, Outcome.ASK, now, beside, action, reasons)
            return None
        later = decision.wait_until or self._too_many(heard, action, now)
        if later is not None:
            return later
        self._settle(round, heard, Outcome.ACT, now, beside, action)
        self._use(name, round, heard, action, now)
        return None

    def _settle(
        self,
        round: Round,
        heard: Heard,
        outcome: Outcome,
        now: datetime,
        beside: Decision | None,
        action: Action | None = None,
        reasons: tuple[Node, ...] = (),
    ) -> None:
        round.outcome, round.at, round.is_over = outcome, now, True
        round.decision, round.reasons, round.beside = heard.decision, reasons, beside
        round.zone = heard.calendar.zone
        if action is not None and action.amount is not None:
            round.amount = heard.about.snapshot.money(action.amount)
        self.settled.append(round)

    def _guards(self, action: Action, heard: Heard, now: datetime) -> GuardAnswer:
        amount = heard.facts.values.get(action.amount) if action.amount else None
        today = heard.calendar.today(now)
        money = heard.about.snapshot.money(action.amount) if action.amount else None
        used = self._used.get((heard.place.id, money.currency, today.isoformat())) if money else None
        compared = None
        if amount is not None:
            pays = [pay for one in heard.earlier if (pay := one.money("net pay")) is not None]
            compared = Compared("net pay", heard.facts.values.get("net pay", amount), pays)
        return guard(
            heard.place.guards,
            amount=amount,
            used_today=used,
            tomorrow=heard.calendar.end_of(today),
            compared=compared,
        )

    def _too_many(self, heard: Heard, action: Action, now: datetime) -> datetime | None:
        limit = heard.one.rule.limits.at_most
        if limit is None:
            return None
        deeds = self._deeds.get((heard.place.id, action.name), [])
        done = [at for at in deeds if at > now - limit.per]
        return done[-limit.count] + limit.per if len(done) >= limit.count else None

    def _use(self, name: str, round: Round, heard: Heard, action: Action, now: datetime) -> None:
        self._done.add(name)
        self._deeds.setdefault((heard.place.id, action.name), []).append(now)
        if round.amount is not None:
            day = heard.place.id, round.amount.currency, heard.calendar.today(now).isoformat()
            before = self._used.get(day)
            self._used[day] = before + round.amount if before is not None else round.amount


def _why_ask(heard: Heard, action: Action) -> tuple[Node, ...]:
    """Why a person would be asked: the rule's limits, and what no mode may override."""
    reasons = list(heard.decision.reasons)
    if heard.decision.verdict is Verdict.ASK and not reasons:
        reasons.append(Node(Answer.YES, "the rule asks each time"))
    if heard.about.generation > 1:
        times = f"time {heard.about.generation}"
        reasons.append(Node(Answer.YES, "it was open again after it had been done", times))
    if action.always_asks:
        reasons.append(Node(Answer.YES, "this action is always asked"))
    return tuple(reasons)
