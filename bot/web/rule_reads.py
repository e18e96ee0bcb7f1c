"""What pages tell of a rule in numbers: what it answers now, and what it did lately.

Nothing is counted further than somebody reads: of many there are "over 1 000", and the page
takes no longer for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select

from bot.core.decide import Verdict
from bot.core.words import say
from bot.store.database import Tx
from bot.store.effects import State
from bot.store.paging import besides
from bot.store.tables import audit, decision, decision_change, effect

MOST = 1_000
ANSWERS = ("yes", "no", "unknown")
_NOTED = ("proposed", "signed off", "sent back", "changed a rule's values")
_MOST_NOTED = 400


def said(count: int) -> str:
    """`12`, `over 1 000`."""
    return say("over {count}", count=f"{MOST:,}".replace(",", "\u00a0")) if count > MOST else str(count)


async def answers(tx: Tx, rule: str) -> dict[str, int]:
    """How many resources a rule answers yes, no, unknown about now, counted to one more than `MOST`."""
    found = {}
    for answer in ANSWERS:
        those = decision.c.rule == rule, decision.c.answer == answer
        if count := await _count(tx, *those):
            found[answer] = count
    return found


@dataclass(frozen=True, slots=True)
class Did:
    """What came of a rule in some time, each with its number."""

    done: int = 0
    told: int = 0
    refused: int = 0
    unconfirmed: int = 0
    open: int = 0
    noted: int = 0

    def words(self) -> tuple[tuple[str, str], ...]:
        """`(done, 12)`; nothing for what did not happen."""
        named = (
            (say("done"), self.done),
            (say("told"), self.told),
            (say("refused by the vendor"), self.refused),
            (say("could not be confirmed"), self.unconfirmed),
            (say("waiting or under way"), self.open),
            (say("only noted"), self.noted),
        )
        return tuple((name, said(count)) for name, count in named if count)


async def did(tx: Tx, rule: str, since: datetime) -> Did:
    """What a rule did since an instant."""
    rows = (
        select(effect.c.is_vendor, effect.c.state)
        .where(effect.c.rule == rule, effect.c.planned_at >= since)
        .order_by(effect.c.planned_at.desc())
        .limit(MOST + 1)
        .subquery()
    )
    counts = {
        (bool(is_vendor), state): count
        for is_vendor, state, count in await tx.execute(
            select(rows.c.is_vendor, rows.c.state, func.count()).group_by(rows.c.is_vendor, rows.c.state)
        )
    }
    ended = (State.VERIFIED, State.REFUSED, State.PARKED, State.WITHDRAWN)
    changes = decision_change.c
    return Did(
        done=counts.get((True, State.VERIFIED), 0),
        told=counts.get((False, State.VERIFIED), 0),
        refused=counts.get((True, State.REFUSED), 0),
        unconfirmed=counts.get((True, State.PARKED), 0),
        open=sum(count for (is_vendor, state), count in counts.items() if is_vendor and state not in ended),
        noted=await _count(tx, changes.rule == rule, changes.at >= since, changes.verdict == Verdict.WATCH),
    )


async def _count(tx: Tx, *which: ColumnElement[bool]) -> int:
    some = select(literal(1)).where(*which).limit(MOST + 1).subquery()
    return (await tx.execute(select(func.count()).select_from(some))).scalar_one()


@dataclass(frozen=True, slots=True)
class Noted:
    """What a person did about a version of a rule, by the permanent record."""

    at: datetime
    actor: str
    what: str
    version: str
    """Its hash; empty where the record does not say."""
    why: str = ""


async def noted(tx: Tx, rule: str) -> Sequence[Noted]:
    """Who proposed, signed, sent back and changed what of a rule, oldest first."""
    rows = await tx.execute(
        select(audit.c.at, audit.c.actor, audit.c.what_json)
        .where(besides(audit.c.rule) == rule, audit.c.what.in_(_NOTED))
        .order_by(audit.c.at.desc(), audit.c.seq.desc())
        .limit(_MOST_NOTED)
    )
    found = []
    for at, actor, content in rows:
        told: dict[str, Any] = loads(content)
        found.append(
            Noted(at, actor, told["what"], str(told.get("version") or ""), str(told.get("why") or ""))
        )
    return found[::-1]
