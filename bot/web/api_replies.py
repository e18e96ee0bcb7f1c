"""What programs get from the API.

Amounts are text and exact, instants carry their zone, and what is not known is null. A field
that is named with a default is left out where it says nothing.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from bot.core import money
from bot.store.approvals import ApprovalState

At = Annotated[
    AwareDatetime,
    PlainSerializer(lambda at: at.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Answer = Literal["yes", "no", "unknown"]
Json = dict[str, Any]


class Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Reply):
    """What was done, in the sentence that a page would show."""

    said: str


class Amount(Reply):
    amount: str
    currency: str


def amount_of(known: money.Money | None) -> Amount | None:
    return Amount(amount=f"{known.amount:f}", currency=known.currency) if known is not None else None


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


class Line(Reply):
    """One condition of a rule, what was seen of it, and when time alone changes its answer."""

    answer: Answer
    says: str
    saw: str
    until: At | None
    under: list["Line"] = []


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


class Waiting(Reply):
    """A version that waits for a signature."""

    version: int
    mode: str
    proposed_by: str | None
    signed_by: list[str]


class Rule(Reply):
    """A rule as it runs. Sentence and guards are those of what waits, where something does."""

    id: str
    mode: str
    version: int | None
    is_signed: bool
    why: str
    sentence: str
    changes: list[str]
    wider: str
    wrong: list[str]
    guards: list[str]
    who: str
    waiting: Waiting | None


class Rules(Reply):
    """`problems` are those of the rule files, as `check` prints them."""

    rules: list[Rule]
    problems: list[str]


class Answered(Reply):
    ref: str
    answer: Answer
    since: At


class OneRule(Rule):
    """A rule with its own text, and what it answers now."""

    text: str
    file: str
    answers: list[Answered]
    may_not: str
    """Why you may not sign what waits; empty where you may, or where nothing waits."""


class RuleValue(Reply):
    """`key` is how it is changed; `value` is as it stands in the file."""

    key: str
    sort: str
    label: str
    value: str


class RuleValues(Reply):
    """The values of a rule that can be changed. `file` is the fingerprint of the file they were read from."""

    rule: str
    file: str
    file_name: str
    may_be_written: bool
    values: list[RuleValue]


class RuleValueChange(Reply):
    key: str
    label: str
    value: str
    proposed: str


class RuleTestChange(Reply):
    """A test of the rule that fails with a change; `changes` where what it expects changes with it."""

    number: int
    given: dict[str, str]
    expected: str
    got: str
    changes: bool


class RuleChange(Reply):
    """What a change would come to. `file` and `result` go with its proposal."""

    rule: str
    file_name: str
    file: str
    result: str
    values: list[RuleValueChange]
    changes: list[str]
    wider: str
    """In what it goes further than what was signed, with an example; empty where it does not."""
    narrower: str
    lines: list[str]
    """Of the file, each with a minus, a plus or a space before it."""
    tests: list[RuleTestChange]


class RuleEdited(Said):
    """`version` is null where the file with the change is refused after all."""

    version: int | None


class Paused(Reply):
    scope: str
    by: str
    why: str
    at: At
    until: At | None


class CallsLeft(Reply):
    """How many calls may still be made in the running window, for looking and for acting."""

    window: str
    limit: int
    looks: int
    effects: int


class Connection(Reply):
    id: str
    vendor: str
    listed_at: At | None
    hook_at: At | None
    takes_hooks: bool
    failing_since: At | None
    problem: str
    rest_until: At | None
    unreadable_webhooks: int
    paused: Paused | None
    calls_left: list[CallsLeft]


class Connections(Reply):
    """`paused` is the pause of everything, where there is one."""

    connections: list[Connection]
    paused: Paused | None


class Mails(Reply):
    """Newest first. `older` and `newer` are cursors; null where there are none."""

    mails: list[MailSent]
    older: str | None
    newer: str | None
    looked_to: At | None
    """How far back a subject was looked for, where there is more to look through."""


class OneMail(MailSent):
    text: str
    html: str
    about: str


class AuditLine(Reply):
    """One line of the permanent record. `hash` is null until it is sealed."""

    seq: int
    at: At
    actor: str
    what: str
    resource: str | None
    more: Json
    hash: str | None


class Audit(Reply):
    """Newest first. `older` and `newer` are cursors; null where there are none."""

    lines: list[AuditLine]
    older: str | None
    newer: str | None
    chain: str
    """Whether it is as it was sealed, and in `chain_note` as far as what, and as of when."""
    chain_note: str


class Need(Reply):
    """Something that waits for you; `url` is its page."""

    title: str
    url: str
    by: At | None
    detail: str
    amount: Amount | None


class DeadlineAhead(Coming):
    payrun: str
    url: str
    state: str


class Trouble(Reply):
    title: str
    detail: str
    url: str


class Today(Reply):
    needs: list[Need]
    deadlines: list[DeadlineAhead]
    troubles: list[Trouble]
    done: list[Happened]
    answering: str


class Me(Reply):
    """Who you are here, and what you may do as far as that hangs on your role."""

    person: str
    roles: list[str]
    up_to: list[Amount] | None
    """The most that you may approve, by currency; null where nothing is set."""
    may: list[str]


class Replayed(Said):
    replayed: int
    unreadable: int


class Proposed(Said):
    rules: list[str]


class Removed(Said):
    """`left` is left to a person."""

    withdrawn: int
    webhooks: list[str]
    left: list[str]
    file: str


class Registered(Reply):
    connection: str
    done: list[str]
    failed: str


class Synced(Reply):
    connections: list[Registered]


class Forgotten(Said):
    counted: dict[str, int]
    left: list[str]


class Issued(Said):
    """A token, shown in this answer only."""

    token: str
    expires_at: At


class Login(Reply):
    """Where to log in; or, with the address that one came back to, what was done."""

    url: str = ""
    said: str = ""


class Document(Reply):
    """This document."""

    model_config = ConfigDict(extra="allow", frozen=True)

    openapi: str
