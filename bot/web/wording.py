"""What the engine keeps, in the words of the screen.

The engine's own words stay out of pages: what is parked there "could not be confirmed"
here, and what is on its way to a vendor is "being confirmed".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.core.explain import Node, tree_from_json
from bot.core.resource import Known
from bot.engine.bot import Bot
from bot.engine.case import Case
from bot.engine.confirm import SOMEBODY_ELSE
from bot.mail.asked import Asked
from bot.store.approvals import Approval, ApprovalState
from bot.store.brakes import Hold
from bot.store.effects import Effect, State
from bot.web.shapes import Answer, Status, WhyLine

NEEDS_YOU = Status("needs you", "need", "need")
NOT_CONFIRMED = Status("could not be confirmed", "fail", "bad")
UNDER_WAY = (State.INTENT, State.SENT, State.CONFIRMING, State.UNKNOWN)

_WAITS = {
    "approval": "waits for an approval",
    "hours": "waits for working hours",
    "hold": "held",
    "pause": "paused",
    "mute": "muted",
    "list": "waits until the list is read",
    "guard": "waits: a guard",
    "at_most": "waits: the rule's limit of how many",
    "resource": "waits for another action on it",
    "person": "needs you",
}
_ASKED = {
    ApprovalState.OPEN: Status("waits for an answer", "wait", "calm"),
    ApprovalState.APPROVED: Status("approved", "done"),
    ApprovalState.REJECTED: Status("rejected", "no"),
    ApprovalState.WITHDRAWN: Status("withdrawn", "no", "calm"),
    ApprovalState.EXPIRED: Status("nobody decided in time", "warn", "warn"),
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
    verb = action.verb.removesuffix(" from") if action else effect.action.replace("_", " ")
    return verb[:1].lower() + verb[1:]


def state_of(bot: Bot, effect: Effect) -> Status:
    """How far an action has come."""
    action = bot.actions.get(effect.action)
    match effect.state:
        case State.PLANNED:
            return Status("planned", "open", "calm")
        case State.WAITING:
            return Status(_WAITS.get(str(effect.outcome.get("waits_for")), "waits"), "wait", "calm")
        case State.VERIFIED if effect.done_by == SOMEBODY_ELSE:
            return Status(f"{_done_word(action)} by somebody else", "done")
        case State.VERIFIED if effect.done_by in (None, "payrunbot"):
            return Status(f"{_done_word(action)}, confirmed", "done")
        case State.VERIFIED:
            return Status(f"{_done_word(action)}, says {effect.done_by}", "done")
        case State.WITHDRAWN:
            return Status("withdrawn", "no", "calm")
        case State.REFUSED:
            return Status("refused", "fail", "bad")
        case State.PARKED:
            return NOT_CONFIRMED if effect.sent_at or effect.intent_at else Status("needs you", "need", "bad")
        case _:
            return Status("being confirmed", "wait")


def _done_word(action: Any) -> str:
    return action.done_word if action else "done"


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
        return Status("being confirmed", "wait")
    if hold is not None:
        return Status("held", "wait", "warn")
    if any(one.state is ApprovalState.OPEN for one in asked):
        return Status("waits for an answer", "wait", "calm")
    if case.found.gone_at is not None:
        return Status(f"gone at {case.account.connector.title}", "no", "calm")
    errors = case.value("errors")
    if isinstance(errors, Known) and isinstance(errors.value, int) and errors.value:
        return Status(f"{errors.value} error{'' if errors.value == 1 else 's'}", "warn", "warn")
    return own_status(case)


def own_status(case: Case) -> Status:
    """The pay run's own status, in our words."""
    word = case.text("status")
    if word is None:
        return Status("calendar", "open") if not _has_status(case) else Status("unknown", "unknown", "warn")
    return Status(word, "open" if case.snapshot.is_open else "done")


def _has_status(case: Case) -> bool:
    return "status" in case.kind.fields


def vendor_says(case: Case) -> str:
    said = case.snapshot.vendor_status
    return f"{case.account.connector.title} says: {said}" if said else ""


def answer_status(asked: Approval, is_yours: bool) -> Status:
    return NEEDS_YOU if is_yours else _ASKED[asked.state]


def question(asked: Asked) -> str:
    """`Close Gigapay payrun 2859272`."""
    return f"{asked.verb} {asked.title}"


def closed_says(bot: Bot, asked: Approval) -> str:
    """Why there is nothing to decide any more; empty while there is."""
    match asked.state:
        case ApprovalState.OPEN if bot.now() < asked.expires_at:
            return ""
        case ApprovalState.APPROVED:
            return f"{' and '.join(asked.approved_by)} approved it"
        case ApprovalState.REJECTED | ApprovalState.WITHDRAWN if asked.why:
            return asked.why[:1].upper() + asked.why[1:]
        case ApprovalState.WITHDRAWN:
            return "This asking was withdrawn"
        case _:
            return "Nobody decided in time, so nothing was done"


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
