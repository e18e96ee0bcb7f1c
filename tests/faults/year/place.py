"""The company of a simulation: which vendors with which accounts, and its settings."""

import shutil
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bot.app import connection_models, shipped
from bot.sandbox.exact import stable_id
from bot.settings import Settings, load

ENVIRON = {
    # The same in every process, so that one can check what another has sealed.
    **{
        f"KEY_{name}": urlsafe_b64encode(sha256(name.encode()).digest()).decode()
        for name in ("TOKENS", "SESSIONS", "AUDIT")
    },
    "SECRET": "canary-secret",
    "HOOK": "c1329a085d65f7757838df5920fdcc9a",
    "REFRESH": "first-refresh-token",
}
PUBLIC_URL = "http://payrunbot.test"


@dataclass(frozen=True)
class Scale:
    """How long, and how many accounts at each vendor.

    A year has 104 pay runs of each account at Gigapay (weekly in two currencies), 64 at
    Staffology (weekly and monthly), 90 at Xero (weekly, fortnightly, monthly), 26 at Roubler.
    """

    days: int
    gigapay: int
    staffology: int
    xero: int
    roubler: int
    has_faults: bool = True

    def connections(self) -> Mapping[str, str]:
        """Connection by connection, the host of its vendor."""
        hosts = {}
        for vendor in ("gigapay", "xero", "roubler"):
            for number in range(1, getattr(self, vendor) + 1):
                hosts[f"{vendor}-{number}"] = f"{vendor}-{number}.test"
        for number in range(1, self.staffology + 1):
            hosts[f"staffology-{number}"] = "staffology.test"
        return hosts


MONTH = Scale(days=30, gigapay=3, staffology=2, xero=1, roubler=1)
CALM = Scale(days=30, gigapay=1, staffology=1, xero=1, roubler=1, has_faults=False)
"""Nothing goes wrong, so that everything that was read is recorded in time."""
QUARTER = Scale(days=91, gigapay=4, staffology=4, xero=3, roubler=3)
"""Some 250 pay runs."""
YEAR = Scale(days=365, gigapay=1, staffology=1, xero=1, roubler=1)


def employer_of(connection: str) -> str:
    return stable_id("employer", connection)


def make_settings(folder: Path, scale: Scale) -> Settings:
    """The settings of a folder, as an operator would write them, with the shipped rules."""
    shutil.copytree(shipped("rules"), folder / "rules")
    path = folder / "bot.yaml"
    connections = "".join(_connection(name, host) for name, host in scale.connections().items())
    path.write_text(_SETTINGS.format(public_url=PUBLIC_URL, connections=connections))
    return load(path, ENVIRON, connection_models())


_SETTINGS = """\
timezone: Europe/Stockholm
database: sqlite:///bot.db
rules: rules/
http: {{listen: "127.0.0.1:8080", public_url: "{public_url}"}}
keys: {{tokens: ["env:KEY_TOKENS"], sessions: ["env:KEY_SESSIONS"], audit: ["env:KEY_AUDIT"]}}
mail: {{smtp: "smtp+plain://127.0.0.1:25", from: Payrun bot <payrun-bot@example.com>}}
people:
  - {{id: payroll-1, mail: payroll-1@example.com, roles: [operator, approver]}}
  - {{id: finance-1, mail: finance-1@example.com, roles: [approver]}}
  - {{id: finance-2, mail: finance-2@example.com, roles: [approver], language: sv}}
groups:
  payroll: [payroll-1]
  payroll-lead: [finance-1]
  finance: [finance-1, finance-2]
  ops: [ops@example.com]
guards:
  per_action: {{SEK: 250 000, EUR: 30 000, GBP: 120 000, AUD: 200 000}}
  per_day: {{SEK: 1 000 000, EUR: 100 000, GBP: 500 000}}
  change_from_median: 25 %
connections:
{connections}"""


def _connection(name: str, host: str) -> str:
    vendor = name.partition("-")[0]
    return _CONNECTIONS[vendor].format(name=name, host=host, employer=employer_of(name))


_CONNECTIONS = {
    "gigapay": """\
  - id: {name}
    vendor: gigapay
    calendar: se
    base_url: "http://{host}/v2/"
    token: env:SECRET
    integration_id: 79606358-97af-4196-b64c-5f719433d56b
    webhook_secret: env:HOOK
    poll: 24h
""",
    "xero": """\
  - id: {name}
    vendor: xero
    calendar: uk-bacs
    currency: GBP
    base_url: "http://{host}/payroll.xro/2.0"
    token_url: "http://{host}/connect/token"
    client_id: env:SECRET
    client_secret: env:SECRET
    tenant_id: 45e4708e-d862-4111-ab3a-dd8cd03913e1
    poll: 12h
""",
    "staffology": """\
  - id: {name}
    vendor: staffology
    calendar: uk-bacs
    currency: GBP
    base_url: "http://{host}"
    api_key: env:SECRET
    employer_id: "{employer}"
    webhook_token: env:HOOK
    poll: 24h
""",
    "roubler": """\
  - id: {name}
    vendor: roubler
    calendar: au-nsw
    currency: AUD
    base_url: "http://{host}/graphql"
    token_url: "http://{host}/oauth2/token"
    client_id: env:SECRET
    client_secret: env:SECRET
    refresh_token: env:REFRESH
    company_id: "999"
    poll: 24h
""",
}
