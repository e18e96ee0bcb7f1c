"""A program that takes webhooks: a real server that checks each as Standard Webhooks says, and misbehaves."""

import asyncio
import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from aiohttp import web

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    stamp: int
    body: bytes
    is_right: bool
    """Whether one of its signatures is of this secret over exactly this."""

    @property
    def told(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


@dataclass(slots=True)
class Receiver:
    """Answers 204, or what stands in `answers` first: a status, `lost` after it was taken, or `hang`."""

    answers: list[int | str] = field(default_factory=list)
    got: list[Delivery] = field(default_factory=list)
    elsewhere: int = 0
    """How many came to where a redirect pointed."""
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        app.router.add_route("*", "/elsewhere", self._elsewhere)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/hook"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        id, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        key = b64decode(SECRET.removeprefix("whsec_"))
        digest = hmac.new(key, f"{id}.{stamp}.".encode() + body, sha256).digest()
        signatures = request.headers["webhook-signature"].split(" ")
        is_right = f"v1,{b64encode(digest).decode()}" in signatures
        self.got.append(Delivery(id, int(stamp), body, is_right))
        answer = self.answers.pop(0) if self.answers else 204
        if answer == "hang":
            await asyncio.sleep(60)
        if answer == "lost":
            assert request.transport is not None
            request.transport.abort()
        location = {"Location": "/elsewhere"} if answer in (301, 307) else {}
        return web.Response(status=answer if isinstance(answer, int) else 204, headers=location)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()
