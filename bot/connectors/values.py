"""From a vendor's raw scalars to values, exactly, remembering what was odd.

Surprising here: one field that makes no sense does not spoil the read. It becomes
Unread, which answers every question with "unknown" and so never acts, and a note for
operations. Only a reply of another shape than documented is a VendorProblem.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from bot.connectors.problem import Gone, VendorProblem
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Missing, Unread, Value
from bot.core.words import joined, say

Raw = str | int | Decimal | bool | None
"""A scalar as the vendor sent it; numbers with a fraction are already Decimal."""

_INSTANT = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T00:00(?::00(?:\.0+)?)?Z?)?", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,18}(\.\d{1,10})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

DEEPEST = 50
"""Levels of a webhook's JSON. What a vendor documents has at most five."""

M = TypeVar("M", bound="Sent")
_as_json = json.JSONEncoder(sort_keys=True).encode


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _listed(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else [value]


Id = Annotated[str, BeforeValidator(_as_text), StringConstraints(min_length=1, max_length=200)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_listed)]
"""One secret, or several while it rotates: the first is given out, all are accepted."""

SHORTEST_SECRET = 24
"""Characters. Vendors make theirs of 32; a shorter one could be found by trying."""
FEWEST_KINDS = 8
"""Different characters in it: a word written five times is no longer to guess than once."""


def _unguessable(secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for number, one in enumerate(secrets, 1):
        text = one.get_secret_value()
        if len(text) < SHORTEST_SECRET or len(set(text)) < FEWEST_KINDS:
            raise ValueError(
                f"number {number} can be guessed: it needs at least {SHORTEST_SECRET} random characters. "
                "One of the keys that payrunbot keys new prints will do"
            )
    return secrets


HookSecrets = Annotated[Secrets, AfterValidator(_unguessable)]
"""What proves that a webhook is the vendor's: whoever guesses it can make the bot look."""


class Sent(BaseModel):
    """Part of a vendor's reply. What is not declared is dropped on arrival: links, names."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def validated(model: type[M], data: object, what: str) -> M:
    """The reply as its model. Raises VendorProblem naming the places, never the values."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        told = error.errors(include_input=False, include_url=False)
        places = [".".join(map(str, one["loc"])) or say("the whole") for one in told[:3]]
        raise VendorProblem(
            say(
                "answered {what} in a shape that its documents do not show: {places}",
                what=what,
                places=joined(places),
            )
        ) from None


def fingerprint(*parts: BaseModel | str | None) -> str:
    """A short hash that changes when anything in the parts does."""
    dumped = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    return hashlib.sha256(_as_json(dumped).encode()).hexdigest()[:32]


def instant(text: str, assumed: tzinfo | None = None) -> datetime:
    """An ISO 8601 instant in UTC, also with seven digits of fraction and a one-digit hour.

    Python's own parser refuses both. Digits beyond the microsecond are cut. Raises
    ValueError for anything else, and for no offset where no zone is assumed.
    """
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an instant")
    year, month, day_, hour, minute, second, fraction, offset = match.groups()
    if offset is None and assumed is None:
        raise ValueError(f"{text!r} has no offset")
    if offset is None:
        zone = assumed
    elif offset == "Z":
        zone = UTC
    else:
        zone = datetime.strptime(offset, "%z").tzinfo
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    at = datetime(
        int(year), int(month), int(day_), int(hour), int(minute), int(second or 0), micros, tzinfo=zone
    )
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is before the first year or after the last") from None


def day(text: str) -> date:
    """A plain date, also written as its midnight without an offset. Raises ValueError."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a date")
    return date(int(match[1]), int(match[2]), int(match[3]))


def amount(raw: Raw) -> Decimal:
    """An exact amount from a number or a decimal string. Raises ValueError."""
    if isinstance(raw, bool) or raw is None or not _AMOUNT.fullmatch(str(raw).strip()):
        raise ValueError(f"{raw!r} is not an amount")
    try:
        return Decimal(str(raw).strip())
    except InvalidOperation:
        raise ValueError(f"{raw!r} is not an amount") from None


COUNT = say("count")


class Reader:
    """Makes values of one reply. What is absent is Missing; what makes no sense, Unread."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Remember something odd for operations, once."""
        if text not in self.notes:
            self.notes.append(text)

    def odd(self, name: str, raw: object, wanted: str) -> Unread:
        """The value of a field that makes no sense, noted."""
        why = say(
            "{vendor} says {raw} as {name}, which is no {wanted}",
            vendor=self.vendor,
            raw=repr(str(raw)[:40]),
            name=name,
            wanted=wanted,
        )
        self.note(why)
        return Unread(why)

    def instant(self, name: str, raw: Raw, assumed: tzinfo | None = None) -> Value:
        if raw is None or raw == "":
            return MISSING
        try:
            return Known(instant(str(raw), assumed))
        except ValueError:
            return self.odd(name, raw, say("instant"))

    def day(self, name: str, raw: Raw) -> Value:
        if raw is None or raw == "":
            return MISSING
        try:
            return Known(day(str(raw)))
        except ValueError:
            return self.odd(name, raw, say("date"))

    def money(self, name: str, raw: Raw, currency: Raw) -> Value:
        if raw is None or raw == "":
            return MISSING
        if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            return self.odd(say("currency"), currency, say("currency code"))
        try:
            return Known(Money(amount(raw), currency))
        except ValueError:
            return self.odd(name, raw, say("amount"))

    def count(self, name: str, raw: Raw) -> Value:
        if raw is None or raw == "":
            return MISSING
        try:
            number = amount(raw)
        except ValueError:
            return self.odd(name, raw, COUNT)
        whole = int(number)
        return Known(whole) if whole == number and whole >= 0 else self.odd(name, raw, COUNT)

    def text(self, raw: Raw) -> Value:
        return MISSING if raw is None or str(raw).strip() == "" else Known(" ".join(str(raw).split())[:200])

    def flag(self, name: str, raw: Raw) -> Value:
        if raw is None:
            return MISSING
        return Known(raw) if isinstance(raw, bool) else self.odd(name, raw, say("yes or no"))

    def unknown_word(self, raw: object) -> str:
        return say("{vendor} says '{word}', which we do not know", vendor=self.vendor, word=str(raw)[:40])

    def word(self, name: str, raw: Raw, words: Mapping[str, str]) -> Value:
        """Our word for the vendor's. A word we do not know is kept, reported, and unknown."""
        if raw is None or raw == "":
            return Unread(say("{vendor} gives no {name}", vendor=self.vendor, name=name))
        known = words.get(str(raw))
        if known is not None:
            return Known(known)
        why = self.unknown_word(raw)
        self.note(joined((name, why), ": "))
        return Unread(why)


def total(amounts: Iterable[Value], currency: str, what: str) -> Value:
    """The sum of amounts, zero of none; Unread where one is not known or in another currency."""
    result = Money(Decimal(0), currency)
    for one in amounts:
        if isinstance(one, Unread):
            return one
        if isinstance(one, Missing) or not isinstance(one.value, Money):
            return Unread(say("one {what} has no amount", what=what))
        if one.value.currency != currency:
            return Unread(
                say(
                    "one {what} is in {found}, not {wanted}",
                    what=what,
                    found=one.value.currency,
                    wanted=currency,
                )
            )
        result += one.value
    return Known(result)


def segment(vendor_id: str) -> str:
    """A vendor's id as one part of a path. Raises Gone for what cannot be one.

    An id may come from a webhook's body: `..` would climb to another address.
    """
    if vendor_id in ("", ".", "..") or len(vendor_id) > 200:
        raise Gone(say("that id is none"))
    return quote(vendor_id, safe="")


def base_address(configured: str | None, default: str, path: str) -> str:
    """Where a vendor is asked, without a slash at the end.

    A configured address without a path gets the vendor's own; one with a path is used
    as it is.
    """
    address = configured or default
    if urlsplit(address).path in ("", "/"):
        address = address.rstrip("/") + path
    return address.rstrip("/")


def hook_json(body: bytes) -> Any:
    """A webhook's body, or None for one that cannot be worked with.

    Such are no JSON, deeper than DEEPEST, and half a character (`"\\ud800"`), which JSON
    may name and no database stores.
    """
    try:
        found = json.loads(body, parse_float=str)
        if _is_deep(found):
            return None
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found


def _is_deep(data: Any) -> bool:
    level = [data]
    for _ in range(DEEPEST):
        level = [
            inside
            for one in level
            if isinstance(one, (dict, list))
            for inside in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def without(data: Any, keys: frozenset[str]) -> Any:
    """What `hook_json` read, without the named keys (in small letters) at any depth: to be stored."""
    if isinstance(data, dict):
        return {key: without(value, keys) for key, value in data.items() if str(key).lower() not in keys}
    return [without(one, keys) for one in data] if isinstance(data, list) else data
