"""The demo's `bot.yaml` and its secrets, as an operator would write them.

The secrets are files beside it, so that the command line works on the demo with
nothing but the path of the settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.sandbox.staffology.server import ACME, PILOT
from bot.settings import new_key

PROPOSER = "payroll-1"
APPROVER = "finance-1"

ROUBLER_REFRESH = "demo-refresh"

NOWHERE = "http://127.0.0.1:1"
"""Port 1 of this machine, where nothing answers."""


class Reached(Protocol):
    """Where a vendor is reached."""

    @property
    def base_url(self) -> str: ...
    @property
    def token_url(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A vendor that nobody is to reach."""

    base_url: str = NOWHERE
    token_url: str | None = NOWHERE


def write_secrets(folder: Path) -> None:
    """Fresh keys for each demo; for the vendors what their documents show, or anything."""
    folder.mkdir(mode=0o700)
    for name, secret in {
        "tokens_key": new_key(),
        "sessions_key": new_key(),
        "audit_key": new_key(),
        "gigapay_token": "cd7a4537a231356d404b553f465b6af2fa035821",
        "gigapay_webhook_secret": "c1329a085d65f7757838df5920fdcc9a",
        "xero_id": "demo-client",
        "xero_secret": "demo-client-secret",
        "staffology_key": "demo-api-key",
        "staffology_hook": new_key().replace("=", ""),
        "roubler_id": "demo-client",
        "roubler_secret": "demo-client-secret",
        "roubler_refresh": ROUBLER_REFRESH,
    }.items():
        (folder / name).write_text(secret)


def settings_text(vendors: Mapping[str, Reached], smtp: str, port: int) -> str:
    """`bot.yaml` as an operator would write it, with the sandbox's addresses."""
    gigapay, xero = vendors["gigapay"], vendors["xero"]
    staffology, roubler = vendors["staffology"], vendors["roubler"]
    return f"""\
timezone: Europe/Stockholm
database: sqlite:///bot.db
rules: rules/
http: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
keys:
  tokens: ["file:secrets/tokens_key"]
  sessions: ["file:secrets/sessions_key"]
  audit: ["file:secrets/audit_key"]
mail: {{smtp: "smtp+plain://{smtp}", from: Payrun bot <payrun-bot@example.com>}}
people:
  # payroll-1 may approve too, so that the story can show a proposer being turned away.
  - {{id: {PROPOSER}, mail: {PROPOSER}@example.com, roles: [operator, approver]}}
  - {{id: {APPROVER}, mail: {APPROVER}@example.com, roles: [approver], up_to: {{SEK: 500 000, GBP: 100 000}}}}
groups: {{payroll: [{PROPOSER}], payroll-lead: [{APPROVER}], finance: [{APPROVER}], ops: [ops@example.com]}}
guards:
  per_action: {{SEK: 250 000, GBP: 120 000, AUD: 200 000}}
  per_day: {{SEK: 1 000 000, GBP: 500 000}}
  change_from_median: 25 %
# The lease and the quarantine are in real time, so they are short; a session outlasts the story.
timing: {{lease: 10s, call_time_out: 3s, quarantine: 2s, session: 30d}}
connections:
  - id: gigapay-se
    vendor: gigapay
    calendar: se
    base_url: "{gigapay.base_url}"
    token: file:secrets/gigapay_token
    integration_id: 79606358-97af-4196-b64c-5f719433d56b
    webhook_secret: file:secrets/gigapay_webhook_secret
    poll: 2h
  - id: xero-uk
    vendor: xero
    calendar: uk-bacs
    currency: GBP
    base_url: "{xero.base_url}"
    token_url: "{xero.token_url}"
    client_id: file:secrets/xero_id
    client_secret: file:secrets/xero_secret
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
    client_id: file:secrets/roubler_id
    client_secret: file:secrets/roubler_secret
    refresh_token: file:secrets/roubler_refresh
    company_id: "999"
    poll: 2h
"""


def _staffology(id: str, vendor: Reached, employer: str) -> str:
    return f"""\
  - id: {id}
    vendor: staffology
    calendar: uk-bacs
    currency: GBP
    base_url: "{vendor.base_url}"
    api_key: file:secrets/staffology_key
    employer_id: "{employer}"
    webhook_token: file:secrets/staffology_hook
    poll: 6h"""
