"""The recorded quarter: a database as the service leaves it behind, to try rules on.

Thirteen weeks of four vendors, made by seed. They are kept by the store's own functions
and decided by the service's own deciding, so that `backtest`, `try` and `payruns` find
what they would find after a real quarter.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import connection_models, read_rules, setup_of, shipped
from bot.backtest.inforce import InForce, Place, Rules, of_book
from bot.backtest.recording import read_recording
from bot.backtest.replay import Replay
from bot.connectors import vendor_actions
from bot.core.decide import Decision
from bot.core.explain import tree_to_json
from bot.core.resource import Snapshot
from bot.demo.config import APPROVER, PROPOSER, Nowhere, settings_text, write_secrets
from bot.demo.quarter.weeks import Quarter
from bot.engine.choose import shown
from bot.mail.render import Renderer
from bot.rulebook import Rulebook
from bot.settings import Settings, load
from bot.store import decisions, health, resources, rules
from bot.store.database import Tx, open_database

SEED = 20260810
FILES = ("calendars", "gigapay", "xero", "staffology", "roubler")
"""The shipped rules that the quarter was lived by."""
VENDORS = ("gigapay", "xero", "staffology", "roubler")
CORRELATION = "recorded"


@dataclass(frozen=True, slots=True)
class Answer:
    """One rule's answer at one instant of the quarter."""

    one: InForce
    resource: str
    decision: Decision
    at: datetime


async def record(folder: Path, *, seed: int = SEED) -> None:
    """Make the folder with its settings, rules and record. Raises FileExistsError where it is there."""
    settings, book = await asyncio.to_thread(_set_up, folder)
    readings = Quarter(book.calendars, seed).readings()
    db = await open_database(settings.database)
    try:
        async with db.write() as tx:
            await _sign(tx, book, readings[0].observed_at - timedelta(days=1))
            for one in readings:
                await resources.save(tx, one, now=one.observed_at, correlation=CORRELATION)
            last = readings[-1].observed_at
            for connection in settings.connections:
                await health.set_health(tx, connection.id, synced_at=readings[0].observed_at, listed_at=last)
            await _keep(tx, await _decide(tx, settings, book, readings))
    finally:
        await db.close()


def _set_up(folder: Path) -> tuple[Settings, Rulebook]:
    folder.mkdir(parents=True)
    (folder / "rules").mkdir()
    for name in FILES:
        shutil.copy(shipped("rules") / f"{name}.yaml", folder / "rules")
    write_secrets(folder / "secrets")
    path = folder / "bot.yaml"
    path.write_text(settings_text({vendor: Nowhere() for vendor in VENDORS}, "127.0.0.1:1", 8080))
    settings = load(path, {}, connection_models())
    setup = setup_of(settings, Renderer(settings.templates, shipped("templates")).names())
    return settings, read_rules(settings.rules, setup)


async def _sign(tx: Tx, book: Rulebook, at: datetime) -> None:
    """Put every rule in force in its own mode, proposed by one person and signed by the other."""
    versions = await rules.see(tx, shown(book, book.rules.values(), at))
    await rules.propose(tx, list(versions), PROPOSER, at)
    for one in versions.values():
        await rules.sign(tx, one.hash, APPROVER, at)
    why = f"signed off by {APPROVER}"
    await rules.set_states(
        tx, [rules.RuleState(one.rule, one.hash, one.hash, one.mode, why, at) for one in versions.values()]
    )


async def _decide(tx: Tx, settings: Settings, book: Rulebook, readings: Sequence[Snapshot]) -> list[Answer]:
    """What the rules answered whenever something changed, or time alone changed an answer."""
    said: list[Answer] = []

    def hear(one: InForce, resource: str, decision: Decision, at: datetime) -> None:
        said.append(Answer(one, resource, decision, at))

    places = {one.id: Place(one.id, one.calendar, one.guards, one.poll) for one in settings.connections}
    replay = Replay(
        await read_recording(tx),
        [Rules(of_book(book))],
        places,
        book.calendars,
        vendor_actions(),
        heard_first=hear,
    )
    replay.run(readings[0].observed_at)
    return said


async def _keep(tx: Tx, said: Sequence[Answer]) -> None:
    """Keep each change of an answer, and the latest of all."""
    before: dict[tuple[str, str], Answer] = {}
    latest: Mapping[tuple[str, str], Answer] = {(one.one.rule.id, one.resource): one for one in said}
    for one in said:
        key = one.one.rule.id, one.resource
        if key not in before or _differ(before[key], one) or latest[key] is one:
            await _keep_one(tx, one)
        before[key] = one


def _differ(one: Answer, other: Answer) -> bool:
    return (one.decision.answer, one.decision.verdict) != (other.decision.answer, other.decision.verdict)


async def _keep_one(tx: Tx, said: Answer) -> None:
    decision = said.decision
    await decisions.keep(
        tx,
        rule=said.one.rule.id,
        resource=said.resource,
        rule_hash=said.one.rule.hash,
        answer=decision.answer,
        verdict=decision.verdict,
        tree=tree_to_json(decision.tree),
        now=said.at,
        next_at=decision.next_at,
        correlation=CORRELATION,
    )
