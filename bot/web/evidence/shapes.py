"""What evidence is made of: frozen, and in the reader's words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.mail.asked import Asked
from bot.web.shapes import Event, Key, Status, WhyLine


@dataclass(frozen=True, slots=True)
class Answered:
    """One person's answer. `checks` are those that were ticked, `given_at` the time that was asked for."""

    person: str
    answer: str
    at: datetime
    channel: str
    checks: tuple[str, ...]
    comment: str
    given_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsShown:
    """A question exactly as it was shown, and what became of it."""

    id: str
    ask: Asked
    state: Status
    closed_at: datetime | None
    why: str
    people: tuple[str, ...]
    """Who was asked."""
    people_needed: int
    seal: str
    """Names exactly what was shown; a yes covers nothing else."""
    limits: tuple[str, ...] | None
    """The settings' limits at that time; None where they were not kept with the question."""
    answers: tuple[Answered, ...]
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule in the version by which something was done or asked."""

    rule: str
    version: str
    hash: str
    mode: str
    file: str
    text: str
    """Empty where the version is no longer known."""
    proposed: str
    signed: tuple[tuple[str, datetime], ...]
    decided_at: datetime | None
    lines: tuple[WhyLine, ...]
    """The answer by which it was done, line by line."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the vendor said, as it was read."""

    at: datetime
    vendor_says: str
    values: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, Money], ...]
    """(payee, net pay)"""


@dataclass(frozen=True, slots=True)
class Compared:
    """One value before and after a call."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something that was to be done at the vendor, and what became of it."""

    what: str
    rule: str
    planned_at: datetime
    began_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime
    calls: int
    state: Status
    reason: str
    by: str
    sent: tuple[tuple[str, str], ...]
    """What was sent: ids and dates."""
    limits: tuple[str, ...] | None
    before: Reading | None
    after: Reading | None

    @property
    def compared(self) -> tuple[Compared, ...]:
        before, after = (
            dict(self.before.values if self.before else ()),
            dict(self.after.values if self.after else ()),
        )
        names = dict.fromkeys((*before, *after))
        return tuple(Compared(name, before.get(name, "none"), after.get(name, "none")) for name in names)


@dataclass(frozen=True, slots=True)
class Mailed:
    at: datetime
    subject: str
    to: str
    said: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of the permanent record. `is_whole` is None while it is not sealed, or its key is gone."""

    seq: int
    at: datetime
    actor: str
    says: str
    more: str
    hash: str
    is_whole: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    title: str
    ref: str
    resource: str
    connection: str
    vendor: str
    vendor_says: str
    status: Status
    made_at: datetime
    made_for: str
    zone: ZoneInfo
    chain: str
    """Whether the record that this is made of is as it was sealed."""
    keys: tuple[Key, ...]
    facts: tuple[tuple[str, str], ...]
    unread: tuple[str, ...]
    lines: tuple[tuple[str, Money], ...]
    events: tuple[Event, ...]
    questions: tuple[AsShown, ...]
    rules: tuple[RuleText, ...]
    calls: tuple[Call, ...]
    mails: tuple[Mailed, ...]
    record: tuple[Recorded, ...]
    is_cut: bool
    """Whether the record has more lines about it, older ones."""
