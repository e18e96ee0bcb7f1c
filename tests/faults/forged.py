"""Deliveries that were right until one thing in them was changed, drawn from a seed.

Each kind of change makes another message of it, or one that the vendor never signed; none
only spells the same message differently, so that none of them may be taken.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from bot.sandbox.gigapay.desk import sign

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True, slots=True)
class Delivery:
    """`signed` is the value of the signature's header, `name` the header's name."""

    secret: str
    stamp: int
    body: bytes
    signed: str
    name: str = "Gigapay-Signature"
    before: str | None = None
    """The value of a header of that name that comes first."""

    @property
    def signature(self) -> str:
        return self.signed.partition("v1=")[2]


def right(secret: str, stamp: int, body: bytes) -> Delivery:
    return Delivery(secret, stamp, body, sign(secret, stamp, body))


def _with(one: Delivery, signature: str, stamp: str | None = None, key: str = "v1") -> Delivery:
    return replace(one, signed=f"t={one.stamp if stamp is None else stamp},{key}={signature}")


def _flipped(r: Random, text: str) -> str:
    at = r.randrange(len(text))
    return text[:at] + r.choice([c for c in "0123456789abcdef" if c != text[at]]) + text[at + 1 :]


def _digest(secret: str, signed: bytes, by: str = "sha256") -> str:
    return hmac.new(secret.encode(), signed, by).hexdigest()


def _put(r: Random, text: str, bit: str) -> str:
    at = r.randrange(1, len(text))
    return text[:at] + bit + text[at:]


def _other_body(r: Random, one: Delivery) -> Delivery:
    body, at = bytearray(one.body), r.randrange(len(one.body))
    changed: list[Callable[[], bytes]] = [
        lambda: bytes(body[:at] + bytes([body[at] ^ (1 << r.randrange(8))]) + body[at + 1 :]),
        lambda: bytes(body[:at] + body[at + 1 :]),
        lambda: one.body[:at],
        lambda: one.body + r.choice((b" ", b"\n", b"\0", b"}", one.body)),
        lambda: r.choice((b" ", b"\xef\xbb\xbf", b"\0")) + one.body,
        lambda: json.dumps(json.loads(one.body), indent=1).encode(),
        lambda: one.body.replace(b"open", b"OPEN"),
        lambda: one.body.decode().encode("utf-16"),
        lambda: b"",
    ]
    return replace(one, body=r.choice(changed)())


CHANGES: Mapping[str, Callable[[Random, Delivery], Delivery]] = {
    "a digit": lambda r, one: _with(one, _flipped(r, one.signature)),
    "cut short": lambda r, one: _with(one, one.signature[: r.randrange(64)]),
    "longer": lambda r, one: _with(one, one.signature + r.choice("0a \t=")[:1] + "0"),
    "in capitals": lambda r, one: _with(one, _flipped(r, one.signature).upper()),
    "full width": lambda r, one: _with(one, _put(r, one.signature, "0").translate(FULL_WIDTH)),
    "something in it": lambda r, one: _with(one, _put(r, one.signature, r.choice(" %0_-:é\u200b"))),
    "sha-512": lambda r, one: _with(one, _digest(one.secret, b"%d." % one.stamp + one.body, "sha512")),
    "without its time": lambda r, one: _with(one, _digest(one.secret, one.body)),
    "another secret": lambda r, one: _with(
        one, _digest(_flipped(r, one.secret), b"%d." % one.stamp + one.body)
    ),
    "no secret": lambda r, one: _with(one, _digest("", b"%d." % one.stamp + one.body)),
    "a bare hash": lambda r, one: _with(one, hashlib.sha256(one.body).hexdigest()),
    "another time": lambda r, one: _with(one, one.signature, str(one.stamp + r.choice((-1, 1, 60, -3600)))),
    "a written time": lambda r, one: _with(
        one,
        one.signature,
        r.choice(("0{}", "+{}", "{}.0", "{} 0", " {}", "{}_0", "-{}", "{}e0", "0x{:x}", "")).format(
            one.stamp
        ),
    ),
    "other digits": lambda r, one: _with(
        one, one.signature, str(one.stamp).translate(r.choice((FULL_WIDTH, ARABIC)))
    ),
    "a second time": lambda r, one: replace(one, signed=f"{one.signed},t={one.stamp + 1}"),
    "no time": lambda r, one: replace(one, signed=f"v1={one.signature}"),
    "another version": lambda r, one: _with(
        one, one.signature, key=r.choice(("v0", "v2", "V1", "v1 ", "v11", ""))
    ),
    "many wrong": lambda r, one: replace(
        one,
        signed=f"t={one.stamp},"
        + ",".join(f"v1={_flipped(r, one.signature)}" for _ in range(r.randrange(1, 40))),
    ),
    "right after too many": lambda r, one: replace(
        one, signed=f"t={one.stamp}," + "v1=0," * 20 + f"v1={one.signature}"
    ),
    "another comma": lambda r, one: replace(one, signed=one.signed.replace(",", r.choice(";&|")[:1])),
    "quoted": lambda r, one: replace(one, signed=f'"{one.signed}"'),
    "another header": lambda r, one: replace(one, name=r.choice(("X-Gigapay-Signature", "Gigapay-Signatur"))),
    "a wrong one before": lambda r, one: replace(one, before=_with(one, _flipped(r, one.signature)).signed),
    "of the future": lambda r, one: right(one.secret, one.stamp + r.choice((61, 3600, 10**9)), one.body),
    "of no time": lambda r, one: right(one.secret, 10**11 + r.randrange(10**6), one.body),
    "the body": _other_body,
}


def forged(r: Random, one: Delivery) -> tuple[str, Delivery]:
    """The delivery with one thing changed, and what that was."""
    while True:
        kind = r.choice(list(CHANGES))
        made = CHANGES[kind](r, one)
        if made != one:
            return kind, made


TOKEN_CHANGES: tuple[Callable[[Random, str], str], ...] = (
    lambda r, token: _flipped(r, token),
    lambda r, token: token.swapcase(),
    lambda r, token: token[: r.randrange(len(token))],
    lambda r, token: token + r.choice(("0", "%20", "%00", ".", "%2F", "%0A", ";", "%C2%A0")),
    lambda r, token: r.choice(("%20", "%00", "%EF%BB%BF")) + token,
    lambda r, token: "".join(f"%25{ord(c):02x}" for c in token),
    lambda r, token: "".join(f"%{byte:02x}" for byte in token.translate(FULL_WIDTH).encode()),
    lambda r, token: f"{token}/{token}",
    lambda r, token: token[::-1],
)
"""Each makes another segment of an address than the token's."""
