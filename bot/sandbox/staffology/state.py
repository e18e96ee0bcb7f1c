"""What Staffology knows of one employer, and what changes it. No network here.

Assumed, because legal transitions are not published: a run is finalised from Open
or Approved; only the newest closed run of a schedule is reopened, and only while no run of
it is open; only an open run is deleted. Each refusal is a `Refused` with its reason,
which the real API may or may not say (its failures are declared without a body).
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.sandbox.exact import Json, stable_id
from bot.sandbox.staffology.pay import Person, summed, totals_of
from bot.sandbox.staffology.schedule import Schedule, tax_month_of
from bot.sandbox.staffology.words import AUTO_PILOT_HOUR

LONDON = ZoneInfo("Europe/London")
FINALISABLE = ("Open", "Approved")


class Refused(Exception):
    """What was asked is not possible now; nothing was changed."""


@dataclass(frozen=True, order=True)
class Key:
    """What names a run: it has no id of its own."""

    tax_year: str
    pay_period: str
    period: int
    ordinal: int = 1
    version: int = 0

    def __str__(self) -> str:
        return f"{self.tax_year}-{self.pay_period}-{self.period}-{self.ordinal}-{self.version}"

    @classmethod
    def of(cls, text: str) -> "Key":
        """Read `Year2026-Monthly-8-1-0`."""
        year, pay_period, period, ordinal, version = text.split("-")
        return cls(year, pay_period, int(period), int(ordinal), int(version))


def usual_automation() -> Json:
    """Return automation settings with everything switched off."""
    off = ("Fps", "Eps", "Journal", "Payslips", "P45s", "PensionLetters", "Payments")
    payments = ("Employee", "Hmrc", "Pensions", "Aeos", "Deductions")
    return {
        "enableAutoPilot": False,
        "enableAutoOpen": False,
        "autoPilotOffset": 0,
        "autoPilotTime": "NineAm",
        **{f"autoSubmit{name}": False for name in off},
        **{f"autoSubmitPayments_{name}": False for name in payments},
        "autoSubmitPayslips_DaysBeforePayday": "ZeroDayBeforePayday",
        "autoSubmitPayslips_PaymentDateRule": "WorkingDays",
        "autoSubmitPayslips_PayslipReleaseTime": "NineAm",
        "payrunEmails": [],
        "payslipReleaseType": "Immediately",
        "employeesWithoutEmailAddress": 0,
        "employeesWithEmailAddressButNotAutoSending": 0,
        "subcontractorsNotAutoSendingStatement": 0,
        "codingNoticesAutomaticallyApplied": False,
    }


@dataclass(frozen=True)
class Queued:
    """A change that was accepted and is made later; `asked` is what came with it."""

    job: str
    what: str
    key: Key
    due: datetime
    asked: tuple[tuple[str, str], ...] = ()


@dataclass
class Employer:
    """One employer: schedules, runs, their entries, and webhooks."""

    id: str
    name: str
    people: tuple[Person, ...] = ()
    automation: Json = field(default_factory=usual_automation)
    schedules: dict[tuple[str, str, int], Schedule] = field(default_factory=dict)
    runs: dict[Key, Json] = field(default_factory=dict)
    entries: dict[Key, list[Json]] = field(default_factory=dict)
    history: dict[Key, list[Json]] = field(default_factory=dict)
    finishing: dict[Key, datetime] = field(default_factory=dict)
    webhooks: dict[str, Json] = field(default_factory=dict)
    payloads: dict[str, list[Json]] = field(default_factory=dict)
    payslips_mailed: list[str] = field(default_factory=list)
    year_end_tasks: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)
    events: dict[tuple[str, str, int, int], list[Json]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    late_fps: set[Key] = field(default_factory=set)
    jobs: dict[str, Json] = field(default_factory=dict)
    queue: list["Queued"] = field(default_factory=list)

    def add_schedule(self, schedule: Schedule) -> None:
        """Give the employer a pay schedule."""
        self.schedules[schedule.tax_year, schedule.pay_period, schedule.ordinal] = schedule

    def set_automation(self, fields: Mapping[str, object]) -> None:
        """Change the automation settings; AutoPilot forces the next run to be opened."""
        self.automation.update(fields)
        if self.automation["enableAutoPilot"]:
            self.automation["enableAutoOpen"] = True

    def runs_of(self, schedule: Schedule) -> list[Key]:
        """Return the runs of a schedule, oldest first."""
        wanted = (schedule.tax_year, schedule.pay_period, schedule.ordinal)
        return sorted(k for k in self.runs if (k.tax_year, k.pay_period, k.ordinal) == wanted)

    def open_run(self, schedule: Schedule) -> Key | None:
        """Return the run of a schedule that is not closed."""
        return next((k for k in self.runs_of(schedule) if not self.runs[k]["isClosed"]), None)

    def next_period(self, schedule: Schedule) -> int | None:
        """Return the period that the next run is for, None when the year is complete."""
        keys = self.runs_of(schedule)
        number = keys[-1].period + 1 if keys else 1
        return number if number <= schedule.last else None

    def start(self, schedule: Schedule, now: datetime, period: int | None = None) -> Key:
        """Start the next run, with an entry for each person."""
        if self.open_run(schedule) is not None:
            raise Refused("There is an open PayRun already.")
        number = period or self.next_period(schedule)
        if number is None:
            raise Refused("There are no more periods in this tax year.")
        key = Key(schedule.tax_year, schedule.pay_period, number, schedule.ordinal)
        self.runs[key] = self.preview(schedule, number)
        self.entries[key] = [_entry(key, person, at, self.runs[key]) for at, person in enumerate(self.people)]
        self.recount(key)
        self._note(key, now)
        return key

    def preview(self, schedule: Schedule, number: int) -> Json:
        """Return a run as it would be started, without entries."""
        period = schedule.period(number)
        return {
            "taxYear": schedule.tax_year,
            "taxMonth": tax_month_of(period.payment),
            "payPeriod": schedule.pay_period,
            "ordinal": schedule.ordinal,
            "period": number,
            "version": 0,
            "isLatestVersion": True,
            "startDate": period.start.isoformat(),
            "endDate": period.end.isoformat(),
            "paymentDate": period.payment.isoformat(),
            "employeeCount": 0,
            "subContractorCount": 0,
            "nonRtiEmployeeCount": 0,
            "totals": {},
            "originalPayRunPaymentDate": None,
            "payslipScheduledDateTime": None,
            "state": "Open",
            "isClosed": False,
            "isRolledBack": False,
            "dateClosed": None,
            "description": None,
        }

    def recount(self, key: Key) -> None:
        """Set a run's totals and counts from its entries."""
        entries = self.entries[key]
        totals = summed(e["totals"] for e in entries)
        totals["starters"] = sum(e["isNewStarter"] for e in entries)
        self.runs[key].update(employeeCount=len(entries), totals=totals)

    def start_supplementary(self, schedule: Schedule, asked: Mapping[str, object], now: datetime) -> Key:
        """Start a further run for the newest closed period, for some of its people."""
        if self.open_run(schedule) is not None:
            raise Refused("There is an open PayRun already.")
        keys = self.runs_of(schedule)
        ids, paid_on = asked.get("employeeUniqueIds"), asked.get("paymentDate")
        if not keys or not isinstance(ids, list) or not ids or not isinstance(paid_on, str):
            raise Refused("A supplementary PayRun needs a closed one, employees and a payment date.")
        before = keys[-1]
        key = replace(before, version=before.version + 1)
        self.runs[key] = {
            **self.preview(schedule, key.period),
            "version": key.version,
            "paymentDate": paid_on[:10],
            "originalPayRunPaymentDate": self.runs[before]["paymentDate"],
            "description": asked.get("description"),
            "previousVersionTotals": deepcopy(self.runs[before]["totals"]),
        }
        self.runs[before]["isLatestVersion"] = False
        there = [(at, one) for at, one in enumerate(self.people) if one.id in ids]
        self.entries[key] = [_entry(key, person, at, self.runs[key]) for at, person in there]
        self.recount(key)
        self._note(key, now)
        return key

    def mail_payslips(self, key: Key, only: str | None = None) -> int:
        """Mail payslips to those who want theirs so and have an address; each entry names its mail then."""
        mailed = [
            entry
            for entry in self.entries[key]
            if entry["personalDetails"]["emailPayslip"]
            and entry["personalDetails"]["email"]
            and only in (None, entry["id"])
        ]
        for entry in mailed:
            entry["emailId"] = stable_id("mail", entry["id"], len(self.payslips_mailed))
        self.payslips_mailed += [str(key)] * len(mailed)
        return len(mailed)

    def releases_due(self, now: datetime) -> list[Key]:
        """Return the closed runs of which the payslips are to be mailed by now and were not."""
        return [
            key
            for key, run in self.runs.items()
            if run["isClosed"]
            and (at := _release(run["payslipScheduledDateTime"])) is not None
            and at <= now
            and not any(entry["emailId"] for entry in self.entries[key])
        ]

    def finalise(self, key: Key, now: datetime, takes: timedelta = timedelta(0)) -> None:
        """Close a run, at once or after a while in which it is Finalising."""
        run = self.runs[key]
        if run["state"] not in FINALISABLE:
            raise Refused(f"The PayRun is {run['state']}.")
        if takes:
            run["state"] = "Finalising"
            self.finishing[key] = now + takes
            self._note(key, now)
        else:
            self.finish(key, now)

    def finish(self, key: Key, now: datetime) -> None:
        """Bring a run to Finalised."""
        self.finishing.pop(key, None)
        self.runs[key].update(state="Finalised", isClosed=True, dateClosed=f"{now:%Y-%m-%dT%H:%M:%S}")
        self._note(key, now)

    def reopen(self, key: Key, now: datetime) -> None:
        """Open a closed run again."""
        schedule = self.schedules.get((key.tax_year, key.pay_period, key.ordinal))
        if not self.runs[key]["isClosed"]:
            raise Refused("The PayRun is not closed.")
        if schedule is not None and self.open_run(schedule) is not None:
            raise Refused("There is an open PayRun; delete it first.")
        if schedule is not None and self.runs_of(schedule)[-1] != key:
            raise Refused("Only the most recent PayRun can be reopened.")
        self.runs[key].update(state="Open", isClosed=False, dateClosed=None)
        self._note(key, now)

    def delete(self, key: Key) -> None:
        """Delete an open run."""
        if self.runs[key]["isClosed"]:
            raise Refused("A closed PayRun cannot be deleted.")
        del self.runs[key], self.entries[key], self.history[key]
        before = replace(key, version=key.version - 1)
        if before in self.runs:
            self.runs[before]["isLatestVersion"] = True

    def set_gross(self, key: Key, person: str, gross: Decimal) -> None:
        """Change what one person gets in a run."""
        for entry in self.entries[key]:
            if entry["employee"]["name"] == person:
                entry["totals"] = totals_of(gross)
                self.changed.add(entry["id"])
        self.recount(key)

    def pilot_date(self, run: Json) -> date | None:
        """Return the day on which AutoPilot closes a run, None where it is off or the run is closed."""
        if not self.automation["enableAutoPilot"] or run["isClosed"]:
            return None
        return date.fromisoformat(run["paymentDate"]) - timedelta(
            days=int(self.automation["autoPilotOffset"])
        )

    def pilot_due(self) -> tuple[datetime, Key] | None:
        """Return the instant and the run at which AutoPilot acts next."""
        hour = time(AUTO_PILOT_HOUR[self.automation["autoPilotTime"]])
        due = []
        for key, run in self.runs.items():
            on = self.pilot_date(run)
            if on is not None and run["state"] in FINALISABLE:
                due.append((datetime.combine(on, hour, LONDON).astimezone(UTC), key))
        return min(due, default=None)

    def opens_next(self) -> bool:
        """Say whether closing a run starts the next."""
        return bool(self.automation["enableAutoOpen"])

    def _note(self, key: Key, now: datetime) -> None:
        noted = {"state": self.runs[key]["state"], "createdDate": f"{now:%Y-%m-%dT%H:%M:%S}"}
        self.history.setdefault(key, []).append(noted)


def _release(told: str | None) -> datetime | None:
    # A day without an hour, as the model page shows one, releases nothing.
    if told is None or "T" not in told:
        return None
    at = datetime.fromisoformat(told)
    return at if at.tzinfo else at.replace(tzinfo=LONDON)


def _entry(key: Key, person: Person, at: int, run: Json) -> Json:
    # A few pounds of overtime, so that no two periods are alike; nothing is drawn.
    gross = person.gross + Decimal("12.50") * ((key.period + at) % 4)
    return {
        "id": stable_id("entry", key, person.id),
        "taxYear": key.tax_year,
        "taxMonth": run["taxMonth"],
        "payPeriod": key.pay_period,
        "ordinal": key.ordinal,
        "period": key.period,
        "payRunVersion": key.version,
        "isLatestVersion": True,
        "startDate": run["startDate"],
        "endDate": run["endDate"],
        "paymentDate": run["paymentDate"],
        "note": None,
        "bacsHashCode": None,
        "isNewStarter": False,
        "paymentAfterLeaving": False,
        "isRolledBack": False,
        "isRemoved": False,
        "totals": totals_of(gross),
        "employee": {"id": person.id, "name": person.name, "metadata": {}, "url": None},
        "personalDetails": {
            "dateOfBirth": "1990-01-01",
            "gender": "Female",
            "maritalStatus": "Unknown",
            "email": f"{person.name.replace(' ', '.').lower()}@example.com",
            "emailPayslip": person.mails,
        },
        "emailId": None,
        "warnings": [],
    }
