"""What people and companies do at the vendors, week after week. The bot is not in it.

Each life puts its next week or day on the agenda and draws from a source of its own, so
that one more call of the bot's changes nothing of what happens.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from bot.sandbox import Gigapay, Roubler, Staffology, Xero
from bot.sandbox.clock import millis
from bot.sandbox.staffology.pay import PEOPLE as ALL_PEOPLE
from bot.sandbox.staffology.schedule import Schedule
from bot.sandbox.staffology.state import FINALISABLE, Employer, Key
from bot.sandbox.xero.state import day
from tests.faults.year.agenda import Agenda
from tests.faults.year.clock import SimClock

STOCKHOLM, LONDON, SYDNEY = (
    ZoneInfo(name) for name in ("Europe/Stockholm", "Europe/London", "Australia/Sydney")
)
CURRENCIES = ("SEK", "EUR")
PAYEES = tuple(str(number) for number in range(1041, 1053))
PEOPLE = ALL_PEOPLE[:3]
"""Each is a call when a run's lines are read, and three are a pay run."""
CALENDARS = ("Weekly", "Fortnightly", "Monthly")


def one_in(random: Random, count: int) -> bool:
    return random.randrange(count) == 0


class Life:
    """The recurring part: `again` is done now and then every `every`, until `ends`."""

    def __init__(self, clock: SimClock, agenda: Agenda, seed: str, ends: datetime) -> None:
        self.clock = clock
        self.agenda = agenda
        self.random = Random(seed)
        self.ends = ends

    def recur(self, at: datetime, every: timedelta, do: Callable[[datetime], None]) -> None:
        """Local time is kept over a change of the clocks."""

        async def once() -> None:
            do(at)
            if at + every < self.ends:
                self.recur(at + every, every, do)

        self.agenda.at(at, once)

    def later(self, at: datetime, do: Callable[[], object]) -> None:
        async def once() -> None:
            do()

        self.agenda.at(at, once)


class GigapayLife(Life):
    """Payouts come all week until Friday afternoon, a few late; closed payruns are paid on Thursday."""

    def begin(self, vendor: Gigapay, monday: datetime) -> None:
        at = monday.astimezone(STOCKHOLM).replace(hour=6)
        self.recur(at, timedelta(weeks=1), partial(self._week, vendor))
        self.recur(at + timedelta(days=3, hours=4), timedelta(weeks=1), partial(self._pay, vendor))

    def _week(self, vendor: Gigapay, monday: datetime) -> None:
        for currency in CURRENCIES:
            # Most weeks are alike; a busy one is far above the usual.
            typical = 3400 if currency == "SEK" else 340
            busy = 6 if one_in(self.random, 15) else 1
            payees = self.random.sample(PAYEES, self.random.randint(2, 3))
            for payee in payees:
                amount = typical * busy + self.random.randrange(typical)
                self.later(self._working(monday), partial(self._add, vendor, payee, amount, currency))
            if one_in(self.random, 12):
                late = monday + timedelta(days=4, hours=9, minutes=self.random.randint(5, 400))
                self.later(late, partial(self._add, vendor, payees[0], typical, currency))
            if one_in(self.random, 15):
                twice = partial(self._add, vendor, payees[1], typical * 2, currency)
                for _ in range(2):
                    self.later(self._working(monday), twice)
            if one_in(self.random, 10):
                out = monday + timedelta(days=4, hours=self.random.randint(2, 11))
                self.later(out, partial(self._remove, vendor, currency))

    def _working(self, monday: datetime) -> datetime:
        last = self.random.randrange(5)
        hours = (2, 10) if last < 4 else (2, 8)
        return monday + timedelta(
            days=last, hours=self.random.randint(*hours), seconds=self.random.randrange(3600)
        )

    def _add(self, vendor: Gigapay, payee: str, amount: int, currency: str) -> None:
        status = "invited" if one_in(self.random, 60) else "active"
        name = f"{payee}-new" if status == "invited" else payee
        vendor.state.add_employee(name, f"Payee {name}", self.clock.now(), status)
        vendor.add_payout(name, f"{amount}.00", currency=currency)

    def _remove(self, vendor: Gigapay, currency: str) -> None:
        vendor.advance()
        payrun = vendor.state.open_payrun(currency)
        payouts = vendor.state.payouts_of(payrun["id"]) if payrun else []
        if len(payouts) > 1:
            vendor.remove_payout(str(self.random.choice(payouts)["id"]))

    def _pay(self, vendor: Gigapay, thursday: datetime) -> None:
        vendor.advance()
        for payrun in list(vendor.state.payruns.values()):
            if payrun["latest_status"] == "invoiced":
                vendor.pay(str(payrun["id"]))


class StaffologyLife(Life):
    """Weekly and monthly runs. What nobody has finalised by pay day's evening a person does by hand.

    Employers without AutoOpen also open a finalised run again now and then.
    """

    def begin(self, vendor: Staffology, employer: str, monday: datetime, *, opens: bool, pilot: bool) -> None:
        on = monday.astimezone(LONDON).date()
        first = on.replace(year=on.year - 1, month=10, day=1)
        made = vendor.add_employer(employer, f"Employer {employer[:4]}", PEOPLE)
        vendor.seed_history(first, employer, pay_day=20, opens=False)
        made.set_automation({"enableAutoOpen": opens, "enableAutoPilot": pilot})
        for schedule in (Schedule(on.year, pay_day=20), Schedule(on.year, "Weekly", first_start=on)):
            vendor.add_schedule(employer, schedule)
            vendor.start_pay_run(employer, schedule)
        at = monday.astimezone(LONDON).replace(hour=18)
        self.recur(at, timedelta(days=1), partial(self._evening, vendor, made))

    def _evening(self, vendor: Staffology, employer: Employer, evening: datetime) -> None:
        vendor.advance()
        for schedule in list(employer.schedules.values()):
            key = employer.open_run(schedule)
            if key is None:
                self._open(vendor, employer, schedule)
            elif employer.runs[key]["state"] in FINALISABLE:
                if employer.runs[key]["paymentDate"] <= evening.date().isoformat():
                    vendor.finalise(employer.id, str(key))
                elif one_in(self.random, 12):
                    self._edit(vendor, employer, key, evening)

    def _open(self, vendor: Staffology, employer: Employer, schedule: Schedule) -> None:
        newest = employer.runs_of(schedule)
        if employer.next_period(schedule) is None:
            return
        if newest and one_in(self.random, 20):
            employer.reopen(newest[-1], self.clock.now())
            vendor.by_person("reopen", str(newest[-1]), employer=employer.id)
            vendor.tell(employer, "Payrun_StateChanged", newest[-1])
        elif one_in(self.random, 2):
            vendor.start_pay_run(employer.id, schedule)

    def _edit(self, vendor: Staffology, employer: Employer, key: Key, evening: datetime) -> None:
        person = self.random.choice(PEOPLE)
        if one_in(self.random, 3):
            vendor.set_warnings(employer.id, str(key), person.name, ["Tax code has changed"])
            mended = evening + timedelta(hours=self.random.randint(1, 60))
            self.later(mended, partial(self._mend, vendor, employer, key, person.name))
        else:
            change = 130 if one_in(self.random, 4) else 103
            vendor.set_gross(employer.id, str(key), person.name, person.gross * change / 100)

    def _mend(self, vendor: Staffology, employer: Employer, key: Key, name: str) -> None:
        if key in employer.entries:
            vendor.set_warnings(employer.id, str(key), name, [])


class XeroLife(Life):
    """Somebody drafts each run two days before it is paid; one calendar in six then stays where it is."""

    def begin(self, vendor: Xero, monday: datetime) -> None:
        on = monday.astimezone(LONDON).date()
        for number, kind in enumerate(CALENDARS):
            start = on.replace(day=1) if kind == "Monthly" else on - timedelta(weeks=2 * number)
            paid = start + timedelta(days={"Weekly": 5, "Fortnightly": 12, "Monthly": 28}[kind])
            vendor.add_calendar(f"{kind} pay", kind, start, paid)
        at = monday.astimezone(LONDON).replace(hour=10)
        self.recur(at, timedelta(days=1), partial(self._morning, vendor))

    def _morning(self, vendor: Xero, morning: datetime) -> None:
        on = morning.date()
        for kind in CALENDARS:
            of_kind = [one for one in vendor.state.calendars.values() if one["calendarType"] == kind]
            newest = max(of_kind, key=lambda one: str(one["periodStartDate"]))
            self._draft(vendor, newest, morning)
        for run in list(vendor.state.pay_runs.values()):
            if run["payRunStatus"] == "Draft" and day(run["paymentDate"]) - timedelta(days=1) <= on:
                vendor.post_pay_run(str(run["payRunID"]))

    def _draft(self, vendor: Xero, calendar: dict[str, object], morning: datetime) -> None:
        id, on = str(calendar["payRollCalendarID"]), morning.date()
        has_run = any(
            (run["payrollCalendarID"], run["periodStartDate"]) == (id, calendar["periodStartDate"])
            for run in vendor.state.pay_runs.values()
        )
        if has_run:
            if day(calendar["periodEndDate"]) < on:
                vendor.roll(id)
        elif day(calendar["paymentDate"]) - timedelta(days=2) <= on:
            slips = vendor.usual_slips(str(calendar["calendarType"]), on.toordinal() % 7)
            vendor.draft_pay_run(id, slips, roll=not one_in(self.random, 6))


class RoublerLife(Life):
    """A run every fortnight; one in three has errors for a while; all are paid two days later."""

    def begin(self, vendor: Roubler, monday: datetime) -> None:
        at = monday.astimezone(SYDNEY).replace(hour=14)
        vendor.seed_history(at.date() - timedelta(weeks=12), 5)
        self.recur(at, timedelta(weeks=2), partial(self._fortnight, vendor))

    def _fortnight(self, vendor: Roubler, monday: datetime) -> None:
        start = monday.date() - timedelta(weeks=2)
        run = vendor.add_run(start, monday.date() - timedelta(days=1))
        if one_in(self.random, 3):
            employee = str(vendor.state.runs[run]["payItems"][0]["employee"]["id"])
            errors = [
                (f"Pay rate {number} is missing", employee) for number in range(self.random.randint(1, 3))
            ]
            vendor.set_errors(run, errors)
            mended = monday + timedelta(hours=self.random.randint(1, 40))
            self.later(mended, partial(vendor.set_errors, run, []))
        self.later(monday + timedelta(days=2), lambda: vendor.process(run, millis(self.clock.now())))
