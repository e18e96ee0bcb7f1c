"""What a connection to Roubler is told, and the addresses that follow from it."""

from typing import Literal

from pydantic import SecretStr, field_validator

from bot.connectors import ConnectionSettings
from bot.connectors.values import base_address

_GRAPHQL = {"production": "roubler.com", "staging": "staging.roubler.net"}
_LOGIN = {"production": "https://oidc.roubler.com", "staging": "https://oidc.staging.roubler.net"}


class RoublerSettings(ConnectionSettings):
    currency: str = "AUD"
    """A run names none, so this is taken for every amount."""
    region: Literal["au", "eu"] = "au"
    environment: Literal["production", "staging"] = "production"
    client_id: str
    client_secret: SecretStr
    company_id: str
    location_id: str | None = None
    refresh_token: SecretStr | None = None
    """Seeds the connection once; what the vendor rotates it to is kept sealed and wins."""
    money_unit: Literal["cents", "units"] = "cents"
    """What an amount of 475959 means. Not documented; the sample's numbers fit cents."""
    pkce: bool = False
    """Whether the login is bound to whoever began it (RFC 7636). Not documented at Roubler."""
    client_auth: Literal["form", "basic"] = "form"
    """How id and secret are sent to the token address. Not documented."""
    authorize_url: str | None = None
    token_url: str | None = None
    """The page that names it is not public: it is assumed to lie beside the documented `/oauth2/auth`."""

    @field_validator("company_id", "location_id", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def graphql_address(self) -> str:
        default = f"https://graphql.{self.region}.{_GRAPHQL[self.environment]}"
        return base_address(self.base_url, default, "/graphql")

    @property
    def token_address(self) -> str:
        return self.token_url or f"{_LOGIN[self.environment]}/oauth2/token"

    @property
    def authorize_address(self) -> str:
        """Where a person logs in; beside the token address where that was set and this was not."""
        if self.authorize_url is None and self.token_url is not None:
            return self.token_url.removesuffix("/token") + "/auth"
        return self.authorize_url or f"{_LOGIN[self.environment]}/oauth2/auth"
