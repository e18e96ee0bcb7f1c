"""Alerts that last: told again at the rule's times, and to others once it has taken too long.

Each telling is an action that waits for its time like any other, planned once the one
before it was told. So one reminder at the most is ever ahead: a service that was away over
three of them tells once, and a restart changes nothing. The key of a reminder is made of
its slot, that of an escalation of the episode, so that neither comes twice.
"""

from datetime import datetime
from enum import StrEnum

from bot.core.condition import Answer
from bot.core.rule import Step
from bot.core.slots import Schedule, Slot
from bot.core.words import say
from bot.core.workdays import WorkCalendar
from bot.engine.bot import Bot, Running
from bot.store import decisions, effects
from bot.store.codec import fingerprint
from bot.store.database import Tx
from bot.store.effects import Effect, Plan, State
from bot.store.health import Episode
from bot.store.resources import Resource

ALERT = "alert"


class Again(StrEnum):
    """Why an alert comes once more."""

    REMINDER = "reminder"
    ESCALATION = "escalation"

    def chain(self, episode: Episode) -> str:
        return f"{self}:{episode.chain}"


def was_told(effect: Effect) -> bool:
    """Whether its mails were made; what became of each is the mail's own."""
    return "told" in effect.outcome


async def still_so(tx: Tx, rule: str, connection: str) -> list[str]:
    """What a rule says yes to at a connection: the members of an alert that groups by connection."""
    kept = await decisions.answering(tx, rule, Answer.YES)
    return sorted(one.resource for one in kept if f":{connection}/" in one.resource)


async def plan_again(
    bot: Bot, tx: Tx, running: Running, found: Resource, episode: Episode, correlation: str
) -> None:
    """Have ahead of an open episode what the rule in force says, and nothing else.

    Only of one that an alert was told of: what a rule found when it began is in its first
    list, and a reminder of each would be the flood that the list is there to prevent.
    """
    if episode.cleared_at is not None:
        return
    if not any(one.action == ALERT and was_told(one) for one in await effects.of_chain(tx, episode.chain)):
        return
    turn = _Turn(bot, tx, running, found, episode, correlation)
    await turn.remind()
    await turn.escalate()


async def withdraw_again(tx: Tx, episode: Episode, *, reason: str, now: datetime) -> None:
    """Tell of it no more."""
    for again in Again:
        await effects.withdraw_rest(tx, again.chain(episode), reason=reason, now=now)


class _Turn:
    """One open episode and the rule in force, at one moment."""

    def __init__(
        self, bot: Bot, tx: Tx, running: Running, found: Resource, episode: Episode, correlation: str
    ) -> None:
        self._bot = bot
        self._tx = tx
        self._rule = running.rule
        self._calendar = running.calendar(bot.accounts[found.snapshot.connection])
        self._found = found
        self._episode = episode
        self._correlation = correlation
        self._steps = [
            (position, step) for position, step in enumerate(running.rule.then) if step.action == ALERT
        ]

    async def remind(self) -> None:
        remind = self._rule.remind
        basis = _basis(self._calendar, remind.words) if remind is not None else ""
        if await self._is_ahead(Again.REMINDER, basis) or remind is None:
            return
        slot = await self._next_slot(remind)
        for position, step in self._steps:
            key = self._reminder(slot, position)
            await self._plan(Again.REMINDER, key, position, step, slot.due_at, basis, step.args["to"])

    async def _next_slot(self, remind: Schedule) -> Slot:
        """The first slot ahead that was not told at: it comes again where the clock was set back."""
        slot = remind.next_slot(self._bot.now(), self._calendar)
        while await self._was_told_at(slot):
            slot = remind.next_slot(slot.due_at, self._calendar)
        return slot

    async def _was_told_at(self, slot: Slot) -> bool:
        keys = [self._reminder(slot, position) for position, _ in self._steps]
        return any([(one := await effects.latest(self._tx, key)) and was_told(one) for key in keys])

    def _reminder(self, slot: Slot, position: int) -> str:
        return f"{Again.REMINDER.chain(self._episode)}:{slot.name}:{position}"

    async def escalate(self) -> None:
        escalate, told_at = self._rule.escalate, self._episode.told_at
        basis = _basis(self._calendar, escalate.after.words, escalate.to) if escalate is not None else ""
        if await self._is_ahead(Again.ESCALATION, basis) or escalate is None or told_at is None:
            return
        key = Again.ESCALATION.chain(self._episode)
        position, step = self._steps[0]
        at = escalate.after.end(told_at, self._calendar)
        await self._plan(Again.ESCALATION, key, position, step, at, basis, escalate.to)

    async def _is_ahead(self, again: Again, basis: str) -> bool:
        """Whether one waits for its time; one that was planned by other words or days waits no more."""
        now, wall = self._bot.now(), self._bot.clock.wall()
        is_ahead = False
        for one in await effects.of_chain(self._tx, again.chain(self._episode)):
            if one.state not in (State.PLANNED, State.WAITING):
                continue
            if one.args["basis"] == basis:
                is_ahead = True
            else:
                reason = say("the rule or its work calendar was changed")
                await effects.end_unheld(
                    self._tx, one, state=State.WITHDRAWN, reason=reason, now=now, wall=wall
                )
        return is_ahead

    async def _plan(
        self, again: Again, key: str, position: int, step: Step, at: datetime, basis: str, to: str
    ) -> None:
        before = await effects.latest(self._tx, key)
        if before is not None and before.state is not State.WITHDRAWN:
            return  # it was told, or somebody is at it just now
        what = Plan(
            key=key,
            action=ALERT,
            connection=self._found.snapshot.connection,
            resource=self._found.id,
            generation=self._found.generation,
            rule=self._rule.id,
            rule_hash=self._rule.hash,
            is_vendor=False,
            not_before=at,
            args={
                **step.args,
                "to": to,
                "group": self._episode.grp,
                "episode": self._episode.number,
                "again": again,
                "due_at": at.isoformat(),
                "basis": basis,
            },
            position=position,
        )
        await effects.plan(
            self._tx,
            what,
            round=1 if before is None else before.round + 1,
            chain=again.chain(self._episode),
            now=self._bot.now(),
            correlation=self._correlation,
        )


def _basis(calendar: WorkCalendar, *words: str) -> str:
    """What a time was worked out from, so that it is worked out anew where that has changed."""
    return fingerprint([*words, repr(calendar.spec)])
