"""Replicas are replaced one by one, of this version and the next side by side, while webhooks come.

The next version is this one with a migration more, that adds a column. Both serve for a while,
in either order; whoever sends is never refused for longer than a moment, and all is there once.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from time import monotonic, time

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.app import SENDS_ON_S, start
from bot.commands.given import read_settings
from bot.sandbox.gigapay import sign
from tests.commands.place import ENVIRON, REPO, write_settings
from tests.databases import MigratedServer
from tests.faults.balancer import Balancer
from tests.faults.child import PACE
from tests.faults.database import rows
from tests.faults.size import size
from tests.faults.tally import note
from tests.ports import hold
from tests.postgres import Server

LASTS_S = size(whole=600, small=8)
STARTS_WITHIN_S = 40 * PACE
AGAIN_AFTER_S = 0.05
REFUSED_AT_MOST_S = 1.0 * PACE
LATER = '''
"""What the next version adds."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("later", sa.String(), nullable=True))
'''


def next_version(folder: Path) -> Path:
    """A copy of the program with a migration more."""
    for name in ("bot", "rules", "templates"):
        shutil.copytree(REPO / name, folder / name)
    versions = folder / "bot" / "store" / "migrations" / "versions"
    last = max(one.name for one in versions.glob("[0-9]*.py"))[:4]
    (versions / "9999_later.py").write_text(LATER.format(before=last))
    return folder


@dataclass
class Replica:
    process: Process
    place: socket
    is_ready: bool = False

    @property
    def port(self) -> int:
        return int(self.place.getsockname()[1])


@dataclass
class Fleet:
    """The replicas that live, and who of them may be asked, as a balancer finds it out."""

    folder: Path
    address: str
    alive: list[Replica] = field(default_factory=list)
    begun: int = 0

    async def start(self, program: Path) -> None:
        """One more, which is ready when this returns."""
        self.begun += 1
        folder = self.folder / f"replica-{self.begun}"
        folder.mkdir()
        place = hold()
        path = write_settings(folder, port=int(place.getsockname()[1]), rules=program / "rules")
        path.write_text(path.read_text() + f"database: {self.address}\n")
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "serve", "--config", str(path)),
                stdout=log,
                stderr=log,
                cwd=program,
                env={**os.environ, **ENVIRON, "PYTHONPATH": str(program)},
            )
        one = Replica(process, place)
        self.alive.append(one)
        until = monotonic() + STARTS_WITHIN_S
        while not one.is_ready:
            assert process.returncode is None and monotonic() < until, (folder / "log").read_text()
            await asyncio.sleep(0.02)

    async def end_first(self) -> int:
        """Stop the one that is there longest; its exit code."""
        one = self.alive[0]
        one.process.send_signal(signal.SIGTERM)
        code = await one.process.wait()
        self.alive.remove(one)
        one.place.close()
        return code

    def ready(self) -> list[int]:
        return [one.port for one in self.alive if one.is_ready]

    async def look(self) -> None:
        """Ask each again and again whether it is ready."""
        async with ClientSession(timeout=ClientTimeout(2)) as session:
            while True:
                for one in tuple(self.alive):
                    try:
                        async with session.get(f"http://127.0.0.1:{one.port}/readyz") as reply:
                            one.is_ready = reply.status == 200
                    except (ClientError, TimeoutError):
                        one.is_ready = False
                await asyncio.sleep(0.02)


@asynccontextmanager
async def fleet(folder: Path, address: str) -> AsyncIterator[Fleet]:
    made = Fleet(folder, address)
    looking = asyncio.create_task(made.look())
    try:
        yield made
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        for one in made.alive:
            with suppress(ProcessLookupError):
                one.process.kill()
            await one.process.wait()
            one.place.close()


@dataclass
class Sender:
    """Sends one webhook after the other, each until it is taken."""

    url: str
    taken: int = 0
    refused: set[int] = field(default_factory=set)
    longest_s: float = 0.0

    async def send(self) -> None:
        async with ClientSession() as session:
            while True:
                await self._one(session, self.taken)
                self.taken += 1
                await asyncio.sleep(0.02)

    async def _one(self, session: ClientSession, number: int) -> None:
        body = json.dumps({"object": "payrun", "id": number}).encode()
        headers = {"Gigapay-Signature": sign(ENVIRON["HOOK"], int(time()), body)}
        began = monotonic()
        while True:
            async with session.post(self.url, data=body, headers=headers) as reply:
                if reply.status == 200:
                    self.longest_s = max(self.longest_s, monotonic() - began)
                    return
                self.refused.add(reply.status)
            await asyncio.sleep(AGAIN_AFTER_S)


@pytest.mark.in_every_share
async def test_no_webhook_is_lost_while_replicas_are_replaced(postgres: Server, tmp_path: Path) -> None:
    address = await MigratedServer(postgres).fresh()
    (tmp_path / "next").mkdir()
    versions = (REPO, next_version(tmp_path / "next"))
    front = hold()
    port, ends, round = int(front.getsockname()[1]), set[int](), 0
    async with fleet(tmp_path, address) as them, Balancer(port, them.ready):
        await them.start(REPO)
        await them.start(REPO)
        sender = Sender(f"http://127.0.0.1:{port}/hooks/gigapay-se/Payrun.created")
        sending = asyncio.create_task(sender.send())
        until = monotonic() + LASTS_S
        while monotonic() < until or round < 2:
            await them.start(versions[(round + 1) % 2])
            ends.add(await them.end_first())
            round += 1
            assert not sending.done(), sending.exception()
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
    front.close()
    stored = rows(address, "select count(*), sum(deliveries) from inbox where event = 'Payrun.created'")[0]
    added = rows(address, "select count(*) from information_schema.columns where column_name = 'later'")
    note("replicas replaced", runs=round, lost=max(0, sender.taken - int(stored[0])))

    assert ends == {0}
    assert sender.refused <= {503}
    assert sender.longest_s < REFUSED_AT_MOST_S
    assert int(stored[0]) in (sender.taken, sender.taken + 1)
    assert added[0][0] == 1


async def test_whoever_is_connected_is_sent_elsewhere_before_a_replica_hangs_up(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it may be about to say something on a connection that is closed at that moment."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    with closing(hold()) as place:
        settings = write_settings(tmp_path, port=int(place.getsockname()[1]))
        address = await MigratedServer(postgres).fresh()
        with settings.open("a") as file:
            file.write(f"database: {address}\n")
        service = await start(read_settings(str(settings)))
        async with ClientSession(service.url) as client:
            stopping = asyncio.create_task(service.stop())
            await asyncio.sleep(SENDS_ON_S * 3 / 4)
            async with client.post("/hooks/gigapay-se/Payrun.created", data=b"{}") as reply:
                told = reply.status, reply.headers["Connection"], reply.headers["Retry-After"]
            async with client.get("/readyz") as reply:
                ready = reply.status
            await stopping

    assert (told, ready) == ((503, "close", "30"), 503)
