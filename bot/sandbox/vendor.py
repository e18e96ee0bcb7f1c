"""What the four vendors share: a real server, a witness, and faults on request.

Every request goes through one place that applies what time has done, meets the
faults, lets the vendor answer, and writes the ledger before the reply leaves. A
vendor itself is only its routes and its state.

The state is one object that can be copied whole. A read shows `seen(request)`,
which is the copy from before an action while the fault `unchanged_for` lasts.
"""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from json import JSONDecodeError
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from typing import ClassVar, Generic, TypeVar

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from bot.sandbox.clock import Clock
from bot.sandbox.deliveries import Deliveries
from bot.sandbox.exact import dumps, loads
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.ledger import Ledger

S = TypeVar("S")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PAGE = "<!doctype html><html><body><h1>We'll be right back</h1></body></html>"


class Call:
    """One request as the ledger will tell it; a handler fills in what it did."""

    def __init__(self, name: str, target: str = "", *, reads: bool | None = None) -> None:
        self.name = name
        self.target = target
        self.reads = name.startswith("GET ") if reads is None else reads
        self.effect = False
        self.more: dict[str, object] = {}
        self.drift = 0
        self.enum_index = False

    def acted(self, target: str | None = None, **more: object) -> None:
        """Say that the vendor's state was changed by this request."""
        self.effect = True
        self.target = self.target if target is None else target
        self.more.update(more)


CALL = web.RequestKey("call", Call)


class Vendor(Generic[S]):
    """One vendor's server on loopback. Give it a clock; start it; stop it.

    With `examples`, it starts with the data of the vendor's own documents.
    """

    name: ClassVar[str]
    path: ClassVar[str] = "/"
    token_path: ClassVar[str | None] = None

    def __init__(
        self,
        clock: Clock,
        *,
        examples: bool = False,
        ledger: Ledger | None = None,
        deliveries: Deliveries | None = None,
    ) -> None:
        self.clock = clock
        self.examples = examples
        self.ledger = ledger or Ledger(clock)
        self.deliveries = deliveries or Deliveries(clock)
        self.faults = Faults()
        self.state: S = self.first_state()
        self.root_url = ""
        self._before: S = self.state
        self._unchanged_reads = 0
        self._names: dict[object, str] = {}
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self.app = web.Application(middlewares=[self._around], client_max_size=1024**2)
        self.app.router.add_get("/_sandbox/ledger", self._get_ledger)
        self.app.router.add_get("/_sandbox/faults", self._get_faults)
        self.app.router.add_post("/_sandbox/faults", self._post_fault)
        self.app.router.add_delete("/_sandbox/faults", self._delete_faults)
        self.routes()

    # What a vendor fills in

    def first_state(self) -> S:
        """Return the state of a fresh server."""
        raise NotImplementedError

    def routes(self) -> None:
        """Add the vendor's paths by `route`."""
        raise NotImplementedError

    def advance(self) -> None:
        """Do what the vendor does by itself until now. Called before each request, and by a driver."""

    def error(self, status: int, detail: str) -> web.Response:
        """Return a failure in the vendor's own shape."""
        return json_reply({"detail": detail}, status)

    def refusal(self, request: web.Request) -> web.Response | None:
        """Return the answer to a request that may not come in, None for one that may."""
        return None

    def forget_tokens(self) -> None:
        """Let every access token given so far be refused."""

    async def name_of(self, request: web.Request) -> Call:
        """Return the call's short name, and its target where the path holds one."""
        name = self._names.get(request.match_info.handler)
        ids = [value for key, value in request.match_info.items() if key != "tail"]
        return Call(name or f"{request.method} {request.path}", "/".join(ids))

    # For vendors and drivers

    def route(self, method: str, path: str, name: str, handler: Handler) -> None:
        """Serve a path; `name` is what the ledger and the faults call it."""
        self._names[handler] = name
        self.app.router.add_route(method, path, handler)

    def seen(self, request: web.Request) -> S:
        """Return the state that this read shows."""
        if self._unchanged_reads > 0 and request[CALL].reads:
            self._unchanged_reads -= 1
            return self._before
        return self.state

    def by_person(self, call: str, target: str, **more: object) -> None:
        """Write down what a script did in the role of somebody at the vendor."""
        self.ledger.record(call, target, "done", effect=True, by="person", more=more)

    def by_itself(self, call: str, target: str, **more: object) -> None:
        """Write down what the vendor did by itself as time passed."""
        self.ledger.record(call, target, "done", effect=True, by="vendor", more=more)

    @property
    def base_url(self) -> str:
        """The address of the API, with the vendor's own path."""
        return self.root_url + self.path

    @property
    def token_url(self) -> str | None:
        """The address of the token endpoint, None where the vendor has none."""
        return None if self.token_path is None else self.root_url + self.token_path

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; with port 0 on a free one. The addresses are known when it returns."""
        self._stopping.clear()
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.root_url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening, cut what is under way, give up pending deliveries, close the ledger's file."""
        self._stopping.set()
        await self.deliveries.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self.ledger.close()

    async def unplug(self) -> int:
        """Stop listening until `plug`; says at which port. Connections that stand stay."""
        assert self._runner is not None, "start it first"
        port = int(self._runner.addresses[0][1])
        for site in list(self._runner.sites):
            await site.stop()
        return port

    async def plug(self, port: int, host: str = "127.0.0.1") -> None:
        """Listen again where `unplug` stopped."""
        assert self._runner is not None, "start it first"
        await web.TCPSite(self._runner, host, port).start()

    # The one place that every request goes through

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_sandbox/"):
            return await handler(request)
        self.advance()
        call = request[CALL] = await self.name_of(request)
        late = _is_a_later_page(request.query)
        met = {f.kind: f for f in self.faults.take_if(call.name, lambda f: f.kind != "drift_pages" or late)}
        if not met:
            met = {f.kind: f for f in self.faults.drawn(call.name)}
        if "slow" in met:
            await asyncio.sleep(float(met["slow"].args.get("delay_s", 0.1)))
        reply = await self._fail_before(request, call, met)
        acts = reply is None
        if reply is None:
            if "drift_pages" in met:
                call.drift = int(met["drift_pages"].args.get("by", 1))
            call.enum_index = "enum_index" in met
            before = copy.deepcopy(self.state) if "unchanged_for" in met else None
            reply = self.refusal(request) or await self._answer(request, handler)
            if before is not None and call.effect:
                self._before = before
                self._unchanged_reads = int(met["unchanged_for"].args.get("reads", 1))
        said = str(reply.status)
        if acts and (after := await self._fail_after(request, reply, met)) is not None:
            reply, said = after
        elif not acts and ("drop_before" in met or "half_open" in met):
            said = "no reply"
        if met:
            call.more["faults"] = sorted(met)
        self.ledger.record(call.name, call.target, said, effect=call.effect, by="client", more=call.more)
        return reply

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as no:
            return self.error(405, f'Method "{no.method}" not allowed.')
        except web.HTTPNotFound:
            return self.error(404, "Not found.")
        except (JSONDecodeError, UnicodeDecodeError, web.HTTPBadRequest):
            return self.error(400, "The request cannot be read.")

    async def _fail_before(
        self, request: web.Request, call: Call, met: dict[str, Fault]
    ) -> web.StreamResponse | None:
        if "half_open" in met:
            while not (self._stopping.is_set() or _gone(request)):
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await self._stopping.wait()
            return _cut(request)
        if "drop_before" in met:
            return _cut(request, met["drop_before"])
        if (fault := met.get("rate_limit")) is not None:
            reply = self.error(429, "Request was throttled.")
            after = fault.args.get("retry_after", 1)
            if fault.args.get("as_date"):
                later = self.clock.now() + timedelta(seconds=int(str(after)))
                after = format_datetime(later, usegmt=True)
            if after is not None:
                reply.headers["Retry-After"] = str(after)
            self.on_rate_limit(reply, fault)
            return reply
        if (fault := met.get("status")) is not None:
            return self.error(int(fault.args.get("code", 500)), "The server could not do this.")
        if "expired_token" in met:
            self.forget_tokens()
            return self.error(401, "Token expired.")
        if "html" in met:
            return web.Response(text=_PAGE, content_type="text/html")
        if (fault := met.get("body")) is not None:
            return web.Response(text=str(fault.args.get("text", "")), content_type="application/json")
        if (fault := met.get("huge")) is not None:
            filling = "x" * (int(fault.args.get("megabytes", 9)) * 1024 * 1024)
            return json_reply({"results": filling})
        if (fault := met.get("redirect")) is not None:
            to = str(fault.args.get("location", request.path_qs))
            return web.Response(status=int(fault.args.get("code", 307)), headers={"Location": to})
        return None

    async def _fail_after(
        self, request: web.Request, reply: web.StreamResponse, met: dict[str, Fault]
    ) -> tuple[web.StreamResponse, str] | None:
        if (fault := met.get("lose_reply")) is not None:
            return _cut(request, fault), "lost"
        if (fault := met.get("status_after")) is not None:
            code = int(fault.args.get("code", 503))
            return self.error(code, "The server could not do this."), str(code)
        if "truncated" in met and isinstance(reply, web.Response) and isinstance(reply.body, bytes):
            half = reply.body[: len(reply.body) // 2]
            return web.Response(body=half, content_type="application/json"), f"{reply.status} truncated"
        if "closes" in met:
            reply.force_close()
        if "bad_encoding" in met:
            reply.headers["Content-Encoding"] = "gzip"
            return reply, f"{reply.status} as gzip"
        if (fault := met.get("trickle")) is not None and isinstance(reply, web.Response):
            return _Trickle(reply, float(fault.args.get("every_s", 1))), f"{reply.status} slowly"
        return None

    def on_rate_limit(self, reply: web.Response, fault: Fault) -> None:
        """Add what else this vendor says on a 429."""

    # The sandbox's own paths

    async def _get_ledger(self, request: web.Request) -> web.Response:
        return json_reply(self.ledger.entries)

    async def _get_faults(self, request: web.Request) -> web.Response:
        return json_reply([fault.as_json() for fault in self.faults.waiting])

    async def _post_fault(self, request: web.Request) -> web.Response:
        try:
            asked = loads(await request.read())
            fault = self.faults.add(**asked)
        except (ValueError, TypeError) as error:
            return json_reply({"detail": str(error)}, 400)
        return json_reply(fault.as_json(), 201)

    async def _delete_faults(self, request: web.Request) -> web.Response:
        self.faults.clear()
        return web.Response(status=204)


def json_reply(value: object, status: int = 200) -> web.Response:
    """Return a JSON answer in which Decimals are numbers."""
    return web.Response(text=dumps(value), status=status, content_type="application/json")


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _cut(request: web.Request, fault: Fault | None = None) -> web.Response:
    transport = request.transport
    if transport is not None:
        if fault is not None and fault.args.get("reset"):
            # Closing a socket that lingers for no time at all sends a reset instead of a FIN.
            transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
        transport.close()
    return web.Response(status=500)


class _Trickle(web.StreamResponse):
    """An answer that comes byte by byte, until whoever asked for it has gone."""

    def __init__(self, whole: web.Response, every_s: float) -> None:
        super().__init__(status=whole.status, headers={"Content-Type": "application/json"})
        self._whole = whole.body if isinstance(whole.body, bytes) else b""
        self._every_s = every_s

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        writer = await super().prepare(request)
        for byte in self._whole:
            if request.transport is None or request.transport.is_closing():
                break
            await self.write(bytes([byte]))
            await asyncio.sleep(self._every_s)
        return writer


def _is_a_later_page(query: Mapping[str, str]) -> bool:
    """Pages are counted from 1 as `page`, or from 0 as `pageNum`."""
    return any(
        (text := query.get(name, "")).isdecimal() and int(text) > first
        for name, first in (("page", 1), ("pageNum", 0))
    )
