"""What rules watch: kinds of resource, their fields, and a snapshot of one.

Surprising here: a value has three forms. `Known` is what the vendor said. `Missing`
is the vendor saying that there is none. `Unread` is that nobody has read it, with the
reason; it answers every question with "unknown". A field that a kind does not declare
is no value at all, and the loader refuses it before anything runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote, unquote

from bot.core.money import Money


class Type(StrEnum):
    STATUS = "status"
    MONEY = "money"
    COUNT = "count"
    PERCENT = "percent"
    DURATION = "duration"
    INSTANT = "instant"
    DATE = "date"
    TEXT = "text"
    FLAG = "yes/no"


Scalar = Money | Decimal | int | timedelta | datetime | date | str | bool


@dataclass(frozen=True, slots=True)
class Known:
    value: Scalar
    detail: tuple[str, ...] = ()
    """What makes up the value, in words for a screen: the ids behind a count."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The vendor says that there is none."""


@dataclass(frozen=True, slots=True)
class Unread:
    why: str
    """Ends the sentence "unknown: …", such as `Gigapay has not answered since 16:12`."""


Value = Known | Missing | Unread
MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Field:
    """One word that a rule may use about a kind of resource.

    `example` is harmless: with every field at its example, no shipped rule acts.
    It is written as an author would write it (`20 000 SEK`, `open`, `14:02`), or is
    None where the harmless value is that there is none.
    """

    name: str
    type: Type
    help: str
    example: str | None
    source: str
    """Which of the vendor's fields it is, or "ours" with how it is made."""
    words: tuple[str, ...] = ()
    """For a status: every word it can have. Others are unknown, and reported."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource, such as `gigapay.payrun`, and the fields its connector reads."""

    name: str
    title: str
    """As a screen names one: `Gigapay payrun`."""
    fields: Mapping[str, Field]
    line_title: str = "line"
    """What a line of it is called: payout, pay slip."""
    checks: tuple[str, ...] = ("warnings", "errors")
    """Its own fields that an approval shows as checks, where it has them; facts are checks by themselves."""
    came: str = ""
    """The field that says when one came, by the vendor; empty where only we can say when we first saw it."""
    parts: "tuple[Part, ...]" = ()
    """What one is made of and `expect` can count."""

    @property
    def vendor(self) -> str:
        return self.name.partition(".")[0]


def fields(*declared: Field) -> dict[str, Field]:
    """The fields by name. A name declared twice is a bug of ours, so it asserts."""
    by_name = {one.name: one for one in declared}
    assert len(by_name) == len(declared), "a field is declared twice"
    return by_name


@dataclass(frozen=True, slots=True)
class Line:
    """One payout or pay slip: money due to one person. No name, ever: ids only."""

    id: str
    payee: str
    net_pay: Money
    cost: Money | None = None
    created_at: datetime | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A resource as it was when last read.

    `vendor_id` is how the vendor is asked for it and may change; `identities` are the
    other ids by which it is recognised then. `values` holds every field the kind
    declares. `lines` is None while they were not read, which is not "no lines".
    """

    kind: str
    connection: str
    vendor_id: str
    values: Mapping[str, Value]
    observed_at: datetime
    lines: tuple[Line, ...] | None = None
    identities: tuple[str, ...] = ()
    vendor_status: str = ""
    """The vendor's own word, shown beside ours."""
    is_open: bool | None = None
    """Whether lines can still change; None where the vendor's word is not known to us."""
    is_live: bool = True
    """Whether its details may change without the list showing it, so that polls read it."""
    notes: tuple[str, ...] = ()
    """What was odd in the vendor's answer, for operations: unknown words, odd numbers."""
    call: Mapping[str, str] = field(default_factory=dict)
    """What the connector needs to address it again (tax year, period, …)."""
    is_erased: bool = False
    """Whether lines of it were erased here: none are left, or not all. Its totals are."""

    @property
    def ref(self) -> str:
        return reference(self.connection, self.vendor_id)

    def value(self, name: str) -> Value:
        return self.values.get(name, MISSING)

    def money(self, name: str) -> Money | None:
        value = self.values.get(name)
        return value.value if isinstance(value, Known) and isinstance(value.value, Money) else None

    def instant(self, name: str) -> datetime | None:
        value = self.values.get(name)
        return value.value if isinstance(value, Known) and isinstance(value.value, datetime) else None

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        known = value.value if isinstance(value, Known) else None
        return known if isinstance(known, date) and not isinstance(known, datetime) else None

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return value.value if isinstance(value, Known) and isinstance(value.value, str) else None

    def count(self, name: str) -> int | None:
        value = self.values.get(name)
        known = value.value if isinstance(value, Known) else None
        return known if isinstance(known, int) and not isinstance(known, bool) else None


@dataclass(frozen=True, slots=True)
class Part:
    """What a kind of resource is made of, such as the payouts of a payrun.

    No rule watches one: it is read with what it is part of, and only counted.
    """

    kind: Kind
    split: Callable[[Snapshot], tuple[Snapshot, ...] | Unread]
    """All that are in one reading, as if each had been read by itself; Unread where that is not known."""
    ends: str
    """The field of the whole that says from when on no more come into it."""


def reference(connection: str, vendor_id: str) -> str:
    """`staffology-acme/Year2026-Monthly-8-1-0`: the same in commands, URLs and mails."""
    return f"{connection}/{quote(vendor_id, safe='')}"


def split_reference(ref: str) -> tuple[str, str]:
    """Connection and vendor id of a reference. Raises ValueError for what is none."""
    connection, slash, rest = ref.partition("/")
    if not (connection and slash and rest) or "/" in rest:
        raise ValueError(f"{ref!r} is not a reference such as gigapay-se/2859272")
    return connection, unquote(rest)
