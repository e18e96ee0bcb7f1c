"""Replies about today, what runs, and the record: connections, mails, audit."""

from bot.web.replies.base import Amount, At, Json, Reply, Said
from bot.web.replies.payruns import Coming, Happened, MailSent


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


class Replayed(Said):
    replayed: int
    unreadable: int


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
