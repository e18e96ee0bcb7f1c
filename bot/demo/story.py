"""The story: what vendors and people do, and when. What the bot does is not in it.

Times are Stockholm's. The ids, amounts and shapes are those of the vendors' own
documents, moved in time; see `bot.sandbox`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.demo.cast import Cast
from bot.demo.config import APPROVER, PROPOSER
from bot.demo.stage import Stage

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FIRST_RUN, SECOND_RUN = "2859272", "2859273"
ROUBLER_RUN = "38"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Stockholm."""
    return datetime(2026, 11, day, hour, minute, tzinfo=STOCKHOLM)


BEGINS, ENDS = at(11, 8), at(20, 17)

Deed = Callable[[Stage, Cast], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class StoryStep:
    """`by_person` steps are the visitor's to do where there is one. `goes_on` steps happen
    while an approval waits, which otherwise holds the visitor's clock."""

    at: datetime
    what: str
    do: Deed
    by_person: bool = False
    goes_on: bool = False


FIRST_PAYOUTS = (
    (at(11, 9, 12), "1041", "1450.00"),
    (at(11, 9, 14), "1044", "1650.00"),
    (at(11, 16, 30), "1047", "1780.00"),
    (at(12, 9, 5), "1052", "1910.00"),
    (at(12, 9, 6), "1058", "2105.00"),
    (at(12, 15, 41), "1063", "1880.00"),
    (at(13, 10, 20), "1067", "1820.00"),
    (at(13, 14, 2), "1071", "2310.00"),
)

SECOND_PAYOUTS = (
    (at(16, 9, 10), "1041", "1450.00"),
    (at(16, 9, 11), "1044", "1980.00"),
    (at(17, 13, 37), "1047", "1780.00"),
    (at(18, 9, 20), "1052", "1910.00"),
    (at(18, 9, 21), "1058", "1735.25"),
    (at(19, 11, 2), "1063", "1880.00"),
    (at(19, 11, 3), "1067", "1820.00"),
    (at(20, 10, 15), "1078", "2315.00"),
    (at(20, 14, 31), "1080", "2520.00"),
)
"""Two payees are new and one is missing: reasons for a person to look twice."""


def _payout(employee: str, amount: str) -> Deed:
    async def do(stage: Stage, cast: Cast) -> None:
        stage.gigapay.add_payout(employee, Decimal(amount))

    return do


async def _propose(stage: Stage, cast: Cast) -> None:
    await cast.people[PROPOSER].api("POST", "/api/rules/propose", {})


async def _sign_off(stage: Stage, cast: Cast) -> None:
    rules = await cast.people[APPROVER].api("GET", "/api/rules")
    for rule in rules["rules"]:
        await cast.people[APPROVER].api("POST", f"/api/rules/{rule['id']}/sign-off", {})


async def _draft(stage: Stage, cast: Cast) -> None:
    """A person drafts the runs of both calendars in Xero; one of the two does not move on."""
    for calendar_type, rolls in (("Weekly", True), ("Fortnightly", False)):
        calendar_id = cast.xero_calendar(stage, calendar_type)
        stage.xero.draft_pay_run(calendar_id, stage.xero.usual_slips(calendar_type, 6), roll=rolls)


async def _roubler_errors(stage: Stage, cast: Cast) -> None:
    stage.roubler.add_run(date(2026, 11, 2), date(2026, 11, 15), status="Finalised")
    stage.roubler.set_errors(
        ROUBLER_RUN,
        [
            ("Pay rate missing for Ordinary", "72944"),
            ("Timesheet 4518873 is not approved", "72951"),
            ("No pay type for Overtime", "72951"),
        ],
    )


async def _roubler_mended(stage: Stage, cast: Cast) -> None:
    stage.roubler.set_errors(ROUBLER_RUN, [])


async def _lose_a_reply(stage: Stage, cast: Cast) -> None:
    stage.gigapay.faults.add("lose_reply", call="close", times=1)


async def _xero_down(stage: Stage, cast: Cast) -> None:
    stage.xero.faults.add("status", call="GET*", times=None, code=500)


async def _xero_busy(stage: Stage, cast: Cast) -> None:
    stage.xero.faults.clear()
    stage.xero.faults.add("rate_limit", call="GET*", times=None, retry_after=120)


async def _xero_well(stage: Stage, cast: Cast) -> None:
    stage.xero.faults.clear()


def _approve(person: str, resource: str) -> Deed:
    async def do(stage: Stage, cast: Cast) -> None:
        await cast.approve(person, resource)

    return do


def steps() -> tuple[StoryStep, ...]:
    """Every step in order."""
    told = [
        StoryStep(BEGINS, f"{PROPOSER} proposes the rules", _propose),
        StoryStep(BEGINS, f"{APPROVER} signs them off", _sign_off),
        StoryStep(at(12, 10), "both Xero runs are drafted, and one calendar does not move on", _draft),
        StoryStep(
            at(12, 14),
            f"{APPROVER} approves the next Xero calendar",
            _approve(APPROVER, "xero-uk"),
            by_person=True,
        ),
        StoryStep(at(13, 14, 50), "Gigapay will act on the next close and lose its reply", _lose_a_reply),
        StoryStep(at(16, 10), "Roubler finalises run 38 with three errors", _roubler_errors),
        StoryStep(at(16, 12, 50), "Xero answers 500", _xero_down),
        StoryStep(at(16, 13, 5), "Xero answers 429", _xero_busy),
        StoryStep(at(16, 13, 15), "Xero is well again", _xero_well),
        StoryStep(at(17, 9), "the errors of run 38 are mended in Roubler", _roubler_mended),
        StoryStep(
            at(18, 9, 30),
            f"{APPROVER} approves finalising the Acme run",
            _approve(APPROVER, "staffology-acme"),
            by_person=True,
        ),
        StoryStep(
            at(20, 15, 21),
            "a payout is added while the approver thinks",
            _payout("1083", "1120.00"),
            goes_on=True,
        ),
        StoryStep(
            at(20, 15, 55),
            f"{PROPOSER} tries to approve their own rule's close",
            _approve(PROPOSER, "gigapay-se"),
            by_person=True,
        ),
        StoryStep(
            at(20, 15, 58), f"{APPROVER} approves the close", _approve(APPROVER, "gigapay-se"), by_person=True
        ),
    ]
    told += [
        StoryStep(when, f"payout to {employee}, {amount} SEK", _payout(employee, amount))
        for when, employee, amount in (*FIRST_PAYOUTS, *SECOND_PAYOUTS)
    ]
    return tuple(sorted(told, key=lambda step: step.at))
