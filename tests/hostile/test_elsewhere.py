"""Nothing that a reply names is fetched: neither where it redirects to, nor what its fields lead to.

The settings' own addresses are trusted, and may name a host of the house; so each case here starts
at one of them. Somebody waits where most of the addresses lead, and must not hear a thing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import structlog
from pydantic import SecretStr

from bot.commands.failed import Failed, Unreachable
from bot.commands.service import Service
from bot.connectors import VendorProblem
from bot.connectors.client import VendorClient, open_session
from bot.connectors.gigapay.api import GigapayApi
from bot.connectors.gigapay.settings import GigapaySettings
from bot.engine.fit import Fitness
from bot.engine.hand_over import NotWanted, _post
from bot.engine.heartbeat import Heartbeat
from bot.settings.models import WebhookTarget
from tests.faults.tally import note
from tests.web.stand import Stand, StillClock

from .elsewhere import ADDRESSES, REDIRECTS, Place, addresses, place


@pytest.fixture
async def vendor() -> AsyncIterator[Place]:
    async with place() as made:
        yield made


@pytest.fixture
async def waiting() -> AsyncIterator[Place]:
    async with place() as made:
        yield made


async def _no_wait(seconds: float) -> None: ...


async def _redirected(vendor: Place, waiting: Place, call: Callable[[], Awaitable[object]]) -> None:
    """Every kind of redirect to every address. One request is made for each, and that at the vendor."""
    for address in addresses(vendor, waiting):
        for status in REDIRECTS:
            vendor.status, vendor.location = status, address
            vendor.asked.clear()
            await call()
            note("hostile addresses", redirects=1)
            assert (len(vendor.asked), waiting.asked) == (1, []), (status, address)


def test_there_are_sixty_addresses_and_more():
    assert len(set(ADDRESSES)) == len(ADDRESSES) >= 60


async def test_whoever_waits_would_be_heard(vendor: Place, waiting: Place):
    vendor.status, vendor.location = 302, addresses(vendor, waiting)[0]
    async with open_session() as session, session.get(vendor.url) as reply:
        assert reply.status == 200

    assert waiting.asked == ["GET /"]


async def test_no_vendor_sends_a_reading_or_an_action_elsewhere(vendor: Place, waiting: Place):
    async with open_session() as session:
        client = VendorClient(
            session, timeout_s=5, clock=StillClock(), log=structlog.get_logger(), sleep=_no_wait
        )

        async def read() -> None:
            with pytest.raises(VendorProblem, match="which is not followed"):
                await client.read(
                    "v", f"{vendor.url}/a", route="a", headers={"Authorization": "Bearer canary"}
                )

        async def act() -> None:
            reply = await client.call("v", "POST", f"{vendor.url}/token", route="token", data={"secret": "x"})
            assert reply.status in REDIRECTS

        await _redirected(vendor, waiting, read)
        await _redirected(vendor, waiting, act)


async def test_no_receiver_sends_a_webhook_elsewhere(site: Stand, vendor: Place, waiting: Place):
    target = WebhookTarget(url=f"{vendor.url}/in", secret=(SecretStr("whsec_" + "c2VjcmV0" * 6),))

    async def post() -> None:
        said = await _post(site.bot, target, "msg_1", b"{}")
        assert isinstance(said, NotWanted)

    await _redirected(vendor, waiting, post)


async def test_nobody_sends_the_heartbeat_elsewhere(site: Stand, vendor: Place, waiting: Place):
    async with open_session() as session:
        heartbeat = Heartbeat(site.bot, session, Fitness(site.bot), f"{vendor.url}/ping")
        await _redirected(vendor, waiting, lambda: heartbeat.beat(None))


async def test_no_service_sends_the_command_line_and_its_token_elsewhere(
    vendor: Place, waiting: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PAYRUNBOT_URL", vendor.url)
    monkeypatch.setenv("PAYRUNBOT_TOKEN", "prb_canary")
    service = Service(None)

    def ask() -> None:
        with pytest.raises((Failed, Unreachable)):
            service.post("pause", scope="*")

    await _redirected(vendor, waiting, lambda: asyncio.to_thread(ask))


async def test_the_next_page_is_counted_and_never_followed(vendor: Place, waiting: Place):
    """Gigapay names the address of its next page; invoices name addresses that open them."""
    settings = GigapaySettings.model_validate(
        {"id": "g", "vendor": "gigapay", "calendar": "se", "token": "t", "integration_id": "i"}
        | {"base_url": f"{vendor.url}/v2"}
    )
    async with open_session() as session:
        client = VendorClient(
            session, timeout_s=5, clock=StillClock(), log=structlog.get_logger(), sleep=_no_wait
        )
        api = GigapayApi(settings, client)
        for address in addresses(vendor, waiting):
            vendor.asked.clear()
            run = {
                "id": "1",
                "app": address,
                "pdf": address,
                "url": address,
                "invoice": {"id": "7", "app": address, "pdf": address, "pdf_url": address},
            }
            vendor.body = {"count": 1, "next": address, "previous": address, "results": [run]}
            with pytest.raises(VendorProblem, match="more than"):
                await api.payruns()
            note("hostile addresses", named=1)
            assert waiting.asked == [], address
            assert all(one.startswith("GET /v2/payruns/?") for one in vendor.asked)
