"""Replies about pay runs, their questions, and why each rule answers as it does."""

from datetime import date

from pydantic import Field

from bot.store.approvals import ApprovalState
from bot.web.replies.base import Amount, Answer, At, Json, Reply


class Deadline(Reply):
    name: str
    at: At


class Payrun(Reply):
    """A pay run as it was last read. `unknown` names what nobody could read; it is null here."""

    ref: str
    vendor: str
    vendor_id: str
    status: str
    vendor_status: str | None
    is_open: bool | None
    period_start_on: date | None
    period_end_on: date | None
    pay_on: date | None
    pay_on_is_ours: bool
    cost: Amount | None
    net_pay: Amount | None
    lines: int | None
    next_deadline: Deadline | None
    observed_at: At
    unknown: list[str]
    needs_you: str = ""
    """Why nothing is done about it until somebody has looked at it."""


class Payruns(Reply):
    """Newest period first. `older` and `newer` are cursors; null where there are none."""

    payruns: list[Payrun]
    older: str | None
    newer: str | None


class Happened(Reply):
    """A line of a timeline."""

    at: At
    what: str
    note: str
    amount: Amount | None


class Coming(Reply):
    """What is due: an instant, or a whole day."""

    what: str
    at: At | date
    note: str


class Earlier(Reply):
    """An amount of an earlier run, by the day that names it."""

    on: date
    amount: Amount


class Changed(Reply):
    """What one payee gets, against the run before; null where there was or is nothing."""

    payee: str
    last: Amount | None
    now: Amount | None


class MailSent(Reply):
    """One mail to one recipient; `id` is its Message-ID without the angle brackets."""

    id: str
    subject: str
    recipient: str
    state: str
    said: str
    at: At


class Held(Reply):
    by: str
    why: str
    until: At


class Line(Reply):
    """One condition of a rule, what was seen of it, and when time alone changes its answer."""

    answer: Answer
    says: str
    saw: str
    until: At | None
    under: list["Line"] = Field(default_factory=list)


class RuleAnswer(Reply):
    rule: str
    title: str
    answer: Answer
    verdict: str
    decided_at: At
    since: At
    until: At | None
    lines: list[Line]


class Why(Reply):
    """Each rule's latest answer about one pay run."""

    ref: str = ""
    title: str = ""
    status: str | None = None
    observed_at: At | None = None
    timezone: str
    rules: list[RuleAnswer]
    needs_you: str = ""


class Check(Reply):
    """What a check found; a yes names it."""

    check: str
    title: str
    detail: str


class AsksFor(Reply):
    at: str
    help: str


class Approval(Reply):
    """A question, and what became of it."""

    id: str
    question: str
    connection: str
    ref: str
    rule: str
    amount: Amount | None
    asked_at: At
    decide_by: At
    state: ApprovalState
    why: str
    people_needed: int
    approved_by: list[str]
    checks: list[Check]
    asks_for: AsksFor | None
    given_at: At | None
    type_amount: bool
    """Whether a yes needs the amount as somebody typed it."""
    is_yours: bool


class Approvals(Reply):
    """Newest first. `older` and `newer` are cursors; null where there are none."""

    approvals: list[Approval]
    older: str | None
    newer: str | None


class Given(Reply):
    """One person's answer, and by which way it came."""

    person: str
    answer: str
    comment: str
    channel: str
    at: At


class OneApproval(Approval):
    """A question exactly as it was shown: a yes covers this, and nothing that has changed since."""

    asked: Json
    answers: list[Given]
    closed: str
    """Why there is nothing to decide any more; empty while there is."""
    may_not: str
    """Why you may not approve it; empty where you may."""


class OnePayrun(Payrun):
    """A pay run with all that its page shows. `may` are the deeds that you may do about it."""

    title: str
    state: str
    facts: dict[str, str]
    unread: list[str]
    deadlines: list[Coming]
    earlier: list[Earlier]
    changed: list[Changed]
    timeline: list[Happened]
    approvals: list["Approval"]
    mails: list[MailSent]
    hold: Held | None
    may: list[str]
