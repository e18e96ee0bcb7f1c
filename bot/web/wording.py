"""What the engine keeps, in the words of the screen.

The engine's own words stay out of pages: what is parked there "could not be confirmed"
here, and what is on its way to a vendor is "being confirmed".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.core.explain import Node, tree_from_json
from bot.core.resource import Known
from bot.core.sentence import status_word
from bot.core.words import joined, lower, say, say_many, upper
from bot.engine.bot import Bot
from bot.engine.case import Case
from bot.engine.confirm import SOMEBODY_ELSE
from bot.mail.asked import Asked
from bot.store.approvals import Approval, ApprovalState
from bot.store.brakes import Hold
from bot.store.effects import Effect, State
from bot.web.shapes import Answer, Status, WhyLine

NEEDS_YOU = Status(say("needs you"), "need", "need")
NOT_CONFIRMED = Status(say("could not be confirmed"), "fail", "bad")
UNDER_WAY = (State.INTENT, State.SENT, State.CONFIRMING, State.UNKNOWN)

_WAITS = {
    "approval": say("waits for an approval"),
    "hours": say("waits for working hours"),
    "hold": say("held"),
    "pause": say("paused"),
    "mute": say("muted"),
    "list": say("waits until the list is read"),
    "guard": say("waits: a guard"),
    "at_most": say("waits: the rule's limit of how many"),
    "resource": say("waits for another action on it"),
    "person": say("needs you"),
}
_ASKED = {
    ApprovalState.OPEN: Status(say("waits for an answer"), "wait", "calm"),
    ApprovalState.APPROVED: Status(say("approved"), "done"),
    ApprovalState.REJECTED: Status(say("rejected"), "no"),
    ApprovalState.WITHDRAWN: Status(say("withdrawn"), "no", "calm"),
    ApprovalState.EXPIRED: Status(say("nobody decided in time"), "warn", "warn"),
}
_AUDIT = {
    "parked": "could not confirm it, and left it to a person",
    "confirmed": "confirmed it by reading back",
    "intent": "began it",
    "set apart": "keeps off it until somebody has looked at it",
}
_ANSWERS: Mapping[str, Answer] = {"yes": "yes", "no": "no", "unknown": "unknown"}


def deed(bot: Bot, effect: Effect) -> str:
    """`close`, `create the next calendar`: what it is, inside a sentence."""
    action = bot.actions.get(effect.action)
    return lower(action.alone if action else effect.action.replace("_", " "))


def state_of(bot: Bot, effect: Effect) -> Status:
    """How far an action has come."""
    action = bot.actions.get(effect.action)
    match effect.state:
        case State.PLANNED:
            return Status(say("planned"), "open", "calm")
        case State.WAITING:
            return Status(_WAITS.get(str(effect.outcome.get("waits_for")), say("waits")), "wait", "calm")
        case State.VERIFIED if effect.done_by == SOMEBODY_ELSE:
            return Status(say("{done} by somebody else", done=_done_word(action)), "done")
        case State.VERIFIED if effect.done_by in (None, "payrunbot"):
            return Status(say("{done}, confirmed", done=_done_word(action)), "done")
        case State.VERIFIED:
            said = say("{done}, says {person}", done=_done_word(action), person=effect.done_by)
            return Status(said, "done")
        case State.WITHDRAWN:
            return Status(say("withdrawn"), "no", "calm")
        case State.REFUSED:
            return Status(say("refused"), "fail", "bad")
        case State.PARKED:
            tried = effect.sent_at or effect.intent_at
            return NOT_CONFIRMED if tried else Status(say("needs you"), "need", "bad")
        case _:
            return Status(say("being confirmed"), "wait")


def _done_word(action: Any) -> str:
    return action.done_word if action else say("done")


def run_status(
    bot: Bot,
    case: Case,
    done: Sequence[Effect],
    asked: Iterable[Approval],
    hold: Hold | None,
    is_yours: bool,
    *,
    is_apart: bool = False,
) -> Status:
    """The one state of a pay run: what needs somebody first, then what is under way, then its own."""
    vendor = [one for one in done if one.is_vendor]
    if any(one.state is State.PARKED and not one.broken for one in vendor) and not is_apart:
        return NOT_CONFIRMED
    if is_yours or is_apart:
        return NEEDS_YOU
    if any(one.state in UNDER_WAY for one in vendor):
        return Status(say("being confirmed"), "wait")
    if hold is not None:
        return Status(say("held"), "wait", "warn")
    if any(one.state is ApprovalState.OPEN for one in asked):
        return Status(say("waits for an answer"), "wait", "calm")
    if case.found.gone_at is not None:
        return Status(say("gone at {vendor}", vendor=case.account.connector.title), "no", "calm")
    errors = case.value("errors")
    if isinstance(errors, Known) and isinstance(errors.value, int) and errors.value:
        return Status(say_many(errors.value, "{count} error", "{count} errors"), "warn", "warn")
    return own_status(case)


def own_status(case: Case) -> Status:
    """The pay run's own status, in our words."""
    word = case.text("status")
    if word is None:
        if not _has_status(case):
            return Status(say("calendar"), "open")
        return Status(say("unknown"), "unknown", "warn")
    return Status(status_word(word), "open" if case.snapshot.is_open else "done")


def _has_status(case: Case) -> bool:
    return "status" in case.kind.fields


def vendor_says(case: Case) -> str:
    said = case.snapshot.vendor_status
    return say("{vendor} says: {status}", vendor=case.account.connector.title, status=said) if said else ""


def answer_status(asked: Approval, is_yours: bool) -> Status:
    return NEEDS_YOU if is_yours else _ASKED[asked.state]


def question(asked: Asked) -> str:
    """`Close Gigapay payrun 2859272`."""
    return joined((asked.verb, asked.title), " ")


def closed_says(bot: Bot, asked: Approval) -> str:
    """Why there is nothing to decide any more; empty while there is."""
    match asked.state:
        case ApprovalState.OPEN if bot.now() < asked.expires_at:
            return ""
        case ApprovalState.APPROVED:
            return say("{people} approved it", people=joined(asked.approved_by, say(" and ")))
        case ApprovalState.REJECTED | ApprovalState.WITHDRAWN if asked.why:
            return upper(asked.why)
        case ApprovalState.WITHDRAWN:
            return say("This asking was withdrawn")
        case _:
            return say("Nobody decided in time, so nothing was done")


def why_lines(tree: Mapping[str, Any]) -> tuple[WhyLine, ...]:
    """A stored decision line by line; the outermost "all of these hold" says nothing itself."""
    root = tree_from_json(tree)
    return tuple(why_line(node) for node in root.children or (root,))


def why_line(node: Node) -> WhyLine:
    """One line of an answer, with those under it."""
    under = tuple(why_line(child) for child in node.children)
    return WhyLine(_ANSWERS[node.answer.value], node.text, node.saw, under, node.until)


def audit_stored(said: str) -> str:
    """What a line holds that a screen says so."""
    return next((stored for stored, on_screen in _AUDIT.items() if on_screen == said), said)


def audit_says(what: str) -> str:
    """A line of the audit without the engine's own words."""
    return _AUDIT.get(what, what)
