"""The letters: one frozen dataclass for each mail, holding all that the mail says.

Whoever sends one fills it; the template of the same name in `templates/` only prints.
Ids only, never names. Where fewer than three people are paid a letter drops its
amounts when it is made, so that no caller can forget to; free text in it must
therefore never name an amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.core.rank import Rank
from bot.core.words import say
from bot.mail.asked import Asked
from bot.mail.asked_list import ApprovalsListed
from bot.mail.deadlines import DeadlinesAhead, HolidayAhead
from bot.mail.expected import TooFewCame
from bot.mail.lasting import Muted, Still
from bot.mail.letter import Letter as Letter
from bot.mail.month import MonthPaid
from bot.mail.parts import FEWEST_PEOPLE, History, Next, place
from bot.mail.scheduled import Scheduled

_TEN_MINUTES = say("10 minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAsked(Letter):
    """May this be done? Also when asked again: then the difference comes first."""

    template: ClassVar[str] = "approval_asked"
    usual_rank: ClassVar[Rank] = Rank.URGENT

    ask: Asked
    away: tuple[str, ...] = ()
    """`finance-1 is away until Mon 30 Nov; finance-2 may decide instead.`"""
    reminder: str = ""
    """Only for one who was asked before: `Nobody has answered since it was asked Fri 20 Nov 15:04.`"""

    def __post_init__(self) -> None:
        if self.ask.is_too_few:
            self._drop(ask=self.ask.without_amounts())


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWithdrawn(Letter):
    """What was asked no longer stands: nothing was done, why, and what comes next."""

    template: ClassVar[str] = "approval_withdrawn"
    usual_rank: ClassVar[Rank] = Rank.URGENT

    title: str
    verb: str
    asked_at: datetime
    withdrawn_at: datetime
    why: str
    """One sentence: `A payout was added at 15:21, so what you were shown no longer holds.`"""
    next: str
    """One sentence: `You are asked again when payouts have been quiet for 30 minutes.`"""
    answered: str = ""
    """`finance-1 approved it at 15:22; that answer no longer counts.`"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayrunDone(Letter):
    """A pay run was closed or finalised, and reading it back confirmed it."""

    template: ClassVar[str] = "payrun_closed"
    usual_rank: ClassVar[Rank] = Rank.NEWS

    title: str
    vendor: str
    connection: str
    done_word: str
    """`closed`"""
    done_at: datetime
    how: str
    """`payrunbot closed it at 15:59 and read it back: closed, with the 10 payouts …`"""
    as_approved: bool = False
    vendor_then: str = ""
    """A sentence on what the vendor does by itself now."""
    amount_label: str = "Net pay"
    amount: Money | None = None
    people: int | None = None
    paid_to: str = ""
    pay_on: date | None = None
    pay_on_note: str = ""
    next: tuple[Next, ...] = ()
    history: History | None = None
    compared: str = ""
    """`29.3 % more than last run: 3 joined, 1 left, 2 changed.`"""
    good_to_know: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.people is not None and self.people < FEWEST_PEOPLE:
            bare = tuple(replace(one, amount=None) for one in self.next)
            self._drop(amount=None, history=None, compared="", next=bare)

    @property
    def is_too_few(self) -> bool:
        return self.people is not None and self.people < FEWEST_PEOPLE

    def context(self) -> Mapping[str, Any]:
        return {**Letter.context(self), "is_too_few": self.is_too_few}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayrunFinalised(PayrunDone):
    template: ClassVar[str] = "payrun_finalised"
    usual_rank: ClassVar[Rank] = Rank.NEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCreated(Letter):
    """The next pay run calendar exists and was read back."""

    template: ClassVar[str] = "calendar_created"
    usual_rank: ClassVar[Rank] = Rank.NEWS

    vendor: str
    connection: str
    after: str
    """The calendar it follows, by name and id."""
    name: str
    calendar_id: str
    calendar_type: str
    period_start_on: date
    period_end_on: date
    pay_on: date
    created_at: datetime
    how: str
    as_approved: bool = False
    next: tuple[Next, ...] = ()
    undo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunError:
    """One error in a pay run, in the vendor's own words. The employee is an id."""

    employee: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoublerErrors(Letter):
    """Errors in one Roubler run, told once together."""

    template: ClassVar[str] = "roubler_errors"

    title: str
    connection: str
    since: datetime
    errors: tuple[RunError, ...]
    period: str = ""
    """`2 to 15 November`"""
    vendor_says: str = ""
    pay_on: date | None = None
    pay_on_note: str = ""
    pay_zone: ZoneInfo | None = None
    """The zone of the pay date, named where it is not the reader's."""
    until: tuple[Next, ...] = ()
    poll: str = _TEN_MINUTES
    """How long a mended error may still be shown."""
    still: Still | None = None
    """Only when it comes once more."""

    def context(self) -> Mapping[str, Any]:
        elsewhere = place(self.pay_zone) if self.pay_zone and self.pay_zone != self.zone else ""
        return {**Letter.context(self), "pay_place": elsewhere}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoublerErrorsCleared(Letter):
    """All errors that were told of are gone."""

    template: ClassVar[str] = "roubler_errors_cleared"
    usual_rank: ClassVar[Rank] = Rank.NEWS

    title: str
    connection: str
    since: datetime
    cleared_at: datetime
    errors: tuple[RunError, ...]
    """Those that were there."""
    vendor_says: str = ""
    next: tuple[Next, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsPerson(Letter):
    """A vendor action did not go through, or may have: a person must look."""

    template: ClassVar[str] = "needs_person"
    usual_rank: ClassVar[Rank] = Rank.URGENT

    title: str
    verb: str
    connection: str
    trouble: str
    """Ends "Close Gigapay payrun 2859272: …": `could not be confirmed`, `was refused`,
    `was stopped by a guard`."""
    at: datetime
    happened: str
    """Two or three sentences: what was tried, what was read back, what was not done."""
    vendor_said: str = ""
    do: tuple[str, ...] = ()
    by: datetime | None = None
    silence: str = ""
    """What happens when nobody does anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone(Letter):
    """A run that a rule would act on, left to the vendor's own automation. Told once."""

    template: ClassVar[str] = "left_alone"
    usual_rank: ClassVar[Rank] = Rank.NEWS

    title: str
    verb: str
    vendor: str
    connection: str
    automation: str
    """`AutoPilot`"""
    why: str
    vendor_acts: str = ""
    """`AutoPilot finalises it by itself on Fri 27 Nov.`"""
    pay_on: date | None = None
    pay_on_note: str = ""
    undo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFailing(Letter):
    """A vendor cannot be read: one mail for the cause, with the runs it holds up."""

    template: ClassVar[str] = "connection_failing"

    connection: str
    vendor: str
    since: datetime
    what: str
    """One clause: `Xero answers 503`."""
    last_read_at: datetime | None = None
    affected: tuple[Next, ...] = ()
    """Its open runs, each with its next deadline, the first of them first; the rest is on the page."""
    runs: int = 0
    """How many runs are open, those without a known deadline too."""
    needs: str = ""
    """What only a person can do: `log in again, and put the new refresh token into the settings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRecovered(Letter):
    template: ClassVar[str] = "connection_recovered"
    usual_rank: ClassVar[Rank] = Rank.NEWS

    connection: str
    vendor: str
    since: datetime
    recovered_at: datetime
    changed: tuple[str, ...] = ()
    """What the first complete read found changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRefused(Letter):
    """A rule file that was changed is not taken; what ran before runs on."""

    template: ClassVar[str] = "rule_refused"

    problems: tuple[str, ...]
    """As `check` prints them, each with its place; may have several lines."""
    running: tuple[str, ...] = ()
    """`gigapay-weekly-close runs on in version 7`."""
    others: int = 0
    """How many other rules run as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(Letter):
    """Somebody got a personal token. The token itself is in no mail."""

    template: ClassVar[str] = "token_issued"

    person: str
    issued_by: str
    """A person's id, or `this machine`."""
    issued_at: datetime
    expires_on: date
    to_you: bool = False


@dataclass(frozen=True, slots=True)
class WaitingRule:
    id: str
    version: str
    sentence: str
    mode: str
    proposed_by: str
    """A person's id; empty for a bare file change, which has no proven author."""
    proposed_at: datetime
    signatures: str
    """`one other person`, `two people`."""
    until_then: str
    """`version 7 runs`, `it only watches`."""
    url: str
    changes: tuple[str, ...] = ()
    """What it changes of the version that runs, a line each."""
    wider: str = ""
    """In what it goes further than the version that runs; empty where none was signed off."""
    wrong: tuple[str, ...] = ()
    """What is proved to be wrong with it, such as another rule that does the same, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesWaiting(Letter):
    """Rules wait for sign-off."""

    template: ClassVar[str] = "rules_waiting"

    rules: tuple[WaitingRule, ...]


@dataclass(frozen=True, slots=True)
class AdoptedRun:
    title: str
    status: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted(Letter):
    """What was already there when a rule first looked at a connection. A bounded list."""

    template: ClassVar[str] = "adopted"
    usual_rank: ClassVar[Rank] = Rank.NEWS

    rule: str
    connection: str
    would: str
    """Ends "A new one like these …": `would be closed`, `would be told of at once`."""
    runs: tuple[AdoptedRun, ...] = ()
    total: int = 0
    """How many there are; more than `runs` when the list was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Letter):
    """Something to be known for which no letter of its own exists."""

    template: ClassVar[str] = "notice"

    title: str
    connection: str
    says: tuple[str, ...]
    """Whole sentences, without amounts."""
    rows: tuple[tuple[str, str], ...] = ()
    """(what, its value), as a table."""
    do: tuple[str, ...] = ()
    """What a person should do; empty where nothing is asked of anybody."""
    still: Still | None = None
    """Only for an alert that comes once more."""

    @property
    def rank(self) -> Rank:
        return Rank.USUAL if self.do or self.still else Rank.NEWS


@dataclass(frozen=True, slots=True)
class Thing:
    """One mail that came as a line of a digest; its page has it in full."""

    subject: str
    at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Letter):
    """What happened while mail could not be sent, as far as it asks nothing of anybody."""

    template: ClassVar[str] = "digest"
    usual_rank: ClassVar[Rank] = Rank.NEWS

    things: tuple[Thing, ...]
    """Oldest first."""
    muted: tuple[Muted, ...] = ()
    """What nobody is alerted of now, whoever reads this."""


LETTERS: tuple[type[Letter], ...] = (
    ApprovalAsked,
    ApprovalWithdrawn,
    ApprovalsListed,
    PayrunDone,
    PayrunFinalised,
    CalendarCreated,
    RoublerErrors,
    RoublerErrorsCleared,
    NeedsPerson,
    LeftAlone,
    ConnectionFailing,
    ConnectionRecovered,
    RuleRefused,
    TokenIssued,
    RulesWaiting,
    Adopted,
    Notice,
    Digest,
    Scheduled,
    DeadlinesAhead,
    HolidayAhead,
    MonthPaid,
    TooFewCame,
)
