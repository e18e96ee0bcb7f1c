"""The shapes that pages are made of: forms, states, rows, lines of an answer.

A form carries its own one-time token. A state is a shape and a word; the tone only
adds colour, so nothing is lost where colours are.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.core.rule import Mode
from bot.mail.parts import Next

Icon = Literal["done", "need", "open", "wait", "warn", "fail", "unknown", "yes", "no", "mail", "moved"]
Tone = Literal["", "need", "warn", "bad", "calm"]
Answer = Literal["yes", "no", "unknown", "asks"]


@dataclass(frozen=True, slots=True)
class Form:
    """Where a form is posted, and the token that makes it count once."""

    action: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Status:
    """A state as a shape and a word; the tone only adds colour."""

    word: str
    icon: Icon
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """The pages beside one of a long list, as addresses; empty where there is none."""

    older: str = ""
    newer: str = ""
    looked_to: datetime | None = None
    """How far back a text was looked for, where there is more to look through."""

    @property
    def is_all(self) -> bool:
        return not (self.older or self.newer)


ONE_PAGE = Pager()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds every page. `person` is empty for somebody who is not signed in."""

    person: str
    zone: ZoneInfo
    language: str = "en"
    """That of whoever reads."""
    made_at: datetime
    waiting: int = 0
    """How many approvals wait for this person."""
    sign_out: Form | None = None
    host: str = ""
    """`payrun.example.com`, on pages for nobody in particular."""
    notice: str = ""
    """One sentence on what was just done, above the page: `You approved; it is being closed.`"""
    inbox_url: str = ""
    """The demo's mail inbox; empty elsewhere."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for this person."""

    title: str
    url: str
    by: datetime | None
    detail: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    at: datetime | date
    what: str
    run: str
    url: str
    status: Status
    note: str = ""
    moved: str = ""
    """`from Thu 26 Nov: pay date Sat 28 moved to Fri 27`"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `weight` is `hot` for what mattered most."""

    at: datetime
    what: str
    icon: Icon = "done"
    note: str = ""
    weight: Literal["", "hot"] = ""
    tone: Literal["", "acc", "wrn"] = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    title: str
    detail: str
    icon: Icon = "warn"
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayrunRow:
    title: str
    url: str
    connection: str
    status: Status
    vendor_says: str = ""
    amount: Money | None = None
    pay_on: date | None = None
    next: Next | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key figure. The first of a page is printed big."""

    label: str
    value: Money | date | str
    note: str = ""


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One condition with its answer and what was seen; a block has lines under it."""

    answer: Answer
    says: str
    saw: str = ""
    under: tuple["WhyLine", ...] = ()
    until: datetime | None = None
    """When time alone may change it; None for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRule:
    rule: str
    url: str
    head: str
    """`version 7, as decided Fri 20 Nov 15:03`"""
    lines: tuple[WhyLine, ...]
    note: str = ""
    now: tuple[WhyLine, ...] = ()
    """What it answers now, where that differs from the decision shown."""
    now_answer: Answer = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow:
    title: str
    url: str
    asked_at: datetime
    status: Status
    covered: str = ""
    """`10 payouts`"""
    amount: Money | None = None
    decide_by: datetime | None = None
    answered: str = ""
    """`finance-1, 15:58`"""
    is_yours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRow:
    subject: str
    url: str
    at: datetime
    to: str
    said: str = ""
    """What became of it: `accepted`, `waiting`, `refused: no such mailbox`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    id: str
    url: str
    sentence: str
    mode: Mode
    version: str
    signed: str
    """`signed by finance-2`, `not signed: it only watches`."""
    answers: str = ""
    """`1 yes, 3 no`"""
    did: str = ""
    """What came of it in the last 30 days: `4 done, 2 told`."""
    unknown: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    id: str
    version: str
    url: str
    proposed: str
    """`proposed by payroll-1, 14:02`"""
    detail: str
    """Who must still sign, or who sent it back."""
    changes: tuple[str, ...] = ()
    """What it changes, a line each."""
    reach: str = ""
    """In what it goes further than what runs, or that it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    id: str
    vendor: str
    status: Status
    last_read_at: datetime | None
    oldest_at: datetime | None
    """When what was read longest ago was read, where a vendor's list is read a part at a time."""
    last_hook_at: datetime | None
    takes_hooks: bool = True
    """False where the vendor has no payroll webhooks."""
    detail: str = ""
    paused: str = ""
    """`finance-1 paused it at 14:10: bank change`"""
    pause: Form | None = None
    resume: Form | None = None
    login: str = ""
    """Where this person begins the login that its vendor wants; empty where there is none."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    seq: int
    at: datetime
    actor: str
    what: str
    about: str = ""
    about_url: str = ""
