"""Texts that can be said again, as JSON beside the plain text, and back.

What is stored is read by programs and by people of other languages: so the plain text
stays where it was, and how it was made stands beside it, by its place.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.core.sentence import FieldTitle
from bot.core.words.said import Day, Each, Joined, Lower, Moment, Percent, Said, Sentence, Sum, Upper

T = TypeVar("T")
HOW_MADE = "said"
"""Under this name, beside stored texts: how those were made that can be said in another language."""
Json = Any


def saids_of(value: object, place: str = "") -> dict[str, Json]:
    """Every text in what is given that can be said again, by its place: `findings.0.title`."""
    if isinstance(value, Said):
        return {place: said_to_json(value)}
    found: dict[str, Json] = {}
    for name, one in _parts(value):
        found |= saids_of(one, f"{place}.{name}" if place else name)
    return found


def with_saids(value: T, saids: Mapping[str, Json], place: str = "") -> T:
    """The inverse of `saids_of`: the plain texts at those places made again from how they were made.

    A place that is not there any more is passed over.
    """
    return _with(value, saids, place) if saids else value


def _with(value: Any, saids: Mapping[str, Json], place: str) -> Any:
    if isinstance(value, str):
        return said_from_json(saids[place]) if place in saids else value
    made = {name: _with(one, saids, f"{place}.{name}" if place else name) for name, one in _parts(value)}
    changed = {name: made[name] for name, one in _parts(value) if made[name] is not one}
    if not changed:
        return value
    match value:
        case tuple() | list():
            return type(value)(made.values())
        case dict():
            return {**value, **changed}
    return replace(value, **changed)


def _parts(value: object) -> Iterator[tuple[str, Any]]:
    if type(value) in (tuple, list):
        yield from ((str(number), one) for number, one in enumerate(cast("Iterable[Any]", value)))
    elif type(value) is dict:
        yield from ((str(name), one) for name, one in value.items())
    elif is_dataclass(value) and not isinstance(value, type | Money):
        yield from ((one.name, getattr(value, one.name)) for one in fields(value) if one.init)


def said_to_json(said: Said) -> Json:
    match said.made:
        case Sentence(message, parts, many, count):
            kept = {name: _part_to_json(part) for name, part in parts.items()}
            return {"say": message, "parts": kept} | ({"many": many, "count": count} if many else {})
        case Joined(items, between, last):
            kept_last = _part_to_json(last) if last is not None else None
            kept_items = [_part_to_json(one) for one in items]
            return {"join": kept_items, "between": _part_to_json(between), "last": kept_last}
        case Lower(of):
            return {"lower": _part_to_json(of)}
        case Upper(of):
            return {"upper": _part_to_json(of)}
        case Sum(value, form):
            return {"sum": [str(value.amount), value.currency], "form": form}
        case Percent(value, is_signed):
            return {"percent": str(value), "signed": is_signed}
        case Day(on, has_year):
            return {"day": on.isoformat(), "year": has_year}
        case Moment(at, zone, is_clock):
            return {"at": at.isoformat(), "zone": str(zone), "clock": is_clock}
        case FieldTitle(name):
            return {"field": name}
        case Each(texts):
            return {"each": dict(texts)}
    raise TypeError(f"{type(said.made).__name__} cannot be stored")


def said_from_json(stored: Json) -> Said:
    """The inverse of `said_to_json`. Raises ValueError for what that never made."""
    match stored:
        case {"say": message, "parts": parts}:
            kept = {name: _part_from_json(part) for name, part in parts.items()}
            return Said(Sentence(message, kept, stored.get("many", ""), stored.get("count", 1)))
        case {"join": items, "between": between, "last": last}:
            kept_last = _part_from_json(last) if last is not None else None
            kept_items = tuple(_part_from_json(one) for one in items)
            return Said(Joined(kept_items, _part_from_json(between), kept_last))
        case {"lower": of}:
            return Said(Lower(_part_from_json(of)))
        case {"upper": of}:
            return Said(Upper(_part_from_json(of)))
        case {"sum": [amount, currency], "form": form}:
            return Said(Sum(Money(Decimal(amount), currency), form))
        case {"percent": value}:
            return Said(Percent(Decimal(value), stored.get("signed", True)))
        case {"day": on, "year": has_year}:
            return Said(Day(date.fromisoformat(on), has_year))
        case {"at": at, "zone": zone, "clock": is_clock}:
            return Said(Moment(datetime.fromisoformat(at), ZoneInfo(zone), is_clock))
        case {"field": name}:
            return Said(FieldTitle(name))
        case {"each": texts}:
            return Said(Each(texts))
    raise ValueError(f"no such stored text: {stored!r}")


def _part_to_json(part: object) -> Json:
    match part:
        case Said():
            return said_to_json(part)
        case Money():
            return said_to_json(Said(Sum(part)))
        case date():
            return said_to_json(Said(Day(part)))
    return str(part)


def _part_from_json(stored: Json) -> Any:
    return stored if isinstance(stored, str) else said_from_json(stored)
