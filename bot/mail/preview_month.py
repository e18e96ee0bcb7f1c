"""An example of the mail about a month, in the story of `previews`."""

from datetime import date
from decimal import Decimal

from bot.core.money import Money
from bot.core.words import Said, joined, say, say_many
from bot.mail.deadlines import Deadline
from bot.mail.month import (
    MONTHS,
    MonthAnswers,
    MonthDeed,
    MonthPaid,
    MonthPart,
    MonthTrouble,
    PaidRun,
    month_and_year,
)
from bot.mail.parts import Reason
from bot.mail.preview_asks import PAGE, RUN, STOCKHOLM, at
from bot.mail.scheduled import NotAnswered


def _hours(count: int) -> Said:
    return say_many(count, "{count} hour", "{count} hours")


def _minutes(count: int) -> Said:
    return say_many(count, "{count} minute", "{count} minutes")


def _run(people: int | None, net_pay: str, cost: str = "", currency: str = "SEK") -> PaidRun:
    return PaidRun(
        people,
        Money(Decimal(net_pay), currency),
        Money(Decimal(cost), currency) if cost else None,
    )


_GIGAPAY_BEFORE = (_run(8, "13985.00", "23931.40"), _run(9, "15310.50", "26199.95"))
_GIGAPAY = (_run(10, "19270.25", "32975.60"), _run(9, "14905.00", "25505.16"), _run(2, "2480.00", "4243.80"))
_STAFFOLOGY_BEFORE = (_run(41, "88412.07", "118903.33", "GBP"),)
_STAFFOLOGY = (_run(42, "90127.55", "121210.48", "GBP"),)
_XERO = (_run(6, "9800.00", "12104.16", "GBP"),)

MONTH_PAID = MonthPaid(
    made_at=at(8, 0, day=1, month=12),
    zone=STOCKHOLM,
    reason=Reason("you are in finance", f"{PAGE}/rules/months-summary", "months-summary", "1"),
    url=f"{PAGE}/payruns?paid_from=2026-11-01&paid_to=2026-11-30",
    title="Pay runs paid last month",
    month=month_and_year(date(2026, 11, 1)),
    names=(MONTHS[9], MONTHS[10]),
    times="every first working day of the month at 08:00",
    slot_at=at(8, 0, day=1, month=12),
    runs=5,
    parts=(
        MonthPart.of(_GIGAPAY_BEFORE, _GIGAPAY, name="gigapay-se", vendor="Gigapay", currency="SEK"),
        MonthPart.of(
            _STAFFOLOGY_BEFORE, _STAFFOLOGY, name="staffology-acme", vendor="Staffology", currency="GBP"
        ),
        MonthPart.of(_XERO, _XERO, name="xero-uk", vendor="Xero", currency="GBP"),
    ),
    totals=(MonthPart.of((*_STAFFOLOGY_BEFORE, *_XERO), (*_STAFFOLOGY, *_XERO), currency="GBP"),),
    not_summed=1,
    deeds=(MonthDeed(say("Close"), 3, 0), MonthDeed(say("Finalise"), 0, 1)),
    answers=(
        MonthAnswers("finance-1", 3, 1, 0, _minutes(32)),
        MonthAnswers("finance-2", 1, 0, 1, joined((_hours(2), _minutes(5)), " ")),
    ),
    held=1,
    answers_url=f"{PAGE}/people/2026-11",
    troubles=(
        MonthTrouble(
            "Gigapay payrun 2859240",
            f"{PAGE}/payruns/gigapay-se/2859240",
            "Paid Tue 10 Nov 17:20, after its bank deadline Tue 10 Nov 16:00.",
        ),
        MonthTrouble(
            "Gigapay payrun 2859272",
            RUN,
            "A reply was lost, so that it was read back before anything else was done.",
        ),
    ),
    troubles_total=2,
    ahead=(
        Deadline(
            at(15, 0, day=4, month=12), "Input cut-off", "Gigapay payrun 2859301",
            f"{PAGE}/payruns/gigapay-se/2859301", status="Open",
        ),
        Deadline(
            date(2026, 12, 23), "Pay date", "Gigapay payrun 2859301", f"{PAGE}/payruns/gigapay-se/2859301",
            status="Open", moved="moved from Thu 24 Dec: Christmas Eve",
        ),
    ),
    ahead_total=2,
    closed_days=(
        (date(2026, 12, 24), "Christmas Eve (se)"),
        (date(2026, 12, 25), "Christmas Day (se, uk-bacs)"),
    ),
    not_answered=(
        NotAnswered("xero-uk", f"{PAGE}/connections", "its list has not been read since Fri 27 Nov 14:22"),
    ),
    not_answered_total=1,
    do=("Compare it with the bank statement, and keep it with the month's accounts.",),
)  # fmt: skip
