"""What can be done at Gigapay, and what its answers mean."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.connectors.client import Reply
from bot.core.action import Action, Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.resource import Known, Snapshot


def outcome_of(status: int, detail: str, retry_after_s: float | None = None) -> Outcome:
    """What a reply to a Gigapay action means."""
    said = f"{status} {detail}".strip()
    match status:
        case 200 | 201 | 202 | 204:
            return Done(detail)
        case 429:
            return Retry(said, after=timedelta(seconds=retry_after_s if retry_after_s is not None else 60))
        case 408 | 500 | 502 | 503 | 504:  # a proxy says 503 after the vendor acted, too
            return Unknown(said)
        case _:  # 409 too: that it is closed already shows when it is read back
            return Refused(said)


def close_outcome(reply: Reply, now: datetime) -> Outcome:
    """Closing answers with nothing; a web page with 200 is not from Gigapay, so it is unknown."""
    if 200 <= reply.status < 300 and reply.body.strip():
        reply.json()
    return outcome_of(reply.status, reply.detail(), reply.retry_after_s(now))


def _key(snapshot: Snapshot, generation: int) -> str:
    """The payrun, not its id: that can be changed by anybody who has the API key.

    When it was opened never changes and is known from its first moment, unlike its
    invoice; one connection has one open payrun a currency.
    """
    opened_at = snapshot.instant("opened at")
    born = f"{opened_at.isoformat()}|{snapshot.text('currency')}" if opened_at else snapshot.vendor_id
    return f"gigapay.close_payrun:{snapshot.connection}:{born}:{generation}"


def _is_closed(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    status = snapshot.value("status")
    if isinstance(status, Known) and status.value in ("closed", "paid"):
        return True
    says_open = isinstance(status, Known)
    if snapshot.call.get("open") == "no":
        return None if says_open else True  # both "open" and not open: nobody can tell
    return False if says_open else None


CLOSE_PAYRUN = Action(
    name="gigapay.close_payrun",
    kind="gigapay.payrun",
    verb="Close",
    done_word="closed",
    did="closed",
    key=_key,
    is_done=_is_closed,
    request=lambda snapshot: {"payrun": snapshot.vendor_id},
    when_unknown=WhenUnknown.ONCE_MORE,
    doubles_refused=False,  # not documented
    confirm_within=timedelta(minutes=2),
    amount="cost",
    vendor_then="tells the payees and mails the invoice",
    undo=(
        "It cannot be opened again.",
        "Until the invoice is paid, the payrun can be deleted at Gigapay; by then the payees have been told.",
        "After it is paid, only Gigapay can correct it: write to them with the bank reference.",
    ),
    not_checked=(
        "Bank details: Gigapay holds them and does not show them.",
        "Whether the work was done.",
        "Tax.",
    ),
)

ACTIONS = {CLOSE_PAYRUN.name: CLOSE_PAYRUN}
