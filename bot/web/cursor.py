"""Cursors: where a page of a long list begins, as an address carries it.

Plain and checked, not signed: a cursor names a place in an order and grants nothing, so one
that somebody has made up leads to a place in the same list.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from json import dumps, loads
from typing import Any
from urllib.parse import urlencode

from bot.core.words import say
from bot.store.paging import Key, Listed, Place
from bot.web.parts import Answer

NAME = "cursor"
LONGEST = 600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**62
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Beyond it nothing is stored."""


def written(place: Place) -> str:
    """A place as text, the same for the same place."""
    parts = ["newer" if place.newer else "older", *(_plain(one) for one in place.key)]
    return urlsafe_b64encode(dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def place_in(text: str, *types: type) -> Place | None:
    """The place that a cursor names, in a list whose key is of these types; None for no cursor.

    Raises Answer 400 for what is none of this list.
    """
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        way, *key = (
            loads(urlsafe_b64decode(padded.encode("ascii")).decode()) if len(text) <= LONGEST else [""]
        )
        if way not in ("older", "newer") or len(key) != len(types):
            raise ValueError
        return Place(
            tuple(_typed(one, wanted) for one, wanted in zip(key, types, strict=True)), way == "newer"
        )
    except (ValueError, TypeError, Error, OverflowError, RecursionError):
        raise Answer(
            400,
            say("There is no such page of the list"),
            (say("Begin at its newest page, and follow the links from there."),),
        ) from None


def _plain(value: datetime | str | int) -> str | int:
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value


def _typed(value: Any, wanted: type) -> Any:
    if wanted is str and isinstance(value, str) and "\0" not in value and value.encode():
        return value
    if wanted is int and type(value) is int and abs(value) < _LARGEST:
        return value
    if wanted is datetime and type(value) is int and (at := _EPOCH + value * _MICROSECOND) < _LATEST:
        return at
    raise ValueError


def beside(listed: Listed) -> tuple[str, str]:
    """The cursors of the older and of the newer page; empty where there is none."""
    older, newer = (written(place) if place else "" for place in (listed.older, listed.newer))
    return older, newer


def link(path: str, given: Mapping[str, str], cursor: str) -> str:
    """The address of a page with the same filters; empty where there is no such page."""
    if not cursor:
        return ""
    asked = {name: value for name, value in given.items() if value}
    return f"{path}?{urlencode({**asked, NAME: cursor})}"


def links(path: str, given: Mapping[str, str], listed: Listed) -> tuple[str, str]:
    """(older, newer) as addresses."""
    older, newer = beside(listed)
    return link(path, given, older), link(path, given, newer)


def looked_to(key: Key | None) -> datetime | None:
    """How far back a text was looked for, where a list is in the order of time."""
    return key[0] if key and isinstance(key[0], datetime) else None
