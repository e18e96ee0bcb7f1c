"""What a Gigapay connection is told, and the two addresses that it knows by name."""

from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator

from bot.connectors import ConnectionSettings
from bot.connectors.values import HookSecrets, base_address
from bot.core.hint import guess

ADDRESSES = {"production": "https://api.gigapay.se", "demo": "https://api.demo.gigapay.se"}
"""No money moves at the demo, which has keys of its own."""

_PATH = "/v2/"


class GigapaySettings(ConnectionSettings):
    token: SecretStr
    integration_id: str
    webhook_secret: HookSecrets = ()

    @property
    def expects_hooks(self) -> bool:
        return bool(self.webhook_secret)

    @field_validator("base_url")
    @classmethod
    def _an_address_or_its_name(cls, value: str | None) -> str | None:
        """A name of ADDRESSES or a whole address; plain http is for a sandbox, never for Gigapay itself."""
        if value is None or value in ADDRESSES:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            hint = guess(value, ADDRESSES)
            raise ValueError(f"{value!r:.60} is neither demo, production nor an address (https://…).{hint}")
        if parts.scheme == "http" and parts.hostname.endswith("gigapay.se"):
            raise ValueError("with http the token would be readable on its way: write https")
        return value


def address_of(base_url: str | None) -> str:
    """Where the API is, without a slash at the end."""
    return base_address(ADDRESSES.get(base_url or "production", base_url), ADDRESSES["production"], _PATH)
