"""What people write in the settings, as values: pure, and each refusal is a sentence.

A message here ends up after the place of its setting, so it says what was found and
what would be right. None of these is given a secret.
"""

import base64
import binascii
import difflib
import ipaddress
import re
import socket
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import SecretStr

DAYS_A_YEAR = 366
"""So that what must be kept for seven years is never kept for a day less."""

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=DAYS_A_YEAR),
}
_LONGEST = timedelta(days=100 * DAYS_A_YEAR)
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")
_SENDER = re.compile(r"(?:(?P<name>[^<>\"\x00-\x1f\x7f]+?)\s*)?<(?P<address>[^<>]+)>")


SHORTEST_TOKEN = 24


def close_to(word: str, known: Iterable[str]) -> str:
    """` Did you mean sv?`, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def duration(value: Any) -> timedelta:
    """`5m`, `90 d`, `7y`; a length of time is more than nothing and below a century."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d{1,9})\s*([a-z]+)", str(value).strip())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{value!s:.40} is not a length of time: write for example 30s, 5m, 12h, 90d or 7y")
    count, unit = int(match[1]), _UNITS[match[2]]
    if not 0 < count <= _LONGEST // unit:
        raise ValueError(f"{value} is out of range: it must be more than nothing and at most 100 years")
    return count * unit


def percent(value: Any) -> Decimal:
    """`25 %` is 25, not a quarter."""
    if isinstance(value, Decimal):
        return value
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)\s*%", str(value).strip())
    if match is None:
        raise ValueError(f"{value!s:.40} is not a percentage: write for example 25 %")
    return Decimal(match[1])


def zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    known = available_timezones()
    if value not in known:
        near = close_to(str(value), known)
        raise ValueError(f"{value!s:.60} is not a time zone such as Europe/Stockholm.{near}")
    return ZoneInfo(str(value))


def name(value: str) -> str:
    """What things are called in addresses and on command lines."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", value):
        raise ValueError(f"{value!s:.80} cannot be an id: small letters a-z, digits and hyphens only")
    return value


def mail_address(value: str) -> str:
    local, _, host = value.rpartition("@")
    dotty = local.startswith(".") or local.endswith(".") or ".." in local
    if not _ADDRESS.fullmatch(value) or dotty or len(local) > 64 or len(host) > 255:
        raise ValueError(f"{value!r:.100} is not a mail address such as payroll@example.com")
    return value


def sender(value: str) -> str:
    """`Payrun bot <payrun-bot@example.com>`, or the address alone."""
    match = _SENDER.fullmatch(value.strip())
    mail_address(match["address"] if match else value.strip())
    return value.strip()


def _url(value: str, schemes: Iterable[str], example: str) -> SplitResult:
    wrong = ValueError(f"{without_login(value):.200} is not an address such as {example}")
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise wrong from None
    if url.scheme not in schemes or not url.hostname or port == 0 or re.search(r"[\s\x00-\x1f\x7f]", value):
        raise wrong
    return url


def without_login(text: str) -> str:
    """A text with the user and password of any address in it taken out."""
    return re.sub(r"//[^/\s]*@", "//…@", text)


def http_url(value: str) -> str:
    _url(value, ("http", "https"), "https://hc.example.com/payrun")
    return value


def target_url(value: str) -> str:
    """Where a webhook may go: over TLS, or to this very machine."""
    url = _url(value, ("http", "https"), "https://ledger.example.com/payrun")
    if url.username or url.fragment:
        raise ValueError(f"{without_login(value)} may hold no login and no #: its secret signs what is sent")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ValueError(f"{value} would be readable on its way: write https")
    return value


def signing_secrets(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """As Standard Webhooks has them: base64 of 24 to 64 bytes, with or without `whsec_` before it."""
    if not secrets:
        raise ValueError("there is no secret: name it as env: or file:")
    for number, secret in enumerate(secrets, 1):
        if not 24 <= len(signing_key(secret)) <= 64:
            raise ValueError(
                f"number {number} in the list is not a secret: it is whsec_ and the base64 of 24 to 64 "
                "random bytes, as openssl rand -base64 32 prints them"
            )
    return secrets


def unguessable(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for number, secret in enumerate(secrets, 1):
        if len(secret.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(
                f"number {number} can be guessed: it needs at least {SHORTEST_TOKEN} random characters, "
                "as openssl rand -base64 32 prints them"
            )
    return secrets


def signing_key(secret: SecretStr) -> bytes:
    """The bytes that a secret stands for; empty for one that is none."""
    try:
        return base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def public_url(value: str) -> str:
    url = _url(value, ("http", "https"), "https://payrun.example.com")
    if url.path.strip("/") or url.query or url.fragment or url.username:
        raise ValueError(
            f"{without_login(value)} must end after the host: the bot answers at the root of its own address"
        )
    return f"{url.scheme}://{url.netloc}"


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(value: Any) -> Network:
    """`10.0.0.0/8`, or one address. All addresses at once would trust whoever asks."""
    if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return value
    try:
        found = ipaddress.ip_network(str(value).strip())
    except ValueError:
        raise ValueError(f"{value!s:.80} is no network such as 10.0.0.0/8, and no address") from None
    if found.prefixlen == 0:
        raise ValueError(f"{value!s:.80} is every address: anybody could say who they are")
    return found


_NOT_A_PERSON = ("authorization", "cookie", "host", "origin", "content-length", "content-type", "user-agent")


def user_header(value: str) -> str:
    """The name of a header in which a proxy says who somebody is."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,62}", value) or value.lower() in _NOT_A_PERSON:
        raise ValueError(
            f"{value!s:.80} is no header such as X-Forwarded-User, of which the proxy has charge"
        )
    return value


def listen(value: str) -> str:
    """`0.0.0.0:8080`, `[::]:8080`; port 0 takes a free one."""
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})", value)
    if match is None or int(match[2]) > 65535:
        raise ValueError(f"{value!s:.80} is not an address and port such as 0.0.0.0:8080")
    return value


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. `starttls` is required then, never merely tried."""

    security: Literal["starttls", "tls", "none"]
    host: str
    port: int
    user: str | None = None

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_METADATA_NAMES = ("metadata", "metadata.google.internal", "metadata.goog", "instance-data")
_METADATA = tuple(ipaddress.ip_address(one) for one in ("100.100.100.200", "192.0.0.192", "fd00:ec2::254"))
"""Where clouds tell machines of themselves besides at 169.254.169.254."""
_BROADCAST = (ipaddress.ip_address("255.255.255.255"),)
_HOLD_AN_IPV4 = (ipaddress.IPv6Network("::/96"), ipaddress.IPv6Network("64:ff9b::/96"))

_SMTP: dict[str, tuple[Literal["starttls", "tls", "none"], int]] = {
    "smtp": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp+plain": ("none", 25),
}


def never_a_mail_server(host: str) -> str:
    """Why no mail server can be at a host, in a sentence; empty where one may be.

    Operations choose it, and theirs may well be at a private address or on this very machine.
    What never is one: where a cloud tells a machine its own secrets, and addresses that are
    those of no one host. Numbers are read as the system's resolver would, in any spelling. A
    name that leads there is not looked up: whoever can change the house's names can do more.
    """
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".").partition("%")[0].rstrip(".").lower()
    if plain in _METADATA_NAMES:
        return "a cloud tells machines of themselves there"
    address = _as_address(plain)
    if address is None:
        return ""
    if address.is_link_local or address in _METADATA:
        return "link-local addresses are a machine's own, and a cloud tells it of itself there"
    if address.is_multicast or address.is_unspecified or address in _BROADCAST:
        return "this is the address of no one host"
    return ""


def _as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """What a host written as a number is; `0xa9fea9fe`, `2852039166` and `169.16689662` are one, too."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host)) if host.isascii() else None
        except OSError:
            return None
    if not isinstance(found, ipaddress.IPv6Address):
        return found
    if any(found in network for network in _HOLD_AN_IPV4):
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found


def smtp_server(value: Any) -> SmtpServer:
    if isinstance(value, SmtpServer):
        return value
    url = _url(str(value), _SMTP, "smtp://bot@mail.example.com:587 (known: smtp, smtps, smtp+plain)")
    if url.password is not None:
        raise ValueError("the password is part of the address: write it as mail.password: env:NAME")
    if url.path.strip("/") or url.query or url.fragment or url.hostname is None:
        raise ValueError(f"{without_login(str(value))} must end after host and port")
    if why := never_a_mail_server(url.hostname):
        raise ValueError(f"{url.hostname} is no mail server: {why}")
    security, port = _SMTP[url.scheme]
    server = SmtpServer(security, url.hostname, url.port or port, unquote(url.username or "") or None)
    if security == "none" and server.user and not server.is_loopback:
        raise ValueError("smtp+plain would show the login to the network: use smtp (STARTTLS) or smtps (TLS)")
    return server


def keyring(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not keys:
        raise ValueError("there is no key: make one with payrunbot keys new, and name it as env: or file:")
    for number, key in enumerate(keys, 1):
        try:
            raw = base64.b64decode(key.get_secret_value(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            raise ValueError(f"number {number} in the list is not a key: make one with payrunbot keys new")
    return keys
