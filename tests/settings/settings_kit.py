"""A whole settings file to change one thing of, and a vendor's settings to go with it."""

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, SecretStr

from bot.settings import Settings, load

KEY = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="
ENVIRON = {"KEY": KEY, "TOKEN": "canary-token", "SMTP": "canary-smtp", "EMPTY": ""}
SECTIONS = {
    "timezone": "timezone: Europe/Stockholm",
    "http": "http: {public_url: https://payrun.example.com}",
    "keys": "keys: {tokens: [env:KEY], sessions: env:KEY, audit: [env:KEY]}",
    "mail": "mail: {smtp: smtp://bot@mail.example.com, password: env:SMTP, from: bot@example.com}",
    "people": "people: [{id: finance-1, mail: finance-1@example.com, roles: [approver]}]",
    "groups": "groups: {ops: [ops@example.com], finance: [finance-1]}",
    "guards": "guards: {per_action: {SEK: 250 000}, per_day: {SEK: 1 000 000}, change_from_median: 25 %}",
    "connections": "connections: [{id: acme-se, vendor: acme, calendar: se, token: env:TOKEN}]",
}


class Acme(BaseModel):
    """What a connector hands in."""

    model_config = {"extra": "forbid", "frozen": True}

    id: str
    vendor: str
    calendar: str
    token: SecretStr
    webhook_secrets: list[SecretStr] = []
    poll: timedelta = timedelta(minutes=5)
    currency: str = "SEK"


def write(folder: Path, **changes: str) -> Path:
    """A settings file with some of its sections replaced, each on one line, or left out by ""."""
    (folder / "rules").mkdir(exist_ok=True)
    path = folder / "bot.yaml"
    path.write_text("\n".join({**SECTIONS, **changes}.values()), "utf-8")
    return path


def loaded(folder: Path, environ: dict[str, str] | None = None, **changes: str) -> Settings:
    return load(write(folder, **changes), {**ENVIRON, **(environ or {})}, {"acme": Acme})
