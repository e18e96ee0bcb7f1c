"""Forged deliveries by the thousand: none is taken, by the code that checks or by the server around it."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from multidict import CIMultiDict

from bot.connectors import HookRefused, connectors
from bot.connectors.client import VendorClient, open_session
from bot.engine.receive import receive
from bot.store.tables import inbox
from tests.connectors.conftest import MemoryTokens
from tests.faults.forged import CHANGES, TOKEN_CHANGES, Delivery, forged, right
from tests.faults.hostile import Framed
from tests.faults.size import part, share_of, size
from tests.faults.tally import note
from tests.faults.wirecheck import Seen, send_framed
from tests.web.stand import Stand, stand

FORGED = share_of(size(whole=100_000, small=10_000))
WIRED_EVERY = 5
"""One in so many goes over the wire, too; the others are handed to the step that stores them."""
SECRET, TOKEN = "c1329a085d65f7757838df5920fdcc9a", "aZ3c1329a085d65f7757838df5920fDc"
EVENT = "Payrun.created"
BODY = b'{"id": 2859272, "latest_status": "open", "open": true, "cost": "6413.30", "currency": "SEK"}'


@asynccontextmanager
async def vendors(folder: Path) -> AsyncIterator[Stand]:
    """A stand whose accounts check what comes as the vendors' own do; nobody is called."""
    async with stand(folder) as site, open_session() as session:
        client = VendorClient(session, timeout_s=1, clock=site.clock, log=site.bot.log)
        own: dict[str, dict[str, Any]] = {
            "gigapay": {"token": "t", "integration_id": "i", "webhook_secret": SECRET},
            "staffology": {"api_key": "k", "employer_id": "e", "webhook_token": TOKEN},
        }
        accounts = dict(site.bot.accounts)
        for vendor, given in own.items():
            id, connector = f"{vendor}-x", connectors()[vendor]
            told = {"id": id, "vendor": vendor, "calendar": "se", "base_url": "http://127.0.0.1:1", **given}
            connection = connector.open(connector.settings.model_validate(told), client, MemoryTokens())
            like = accounts["gigapay-se"]
            accounts[id] = replace(like, id=id, connector=connector, connection=connection)
        site.bot.accounts = accounts
        yield site


async def taken(site: Stand, one: Delivery) -> bool:
    """Whether a delivery is stored by the step that the server hands it to."""
    headers = CIMultiDict([(one.name, one.before)] if one.before is not None else [])
    headers.add(one.name, one.signed)
    account = site.bot.accounts["gigapay-x"]
    try:
        await receive(
            site.bot, account, EVENT, token=None, headers=headers, body=one.body, correlation="hook-test"
        )
    except HookRefused:
        return False
    return True


def wired(one: Delivery) -> Framed:
    lines = [one.signed] if one.before is None else [one.before, one.signed]
    head = f"POST /hooks/gigapay-x/{EVENT} HTTP/1.1\r\nHost: b\r\nContent-Length: {len(one.body)}\r\n"
    signed = "".join(f"{one.name}: {line}\r\n" for line in lines)
    return Framed((head + signed).encode() + b"\r\n" + one.body, is_head=False, is_alone=False)


@pytest.mark.in_every_share
async def test_no_forged_delivery_is_taken_and_the_right_one_is(tmp_path: Path) -> None:
    r, seen, kinds = Random(f"signatures/{part()[0]}"), Seen(), Counter[str]()
    async with vendors(tmp_path) as site:
        assert site.server.host is not None
        assert site.server.port is not None
        genuine = right(SECRET, int(site.clock.now().timestamp()), BODY)
        row: list[Framed] = []
        accepted = []
        for number in range(FORGED):
            kind, one = forged(r, genuine)
            kinds[kind] += 1
            if await taken(site, one):
                accepted.append((kind, one))
            if number % WIRED_EVERY == 0:
                row.append(wired(one))
            site.log.entries.clear()
            if len(row) == 25:
                await send_framed(site.server.host, site.server.port, row, seen)
                row.clear()
        stored = await site.stored(inbox)
        is_right_taken = await taken(site, genuine)
        await send_framed(site.server.host, site.server.port, [wired(genuine)], seen)
    note("signatures", runs=FORGED, accepted=len(accepted), over_the_wire=seen.answered)

    assert accepted == []
    assert stored == []
    assert is_right_taken
    assert seen.numbers[200] == 1  # the right one, at the end
    assert seen.bad == []
    assert kinds.keys() == CHANGES.keys()


@pytest.mark.in_every_share
async def test_no_address_but_the_one_with_the_token_is_taken(tmp_path: Path) -> None:
    r, seen, count = Random(f"tokens/{part()[0]}"), Seen(), max(1, FORGED // 10)
    async with vendors(tmp_path) as site:
        assert site.server.host is not None
        assert site.server.port is not None
        paths = [r.choice(TOKEN_CHANGES)(r, TOKEN) for _ in range(count)]
        for at in range(0, count, 25):
            await send_framed(
                site.server.host, site.server.port, [addressed(path) for path in paths[at : at + 25]], seen
            )
        stored = await site.stored(inbox)
        await send_framed(site.server.host, site.server.port, [addressed(TOKEN)], seen)
    note("signatures", runs=count)

    assert stored == []
    assert seen.numbers[200] == 1
    assert seen.answered == count + 1


def addressed(token: str) -> Framed:
    path = f"/hooks/staffology-x/Payrun_StateChanged/{token}"
    return Framed(f"POST {path} HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\n{{}}".encode(), False, False)
