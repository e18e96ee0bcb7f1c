"""What can be done at Gigapay, and what its answers mean.

A tag is names with texts in a payrun's metadata. Nothing of anybody's metadata is kept
here: a snapshot holds a mark for each pair, and that a tag is there is read off the marks.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.connectors.attempt import answered
from bot.connectors.client import Reply
from bot.connectors.gigapay.errors import said
from bot.connectors.gigapay.marks import mark_of, marks_of
from bot.core.action import Action, Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.resource import Known, Snapshot
from bot.core.words import say


def outcome_of(status: int, detail: str, retry_after_s: float | None = None) -> Outcome:
    """What a reply to a Gigapay action means."""
    told = answered(status, detail)
    match status:
        case 200 | 201 | 202 | 204:
            return Done(detail)
        case 429:
            return Retry(told, after=timedelta(seconds=retry_after_s if retry_after_s is not None else 60))
        case 408 | 500 | 502 | 503 | 504:  # a proxy says 503 after the vendor acted, too
            return Unknown(told)
        case _:  # 409 too: that it is closed already shows when it is read back
            return Refused(told)


def close_outcome(reply: Reply, now: datetime) -> Outcome:
    """Closing answers with nothing; a web page with 200 is not from Gigapay, so it is unknown."""
    if 200 <= reply.status < 300 and reply.body.strip():
        reply.json()
    return outcome_of(reply.status, said(reply), reply.retry_after_s(now))


def tag_outcome(reply: Reply, now: datetime) -> Outcome:
    """A changed payrun is answered with the payrun; anything else with 200 is not from Gigapay."""
    if 200 <= reply.status < 300:
        reply.json()
        return outcome_of(reply.status, "", reply.retry_after_s(now))
    return outcome_of(reply.status, said(reply), reply.retry_after_s(now))


def _born(snapshot: Snapshot) -> str:
    """The payrun, not its id: that can be changed by anybody who has the API key.

    When it was opened never changes and is known from its first moment, unlike its
    invoice; one connection has one open payrun a currency.
    """
    opened_at = snapshot.instant("opened at")
    born = f"{opened_at.isoformat()}|{snapshot.text('currency')}" if opened_at else snapshot.vendor_id
    return f"{snapshot.connection}:{born}"


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
    verb=say("Close"),
    done_word=say("closed"),
    did=say("closed it"),
    key=lambda snapshot, generation: f"gigapay.close_payrun:{_born(snapshot)}:{generation}",
    is_done=_is_closed,
    request=lambda snapshot: {"payrun": snapshot.vendor_id},
    when_unknown=WhenUnknown.ONCE_MORE,
    doubles_refused=False,  # not documented
    confirm_within=timedelta(minutes=2),
    amount="cost",
    vendor_then=say("tells the payees and mails the invoice"),
    undo=(
        say("It cannot be opened again."),
        say(
            "Until its invoice is paid, and where it is not on credit, the payrun can be deleted at "
            "Gigapay; by then the payees have been told."
        ),
        say("After it is paid, only Gigapay can correct it: write to them with the bank reference."),
    ),
    not_checked=(
        say("Bank details: Gigapay holds them and does not show them."),
        say("Whether the work was done."),
        say("Tax."),
    ),
)


def tag_of(request: Mapping[str, str]) -> dict[str, str]:
    """The names and texts that a request is to add. Raises ValueError for what is no such table."""
    found = json.loads(request["metadata"])
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise ValueError("a tag is names with texts")
    return found


def _is_tagged(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    marks = snapshot.call.get("metadata")
    if marks is None:
        return None
    return {mark_of(name, text) for name, text in tag_of(request).items()} <= set(marks.split())


def _tag(args: Mapping[str, Any]) -> Action:
    """The tagging that one rule means. The same tag is one key, whatever order it is written in."""
    metadata = str(args.get("metadata") or "{}")
    hash = marks_of(json.loads(metadata)).replace(" ", "-")
    return replace(
        TAG_PAYRUN,
        key=lambda snapshot, generation: f"gigapay.tag_payrun:{_born(snapshot)}:{generation}:{hash}",
        request=lambda snapshot: {"payrun": snapshot.vendor_id, "metadata": metadata},
        told=None,
    )


TAG_PAYRUN = Action(
    name="gigapay.tag_payrun",
    kind="gigapay.payrun",
    verb=say("Tag"),
    done_word=say("tagged"),
    did=say("tagged it"),
    key=lambda snapshot, generation: f"gigapay.tag_payrun:{_born(snapshot)}:{generation}",
    is_done=_is_tagged,
    request=lambda snapshot: {"payrun": snapshot.vendor_id, "metadata": "{}"},
    when_unknown=WhenUnknown.RETRY,  # the same tag twice is the same tag
    doubles_refused=False,
    confirm_within=timedelta(minutes=2),
    undo=(say("Take the names out of the payrun's metadata at Gigapay."),),
    args={"metadata": "names with texts, which are added to the payrun's metadata"},
    required=("metadata",),
    tables=("metadata",),
    told=_tag,
)

ACTIONS = {one.name: one for one in (CLOSE_PAYRUN, TAG_PAYRUN)}
