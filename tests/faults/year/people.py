"""The people of a simulation: they answer what they are asked, late or never, and hold and pause."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from bot.engine import approve
from bot.engine.bot import Bot
from bot.store import approvals, effects
from bot.store.approvals import Approval, ApprovalState
from bot.store.effects import State
from bot.store.tables import connection_state, resource
from tests.faults.year.agenda import Agenda
from tests.faults.year.clock import SimClock

REFUSED = (approve.NotAllowed, approve.NothingToDecide)
"""What somebody is told who may not, or who comes too late; then they let it be."""


class People:
    """`look` finds what is new for them; what they do about it goes on the agenda."""

    def __init__(
        self,
        bot: Bot,
        clock: SimClock,
        agenda: Agenda,
        seed: str,
        log_in: Callable[[str, SecretStr], None],
    ) -> None:
        self._bot = bot
        self._log_in = log_in
        self._clock = clock
        self._agenda = agenda
        self._random = Random(seed)
        self._known: set[str] = set()
        self._parked: set[str] = set()
        self._logins = 0
        self.answered = 0

    async def look(self) -> None:
        """Notice new questions, and what has been left to a person."""
        async with self._bot.db.read() as tx:
            asked = await approvals.listed(tx, ApprovalState.OPEN)
            parked = await effects.in_state(tx, State.PARKED)
        for one in sorted(asked, key=lambda one: (one.asked_at, one.effect_key)):
            if one.id not in self._known:
                self._known.add(one.id)
                self._answer(one)
        for effect in sorted(parked, key=lambda one: (one.changed_at, one.key)):
            if effect.is_vendor and effect.name not in self._parked:
                self._parked.add(effect.name)
                self._after(self._random.randint(20, 3000), partial(self._settle, effect.resource))

    def _after(self, minutes: int, do: Any) -> None:
        self._agenda.at(self._clock.now() + timedelta(minutes=minutes), do)

    def _answer(self, asked: Approval) -> None:
        """Seven in ten say yes in a while; one is no; one is the proposer's; one never comes."""
        minutes = self._random.choice((3, 25, 90, 400, 1100)) + self._random.randrange(20)
        match self._random.randrange(10):
            case 0:
                self._after(minutes, partial(self._reject, asked.id))
            case 1:
                return
            case 2:
                self._after(minutes, partial(self._approve, asked.id, ("payroll-1", "finance-1")))
            case _:
                self._after(minutes, partial(self._approve, asked.id, ("finance-1", "finance-2")))

    async def _approve(self, id: str, people: tuple[str, ...]) -> None:
        for name in people:
            async with self._bot.db.read() as tx:
                asked, _ = await approve.find(tx, id)
            person = self._bot.settings.person(name)
            assert person is not None
            try:
                checks = approve.checks_of(asked)
                await approve.approve(self._bot, person, id, channel="simulation", checks=checks)
            except REFUSED:
                continue
            self.answered += 1

    async def _reject(self, id: str) -> None:
        person = self._bot.settings.person("finance-2")
        assert person is not None
        try:
            await approve.reject(self._bot, person, id, channel="simulation", reason="we do it by hand")
        except REFUSED:
            return
        self.answered += 1

    async def _settle(self, resource_id: str) -> None:
        person = self._bot.settings.person("finance-1")
        assert person is not None
        what = self._random.choice(("happened", "never", "never", "again"))
        try:
            await approve.settle(self._bot, person, resource_id, what=what, comment="looked at the vendor")
        except REFUSED:
            return

    # Brakes and logins, now and then

    def begin(self, at: datetime, ends: datetime) -> None:
        async def day() -> None:
            await self._log_in_again()
            if self._random.randrange(4) == 0:
                await self._hold(self._clock.now())
            if self._random.randrange(10) == 0:
                await self._pause(self._clock.now())
            if at + timedelta(days=1) < ends:
                self.begin(at + timedelta(days=1), ends)

        self._agenda.at(at, day)

    async def _hold(self, now: datetime) -> None:
        async with self._bot.db.read() as tx:
            query = select(resource.c.id).where(resource.c.is_open, resource.c.gone_at.is_(None))
            open_ones = (await tx.execute(query.order_by(resource.c.id))).scalars().all()
        person = self._bot.settings.person("payroll-1")
        if not open_ones or person is None:
            return
        chosen = self._random.choice(open_ones)
        until = now + timedelta(hours=self._random.randint(1, 8))
        await approve.hold(self._bot, person, chosen, reason="we do this one by hand", until=until)

    async def _pause(self, now: datetime) -> None:
        person = self._bot.settings.person("payroll-1")
        assert person is not None
        scope = self._random.choice(["*", *sorted(self._bot.accounts)])
        until = now + timedelta(hours=self._random.randint(1, 6))
        try:
            await approve.pause(self._bot, person, scope, reason="the bank is closed", until=until)
        except REFUSED:
            return

    async def _log_in_again(self) -> None:
        """Where Roubler's login is lost, somebody logs in and puts the new token into the settings."""
        async with self._bot.db.read() as tx:
            query = select(connection_state.c.connection).where(
                connection_state.c.problem.contains("token endpoint answered 400")
            )
            lost = (await tx.execute(query.order_by(connection_state.c.connection))).scalars().all()
        for connection in lost:
            self._logins += 1
            self._log_in(connection, SecretStr(f"token-of-login-{self._logins}"))
