"""The stage: the four vendors and the mail inbox as servers, and the bot as `serve` wires it.

Everything is in one temporary folder: the settings, a copy of the shipped rules, the
database. The bot is started from that settings file, by the same two calls as `serve`.
"""

import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.app import Service, connection_models, shipped, start
from bot.demo.clock import DemoClock
from bot.sandbox import Deliveries, Gigapay, Inbox, Ledger, Roubler, Staffology, Vendor, Xero
from bot.sandbox.staffology.server import ACME, PILOT
from bot.settings import Settings, load, new_key

PROPOSER = "payroll-1"
APPROVER = "finance-1"

WEBHOOK_SECRET = "c1329a085d65f7757838df5920fdcc9a"  # noqa: S105 - the sandbox's own, on loopback
HOOK_TOKEN = "b2f1c0a49e7d4d55"  # noqa: S105 - likewise


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
    environ: Mapping[str, str]
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
    environ = _environ()
    shutil.copytree(shipped("rules"), folder / "rules")
    path = folder / "bot.yaml"
    path.write_text(_settings(vendors, inbox, port))
    settings = load(path, environ, connection_models())
    stage = Stage(folder=folder, clock=clock, inbox=inbox, settings=settings, environ=environ, **vendors)
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
    roubler.allow_refresh_token("demo-refresh-token")


def _environ() -> dict[str, str]:
    """The secrets, as `serve` would find them in its environment; fresh keys for each demo."""
    return {
        "DEMO_TOKENS_KEY": new_key(),
        "DEMO_SESSIONS_KEY": new_key(),
        "DEMO_AUDIT_KEY": new_key(),
        "GIGAPAY_TOKEN": "cd7a4537a231356d404b553f465b6af2fa035821",
        "GIGAPAY_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "XERO_ID": "demo-client",
        "XERO_SECRET": "demo-client-secret",
        "STAFFOLOGY_KEY": "demo-api-key",
        "STAFFOLOGY_HOOK": HOOK_TOKEN,
        "ROUBLER_ID": "demo-client",
        "ROUBLER_SECRET": "demo-client-secret",
        "ROUBLER_REFRESH": "demo-refresh-token",
    }


def _settings(vendors: Mapping[str, Vendor[Any]], inbox: Inbox, port: int) -> str:
    """`bot.yaml` as an operator would write it, with the sandbox's addresses."""
    gigapay, xero = vendors["gigapay"], vendors["xero"]
    staffology, roubler = vendors["staffology"], vendors["roubler"]
    return f"""\
timezone: Europe/Stockholm
database: sqlite:///bot.db
rules: rules/
http: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
keys: {{tokens: ["env:DEMO_TOKENS_KEY"], sessions: ["env:DEMO_SESSIONS_KEY"], audit: ["env:DEMO_AUDIT_KEY"]}}
mail: {{smtp: "smtp+plain://{inbox.host}:{inbox.port}", from: Payrun bot <payrun-bot@example.com>}}
people:
  # payroll-1 may approve too, so that the story can show a proposer being turned away.
  - {{id: {PROPOSER}, mail: {PROPOSER}@example.com, roles: [operator, approver]}}
  - {{id: {APPROVER}, mail: {APPROVER}@example.com, roles: [approver], up_to: {{SEK: 500 000, GBP: 100 000}}}}
groups: {{payroll: [{PROPOSER}], payroll-lead: [{APPROVER}], finance: [{APPROVER}], ops: [ops@example.com]}}
guards:
  per_action: {{SEK: 250 000, GBP: 120 000, AUD: 200 000}}
  per_day: {{SEK: 1 000 000, GBP: 500 000}}
  change_from_median: 25 %
timing: {{lease: 10s, call_time_out: 3s, quarantine: 2s}}
connections:
  - id: gigapay-se
    vendor: gigapay
    calendar: se
    base_url: "{gigapay.base_url}"
    token: env:GIGAPAY_TOKEN
    integration_id: 79606358-97af-4196-b64c-5f719433d56b
    webhook_secret: env:GIGAPAY_WEBHOOK_SECRET
    poll: 2h
  - id: xero-uk
    vendor: xero
    calendar: uk-bacs
    currency: GBP
    base_url: "{xero.base_url}"
    token_url: "{xero.token_url}"
    client_id: env:XERO_ID
    client_secret: env:XERO_SECRET
    tenant_id: 45e4708e-d862-4111-ab3a-dd8cd03913e1
    poll: 1h
{_staffology("staffology-acme", staffology, ACME)}
{_staffology("staffology-pilot", staffology, PILOT)}
  - id: roubler-au
    vendor: roubler
    calendar: au-nsw
    currency: AUD
    base_url: "{roubler.base_url}"
    token_url: "{roubler.token_url}"
    client_id: env:ROUBLER_ID
    client_secret: env:ROUBLER_SECRET
    refresh_token: env:ROUBLER_REFRESH
    company_id: "999"
    poll: 2h
"""


def _staffology(id: str, vendor: Vendor[Any], employer: str) -> str:
    return f"""\
  - id: {id}
    vendor: staffology
    calendar: uk-bacs
    currency: GBP
    base_url: "{vendor.base_url}"
    api_key: env:STAFFOLOGY_KEY
    employer_id: "{employer}"
    webhook_token: env:STAFFOLOGY_HOOK
    poll: 6h"""
