"""Addresses that a reply may name, of which most lead to this very machine, and a server that waits there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

ADDRESSES = (
    # this machine, in every spelling that a library or a name server may take
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://127.0.0.2:{port}/",
    "http://2130706433:{port}/",
    "http://017700000001:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.0.0.01:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://[::]:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.localdomain:{port}/",
    "http://ip6-localhost:{port}/",
    "http://sub.localhost:{port}/",
    "http://127.0.0.1.nip.io:{port}/",
    "http://localtest.me:{port}/",
    # in letters that are made others of
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://127．0．0．1:{port}/",
    "http://127｡0｡0｡1:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://%6c%6fcalhost:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://xn--localhost-:{port}/",
    # with somebody else's name in front or behind
    "http://{vendor}@127.0.0.1:{port}/",
    "http://{vendor}:x@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@{vendor}/",
    "http://127.0.0.1:{port}\\@{vendor}/",
    "http://127.0.0.1:{port}?@{vendor}/",
    "http://127.0.0.1:{port}/{vendor}",
    "//127.0.0.1:{port}/",
    "///127.0.0.1:{port}/",
    "/\\127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/%0d%0aX-Zz9:%201",
    # where a cloud keeps what a machine may know
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://metadata/",
    "http://100.100.100.200/latest/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://172.16.0.1/",
    # by other ways than the web's
    "https://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET%20/",
    "dict://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/",
    "data:application/json,{{}}",
    "javascript:alert(1)",
    "unix:/run/docker.sock",
    "ws://127.0.0.1:{port}/",
)
"""Each with the port of whoever waits, and the vendor's own host."""  # fmt: skip
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass
class Place:
    """A server on loopback: what it was asked, and what it answers."""

    status: int = 200
    location: str = ""
    body: object = None
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path_qs}")
        headers = {"Location": self.location} if self.location else {}
        return web.json_response(self.body, status=self.status, headers=headers)


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    made = Place()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()


def addresses(vendor: Place, waiting: Place) -> list[str]:
    return [one.format(port=waiting.port, vendor=vendor.host) for one in ADDRESSES]
