"""Who may do what: one table and one function, for every channel and everybody.

A page offers what `why_not` has nothing against, and the engine asks it again in the
transaction of the deed; the API and the command line go through the same deed. A deed that
is new needs a member of `Deed` and its line in `_NEEDS`; what else stands in the way of it,
such as an amount, belongs into `_besides`.

There is no role that is exempt.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.money import Money
from bot.core.words import plain, say
from bot.engine.bot import Bot, Running
from bot.settings import Person, Settings
from bot.store.approvals import Approval


class NotAllowed(Exception):
    """This person may not do this. The text says why."""


class Deed(StrEnum):
    """Everything that somebody can change something by."""

    APPROVE = "approve"
    REJECT = "reject"
    SETTLE = "settle"
    HOLD = "hold"
    RELEASE = "release"
    PAUSE = "pause"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    REPLAY = "replay"
    PROPOSE = "propose"
    SIGN_OFF = "sign off"
    SEND_BACK = "send back"
    LOG_IN = "log in"
    SYNC_WEBHOOKS = "sync webhooks"
    REMOVE_CONNECTION = "remove connection"
    FORGET = "forget"
    ISSUE = "issue a token"
    REVOKE = "revoke a token"
    SAY_AWAY = "say who is away"
    VERIFY = "verify the record"


Least = Callable[[Person], bool]


def _operator(person: Person) -> bool:
    return person.may_operate


def _approver(person: Person) -> bool:
    return person.is_approver


def _anybody(person: Person) -> bool:
    return True


_OPERATORS = say("Viewers look; operators and approvers do this.")

_NEEDS: Mapping[Deed, tuple[Least, str]] = {
    Deed.APPROVE: (_approver, say("You are not an approver.")),
    Deed.REJECT: (_approver, say("You are not an approver.")),
    Deed.SETTLE: (_approver, say("An approver settles what could not be confirmed.")),
    Deed.HOLD: (_operator, _OPERATORS),
    Deed.RELEASE: (_operator, _OPERATORS),
    Deed.PAUSE: (_operator, _OPERATORS),
    Deed.RESUME: (_operator, _OPERATORS),
    Deed.MUTE: (_operator, _OPERATORS),
    Deed.UNMUTE: (_operator, _OPERATORS),
    Deed.REPLAY: (_operator, _OPERATORS),
    Deed.PROPOSE: (_operator, say("Viewers look; operators and approvers propose.")),
    Deed.SIGN_OFF: (_approver, say("An approver signs rules off.")),
    Deed.SEND_BACK: (_approver, say("An approver signs rules off, or sends them back.")),
    Deed.LOG_IN: (_operator, say("An operator or an approver logs in at a vendor.")),
    Deed.SYNC_WEBHOOKS: (_operator, say("An operator or an approver registers webhooks.")),
    Deed.REMOVE_CONNECTION: (_approver, say("An approver removes a connection.")),
    Deed.FORGET: (_approver, say("An approver has somebody forgotten.")),
    Deed.ISSUE: (_anybody, ""),
    Deed.REVOKE: (_anybody, ""),
    Deed.SAY_AWAY: (_anybody, ""),
    Deed.VERIFY: (_operator, say("Viewers look; operators and approvers have the record verified.")),
}
"""The least role of each deed, and the sentence for whoever has it not."""


@dataclass(frozen=True, slots=True)
class About:
    """What a deed is about, as far as it matters for who may do it."""

    running: Running | None = None
    """The rule by which something is to be done, as it runs."""
    amount: Money | None = None
    approved_by: tuple[str, ...] = ()
    proposed_by: str | None = None
    """Who proposed the version that is to be signed."""
    signed_by: tuple[str, ...] = ()
    sent_back_by: str | None = None
    """Who wants that version changed before anybody signs it."""
    person: str | None = None
    """To whom a token is to be issued, whose is revoked, who is away."""


NOTHING = About()


def why_not(settings: Settings, person: Person, deed: Deed, about: About = NOTHING) -> str | None:
    """None where this person may do this; else a sentence that says why not."""
    has_role, sentence = _NEEDS[deed]
    return _besides(settings, person, deed, about) if has_role(person) else sentence


def may_do(settings: Settings, person: Person, deed: Deed, about: About = NOTHING) -> bool:
    return why_not(settings, person, deed, about) is None


def check(settings: Settings, person: Person, deed: Deed, about: About = NOTHING) -> None:
    """Raises NotAllowed."""
    refusal = why_not(settings, person, deed, about)
    if refusal is not None:
        raise NotAllowed(refusal)


def least_role(deed: Deed) -> str:
    """Whom a deed is for, as a document says it: `anybody`, `operator` or `approver`."""
    return _NEEDS[deed][0].__name__.removeprefix("_")


def _besides(settings: Settings, person: Person, deed: Deed, about: About) -> str | None:
    """What stands in the way of somebody who has the role."""
    match deed:
        case Deed.APPROVE:
            return _not_this(settings, person, about)
        case Deed.SIGN_OFF if about.sent_back_by is not None:
            return say(
                "{person} sent it back: it is signed once it was proposed again.", person=about.sent_back_by
            )
        case Deed.SIGN_OFF if person.id == about.proposed_by and not settings.sole:
            return say("You proposed it, so somebody else signs.")
        case Deed.SIGN_OFF if person.id in about.signed_by:
            return say("You have signed it already; another person signs too.")
        case Deed.ISSUE if about.person not in (None, person.id):
            return say("A token is issued to oneself, and you are {person}.", person=person.id)
        case Deed.REVOKE if about.person not in (None, person.id) and not person.is_approver:
            return say("An approver revokes somebody else's tokens; you revoke your own.")
        case Deed.SAY_AWAY if about.person not in (None, person.id) and not person.is_approver:
            return say("An approver says it for somebody else; you say it for yourself.")
        case _:
            return None


def _not_this(settings: Settings, person: Person, about: About) -> str | None:
    running, amount = about.running, about.amount
    if running is not None and person.id == running.proposed_by:
        return say("You proposed this version of the rule, so somebody else approves what it does.")
    if running is not None and running.rule.ask and person.id not in settings.groups[running.rule.ask]:
        return say("This rule asks the group {group}.", group=running.rule.ask)
    if amount is not None:
        limit = limit_of(settings, person, amount.currency)
        if limit is not None and limit < amount:
            return say(
                "Your limit is {limit}, and this is {amount}.", limit=plain(limit), amount=plain(amount)
            )
    if person.id in about.approved_by:
        return say("You have approved this already; it needs another person too.")
    return None


def limit_of(settings: Settings, person: Person, currency: str) -> Money | None:
    """The most this person may approve in a currency; None is no limit of their own.

    Who stands in for somebody has that one's limit, unless they have one themselves.
    """
    principal = settings.person(person.substitute_for) if person.substitute_for else None
    up_to = person.up_to if person.up_to is not None or principal is None else principal.up_to
    if up_to is None:
        return None
    return up_to.get(currency, Money.of(0, currency))


def asked_about(bot: Bot, asked: Approval) -> About:
    """What somebody who approves this decides about: the rule as it runs now, the amount as it was shown."""
    amount = asked.shown["amount"]
    return About(
        running=bot.rules.get(asked.shown["rule"]),
        amount=Money.parse(amount) if amount else None,
        approved_by=asked.approved_by,
    )


def approvers(bot: Bot, running: Running | None, amount: Money | None) -> tuple[Person, ...]:
    """Everybody who may approve."""
    about = About(running=running, amount=amount)
    return tuple(one for one in bot.settings.people if may_do(bot.settings, one, Deed.APPROVE, about))


def why_no_first_token(person: Person, *, has_token: bool) -> str | None:
    """Why whoever has this machine issues this person none; None where they may."""
    if has_token:
        return say(
            "{person} has a valid token; new ones are issued by {person}, signed in.", person=person.id
        )
    return None


def ids(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(person.id for person in people)
