"""What can be done at Roubler: record that a run was paid elsewhere."""

from collections.abc import Mapping
from datetime import timedelta

from bot.core.action import Action, AskedInstant, WhenUnknown
from bot.core.resource import Known, Snapshot
from bot.core.words import say

PAID_AT = "processedAt"


_PAID_AT = AskedInstant(
    PAID_AT,
    say("Paid at"),
    say("When the money was paid, outside of Roubler. It is recorded there."),
    not_before="finalised at",
)


def _is_processed(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    status = snapshot.value("status")
    if not isinstance(status, Known):
        return None
    if status.value == "processed":
        return True
    # Not Processed and yet with a time at which it was: the two are read again.
    return None if isinstance(snapshot.value("processed at"), Known) else False


def _disagrees(snapshot: Snapshot, request: Mapping[str, str]) -> tuple[str, ...]:
    """That another time stands there than the one that was approved."""
    at = snapshot.instant("processed at")
    if at is None or PAID_AT not in request or _PAID_AT.sent(at) == request[PAID_AT]:
        return ()
    return (
        say(
            "Roubler shows it paid at {found}, not at {wanted} as was approved",
            found=_PAID_AT.sent(at),
            wanted=request[PAID_AT],
        ),
    )


MARK_PROCESSED = Action(
    name="roubler.mark_processed",
    kind="roubler.payrun",
    verb=say("Mark as paid"),
    done_word=say("marked as paid"),
    did=say("marked it"),
    key=lambda snapshot, generation: (
        f"roubler.mark_processed:{snapshot.connection}:{snapshot.vendor_id}:{generation}"
    ),
    is_done=_is_processed,
    request=lambda snapshot: {"run": snapshot.vendor_id},
    when_unknown=WhenUnknown.PERSON,
    doubles_refused=False,  # not documented
    confirm_within=timedelta(minutes=5),
    always_asks=True,
    asks_for=_PAID_AT,
    covers=("finalised at", "errors"),
    disagrees=_disagrees,
    undo=(
        say("Nothing is documented that takes it back."),
        say("Roubler's support or its own pages may; payrunbot can't. No money is moved by it."),
    ),
    not_checked=(
        say("Whether the money was paid: Roubler does not know, it is told."),
        say("Bank details: Roubler does not show them on a run."),
    ),
)

ACTIONS = {MARK_PROCESSED.name: MARK_PROCESSED}
