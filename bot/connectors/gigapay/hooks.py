"""Gigapay's webhooks, verified by hand: the bare object, whose event is in the address.

The vendor's JavaScript sample signs with SHA-512; its text, its other samples and the
signature it shows are SHA-256.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.connectors import Hook
from bot.connectors.kept import NotKept
from bot.connectors.problem import HookRefused
from bot.connectors.values import hook_json

DOCUMENTED = (
    "Payrun.created",
    "Payrun.paid",
    "Payout.created",
    "Payout.notified",
    "Payout.accepted",
    "Employee.verified",
)
MAYBE = ("Payrun.status", "Payout.status", "Employee.status")
"""Told at each change of latest_status; in a draft of the documents, so they may not be live."""

EVENTS = DOCUMENTED + MAYBE

_PARTS_AT_MOST = 20
_NOT_KEPT = NotKept(
    {
        "app",
        "pdf",
        "pdf_url",
        "name",
        "email",
        "cellphone_number",
        "description",
        "address",
        "invitation_code",
        "customer_reference",
        "metadata",
    }
)
_TOKEN = re.compile(rb"(?i)token(=|%3d)[^\s\"&\\]+")
_SIGNATURE = "Gigapay-Signature"
_STAMP = re.compile(r"[0-9]{1,11}")


def check(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Hook:
    """The webhook, if one of the secrets signed these bytes. Raises HookRefused."""
    stamp, signatures = _parts(headers.get(_SIGNATURE) or _in_any_case(headers))
    if not secrets:
        raise HookRefused("this connection has no webhook_secret")
    signed = stamp.encode() + b"." + body
    expected = [hmac.digest(one.encode(), signed, "sha256").hex().encode() for one in secrets]
    # Every pair is compared, so that the time taken tells nothing about which fits.
    fits = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures]
    if not any(fits):
        raise HookRefused("its signature is not ours")
    return Hook("verified", _kept(body), datetime.fromtimestamp(int(stamp), UTC))


def _in_any_case(headers: Mapping[str, str]) -> str:
    wanted = _SIGNATURE.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def _kept(body: bytes) -> bytes:
    """The body without links that open an invoice, and without names."""
    kept = _NOT_KEPT.taken_out(body)
    # Most have neither, and looking for a word in any case is slow.
    return _TOKEN.sub(b"token=", kept) if b"=" in kept or b"%3" in kept else kept


def _parts(header: str) -> tuple[str, list[bytes]]:
    stamp, signatures = "", []
    for part in header.split(",")[:_PARTS_AT_MOST]:
        key, _, value = part.strip().partition("=")
        if key == "t":
            stamp = value
        elif key == "v1":
            signatures.append(value.encode("utf-8", "replace"))
    if not _STAMP.fullmatch(stamp) or not signatures:
        raise HookRefused("it has no Gigapay-Signature as documented")
    return stamp, signatures


def _object(body: bytes) -> dict[str, Any] | None:
    found = hook_json(body)
    return found if isinstance(found, dict) else None


def about(event: str, body: bytes) -> tuple[tuple[str, str], ...] | None:
    """The payrun that a stored body is about; None for a body that is no object."""
    parsed = _object(body)
    return _about(event, parsed) if parsed is not None else None


def _about(event: str, body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The payrun that a body is of, or that its payout is in; nothing where it does not say.

    An employee is in no payrun or in several: then the list is looked at.
    """
    match event.lower().partition(".")[0]:
        case "payrun":
            inside = body.get("id")
        case "payout":
            inside = body.get("payrun")
        case _:
            return ()
    inside = inside.get("id") if isinstance(inside, dict) else inside
    named = isinstance(inside, (str, int)) and not isinstance(inside, bool) and str(inside)
    return (("gigapay.payrun", str(inside)),) if named else ()
