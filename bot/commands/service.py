"""The running service, called as the person whose token is in PAYRUNBOT_TOKEN.

Nothing is ever sent twice: a deed whose answer was lost may have been done, and the
person is told to look. Redirects are not followed, since the token would go along.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    InvalidURL,
)
from yarl import URL

from bot.commands.failed import Failed, Misused, Unreachable
from bot.commands.given import read_settings
from bot.core.resource import split_reference

TIME_OUT_S = 60


class Service:
    """Where the service is, and who is asking. Raises Failed where either is not known."""

    def __init__(self, config: str | None) -> None:
        self.url = (os.environ.get("PAYRUNBOT_URL") or _loopback(config)).rstrip("/")
        self._token = os.environ.get("PAYRUNBOT_TOKEN", "").strip()
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Failed("PAYRUNBOT_URL is no address such as https://payrun.example.com.")
        if not self._token:
            raise Failed(
                "PAYRUNBOT_TOKEN is not set: put your personal token there. "
                "`payrunbot token new <you>` issues the first one, on the service's machine."
            )

    def get(self, *path: str) -> dict[str, Any]:
        """Read something. Each part of the path is one segment. Raises Failed, Unreachable."""
        return asyncio.run(self._call("GET", path, None))

    def post(self, *path: str, **body: Any) -> dict[str, Any]:
        """Do something. Raises Failed with the service's own sentence, Unreachable."""
        return asyncio.run(self._call("POST", path, body))

    async def _call(
        self, method: str, path: tuple[str, ...], body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        url = "/".join((self.url, "api", *(quote(part, safe="") for part in path)))
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        try:
            async with (
                ClientSession(timeout=ClientTimeout(TIME_OUT_S)) as session,
                session.request(
                    method, URL(url, encoded=True), json=body, headers=headers, allow_redirects=False
                ) as reply,
            ):
                return await self._read(reply)
        except InvalidURL:
            raise Failed(f"{self.url} is no address such as https://payrun.example.com.") from None
        except ClientConnectorError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise Unreachable(f"Nobody answers at {self.url} ({why}): is the service running?") from None
        except (ClientError, TimeoutError) as error:
            lost = "" if method == "GET" else " Look on its page whether it was done before trying again."
            raise Unreachable(
                f"{self.url} did not finish its answer ({str(error) or 'too slow'}).{lost}"
            ) from None

    async def _read(self, reply: ClientResponse) -> dict[str, Any]:
        try:
            said = json.loads(await reply.read())
        except ValueError:
            said = None
        if reply.status in (502, 503, 504):
            raise Unreachable(f"{self.url} cannot answer now: {_sentence(said, reply)}")
        if reply.status >= 300:
            raise Failed(_sentence(said, reply))
        if not isinstance(said, dict):
            raise Failed(f"What answers at {self.url} is not payrunbot: is PAYRUNBOT_URL right?")
        return said


def about(ref: str) -> tuple[str, str, str]:
    """The path of a pay run, from its reference. Raises Misused."""
    try:
        return ("payruns", *split_reference(ref))
    except ValueError as error:
        raise Misused(f"{error}.") from None


def _sentence(said: Any, reply: ClientResponse) -> str:
    """The service's own words for a refusal, or what can be told without them."""
    words = [said.get("title"), said.get("detail")] if isinstance(said, dict) else []
    told = [str(word).rstrip(".") for word in words if word]
    return f"{': '.join(dict.fromkeys(told))}." if told else f"It said {reply.status} {reply.reason}."


def _loopback(config: str | None) -> str:
    """The address the settings listen on, as it is reached from this machine."""
    http = read_settings(config).http
    host = "127.0.0.1" if _is_everywhere(http.host) else http.host
    return f"http://{f'[{host}]' if ':' in host else host}:{http.port}"


def _is_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
