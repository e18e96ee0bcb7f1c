"""The stage: the four vendors and the mail inbox as servers, and the bot as `serve` wires it.

Everything is in one temporary folder: the settings, a copy of the shipped rules, the
database. The bot is started from that settings file, by the same two calls as `serve`.
"""

import random
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.app import Service, connection_models, shipped, start
from bot.demo.clock import DemoClock
from bot.demo.config import ROUBLER_REFRESH, settings_text, write_secrets
from bot.sandbox import Deliveries, Gigapay, Inbox, Ledger, Roubler, Staffology, Vendor, Xero
from bot.sandbox.staffology.server import ACME, PILOT
from bot.settings import Settings, load


@dataclass(slots=True)
class Stage:
    """The servers, and the service between them."""

    folder: Path
    clock: DemoClock
    gigapay: Gigapay
    xero: Xero
    staffology: Staffology
    roubler: Roubler
    inbox: Inbox
    settings: Settings
    service: Service | None = None

    @property
    def vendors(self) -> tuple[Vendor[Any], ...]:
        return (self.gigapay, self.xero, self.staffology, self.roubler)

    @property
    def bot(self) -> Service:
        assert self.service is not None, "the service has not been started"
        return self.service

    async def stop(self) -> None:
        if self.service is not None:
            await self.service.stop()
        for vendor in self.vendors:
            await vendor.stop()
        await self.inbox.stop()


async def set_up(folder: Path, clock: DemoClock, port: int) -> Stage:
    """Start the vendors, the inbox and the service, each with its earlier runs. Raises OSError."""
    vendors: dict[str, Any] = {}
    for kind in (Gigapay, Xero, Staffology, Roubler):
        # Every webhook comes twice and in any order: the bot must not mind.
        deliveries = Deliveries(clock, copies=2, shuffle=random.Random(6))  # noqa: S311 - a story, no secret
        ledger = Ledger(clock, folder / f"{kind.name}-ledger.jsonl")
        vendors[kind.name] = kind(clock, ledger=ledger, deliveries=deliveries)
    inbox = Inbox(clock, path=folder / "inbox.jsonl")
    await inbox.start()
    for vendor in vendors.values():
        await vendor.start()
    _seed(vendors["gigapay"], vendors["xero"], vendors["staffology"], vendors["roubler"])
    shutil.copytree(shipped("rules"), folder / "rules")
    write_secrets(folder / "secrets")
    path = folder / "bot.yaml"
    path.write_text(settings_text(vendors, f"{inbox.host}:{inbox.port}", port))
    settings = load(path, {}, connection_models())
    stage = Stage(folder=folder, clock=clock, inbox=inbox, settings=settings, **vendors)
    try:
        stage.service = await start(settings, clock)
        for account in stage.service.bot.accounts.values():
            await account.connection.register_hooks(settings.http.public_url)
    except BaseException:
        await stage.stop()
        raise
    return stage


def _seed(gigapay: Gigapay, xero: Xero, staffology: Staffology, roubler: Roubler) -> None:
    """Six earlier runs for each connection, so that comparisons mean something."""
    gigapay.seed_history(date(2026, 10, 2))
    xero.seed_history(date(2026, 9, 28), "Weekly")
    xero.seed_history(date(2026, 8, 10), "Fortnightly")
    staffology.seed_history(date(2026, 5, 1), ACME, "Acme Ltd", pay_day=20)
    staffology.seed_history(date(2026, 5, 1), PILOT, "Pilot Ltd", pay_day=20, enableAutoPilot=True)
    roubler.seed_history(date(2026, 8, 10))
    roubler.allow_refresh_token(ROUBLER_REFRESH)
