"""Webhooks of ours by the rules of Standard Webhooks: what is sent with one, and what a reply means.

https://www.standardwebhooks.com. The id is that of the thing told of and not of the try, so
that a receiver can drop what it has had before; the time is that of the try.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from bot.core.words import say

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""Between one try and the next; after the last of them it is given up."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """It may have it or not: the same is sent again."""

    why: str


@dataclass(frozen=True, slots=True)
class NotWanted:
    """It will not take this, however often it comes."""

    why: str


def outcome_of(status: int) -> Taken | NotNow | NotWanted:
    """What a receiver's reply means. A redirect is not followed: the settings say where it goes."""
    if 200 <= status < 300:
        return Taken()
    if status >= 500 or status in (408, 425, 429):
        return NotNow(say("it answered {status}", status=status))
    if 300 <= status < 400:
        return NotWanted(say("it answered {status}, and redirects are not followed", status=status))
    return NotWanted(say("it answered {status}", status=status))


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries; None to give up."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None


def headers(id: str, at: datetime, body: bytes, keys: Sequence[bytes]) -> Mapping[str, str]:
    """One signature for each key, so that a receiver that knows any of them can check it."""
    stamp = str(int(at.timestamp()))
    signed = b".".join((id.encode(), stamp.encode(), body))
    signatures = (b64encode(hmac.new(key, signed, sha256).digest()).decode() for key in keys)
    return {
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
