"""Counting what came for a rule with `expect`, from what was last read.

Nothing is read from a vendor for it. What came is told by the vendor's own instant where
there is one; so a thing that was read late still counts for the time at which it came.
Where there is none it came when we first saw it, and then what was first seen after the
time may have come before it: that is a doubt, as is everything that could not be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.answer import answer
from bot.core.came import Came
from bot.core.condition import Answer, names
from bot.core.resource import Kind, Known, Part, Snapshot, Unread, Value
from bot.core.seen import moment
from bot.core.slots import Slot
from bot.core.words import joined, say
from bot.engine.bot import Account, Bot, Running
from bot.facts.gather import gather
from bot.store import health, news, resources
from bot.store.database import Tx
from bot.store.resources import Resource


@dataclass(frozen=True, slots=True)
class One:
    """One thing that came, or may have."""

    name: str
    """`Gigapay payout 5028801`"""
    at: datetime | None
    """None where it is not known."""
    why: str
    """Why that is not known."""
    holds: Answer
    """What the rule's own conditions say of it."""
    by: datetime | None = None
    """It came no later than this, where that is known."""
    is_seen_only: bool = False
    """Whether `at` is when we first saw it, and it may have come before."""

    def came(self, begins: datetime, until: datetime) -> Answer:
        """Whether it came between two instants, both included, and counts."""
        if self.holds is Answer.NO or (self.by is not None and self.by < begins):
            return Answer.NO
        if self.at is None or (self.is_seen_only and self.at > until):
            return Answer.UNKNOWN
        return self.holds if begins <= self.at <= until else Answer.NO


@dataclass(frozen=True, slots=True)
class _Whole:
    """What one resource adds to the count."""

    ones: tuple[One, ...]
    doubt: str = ""
    """Why there may be more in it, whenever it was read."""
    may_grow_since: datetime | None = None
    """When it was read, where more may have come into it since."""
    title: str = ""
    ended: datetime | None = None
    """From when on nothing more came into it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All there is to count at one connection, as last read."""

    wholes: tuple[_Whole, ...]
    listed_at: datetime | None
    is_being_read: bool
    """Whether something of it, known to be there, is still to be read."""
    account: Account

    def last(self, until: datetime) -> One | None:
        """The newest of which it is known that it came, no later than an instant."""
        known = [
            (one.at, one.name, one)
            for whole in self.wholes
            for one in whole.ones
            if one.at is not None and one.at <= until and one.holds is Answer.YES
        ]
        return max(known, key=lambda each: each[:2])[2] if known else None


@dataclass(frozen=True, slots=True)
class Counted:
    """What came for one time, beginning and end included."""

    slot: Slot
    begins: datetime
    came: tuple[str, ...]
    doubts: tuple[str, ...]

    def to_decide(self) -> Came:
        return Came(len(self.came), self.doubts)


async def read_all(bot: Bot, tx: Tx, running: Running, account: Account) -> Reading:
    """Everything of the kind that the rule expects, at one connection."""
    kind, part = _source(account, running.rule.watch)
    known = await health.health(tx, account.id)
    wholes = []
    for found in await resources.all_of(tx, account.id, kind_ends=kind.name):
        if part is None:
            wholes.append(await _itself(bot, tx, running, account, kind, found, known.synced_at))
        else:
            wholes.append(_parts(bot, running, account, kind, part, found))
    return Reading(
        wholes=tuple(wholes),
        listed_at=known.listed_at if known.synced_at is not None else None,
        is_being_read=await news.any_to_read(tx, account.id),
        account=account,
    )


def count(bot: Bot, reading: Reading, slot: Slot, begins: datetime) -> Counted:
    """What came from the beginning to the time, and why there may be more."""
    calendar = bot.calendar(reading.account)
    doubts: list[str] = []
    if reading.listed_at is None:
        doubts.append(say("{what} has not been read yet", what=reading.account.id))
    elif reading.listed_at < slot.due_at:
        since = moment(reading.listed_at, calendar, bot.now())
        doubts.append(
            say(
                "the list of {connection} has not been read since {since}",
                connection=reading.account.id,
                since=since,
            )
        )
    elif reading.is_being_read:
        doubts.append(say("something of {connection} is still to be read", connection=reading.account.id))
    came: list[str] = []
    for whole in reading.wholes:
        if whole.ended is not None and whole.ended < begins:
            continue
        if whole.doubt:
            doubts.append(joined((whole.title, whole.doubt), ": "))
        elif whole.may_grow_since is not None and whole.may_grow_since < slot.due_at:
            since = moment(whole.may_grow_since, calendar, bot.now())
            doubts.append(say("{what} has not been read since {since}", what=whole.title, since=since))
        for one in whole.ones:
            match one.came(begins, slot.due_at):
                case Answer.YES:
                    came.append(one.name)
                case Answer.UNKNOWN:
                    why = one.why or say("whether it counts is not known")
                    doubts.append(joined((one.name, why), ": "))
                case Answer.NO:
                    pass
    return Counted(slot, begins, tuple(came), tuple(doubts))


def _source(account: Account, watch: str) -> tuple[Kind, Part | None]:
    """Which kind is read for what is counted, and how it is split where that is only a part of it."""
    kinds = account.connector.kinds
    if watch in kinds:
        return kinds[watch], None
    (found,) = ((kind, part) for kind in kinds.values() for part in kind.parts if part.kind.name == watch)
    return found


async def _itself(
    bot: Bot,
    tx: Tx,
    running: Running,
    account: Account,
    kind: Kind,
    found: Resource,
    synced_at: datetime | None,
) -> _Whole:
    snapshot = found.snapshot
    title = f"{kind.title} {snapshot.vendor_id}"
    if found.is_broken:
        return _Whole((), say("what was last read of it cannot be used"), title=title)
    asks = bool(names(running.rule.when))
    earlier = await resources.earlier(tx, snapshot, found.id) if asks else ()
    holds = _holds(bot, running, account, snapshot, earlier, found.generation)
    if kind.came:
        at, why = _instant(snapshot.value(kind.came))
    elif synced_at is None or found.first_seen_at <= synced_at:
        at, why = None, say("it was there when the connection was first read")
    else:
        at = found.first_seen_at
        why = say("it was first seen after that time, and may have come before it")
    changes = asks and snapshot.is_live
    return _Whole(
        (One(title, at, why, holds, by=found.first_seen_at, is_seen_only=not kind.came),),
        may_grow_since=snapshot.observed_at if changes else None,
        title=title,
    )


def _parts(bot: Bot, running: Running, account: Account, kind: Kind, part: Part, found: Resource) -> _Whole:
    snapshot = found.snapshot
    title = f"{kind.title} {snapshot.vendor_id}"
    ended = snapshot.instant(part.ends)
    split = (
        Unread(say("what was last read of it cannot be used")) if found.is_broken else part.split(snapshot)
    )
    if isinstance(split, Unread):
        return _Whole((), split.why, title=title, ended=ended)
    ones = []
    for one in split:
        at, why = _instant(one.value(part.kind.came))
        holds = _holds(bot, running, account, one, (), found.generation)
        ones.append(One(f"{part.kind.title} {one.vendor_id}", at, why, holds))
    grows = snapshot.observed_at if snapshot.is_live else None
    return _Whole(tuple(ones), may_grow_since=grows, title=title, ended=ended)


def _holds(
    bot: Bot,
    running: Running,
    account: Account,
    snapshot: Snapshot,
    earlier: Sequence[Snapshot],
    generation: int,
) -> Answer:
    """What the rule's own conditions say of one thing, as it is now."""
    calendar = running.calendar(account)
    facts = gather(snapshot, earlier, calendar, bot.now(), generation)
    return answer(running.rule.when, facts.values, calendar, bot.now()).answer


def _instant(value: Value) -> tuple[datetime | None, str]:
    match value:
        case Known(datetime() as at):
            return at, ""
        case Unread(why):
            return None, why
        case _:
            return None, say("the vendor does not say when it came")
