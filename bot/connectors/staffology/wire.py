"""How Staffology is spoken to: HTTP Basic with the key as password, one employer a connection.

Lists are paged from zero and are read to their end. Failures have no documented body.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from bot.connectors import ConnectionSettings
from bot.connectors.client import MaybeSent, NotSent, Reply, VendorClient
from bot.connectors.problem import VendorProblem
from bot.connectors.values import HookSecrets, base_address, segment
from bot.core.words import joined, say, told_by

PRODUCTION = "https://api.staffology.co.uk"
PAGE_SIZE = 100
MAX_PAGES = 100


class StaffologySettings(ConnectionSettings):
    currency: str = "GBP"
    api_key: SecretStr
    employer_id: str
    webhook_token: HookSecrets = ()

    @property
    def expects_hooks(self) -> bool:
        return bool(self.webhook_token)


class Wire:
    """One employer's address, and the key. Reads raise what `VendorClient.read` raises."""

    def __init__(self, settings: StaffologySettings, client: VendorClient) -> None:
        self._client = client
        self._id = settings.id
        self._root = base_address(settings.base_url, PRODUCTION, "")
        self._base = f"{self._root}/employers/{segment(settings.employer_id)}"
        key = settings.api_key.get_secret_value()
        self._headers = {"Authorization": f"Basic {b64encode(f'payrunbot:{key}'.encode()).decode()}"}

    async def get(self, path: str, route: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON at a path of the employer, with our spelling of its names."""
        return await self.get_from(f"{self._base}/{path}" if path else self._base, route, params)

    async def get_from(self, url: str, route: str, params: Mapping[str, str] | None = None) -> Any:
        reply = await self._client.read(
            self._id, url, route=route, headers=self._headers, params=params or {}
        )
        return snaked(reply.json())

    async def pages(self, path: str, route: str, params: Mapping[str, str], what: str) -> list[Any]:
        """Every row of a list. Raises VendorProblem where it has no end."""
        return await self.pages_from(f"{self._base}/{path}", route, params, what)

    async def pages_from(self, url: str, route: str, params: Mapping[str, str], what: str) -> list[Any]:
        found: list[Any] = []
        for number in range(MAX_PAGES):
            paging = {**params, "pageNum": str(number), "pageSize": str(PAGE_SIZE)}
            page = rows(await self.get_from(url, route, paging), what)
            if number and page == found[-len(page) :] and page:  # it does not page: the same again
                return found
            found += page
            if len(page) != PAGE_SIZE:
                return found
        raise VendorProblem(say("lists more than {most} pages of {what}", most=MAX_PAGES, what=what))

    async def send(
        self, method: str, path: str, route: str, params: Mapping[str, str], body: object | None = None
    ) -> Reply:
        """Send a change once. Raises NotSent, MaybeSent or HeldBack."""
        return await self._client.call(
            self._id,
            method,
            f"{self._base}/{path}",
            route=route,
            headers=self._headers,
            params=params,
            json=body,
        )

    async def send_hook(self, method: str, path: str, route: str, body: object | None) -> None:
        """A change of which only the success matters. Raises VendorProblem."""
        try:
            reply = await self.send(method, path, route, {}, body)
        except (NotSent, MaybeSent) as error:
            raise VendorProblem(say("{problem} at {path}", problem=told_by(error), path="webhooks")) from None
        if reply.status not in (200, 201, 204):
            what = say("answered {status} to {route}", status=reply.status, route=f"{method} webhooks")
            raise VendorProblem(joined((what, reply.detail()), ": "))


def rows(found: Any, what: str) -> list[Any]:
    """A list, or VendorProblem."""
    if not isinstance(found, list):
        raise VendorProblem(say("answered {what} without their list", what=what))
    return found


def snaked(data: Any) -> Any:
    """JSON with `takeHomePay` as `take_home_pay`, at every depth."""
    if isinstance(data, dict):
        return {_snake(str(key)): snaked(value) for key, value in data.items()}
    return [snaked(one) for one in data] if isinstance(data, list) else data


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).replace("__", "_").lower()
