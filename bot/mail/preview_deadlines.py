"""Examples of the deadlines ahead and of what a holiday moves, in the story of `previews`."""

from datetime import UTC, date, datetime

from bot.mail.deadlines import Deadline, DeadlinesAhead, DeadlineWeek, HolidayAhead, Moved
from bot.mail.parts import Reason
from bot.mail.preview_asks import PAGE, RUN, STOCKHOLM, at
from bot.mail.scheduled import NotAnswered

_STAFFOLOGY = f"{PAGE}/payruns/staffology-acme/Year2026-Monthly-8-1-0"
_ROUBLER = f"{PAGE}/payruns/roubler-au/412"
_LONDON_5_PM = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)

DEADLINES_AHEAD = DeadlinesAhead(
    made_at=at(8, 0, day=23),
    zone=STOCKHOLM,
    reason=Reason("you are in finance", f"{PAGE}/rules/deadlines-ahead", "deadlines-ahead", "2"),
    url=f"{PAGE}/calendar",
    title="Deadlines of the next ten working days",
    times="every first working day of the week at 08:00",
    slot_at=at(8, 0, day=23),
    weeks=(
        DeadlineWeek(
            "This week",
            (
                Deadline(at(16, 0, day=24), "Bank deadline", "Gigapay payrun 2859272", RUN, status="Closed"),
                Deadline(
                    _LONDON_5_PM,
                    "Bank deadline",
                    "Staffology month 8",
                    _STAFFOLOGY,
                    elsewhere="17:00 London",
                    status="Open",
                    moved="moved from Thu 26 Nov: a closed day",
                ),
                Deadline(
                    date(2026, 11, 25),
                    "Pay date",
                    "Roubler run 412",
                    _ROUBLER,
                    elsewhere="Sydney",
                    status="Active",
                ),
            ),
        ),
        DeadlineWeek(
            "Further ahead",
            (
                Deadline(
                    datetime(2026, 12, 22, 15, 0, tzinfo=UTC),
                    "Bank deadline",
                    "Gigapay payrun 2859301",
                    f"{PAGE}/payruns/gigapay-se/2859301",
                    status="Open",
                    moved="moved from Wed 23 Dec: Christmas Eve",
                ),
            ),
        ),
    ),
    total=4,
    first_at=at(16, 0, day=24),
    last_on=date(2026, 12, 22),
    moved=2,
    not_answered=(
        NotAnswered(
            "Xero November", f"{PAGE}/connections", "xero-uk has not been read since Fri 20 Nov 14:22"
        ),
    ),
    not_answered_total=1,
    undo=(
        "Dates come from calendars.yaml and from the vendors. If one is wrong, hold the pay run on its page "
        "and tell payroll; nothing is closed while it is held.",
    ),
)

HOLIDAY_AHEAD = HolidayAhead(
    made_at=at(8, 0, day=26),
    zone=STOCKHOLM,
    reason=Reason("you are in payroll", f"{_STAFFOLOGY}#why", "holiday-pulls-deadline", "1", "told once"),
    url=_STAFFOLOGY,
    title="Staffology month 9",
    connection="staffology-acme",
    by="Christmas Day",
    moves=(
        Moved(
            "Bank deadline",
            datetime(2026, 12, 23, 17, 0, tzinfo=UTC),
            datetime(2026, 12, 22, 17, 0, tzinfo=UTC),
            elsewhere="17:00 London",
        ),
        Moved("Pay date", date(2026, 12, 25), date(2026, 12, 24)),
    ),
    do=("Tell those who hand in hours and those who approve that it is due earlier than in other months.",),
)
