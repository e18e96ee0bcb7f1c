"""What each page shows: frozen, finished, one dataclass a page.

A page's template of the same name prints its view and decides nothing. Every form on
a page is a `Form` with its own one-time token: a view without the form shows
none, so who may do what is settled before a template is reached. Parts that mails
show too come from `bot.mail.parts`, so that a page and its mail cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from bot.core.money import Money
from bot.mail.asked import Asked
from bot.mail.parts import History, LineChange, Next
from bot.web.shapes import (
    ONE_PAGE,
    ApprovalRow,
    AuditRow,
    ConnectionRow,
    Deadline,
    Event,
    Form,
    Frame,
    Key,
    MailRow,
    Need,
    Pager,
    PayrunRow,
    Status,
    Trouble,
    WhyRule,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    template: ClassVar[str] = ""
    nav: ClassVar[str] = ""
    """Which entry of the navigation is current."""

    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Today(Page):
    template: ClassVar[str] = "today.html"
    nav: ClassVar[str] = "today"

    needs: tuple[Need, ...]
    deadlines: tuple[Deadline, ...]
    troubles: tuple[Trouble, ...]
    done: tuple[Event, ...]
    answering: str = ""
    """`gigapay-se and xero-uk answer. Last news 15:02.`"""

    @property
    def first_by(self) -> datetime | None:
        return min((need.by for need in self.needs if need.by is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payruns(Page):
    template: ClassVar[str] = "payruns.html"
    nav: ClassVar[str] = "payruns"

    rows: tuple[PayrunRow, ...]
    connections: tuple[str, ...]
    statuses: tuple[str, ...]
    status_words: Mapping[str, str] = field(default_factory=dict)
    """How a reader calls those."""
    vendors: tuple[str, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    """The filter's fields that were filled in."""
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class PayrunPage(Page):
    template: ClassVar[str] = "payrun.html"
    nav: ClassVar[str] = "payruns"

    title: str
    ref: str
    connection: str
    status: Status
    vendor_says: str = ""
    """`Gigapay says: invoiced`"""
    lead: str = ""
    keys: tuple[Key, ...] = ()
    events: tuple[Event, ...] = ()
    next: tuple[Next, ...] = ()
    history: History | None = None
    last_title: str = ""
    last_url: str = ""
    changed: tuple[LineChange, ...] = ()
    changed_last: Money | None = None
    changed_now: Money | None = None
    unchanged: tuple[tuple[str, Money], ...] = ()
    """(payee, amount) of lines that are as they were."""
    unchanged_sum: Money | None = None
    facts: tuple[tuple[str, str], ...] = ()
    """What was read or worked out and says what it is made of: errors, new payees, a change in net pay."""
    more_facts: tuple[tuple[str, str], ...] = ()
    """Everything else that was."""
    unread: tuple[str, ...] = ()
    """`net pay: Gigapay has not answered since 16:12`"""
    why: tuple[WhyRule, ...] = ()
    approvals: tuple[ApprovalRow, ...] = ()
    decide_url: str = ""
    """Where this person answers the question that is open about it."""
    mails: tuple[MailRow, ...] = ()
    undo: tuple[str, ...] = ()
    evidence_url: str = ""
    hold: Form | None = None
    held: str = ""
    """`finance-1 holds it until Mon 23 Nov 12:00: I do this one by hand`"""
    apart: str = ""
    """Why nothing is done about it until somebody has looked at it."""
    release: Form | None = None
    settle: Form | None = None
    """Where a call could not be confirmed: a person says what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals(Page):
    template: ClassVar[str] = "approvals.html"
    nav: ClassVar[str] = "approvals"

    waiting: tuple[ApprovalRow, ...]
    decided: tuple[ApprovalRow, ...]
    pager: Pager = ONE_PAGE
    """Of those that are decided. What waits is on the newest page."""
    clean: int = 0
    """How many of those that wait for this person are clean, and so on the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage(Page):
    """The question in full, and the answers this person may give."""

    template: ClassVar[str] = "approval.html"
    nav: ClassVar[str] = "approvals"

    ask: Asked
    why_url: str
    rule_url: str
    approve: Form | None = None
    reject: Form | None = None
    hold: Form | None = None
    hold_until: str = ""
    """What the field starts with: `2026-11-23T12:00`."""
    given_at: str = ""
    """The time that somebody else's yes has given already, where one is asked for."""
    type_amount: str = ""
    """Why the amount must be typed, as a hint; empty where it need not be."""
    missing: tuple[str, ...] = ()
    """Checks that were not ticked, by id, when Approve was pressed."""
    wrong: str = ""
    """What was wrong with what was typed, when Approve was pressed."""
    ticked: tuple[str, ...] = ()
    """Checks that this person had ticked then, by id."""
    approved: str = ""
    """Who has approved it already, where more than one must: `finance-1 approved it at 15:20.`"""
    closed: str = ""
    """Where there is nothing to decide any more: `finance-1 approved at 15:58.`"""
    may_not: str = ""
    """Why this person may not decide: `You proposed this rule's version.`"""
    away: tuple[str, ...] = ()
    """`finance-1 is away until Mon 30 Nov; finance-2 may decide instead.`"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections(Page):
    template: ClassVar[str] = "connections.html"
    nav: ClassVar[str] = "connections"

    rows: tuple[ConnectionRow, ...]
    paused: str = ""
    """The pause of everything, if there is one."""
    pause_all: Form | None = None
    resume_all: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mails(Page):
    """Mails the bot sent; with `inbox`, mails as an inbox received them (the demo's)."""

    template: ClassVar[str] = "mails.html"
    nav: ClassVar[str] = "mails"

    rows: tuple[MailRow, ...]
    inbox: bool = False
    asked: Mapping[str, str] = field(default_factory=dict)
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPage(Page):
    template: ClassVar[str] = "mail.html"
    nav: ClassVar[str] = "mails"

    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html_url: str
    """Its own address for the HTML part; shown sandboxed. Empty where there is none."""
    outcomes: tuple[str, ...] = ()
    """For each recipient, what their mail server said."""
    about: str = ""
    about_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Page):
    template: ClassVar[str] = "audit.html"
    nav: ClassVar[str] = "audit"

    rows: tuple[AuditRow, ...]
    chain: Status
    """Whether the chain verifies."""
    chain_note: str = ""
    head: str = ""
    """What is said of the end of the record that is kept outside of it."""
    verify: Form | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    """(title, address) for each pay run that was looked for."""
    people: tuple[str, ...] = ()
    """Who and what there is to choose from."""
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(Page):
    template: ClassVar[str] = "sign-in.html"

    form: Form
    going_to: str = ""
    """`the approval of Gigapay payrun 2859272`"""
    refused: str = ""
    """Why the last try failed: `This token is not known, or it has expired.`"""
    tries_left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Page):
    """Any page that is not what was asked for. It says first what was *not* done."""

    template: ClassVar[str] = "error.html"

    status: Status
    title: str
    """`Nothing was decided: the payrun changed while you were reading`"""
    says: tuple[str, ...]
    button: str = ""
    url: str = ""
    for_ops: str = ""
    """`409, k7q2-94fd, 15:22:08`"""
