"""Requests that nobody means well with, drawn from a seed: in their framing, or in what they say.

Those that are framed as they should be can share a connection, many at a time; each of the
others has one of its own, since a server must hang up on it.
"""

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

NO_METHODS = ("get", "X" * 40)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", *NO_METHODS)
HOOKS = (
    "/hooks/gigapay-se/Payrun.created",
    "/hooks/gigapay-se/Payout.created",
    "/hooks/gigapay-se/payrun.PAID/token",
    "/hooks/xero-uk/Payrun.created",
    "/hooks/nobody/Payrun.created",
)
READ = (
    "/api/payruns",
    "/api/payruns?connection=gigapay-se",
    "/api/payruns/gigapay-se/2859272/why",
    "/api/approvals",
    "/api/approvals?state=open",
    "/api/rules",
)
DEEDS = (
    "/api/payruns/gigapay-se/2859272/hold",
    "/api/payruns/gigapay-se/2859272/release",
    "/api/payruns/gigapay-se/2859272/settle",
    "/api/approvals/none",
    "/api/pause",
    "/api/resume",
    "/api/replay",
    "/api/rules/propose",
    "/api/rules/gigapay-weekly-close/sign-off",
    "/api/tokens",
)
PAGES = (
    "/",
    "/payruns",
    "/payruns/gigapay-se/2859272",
    "/approvals",
    "/approvals/none",
    "/rules",
    "/rules/gigapay-weekly-close",
    "/connections",
    "/mails",
    "/mails/none",
    "/audit",
    "/audit?before=7",
    "/sign-in",
    "/sign-in?next=/audit",
    "/static/app.css",
)
POSTED = (
    "/sign-in",
    "/sign-out",
    "/approvals/none/approve",
    "/approvals/none/reject",
    "/payruns/gigapay-se/2859272/hold",
    "/connections/gigapay-se/pause",
    "/rules/gigapay-weekly-close/1/sign-off",
    "/rules/gigapay-weekly-close/999999999/sign-off",
)
MACHINES = ("/healthz", "/readyz")
BITS = (
    "%00",
    "%ff",
    "%2e%2e%2f",
    "..",
    ".",
    "",
    "%",
    "%zz",
    "%25%32%46",
    "%0d%0aX-A:%20b",
    "{}",
    "{{7*7}}",
    "%F0%9F%92%B8",
    "%ED%A0%80",
    "a" * 3_000,
    "'--",
    ";",
    "*",
    "~",
    "-1",
    "9" * 400,
    "%E2%80%AE",
    "gigapay-se",
)
QUERIES = (
    "state=",
    "state=%00",
    "state=open&state=closed",
    "connection=%00",
    "connection=nobody",
    "before=-1",
    "before=99999999999999999999999999",
    "before=%D9%A3",
    "status=" + "a" * 2_000,
    "next=//evil.example",
    "next=%5C%5Cevil",
    "&&&===&",
    "%",
    "a[]=1&a[b]=2",
)
BODIES: tuple[Callable[[Random], bytes], ...] = (
    lambda r: b"",
    lambda r: b"{}",
    lambda r: b"null",
    lambda r: r.randbytes(r.randrange(200)),
    lambda r: b"[" * r.choice((10, 1_000, 60_000)),
    lambda r: b'{"a":' * r.choice((10, 1_000, 10_000)) + b"1" + b"}" * 5,
    lambda r: json.dumps({_word(r): _value(r) for _ in range(r.randrange(5))}).encode(),
    lambda r: json.dumps({_word(r): _value(r) for _ in range(3)}).encode("utf-16"),
    lambda r: '{"reason": "löneutbetalning"}'.encode("latin-1"),
    lambda r: b'{"reason": "\\ud800", "until": "2026-11-23T12:00:00+00:00"}',
    lambda r: b'{"reason": "x", "until": "9999-12-31T23:59:59-12:00"}',
    lambda r: b'{"reason": "x", "until": 1e400}',
    lambda r: b'{"scope": "*", "scope": ["*"], "reason": {}}',
    lambda r: b'{"event": "' + b"9" * r.choice((5, 30, 1_000)) + b'"}',
    lambda r: b'{"everything": true, "connection": "\\u0000"}',
    lambda r: b'{"failed_since": "0001-01-01T00:00:00+14:00"}',
    lambda r: b'{"answer": "approve", "checks": "all"}',
    lambda r: b'{"version": ' + b"9" * r.choice((3, 19, 4_000)) + b"}",
    lambda r: b'{"id": NaN, "payrun": {"id": Infinity}}',
    lambda r: b'{"id": ' + b"1" * 5_000 + b"}",
    lambda r: b'{"id": true, "payrun": [[]]}',
    lambda r: gzip.compress(b"0" * 1_000_000),
    lambda r: b"csrf=&reason=%00&until=%ff&check=a&check=b",
    lambda r: b"&".join(b"a=%d" % n for n in range(300)),
    lambda r: b"token=" + quote(r.randbytes(40)).encode(),
    lambda r: b"x" * (256 * 1024 + r.choice((-1, 0, 1))),
)
HEADERS: tuple[Callable[[Random], bytes], ...] = (
    lambda r: b"X-Any: " + r.randbytes(20).translate(None, b"\r\n\0"),
    lambda r: b"X-A: " + b"a" * 7_000,
    lambda r: b"Cookie: " + b"; ".join([b"payrunbot_session=%d" % n for n in range(50)]),
    lambda r: b'Cookie: payrunbot_session="\\x; payrunbot_said=' + b"\xff" * 9,
    lambda r: b"Cookie: payrunbot_before=" + b"a" * 900,
    lambda r: b"Authorization: Bearer \xff\xfe",
    lambda r: b"Authorization: Bearer " + b"a" * 5_000,
    lambda r: b"Authorization: Basic Og==",
    lambda r: b"Authorization:",
    lambda r: b"Content-Type: application/json; charset=utf-7",
    lambda r: b"Content-Type: application/x-www-form-urlencoded",
    lambda r: b"Content-Type: multipart/form-data",
    lambda r: b"Content-Type: \xe5;;;=",
    lambda r: b"Content-Encoding: gzip",
    lambda r: b"Content-Encoding: identity, br",
    lambda r: b"Origin: http://[",
    lambda r: b"Origin: null",
    lambda r: b"Sec-Fetch-Site: cross-site",
    lambda r: b"Accept: " + b"*/*, " * 400,
    lambda r: b"Accept-Language: sv;q=nan",
    lambda r: b"If-Modified-Since: yesterday",
    lambda r: b"Range: bytes=9-1",
    lambda r: b"X-Forwarded-For: ::::",
    lambda r: b"Gigapay-Signature: t=1,v1=",
    lambda r: b"Gigapay-Signature: " + b"v1=a," * 1_000,
    lambda r: b"Gigapay-Signature: t=99999999999,v1=" + b"0" * 64,
    lambda r: b"Host: \xff\xff",
    lambda r: b"X-Request-Id: ${jndi:ldap://x}",
    lambda r: b"Expect: 200-maybe",
    lambda r: b"Expect: 100-continue",
)
NO_LENGTHS = (b"-1", b"+5", b"0x5", b"5, 5", b"5,6", b"\xd9\xa3", b"9" * 30, b"", b"5 5", b"5_0", b"1e1")
TAILS: tuple[bytes, ...] = (
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /a HTTP/1.1\r\nHost: b\r\n\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
    b"Transfer-Encoding: chunked\r\n\r\n3;" + b"x" * 20_000 + b"\r\nabc\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    b"Content-Length : 5\r\n\r\nabcde",
    b"Content-Length: 100\r\n\r\n{",
    b"X-A: a\r\n continued\r\n\r\n",
    b"X-A: a\0b\r\n\r\n",
    b"X-A\r\n\r\n",
    b": nameless\r\n\r\n",
    b"X A: a\r\n\r\n",
    b"X-\xff: a\r\n\r\n",
    b"X-A: a\rX-B: b\r\n\r\n",
    b"X-A: a\n\n",
    b"X-A: " + b"a" * 40_000 + b"\r\n\r\n",
    b"\r\n".join(b"X-%d: a" % n for n in range(3_000)) + b"\r\n\r\n",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n\x81\x05hello",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    b"Host: again\r\n\r\n",
    b"X-A: half a hea",
)
OPENINGS: tuple[bytes, ...] = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1 \r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET http://a:b@c:99999/ HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET //// HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: b\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n",
    b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET /\0 HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET /?" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: b\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"\0" * 64,
    b"G",
    b"",
)


@dataclass(frozen=True, slots=True)
class Framed:
    """A request whose end is where it says. `is_head`: its answer has no body.

    `is_alone`: the server may hang up on it, and take what came in one piece with it along.
    """

    sent: bytes
    is_head: bool
    is_alone: bool


def framed(r: Random, tokens: Sequence[str], session: str) -> Framed:
    """One whose beginning and end are where they say, whatever is in between.

    `tokens` sign in on the API and `session` on pages, so that some get past the gate.
    """
    kind = r.random()
    lines: list[bytes] = []
    if kind < 0.35:
        method, path = _mostly(r, "POST"), r.choice(HOOKS)
    elif kind < 0.55:
        method, path = _mostly(r, "GET"), r.choice(READ)
        lines += _bearer(r, tokens)
    elif kind < 0.75:
        method, path = _mostly(r, "POST"), r.choice(DEEDS)
        lines += _bearer(r, tokens)
        if r.random() < 0.7:  # else what they say is not even read
            lines.append(b"Content-Type: application/json")
    elif kind < 0.90:
        method, path = _mostly(r, "GET"), r.choice(PAGES)
    elif kind < 0.97:
        method, path = _mostly(r, "POST"), r.choice(POSTED)
        lines.append(b"Content-Type: application/x-www-form-urlencoded")
    else:
        method, path = _mostly(r, "GET"), r.choice(MACHINES)
    if path in (*PAGES, *POSTED) and r.random() < 0.1:
        lines.append(b"Cookie: payrunbot_session=" + session.encode())
    if r.random() < 0.5:
        path = _bent(r, path)
    lines += [r.choice(HEADERS)(r) for _ in range(r.choice((0, 0, 1, 1, 2, 4)))]
    body = r.choice(BODIES)(r) if method not in ("GET", "HEAD") or r.random() < 0.1 else b""
    if len(body) > 4_000 and r.random() < 0.75:
        body = body[:100]
    if body and r.random() < 0.2:
        lines.append(b"Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        lines.append(b"Content-Length: %d" % len(body))
    head = f"{method} {path} HTTP/1.1\r\nHost: bot\r\n".encode("utf-8", "replace")
    names = [line.partition(b":")[0] for line in lines]
    is_alone = len(set(names)) < len(names) or not _may_be_taken(names) or method in NO_METHODS
    sent = head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body
    return Framed(sent, method == "HEAD", is_alone)


def _may_be_taken(names: Sequence[bytes]) -> bool:
    """Whether no header is of a kind that a server may refuse unread."""
    return not {b"Host", b"X-Any"} & set(names)


def unframed(r: Random, tokens: Sequence[str]) -> bytes:
    """One that the server must hang up on, or that ends in the middle."""
    if r.random() < 0.2:
        return r.choice(OPENINGS) if r.random() < 0.7 else r.randbytes(r.randrange(1, 400))
    path = r.choice((*HOOKS, *READ, *DEEDS, *PAGES, *MACHINES))
    head = f"{r.choice(('GET', 'POST'))} {path} HTTP/1.1\r\nHost: bot\r\n".encode()
    head += b"".join(line + b"\r\n" for line in _bearer(r, tokens))
    if r.random() < 0.2:
        return head + b"Content-Length: " + r.choice(NO_LENGTHS) + b"\r\n\r\nabcde"
    whole = head + r.choice(TAILS)
    if r.random() < 0.3:
        at = r.randrange(len(whole))
        whole = whole[:at] + r.randbytes(r.randrange(3)) + whole[at + r.randrange(3) :]
    return whole


def _mostly(r: Random, method: str) -> str:
    return method if r.random() < 0.85 else r.choice(METHODS)


def _bearer(r: Random, tokens: Sequence[str]) -> list[bytes]:
    return [b"Authorization: Bearer " + r.choice(tokens).encode()] if r.random() < 0.8 else []


def _bent(r: Random, path: str) -> str:
    """The path with a part of it replaced, added or taken away, or with an odd search."""
    if r.random() < 0.3:
        return f"{path.partition('?')[0]}?{r.choice(QUERIES)}"
    parts = path.partition("?")[0].split("/")[1:]
    at = r.randrange(len(parts))
    match r.randrange(4):
        case 0:
            parts[at] = r.choice(BITS)
        case 1:
            parts.insert(at, r.choice(BITS))
        case 2:
            parts[at] += r.choice(BITS)
        case _:
            parts[at] = "".join(f"%{byte:02X}" for byte in parts[at].encode())
    return "/" + "/".join(parts)


def _word(r: Random) -> str:
    return r.choice(("id", "payrun", "reason", "until", "scope", "what", "comment", "person", "", "\0", "ä"))


def _value(r: Random) -> object:
    return r.choice(
        (None, True, -1, 10**30, 1.5, "", "x" * 3_000, [], {}, [[{}]], "\u202e", "2026-11-23T12:00Z")
    )
