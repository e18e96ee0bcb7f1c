"""The settings of a stand: as an operator would write them, with the sandbox's addresses.

The file is read once for all stands that differ in nothing but addresses and folder,
since reading it takes longer than most of what is tested.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.app import connection_models, shipped
from bot.sandbox import Inbox, Vendor
from bot.sandbox.staffology.server import ACME
from bot.settings import Settings, load, new_key

HOOK_SECRET = "c1329a085d65f7757838df5920fdcc9a"
KEYS = {name: new_key() for name in ("TOKENS", "SESSIONS", "AUDIT")}
ENVIRON = {f"KEY_{name}": key for name, key in KEYS.items()} | {
    "SECRET": "canary-secret",
    "HOOK": HOOK_SECRET,
    "REFRESH": "test-refresh",
}


def make_place(
    folder: Path, running: Mapping[str, Vendor[Any]], inbox: Inbox, *, guards: str, sole: bool, poll: str
) -> Settings:
    """Settings for a folder with the shipped rules of these vendors, and no templates of its own."""
    (folder / "rules").mkdir()
    (folder / "templates").mkdir()
    for name, text in _shipped_rules().items():
        if name.removesuffix(".yaml") in (*running, "calendars"):
            (folder / "rules" / name).write_text(text)
    read = _read(tuple(running), guards, sole, poll)
    connections = []
    for one in read.connections:
        vendor = running[one.vendor]
        addresses = {"base_url": vendor.base_url}
        if vendor.token_url is not None:
            addresses["token_url"] = vendor.token_url
        connections.append(replace(one, part=one.part.model_copy(update=addresses)))
    smtp = replace(read.mail.smtp, host=inbox.host, port=inbox.port)
    return read.model_copy(
        update={
            "database": f"sqlite+aiosqlite:///{folder / 'bot.db'}",
            "rules": folder / "rules",
            "templates": folder / "templates",
            "mail": read.mail.model_copy(update={"smtp": smtp}),
            "connections": tuple(connections),
        }
    )


@cache
def _shipped_rules() -> Mapping[str, str]:
    return {path.name: path.read_text() for path in shipped("rules").glob("*.yaml")}


@cache
def _read(vendors: tuple[str, ...], guards: str, sole: bool, poll: str) -> Settings:
    with TemporaryDirectory() as folder:
        for name in ("rules", "templates"):
            (Path(folder) / name).mkdir()
        path = Path(folder) / "bot.yaml"
        path.write_text(_text(vendors, guards, sole, poll))
        return load(path, ENVIRON, connection_models())


def _text(vendors: tuple[str, ...], guards: str, sole: bool, poll: str) -> str:
    return f"""\
timezone: Europe/Stockholm
database: sqlite:///bot.db
rules: rules/
templates: templates/
sole: {str(sole).lower()}
http: {{listen: "127.0.0.1:8080", public_url: "https://payrun.example.com"}}
keys: {{tokens: ["env:KEY_TOKENS"], sessions: ["env:KEY_SESSIONS"], audit: ["env:KEY_AUDIT"]}}
mail: {{smtp: "smtp+plain://127.0.0.1:25", from: Payrun bot <payrun-bot@example.com>}}
people:
  - {{id: payroll-1, mail: payroll-1@example.com, roles: [operator, approver]}}
  - {{id: finance-1, mail: finance-1@example.com, roles: [approver], up_to: {{SEK: 500 000, GBP: 100 000}}}}
  - {{id: finance-2, mail: finance-2@example.com, roles: [approver]}}
  - {{id: finance-3, mail: finance-3@example.com, roles: [approver], up_to: {{SEK: 21 000}}}}
  - {{id: auditor-1, mail: auditor-1@example.com, roles: [viewer]}}
groups: {{payroll: [payroll-1], payroll-lead: [finance-1], finance: [finance-1], ops: [ops@example.com]}}
guards:
  {guards}
timing: {{call_time_out: 2s, lease: 10s, quarantine: 10m}}
connections:
{"".join(_CONNECTIONS[name].format(poll=poll, acme=ACME) for name in vendors)}
"""


_CONNECTIONS = {
    "gigapay": """\
  - id: gigapay-se
    vendor: gigapay
    calendar: se
    token: env:SECRET
    integration_id: 79606358-97af-4196-b64c-5f719433d56b
    webhook_secret: env:HOOK
    poll: {poll}
""",
    "xero": """\
  - id: xero-uk
    vendor: xero
    calendar: uk-bacs
    currency: GBP
    client_id: env:SECRET
    client_secret: env:SECRET
    tenant_id: 45e4708e-d862-4111-ab3a-dd8cd03913e1
    poll: {poll}
""",
    "staffology": """\
  - id: staffology-acme
    vendor: staffology
    calendar: uk-bacs
    currency: GBP
    api_key: env:SECRET
    employer_id: "{acme}"
    webhook_token: env:HOOK
    poll: {poll}
""",
    "roubler": """\
  - id: roubler-au
    vendor: roubler
    calendar: au-nsw
    currency: AUD
    client_id: env:SECRET
    client_secret: env:SECRET
    refresh_token: env:REFRESH
    company_id: "999"
    poll: {poll}
""",
}
