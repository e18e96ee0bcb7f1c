"""A week like any other in companies that are all alike: what is counted there is nobody's luck.

Each company has one account and one pay run a week. Nothing gets lost, nobody is late, and whoever
is asked says yes after half an hour. Company by company it happens some minutes later, as
no two offices press a button at once. It is played by the steps of the simulated year.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot.sandbox import Gigapay, Roubler, Staffology, Xero
from bot.sandbox.clock import millis
from bot.sandbox.deliveries import Headers, Told
from bot.sandbox.staffology.schedule import Schedule
from bot.sandbox.staffology.state import Employer
from bot.sandbox.xero.state import day
from bot.store.approvals import Approval
from tests.faults.year.lives import LONDON, PAYEES, PEOPLE, STOCKHOLM, SYDNEY, Life
from tests.faults.year.news import News
from tests.faults.year.people import People

WEEK = timedelta(weeks=1)
SALARY = "3400.00"
ANSWERS_AFTER_MINUTES = 30


class PlainNews(News):
    """Everything told is delivered once, at once."""

    def send(self, event: str, url: str, body: bytes, headers: Headers, told: Told = lambda _: None) -> None:
        self.put(self._sim.now(), (event, url, body, headers, told))


class PlainPeople(People):
    """Everybody who is asked says yes."""

    def _answer(self, asked: Approval) -> None:
        self._after(ANSWERS_AFTER_MINUTES, partial(self._approve, asked.id, ("finance-1", "finance-2")))

    def begin(self, at: datetime, ends: datetime) -> None:
        """Nobody holds, pauses or loses a login."""


class PlainLife(Life):
    """A life whose every week is the same."""

    def weekly(self, at: datetime, do: Callable[[datetime], None]) -> None:
        self.recur(at, WEEK, do)


class PlainGigapay(PlainLife):
    """Three payouts from Monday to Wednesday; what was closed is paid the Thursday after."""

    def begin(self, vendor: Gigapay, monday: datetime) -> None:
        vendor.seed_history((monday - timedelta(days=45)).date())
        at = monday.astimezone(STOCKHOLM).replace(hour=9)
        for number, payee in enumerate(PAYEES[:3]):
            self.weekly(at + timedelta(days=number), partial(self._add, vendor, payee))
        self.weekly(at + timedelta(days=3), partial(self._pay, vendor))

    def _add(self, vendor: Gigapay, payee: str, _at: datetime) -> None:
        vendor.state.add_employee(payee, f"Payee {payee}", self.clock.now(), "active")
        vendor.add_payout(payee, SALARY)

    def _pay(self, vendor: Gigapay, _at: datetime) -> None:
        vendor.advance()
        for payrun in list(vendor.state.payruns.values()):
            if payrun["latest_status"] == "invoiced":
                vendor.pay(str(payrun["id"]))


class PlainStaffology(PlainLife):
    """A weekly schedule that opens its next run by itself; what is open on its pay day is finalised."""

    def begin(self, vendor: Staffology, employer: str, monday: datetime) -> None:
        on = monday.astimezone(LONDON).date()
        made = vendor.add_employer(employer, f"Employer {employer[:4]}", PEOPLE)
        made.set_automation({"enableAutoOpen": True, "enableAutoPilot": False})
        schedule = Schedule(on.year, "Weekly", first_start=on)
        vendor.add_schedule(employer, schedule)
        vendor.start_pay_run(employer, schedule)
        at = monday.astimezone(LONDON).replace(hour=18)
        self.recur(at, timedelta(days=1), partial(self._evening, vendor, made))

    def _evening(self, vendor: Staffology, employer: Employer, evening: datetime) -> None:
        vendor.advance()
        for schedule in list(employer.schedules.values()):
            key = employer.open_run(schedule)
            if key is not None and employer.runs[key]["paymentDate"] <= evening.date().isoformat():
                vendor.finalise(employer.id, str(key))


class PlainXero(PlainLife):
    """One weekly calendar; its run is drafted two days before it is paid, and posted the day before."""

    def begin(self, vendor: Xero, monday: datetime) -> None:
        on = monday.astimezone(LONDON).date()
        vendor.add_calendar("Weekly pay", "Weekly", on, on + timedelta(days=5))
        at = monday.astimezone(LONDON).replace(hour=10)
        self.weekly(at + timedelta(days=3), partial(self._draft, vendor))
        self.weekly(at + timedelta(days=4), partial(self._post, vendor))

    def _draft(self, vendor: Xero, morning: datetime) -> None:
        newest = max(vendor.state.calendars.values(), key=lambda one: str(one["periodStartDate"]))
        while day(newest["paymentDate"]) < morning.date():
            vendor.roll(str(newest["payRollCalendarID"]))
        vendor.draft_pay_run(str(newest["payRollCalendarID"]), vendor.usual_slips("Weekly"))

    def _post(self, vendor: Xero, _morning: datetime) -> None:
        for run in list(vendor.state.pay_runs.values()):
            if run["payRunStatus"] == "Draft":
                vendor.post_pay_run(str(run["payRunID"]))


class PlainRoubler(PlainLife):
    """A run without errors each Monday, processed on Wednesday."""

    def begin(self, vendor: Roubler, monday: datetime) -> None:
        at = monday.astimezone(SYDNEY).replace(hour=14)
        vendor.seed_history(at.date() - timedelta(weeks=12), 5)
        self.weekly(at, partial(self._run, vendor))

    def _run(self, vendor: Roubler, monday: datetime) -> None:
        run = vendor.add_run(monday.date() - WEEK, monday.date() - timedelta(days=1))
        self.later(monday + timedelta(days=2), lambda: vendor.process(run, millis(self.clock.now())))
