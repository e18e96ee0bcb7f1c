"""Every call to a vendor passes here first: so many at once, in a minute and in a day, or none.

What must be known when an action is about to be made is known before its intent is
written: `for_one_action` takes a place and the calls it may need, and they go with it.
After the intent nothing here waits, asks the database or refuses.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.connectors import HeldBack, VendorProblem
from bot.connectors.budget import Budget, Purpose, Window
from bot.core.clock import Clock
from bot.core.words import say
from bot.engine.allowance import COUNTED_AHEAD, Allowance
from bot.engine.places import Places
from bot.store import call_use
from bot.store.database import Database, Tx
from bot.store.rest import LONGEST_REST

ONE_ACTION = 6
"""Calls that one action may come to: itself twice, where its token was refused, and the token requests."""
PLACE_WITHIN_S = 5.0
"""How long an action waits for its place before it lets go and comes again."""
SHORTEST_WAIT = timedelta(seconds=1)


@dataclass(slots=True)
class _Spending:
    """Who is calling, and how much of it since they began."""

    purpose: Purpose
    used: int = 0


@dataclass(slots=True)
class Carried:
    """A place and some calls for one action. What is left of the calls stays counted: they are few."""

    connection: str
    until: datetime
    left: int
    _place: Places | None

    def give_back(self) -> None:
        """Free the place. Once is enough, and more does no harm."""
        self.left = 0
        if self._place is not None:
            self._place.release()
            self._place = None

    @contextmanager
    def used(self) -> Iterator[None]:
        """The calls made in here are the action's, and its place is free after it."""
        token = _CARRIED.set(self)
        try:
            yield
        finally:
            _CARRIED.reset(token)
            self.give_back()


_SPENDING: ContextVar[_Spending | None] = ContextVar("spending", default=None)
_CARRIED: ContextVar[Carried | None] = ContextVar("carried", default=None)


@contextmanager
def spending(purpose: Purpose) -> Iterator[None]:
    """What is called in here is called for this purpose; whoever says nothing is looking."""
    token = _SPENDING.set(_Spending(purpose))
    try:
        yield
    finally:
        _SPENDING.reset(token)


class _Connection:
    def __init__(self, allowance: Allowance, at_once: int) -> None:
        self.allowance = allowance
        self.places = Places(at_once)
        self.rests_until: datetime | None = None


class Calls:
    """The allowances of every connection. One for a service; the client asks it before each call."""

    def __init__(self, db: Database, clock: Clock, budgets: Mapping[str, Budget]) -> None:
        self._db = db
        self._clock = clock
        self._budgets = budgets
        self._connections: dict[str, _Connection] = {}
        self._replicas = 1

    def share(self, replicas: int) -> None:
        """So many replicas call now, and share the places; calls by the minute they share anyway."""
        if replicas != self._replicas:
            self._replicas = replicas
            for one in self._connections.values():
                one.places.share(replicas)

    def allowed(self, connection: str) -> Budget:
        """What may be called there, at the most."""
        return self._budgets.get(connection, Budget())

    async def left(self, tx: Tx, connection: str) -> tuple[tuple[Window, Mapping[Purpose, int]], ...]:
        """For each window how many more calls may be counted now, for either purpose."""
        return self._of(connection).allowance.left(await call_use.known(tx, connection))

    def rests_until(self, connection: str) -> datetime | None:
        """Until when the vendor asked to be left alone, or the connection was put to rest."""
        return self._of(connection).rests_until

    def rest(self, connection: str, until: datetime) -> None:
        """Make no call there until then, not even for what is half read."""
        self._of(connection).rests_until = until

    def asked_to_wait(self, connection: str, seconds: float) -> None:
        """The vendor said so: it is about the account, so the whole connection waits, within bounds."""
        wait = max(SHORTEST_WAIT, min(timedelta(seconds=seconds), LONGEST_REST))
        until, before = self._clock.now() + wait, self.rests_until(connection)
        self.rest(connection, until if before is None else max(before, until))

    @asynccontextmanager
    async def turn(self, connection: str) -> AsyncIterator[None]:
        """One call may be made in here, and is counted. Raises HeldBack where none may be."""
        carried = _CARRIED.get()
        if _may_use(carried, connection, self._clock.now()):
            yield
            return
        one = self._of(connection)
        spends = _SPENDING.get() or _Spending(Purpose.LOOKS)
        async with one.places:
            self._assert_awake(one)
            try:
                await one.allowance.take(spends.purpose)
            except HeldBack as held:
                self._assert_possible(connection, one, spends, held)
                raise
            spends.used += 1
            yield

    async def for_one_action(self, connection: str) -> Carried:
        """A place and the calls for one action, before its intent is written. Raises HeldBack."""
        one = self._of(connection)
        try:
            async with asyncio.timeout(PLACE_WITHIN_S):
                await one.places.acquire()
        except TimeoutError:
            soon = self._clock.now() + timedelta(seconds=PLACE_WITHIN_S)
            raise HeldBack(say("has as many calls under way as it allows"), soon) from None
        until = self._clock.now() + COUNTED_AHEAD
        try:
            self._assert_awake(one)
            await one.allowance.take_ahead(ONE_ACTION)
        except BaseException:
            one.places.release()
            raise
        return Carried(connection, until, ONE_ACTION, one.places)

    def _of(self, connection: str) -> _Connection:
        if connection not in self._connections:
            budget = self.allowed(connection)
            allowance = Allowance(self._db, self._clock, connection, budget)
            made = self._connections[connection] = _Connection(allowance, budget.at_once)
            made.places.share(self._replicas)
        return self._connections[connection]

    def _assert_awake(self, one: _Connection) -> None:
        now = self._clock.now()
        # One that seems longer than any rest was begun before the clock went back.
        if one.rests_until is not None and now < one.rests_until <= now + LONGEST_REST:
            raise HeldBack(say("is left alone for a while"), one.rests_until)

    def _assert_possible(self, connection: str, one: _Connection, spends: _Spending, held: HeldBack) -> None:
        """One reading that needs all that a minute allows would begin again for ever."""
        minute = one.allowance.windows[0]
        if not held.for_the_day and spends.used + minute.block > minute.share(spends.purpose):
            raise VendorProblem(
                say(
                    "needs more than {count} calls for one reading; {limit} a minute are allowed",
                    count=spends.used,
                    limit=minute.limit,
                ),
                needs=say("raise budget.per_minute of {connection}", connection=connection),
            ) from None


def _may_use(carried: Carried | None, connection: str, now: datetime) -> bool:
    if carried is None or carried.connection != connection or not carried.left or now > carried.until:
        return False
    carried.left -= 1
    return True
