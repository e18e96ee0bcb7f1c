"""Snapshots, letters and trees as JSON text, and back, without losing a cent.

The same content always gives the same bytes (sorted keys, no spaces): fingerprints and
the audit chain hash them. Each value names its type, so that a stored snapshot is read
back as what it was even after the vocabulary has moved on.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Missing, Scalar, Snapshot, Unread, Value
from bot.core.said_json import HOW_MADE, said_from_json, said_to_json
from bot.core.words import Said


def canonical(content: Any) -> str:
    """JSON text of plain content, the same for the same content. Floats are refused."""
    _refuse_floats(content)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_refuse)


def _refuse_floats(content: object) -> None:
    """The encoder writes floats without asking, so they are looked for beforehand."""
    match content:
        case float():
            _refuse(content)
        case dict():
            for one in content.values():
                _refuse_floats(one)
        case list() | tuple():
            for one in content:
                _refuse_floats(one)


def _refuse(content: object) -> None:
    raise TypeError(f"{type(content).__name__} has no place in stored JSON")


def fingerprint(content: Any) -> str:
    """A short name for exactly this content: 32 hex digits of SHA-256."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:32]


def scalar_to_json(value: Scalar) -> list[str]:
    """A scalar with its type's name in front."""
    match value:
        case Money():
            return ["money", str(value.amount), value.currency]
        case bool():
            return ["flag", "yes" if value else "no"]
        case int():
            return ["count", str(value)]
        case Decimal():
            return ["number", str(value)]
        case timedelta():
            return ["duration", str(value // timedelta(microseconds=1))]
        case datetime():
            return ["instant", value.isoformat()]
        case date():
            return ["date", value.isoformat()]
        case str():
            return ["text", value]


def scalar_from_json(stored: list[str]) -> Scalar:
    """The inverse of `scalar_to_json`. Raises ValueError for an unknown type."""
    match stored:
        case ["money", amount, currency]:
            return Money(Decimal(amount), currency)
        case ["flag", text]:
            return text == "yes"
        case ["count", text]:
            return int(text)
        case ["number", text]:
            return Decimal(text)
        case ["duration", text]:
            return timedelta(microseconds=int(text))
        case ["instant", text]:
            return datetime.fromisoformat(text)
        case ["date", text]:
            return date.fromisoformat(text)
        case ["text", text]:
            return text
    raise ValueError(f"no such stored value: {stored!r}")


def value_to_json(value: Value) -> dict[str, Any]:
    match value:
        case Known(scalar, detail):
            return {"is": scalar_to_json(scalar), **({"detail": list(detail)} if detail else {})}
        case Unread(why):
            return {"unread": why}
        case Missing():
            return {}


def value_from_json(stored: Mapping[str, Any]) -> Value:
    if "is" in stored:
        return Known(scalar_from_json(stored["is"]), tuple(stored.get("detail", ())))
    return Unread(stored["unread"]) if "unread" in stored else MISSING


def line_to_json(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "payee": line.payee,
        "net_pay": scalar_to_json(line.net_pay),
        "cost": scalar_to_json(line.cost) if line.cost else None,
        "created_at": line.created_at.isoformat() if line.created_at else None,
        "status": line.status,
    }


def line_from_json(stored: Mapping[str, Any]) -> Line:
    return Line(
        id=stored["id"],
        payee=stored["payee"],
        net_pay=_money(stored["net_pay"]),
        cost=_money(stored["cost"]) if stored["cost"] else None,
        created_at=datetime.fromisoformat(stored["created_at"]) if stored["created_at"] else None,
        status=stored["status"],
    )


def _money(stored: list[str]) -> Money:
    value = scalar_from_json(stored)
    assert isinstance(value, Money)
    return value


def snapshot_to_json(snapshot: Snapshot) -> dict[str, Any]:
    """Everything but when it was read: the same state read twice is the same JSON."""
    return {
        "kind": snapshot.kind,
        "connection": snapshot.connection,
        "vendor_id": snapshot.vendor_id,
        "values": {name: value_to_json(value) for name, value in snapshot.values.items()},
        "lines": None if snapshot.lines is None else [line_to_json(line) for line in snapshot.lines],
        "identities": list(snapshot.identities),
        "vendor_status": snapshot.vendor_status,
        "is_open": snapshot.is_open,
        "is_live": snapshot.is_live,
        "notes": list(snapshot.notes),
        "call": dict(snapshot.call),
        **({"erased": True} if snapshot.is_erased else {}),
        **({HOW_MADE: saids} if (saids := _why_unread(snapshot)) else {}),
    }


def _why_unread(snapshot: Snapshot) -> dict[str, Any]:
    """How each reason was made that can be said in another language, by the name of its value."""
    return {
        name: said_to_json(value.why)
        for name, value in snapshot.values.items()
        if isinstance(value, Unread) and isinstance(value.why, Said)
    }


def snapshot_from_json(stored: Mapping[str, Any], observed_at: datetime) -> Snapshot:
    values = {name: value_from_json(value) for name, value in stored["values"].items()}
    for name, made in stored.get(HOW_MADE, {}).items():
        values[name] = Unread(said_from_json(made))
    return Snapshot(
        kind=stored["kind"],
        connection=stored["connection"],
        vendor_id=stored["vendor_id"],
        values=values,
        observed_at=observed_at,
        lines=None if stored["lines"] is None else tuple(line_from_json(line) for line in stored["lines"]),
        identities=tuple(stored["identities"]),
        vendor_status=stored["vendor_status"],
        is_open=stored["is_open"],
        is_live=stored["is_live"],
        notes=tuple(stored["notes"]),
        call=stored["call"],
        is_erased=stored.get("erased", False),
    )
