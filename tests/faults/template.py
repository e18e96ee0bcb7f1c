"""The template of all runs: everything read, the rules signed off and adopted, nothing due."""

import asyncio
import shutil
import signal
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from time import monotonic

from aiohttp import ClientSession

from bot.app import connection_models
from bot.engine.access import issue_on_this_machine
from bot.sandbox.staffology.server import ACME
from bot.settings import load
from bot.store.database import open_database
from tests.databases import Migrated
from tests.faults.database import Address, rows, what_is_left
from tests.faults.fate import Orders
from tests.faults.nursery import Nursery
from tests.faults.runrules import ACTING, TELLING
from tests.faults.story import POLL_S, WITHIN_S, at
from tests.faults.witness import APPROVER, BOTH, ENVIRON, PROPOSER, Template, Witness, open_world


async def make_template(
    folder: Path, nursery: Nursery, migrated: Migrated, vendors: tuple[str, ...] = BOTH
) -> Template:
    """Let a bot come to know vendors with six earlier runs each, and stop it."""
    acting = [rule for vendor in vendors for rule in ACTING[vendor]]
    telling = [rule for vendor in vendors for rule in TELLING[vendor]]
    world = await open_world(folder, nursery, vendors=vendors, database=await migrated.fresh(folder))
    (folder / "warm").mkdir()
    spare = await migrated.fresh(folder / "warm")
    try:
        world.clock.set(at(9, 9))
        world.gigapay.seed_history(date(2026, 10, 2))
        world.staffology.seed_history(date(2026, 5, 1), ACME, "Acme Ltd", pay_day=20)
        await asyncio.to_thread(_warm_up, world, spare)
        await _issue_tokens(world)
        bot = world.start(registers=True)
        await _until(world, lambda: world.is_ready)
        async with ClientSession() as session:
            await _call(world, session, PROPOSER, "/api/rules/propose")
            for rule in (*acting, *telling):
                await _call(world, session, APPROVER, f"/api/rules/{rule}/sign-off")
        await _until(world, lambda: len(rows(world.database, "select 1 from adoption")) == len(acting))
        await _until(world, lambda: not what_is_left(world.database, world.clock.now()).is_busy)
        bot.send(signal.SIGTERM)
        assert await bot.ended(WITHIN_S) == 0, world.logs
        return Template(
            vendors,
            world.database,
            folder / "inbox.jsonl",
            deepcopy(world.gigapay.state),
            deepcopy(world.staffology.state),
            world.url,
            world.tokens,
        )
    finally:
        await world.close()


def _warm_up(world: Witness, spare: Address) -> None:
    """Let the nursery itself run a service once, on a database of its own, against these vendors."""
    folder = world.folder / "warm"
    shutil.copytree(world.folder / "rules", folder / "rules")
    settings = (world.folder / "bot.yaml").read_text()
    (folder / "bot.yaml").write_text(settings.replace(world.database, spare))
    shutil.copy(world.clock.path, folder)
    world.nursery.bear(Orders(str(folder), ENVIRON, str(folder / "log"), warms=True))


async def _issue_tokens(world: Witness) -> None:
    settings = load(world.folder / "bot.yaml", ENVIRON, connection_models())
    db = await open_database(settings.database)
    try:
        async with db.write() as tx:
            for person in (PROPOSER, APPROVER):
                token, _ = await issue_on_this_machine(tx, settings, person, now=world.clock.now())
                world.tokens[person] = token
    finally:
        await db.close()


async def _call(world: Witness, session: ClientSession, person: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {world.tokens[person]}"}
    async with session.post(world.url + path, json={}, headers=headers) as reply:
        assert reply.status == 200, await reply.text()


async def _until(world: Witness, holds: Callable[[], bool]) -> None:
    until = monotonic() + WITHIN_S
    while not holds():
        assert monotonic() < until, world.logs
        await asyncio.sleep(POLL_S)
