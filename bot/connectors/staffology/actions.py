"""What can be done at Staffology, and what its answers mean."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.connectors.client import Reply
from bot.core.action import Action, Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.resource import Known, Snapshot

UNDER_WAY = ("finalising", "processing", "submitted for processing")


def outcome_of(status: int, detail: str, retry_after_s: float | None = None) -> Outcome:
    """What a reply to a Staffology action means. Errors have no documented body."""
    said = f"{status} {detail}".strip()
    match status:
        case 200 | 201 | 202 | 204:  # 202: taken on, and finalising may last minutes
            return Done(detail)
        case 429:
            return Retry(said, after=timedelta(seconds=retry_after_s if retry_after_s is not None else 60))
        case 408 | 500 | 502 | 503 | 504:
            return Unknown(said)
        case _:  # 400 and 409 too: whether it was finalised before shows when it is read back
            return Refused(said)


def finalise_outcome(reply: Reply, now: datetime) -> Outcome:
    """As `outcome_of`; a 200 that is not JSON did not come from Staffology, so it is unknown."""
    if reply.status == 200:
        reply.json()
        return Done()
    return outcome_of(reply.status, reply.detail(), reply.retry_after_s(now))


def _request(snapshot: Snapshot) -> dict[str, str]:
    """Payslips are not mailed with it: that is an action of its own."""
    return {"run": snapshot.vendor_id, "state": "Finalised", "sendPayslipEmails": "false"}


def _is_finalised(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    status = snapshot.value("status")
    if not isinstance(status, Known) or status.value in UNDER_WAY:
        return None
    return status.value == "finalised"


FINALISE_PAYRUN = Action(
    name="staffology.finalise_payrun",
    kind="staffology.payrun",
    verb="Finalise",
    done_word="finalised",
    did="finalised",
    # The vendor id holds the version, so a supplementary run is another fact.
    key=lambda snapshot, generation: (
        f"staffology.finalise_payrun:{snapshot.connection}:{snapshot.vendor_id}:{generation}"
    ),
    is_done=_is_finalised,
    request=_request,
    when_unknown=WhenUnknown.PERSON,
    doubles_refused=False,  # not documented
    confirm_within=timedelta(minutes=15),
    amount="cost",
    vendor_then="makes the FPS, and sends what its automation settings say",
    undo=(
        "The newest run can be re-opened in Staffology, in the same tax year and while no other run is open.",
        "What was sent by then, to HMRC and to people, is not taken back: the FPS must be sent again.",
    ),
    not_checked=(
        "Bank details: Staffology does not show them on a run.",
        "Whether the hours and rates are right.",
    ),
)

ACTIONS = {FINALISE_PAYRUN.name: FINALISE_PAYRUN}
