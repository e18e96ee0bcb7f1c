"""Webhooks are taken while everything else is still being started, and none of them is forgotten."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import time

import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from bot.app import complete, start
from bot.commands.given import read_settings
from bot.engine.settings_seen import TOOK_UP
from bot.receiving import Receiving, take_webhooks
from bot.sandbox.gigapay import sign
from bot.store import record
from bot.store.record import Sought
from bot.store.tables import inbox
from bot.store.taken_file import TakenFile
from tests.commands.place import ENVIRON, REPO, write_settings

HOOK = "/hooks/gigapay-se/Payrun.created"


@asynccontextmanager
async def taking(settings: Path) -> AsyncIterator[tuple[Receiving, ClientSession]]:
    """What takes webhooks and is not more yet, and somebody on one connection to it."""
    receiving = await take_webhooks(read_settings(str(settings)))
    async with ClientSession(receiving.url) as client:
        yield receiving, client


async def post(client: ClientSession, number: int) -> int:
    body = json.dumps({"object": "payrun", "id": number}).encode()
    headers = {"Gigapay-Signature": sign(ENVIRON["HOOK"], int(time()), body)}
    async with client.post(HOOK, data=body, headers=headers) as reply:
        return reply.status


async def ready(client: ClientSession) -> tuple[int, list[str]]:
    async with client.get("/readyz") as reply:
        return reply.status, (await reply.json())["troubles"]


@pytest.fixture
def settings(tmp_path: Path, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return write_settings(tmp_path, port=unused_tcp_port)


async def test_a_webhook_is_stored_before_there_is_more_than_that(settings: Path) -> None:
    async with taking(settings) as (receiving, client):
        status = await post(client, 1)
        async with receiving.receiver.db.read() as tx:
            states = (await tx.execute(select(inbox.c.state))).scalars().all()
        await receiving.stop()

    assert (status, states) == (200, ["new"])


@pytest.fixture
async def left(settings: Path) -> Path:
    """The settings of a service that has served before."""
    service = await start(read_settings(str(settings)))
    await service.stop()
    return settings


def name_ops(settings: Path, address: str) -> None:
    settings.write_text(settings.read_text().replace("ops@example.com", address))


async def test_a_start_with_other_settings_than_the_last_is_in_the_record(left: Path) -> None:
    told = []
    for of in ("ops@example.com", "others@example.com", "others@example.com"):
        name_ops(left, of)
        service = await start(read_settings(str(left)))
        async with service.bot.db.read() as tx:
            lines, _ = await record.page(tx, Sought(what=TOOK_UP), None, at_most=9)
        await service.stop()
        told.append([[name for name, *_ in line.more["changed"]] for line in reversed(lines)])

    assert told == [[[]], [[], ["groups.ops"]], [[], ["groups.ops"]]]


async def test_at_the_next_start_it_is_stored_before_the_database_is_opened_whole(left: Path) -> None:
    async with taking(left) as (receiving, client):
        early = isinstance(receiving.database, TakenFile)
        status = await post(client, 1)
        service = await complete(receiving)
        async with service.bot.db.read() as tx:
            stored = (await tx.execute(select(inbox.c.signature))).scalars().all()
        labels = {"connection": "gigapay-se", "outcome": "stored"}
        counted = service.bot.measures.registry.get_sample_value("payrunbot_webhooks_total", labels)
        await service.stop()

    assert (early, status, stored, counted) == (True, 200, ["verified"], 1)


async def test_who_fails_on_the_way_of_such_a_start_lets_go_as_well(
    left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiving = await take_webhooks(read_settings(str(left)))
    monkeypatch.setattr("bot.app.check_journal", _fail)
    with pytest.raises(RuntimeError):
        await complete(receiving)

    again = await take_webhooks(read_settings(str(left)))
    await again.stop()


SLOW = "sqlalchemy", "alembic", "rich", "babel", "jinja2", "apscheduler", "holidays", "prometheus_client"
NEVER = "rich", "sqlalchemy.orm"
SAID = """
import asyncio, sys
from bot.lean import lean
entered = lean()
entered.__enter__()
from bot.commands import serving
from bot.commands.given import read_settings

async def said():
    receiving = await serving.take_webhooks(read_settings({settings!r}))
    print("imported", sorted(name for name, module in sys.modules.items() if module and name in {slow!r}))
    from bot.app import complete
    service = await complete(receiving)
    print("imported", sorted(name for name, module in sys.modules.items() if module and name in {never!r}))
    await service.stop()

asyncio.run(said())
"""


async def test_nothing_that_is_slow_to_import_comes_before_the_first_webhook(left: Path) -> None:
    program = SAID.format(settings=str(left), slow=SLOW, never=NEVER)
    ran = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        cwd=left.parent,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(REPO)},
    )
    said, _ = await ran.communicate()

    assert [line for line in said.decode().splitlines() if "imported" in line] == ["imported []"] * 2


@pytest.mark.parametrize("colours", ["rich", "pygments"])
async def test_who_cannot_start_says_why_with_all_that_was_left_out_meanwhile(
    left: Path, colours: str
) -> None:
    ends = f"code = main(sys.argv[1:]); import {colours}; sys.exit(code)"
    program = f"import sys; from bot.__main__ import main; {ends}"
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, "serve", "--config", str(left)),
        stderr=PIPE,
        env={**os.environ, "PYTHONPATH": str(REPO), "PAYRUNBOT_TIMEZONE": "Europe/Nowhere"},
    )
    _, said = await ran.communicate()

    assert ran.returncode == 1
    assert "Europe/Nowhere" in said.decode()
    assert "Traceback" not in said.decode()


async def test_a_forged_webhook_is_refused_then_as_ever(settings: Path) -> None:
    async with taking(settings) as (receiving, client):
        async with client.post(HOOK, data=b"{}", headers={"Gigapay-Signature": "t=1,v1=00"}) as reply:
            refused = reply.status, reply.headers["Server"], await reply.read()
        await receiving.stop()

    assert refused == (401, "payrunbot", b"")


@pytest.mark.parametrize("path", ["/", "/payruns", "/api/payruns", "/metrics", "/no/such/page"])
async def test_everything_else_is_asked_to_come_again(settings: Path, path: str) -> None:
    async with taking(settings) as (receiving, client):
        async with client.get(path) as reply:
            answer = reply.status, reply.headers["Retry-After"], await reply.text()
        alive = (await client.get("/healthz")).status
        unready = await ready(client)
        await receiving.stop()

    assert answer == (503, "5", "payrunbot is starting. Try again in a few seconds.\n")
    assert alive == 200
    assert unready == (503, ["starting"])


async def test_once_all_stands_it_answers_on_the_connections_of_before_and_sorts_what_came(
    settings: Path,
) -> None:
    async with taking(settings) as (receiving, client):
        before = await post(client, 1)
        service = await complete(receiving)
        after = await post(client, 2)
        async with client.get("/sign-in") as page:
            shown = page.status
        status, troubles = await ready(client)
        await service.stop()

    assert (before, after, shown, status) == (200, 200, 200, 200)
    assert "starting" not in troubles
    assert service.bot.backlog is receiving.receiver.backlog


async def test_who_fails_on_the_way_lets_go_of_the_port_and_the_database(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiving = await take_webhooks(read_settings(str(settings)))
    monkeypatch.setattr("bot.app.check_journal", _fail)
    with pytest.raises(RuntimeError):
        await complete(receiving)

    again = await take_webhooks(read_settings(str(settings)))
    await again.stop()


async def _fail(_bot: object) -> None:
    raise RuntimeError("the journal is no journal")
