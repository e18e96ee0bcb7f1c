"""What Roubler knows: pay runs in the shape its queries return. No network here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.sandbox.clock import millis
from bot.sandbox.exact import Json
from bot.sandbox.roubler.examples import CRAIG, NICOLAS, ORDINARY, OVERTIME, SUPPORT

SYDNEY = ZoneInfo("Australia/Sydney")
FIRST_RUN = 38  # as in the document

# Invented, but the first two: employee, cents an hour, hours a day.
_TEAM = (
    (CRAIG, 3210, 7),
    (NICOLAS, 2985, 6),
    ({"id": "72944", "fullName": "Mia Karlsen"}, 3105, 7),
    ({"id": "72951", "fullName": "Tane Rewi"}, 2860, 8),
)


@dataclass
class State:
    """Everything in one company."""

    runs: dict[str, Json] = field(default_factory=dict)
    next_run: int = FIRST_RUN

    def add(
        self,
        start: date,
        end: date,
        now: datetime,
        *,
        name: str | None = None,
        status: str = "Finalised",
        errors: Sequence[Json] = (),
        items: Sequence[Json] | None = None,
        timesheets: Sequence[Json] | None = None,
    ) -> Json:
        """Add a run; without items, those of a usual fortnight."""
        run_id = str(self.next_run)
        self.next_run += 1
        finalised = millis(now) if status in ("Finalised", "Processed") else None
        run: Json = {
            "id": run_id,
            "name": name or f"{start:%B %Y} - Fortnight {1 if start.day < 15 else 2}",
            "description": None,
            "startDate": start.isoformat(),
            "endDate": end.isoformat(),
            "status": status,
            "createdAt": millis(now),
            "timesheetsSelectedAt": millis(now),
            "timesheetsSelectedBy": SUPPORT,
            "finalisedAt": finalised,
            "finalisedBy": SUPPORT if finalised else None,
            "processedAt": None,
            "processedBy": None,
            "modifiedAt": millis(now),
            "modifiedBy": SUPPORT,
            "errors": list(errors),
            "payItems": usual_items(start, end, int(run_id)) if items is None else list(items),
            "timesheets": usual_timesheets(start, end) if timesheets is None else list(timesheets),
        }
        self.runs[run_id] = run
        return run

    def process(self, run_id: str, processed_at: str, now: datetime) -> None:
        """Record that a run was paid elsewhere."""
        self.runs[run_id].update(
            status="Processed",
            processedAt=processed_at,
            processedBy=SUPPORT,
            modifiedAt=millis(now),
            modifiedBy=SUPPORT,
        )


def usual_items(start: date, end: date, number: int) -> list[Json]:
    """Return one ordinary item a person, and overtime for another person each time."""
    items = []
    days = _workdays(start, end)
    for at, (employee, cents_an_hour, hours) in enumerate(_TEAM):
        items.append(_item(employee, ORDINARY, days[0], days[-1], cents_an_hour, hours * len(days)))
        if (number + at) % len(_TEAM) == 0:
            items.append(_item(employee, OVERTIME, days[-1], days[-1], cents_an_hour * 3 // 2, 2))
    return items


def usual_timesheets(start: date, end: date) -> list[Json]:
    """Return one timesheet a person, of the first day."""
    first = _workdays(start, end)[0]
    return [
        {
            "id": str(4518800 + first.toordinal() % 1000 * 10 + at),
            "status": "payrolled",
            "startTime": _instant(first, time(8)),
            "endTime": _instant(first, time(8 + hours)),
            "hours": hours,
            "employee": {"id": employee["id"], "text": employee["fullName"]},
        }
        for at, (employee, _, hours) in enumerate(_TEAM)
    ]


def seed(state: State, first: date, count: int) -> list[str]:
    """Add processed fortnights, the first starting on `first`; their ids end below what is there."""
    following = state.next_run
    state.next_run = min([int(run_id) for run_id in state.runs] + [following]) - count
    ids = []
    for number in range(count):
        start = first + timedelta(days=14 * number)
        end = start + timedelta(days=13)
        finalised = datetime.combine(end + timedelta(days=1), time(14, 55), SYDNEY).astimezone(UTC)
        run = state.add(start, end, finalised)
        processed = finalised + timedelta(days=2)
        state.process(run["id"], millis(processed), processed)
        ids.append(run["id"])
    state.next_run = following
    return ids


def _item(employee: Json, pay_type: Json, first: date, last: date, unit: int, quantity: int) -> Json:
    return {
        "employee": employee,
        "payType": pay_type,
        "startTime": _instant(first, time(8)),
        "endTime": _instant(last, time(16)),
        "unitAmount": unit,
        "quantity": quantity,
        "amount": unit * quantity,
    }


def _workdays(start: date, end: date) -> list[date]:
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    return [day for day in days if day.weekday() < 5]


def _instant(day: date, clock_time: time) -> str:
    return millis(datetime.combine(day, clock_time, SYDNEY))
