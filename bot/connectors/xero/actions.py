"""What can be done at Xero, and what its answers mean.

Pay runs are read-only. A calendar that was created can neither be changed nor
deleted by the API, so an unknown outcome is for a person, and a second one for the same
period is refused here, because Xero may not refuse it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.connectors.attempt import answered
from bot.connectors.client import Reply
from bot.connectors.values import day
from bot.connectors.xero.models import Calendar, has_problem, problem_of, reply_id, told
from bot.core.action import Action, Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.resource import Known, Missing, Snapshot
from bot.core.words import say

MAX_KEY = 128


class AlreadyThere(Exception):
    """Nothing was sent: a calendar of this type and period exists."""


def refuse_a_second(body: Mapping[str, str], calendars: Sequence[Calendar]) -> None:
    """Raises AlreadyThere where a calendar of the same type starts on the same day."""
    for one in calendars:
        if one.calendar_type == body["calendarType"] and _starts_on(one) == body["periodStartDate"]:
            raise AlreadyThere(
                say(
                    "not sent, because “{name}” ({id}) is a calendar of the same type from {day} on",
                    name=one.name,
                    id=one.payroll_calendar_id,
                    day=body["periodStartDate"],
                )
            )


def _starts_on(calendar: Calendar) -> str | None:
    try:
        return day(str(calendar.period_start_date)).isoformat()
    except ValueError:
        return None


def outcome_of(status: int, detail: str, retry_after_s: float | None = None) -> Outcome:
    """What a reply to a Xero action means. A 401 has been tried with a new token already."""
    said = answered(status, detail)
    match status:
        case 200 | 201:
            return Done(detail)
        case 429:  # the day's limit can ask for many hours
            return Retry(said, after=timedelta(seconds=retry_after_s if retry_after_s is not None else 60))
        case 408 | 500 | 502 | 503 | 504:
            return Unknown(said)
        case _:
            return Refused(said)


def create_outcome(reply: Reply, now: datetime) -> Outcome:
    """As `outcome_of`; a 200 whose envelope holds a problem is a no, one that is not JSON unknown."""
    if reply.status in (200, 201):
        if not has_problem(reply):
            return Done()
        said = reply.scrub(problem_of(reply).sentence()) or say("a problem without words that can be read")
        return Refused(answered(reply.status, _named(said, reply)))
    return outcome_of(reply.status, _named(told(reply), reply), reply.retry_after_s(now))


def _named(said: str, reply: Reply) -> str:
    """With what Xero calls its answer, so that its support can find it."""
    its_id = reply_id(reply)
    if not its_id:
        return said
    if not said:
        return say("(Xero's answer {id})", id=its_id)
    return say("{said} (Xero's answer {id})", said=said, id=its_id)


def idempotency_header(key: str) -> str:
    """The key as Xero takes it: at most 128 characters."""
    return key if len(key) <= MAX_KEY and key.isascii() else hashlib.sha256(key.encode()).hexdigest()


def _key(snapshot: Snapshot, generation: int) -> str:
    call = snapshot.call
    return f"xero.create_next_calendar:{call['tenant']}:{call['calendar type']}:{call.get('next start', '')}"


def _request(snapshot: Snapshot) -> dict[str, str]:
    """The body, left incomplete where the calendar was: `act` then refuses it by name."""
    call = snapshot.call
    body = {
        "name": call.get("next name"),
        "calendarType": call.get("calendar type"),
        "periodStartDate": call.get("next start"),
        "paymentDate": call.get("next pay date"),
    }
    return {key: value for key, value in body.items() if value}


def _is_covered(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    """Whether the period exists now: by a calendar of its own, or because this one has rolled to it."""
    wanted = request.get("periodStartDate")
    start = snapshot.day("period start")
    if wanted is None or start is None:
        return None
    if start.isoformat() == wanted:
        return True
    if snapshot.call.get("next start") != wanted:
        return None
    match snapshot.value("next period calendar"):
        case Known():
            return True
        case Missing():
            return False
        case _:
            return None


CREATE_NEXT_CALENDAR = Action(
    name="xero.create_next_calendar",
    kind="xero.calendar",
    verb=say("Create the next calendar from"),
    done_word=say("given its next calendar"),
    did=say("created it"),
    key=_key,
    is_done=_is_covered,
    request=_request,
    when_unknown=WhenUnknown.PERSON,
    doubles_refused=False,  # whether names or periods must be unique is not documented
    confirm_within=timedelta(minutes=5),
    vendor_then=say("shows the new calendar; people are not moved to it"),
    undo=(
        say("Xero's API can neither change nor delete a calendar."),
        say("A wrong one is mended by hand in Xero, while nobody is assigned to it."),
    ),
    not_checked=(
        say(
            "Whether Xero still moves the old calendar on by itself: as far as its documents show, "
            "it does so when the period's pay run is drafted."
        ),
        say("Whether the pay date is a working day."),
        say("Who is paid by which calendar: people are assigned in Xero."),
    ),
)

ACTIONS = {CREATE_NEXT_CALENDAR.name: CREATE_NEXT_CALENDAR}
