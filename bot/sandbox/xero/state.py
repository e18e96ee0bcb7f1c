"""What Xero knows: pay runs and calendars, in the shape the API shows. No network here.

Drafting a pay run rolls its calendar to the next period (the examples of the
OpenAPI file show it so, and the Australian documents say it). A driver can hold a
calendar back, which is the case that the bot is there for.

The amounts of a run follow from its pay slips as in the documents' example: the
run's total pay leaves reimbursements out, the pay slip's does not (266.72 and 278.72).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.sandbox.exact import Json, stable_id
from bot.sandbox.xero.periods import later, period_end

_ZERO = Decimal(0)


@dataclass(frozen=True)
class PaySlip:
    """What one employee gets in one run; the totals are computed."""

    employee_id: str
    first_name: str
    last_name: str
    earnings: Decimal
    employee_taxes: Decimal = _ZERO
    employer_taxes: Decimal = _ZERO
    deductions: Decimal = _ZERO
    reimbursements: Decimal = _ZERO
    court_orders: Decimal = _ZERO
    benefits: Decimal = _ZERO
    payment_method: str = "Electronically"

    @property
    def net(self) -> Decimal:
        """What is paid out, reimbursements included."""
        taken = self.employee_taxes + self.deductions + self.court_orders
        return self.earnings - taken + self.reimbursements

    @property
    def cost(self) -> Decimal:
        """What the employer spends."""
        return self.earnings + self.employer_taxes + self.benefits + self.reimbursements

    def as_json(self, run_id: str, edited: datetime) -> Json:
        """Return the pay slip as the API shows it."""
        return {
            "paySlipID": stable_id("slip", run_id, self.employee_id),
            "employeeID": self.employee_id,
            "lastEdited": f"{edited:%Y-%m-%dT%H:%M:%S}",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "totalEarnings": self.earnings,
            "grossEarnings": self.earnings - self.deductions,
            "totalPay": self.net,
            "totalEmployerTaxes": self.employer_taxes,
            "totalEmployeeTaxes": self.employee_taxes,
            "totalDeductions": self.deductions,
            "totalReimbursements": self.reimbursements,
            "totalCourtOrders": self.court_orders,
            "totalBenefits": self.benefits,
            "bacsHash": None,
            "paymentMethod": self.payment_method,
        }


@dataclass
class State:
    """Everything in one organisation."""

    pay_runs: dict[str, Json] = field(default_factory=dict)
    calendars: dict[str, Json] = field(default_factory=dict)

    def add_calendar(
        self,
        name: str,
        calendar_type: str,
        start: date,
        payment: date,
        now: datetime,
        known_id: str | None = None,
    ) -> Json:
        """Create a calendar; the end of its period is computed."""
        calendar: Json = {
            "payRollCalendarID": known_id
            or stable_id("calendar", name, calendar_type, start, len(self.calendars)),
            "name": name,
            "calendarType": calendar_type,
            "periodStartDate": at_midnight(start),
            "periodEndDate": at_midnight(period_end(start, calendar_type)),
            "paymentDate": at_midnight(payment),
            "updatedDateUTC": f"{now:%Y-%m-%dT%H:%M:%S}",
        }
        self.calendars[calendar["payRollCalendarID"]] = calendar
        return calendar

    def roll(self, calendar_id: str, now: datetime) -> Json:
        """Move a calendar to its next period."""
        calendar = self.calendars[calendar_id]
        kind = calendar["calendarType"]
        start = later(day(calendar["periodStartDate"]), kind)
        calendar.update(
            periodStartDate=at_midnight(start),
            periodEndDate=at_midnight(period_end(start, kind)),
            paymentDate=at_midnight(later(day(calendar["paymentDate"]), kind)),
            updatedDateUTC=f"{now:%Y-%m-%dT%H:%M:%S}",
        )
        return calendar

    def draft(self, calendar_id: str, slips: Sequence[PaySlip], now: datetime, *, roll: bool) -> Json:
        """Draft the run of a calendar's current period.

        Raises ValueError where that period has a run already: Xero allows one.
        """
        calendar = self.calendars[calendar_id]
        start = calendar["periodStartDate"]
        same = [r for r in self.pay_runs.values() if r["payrollCalendarID"] == calendar_id]
        if any(r["periodStartDate"] == start for r in same):
            raise ValueError(f"calendar {calendar_id} has a run for the period from {start}")
        run_id = stable_id("pay run", calendar_id, start)
        run: Json = {
            "payRunID": run_id,
            "payrollCalendarID": calendar_id,
            "periodStartDate": start,
            "periodEndDate": calendar["periodEndDate"],
            "paymentDate": calendar["paymentDate"],
            "payRunStatus": "Draft",
            "payRunType": "Scheduled",
            "calendarType": calendar["calendarType"],
            "postedDateTime": None,
        }
        self.pay_runs[run_id] = run
        self.set_slips(run_id, slips, now)
        if roll:
            self.roll(calendar_id, now)
        return run

    def assert_newest_posted(self, run_id: str) -> None:
        """Raises ValueError unless it is the newest posted run of its calendar."""
        run = self.pay_runs[run_id]
        posted = [
            other["periodStartDate"]
            for other in self.pay_runs.values()
            if other["payrollCalendarID"] == run["payrollCalendarID"] and other["payRunStatus"] == "Posted"
        ]
        if run["payRunStatus"] != "Posted" or run["periodStartDate"] != max(posted):
            raise ValueError(f"{run_id} is not the newest posted pay run of its calendar")

    def set_slips(self, run_id: str, slips: Sequence[PaySlip], now: datetime) -> None:
        """Give a run these pay slips, and the totals that follow."""
        self.pay_runs[run_id].update(
            totalCost=sum((s.cost for s in slips), _ZERO),
            totalPay=sum((s.net - s.reimbursements for s in slips), _ZERO),
            paySlips=[s.as_json(run_id, now) for s in slips],
        )


def at_midnight(on: date) -> str:
    """Write a date as Xero does: at midnight, with no offset."""
    return f"{on.isoformat()}T00:00:00"


def day(text: Any) -> date:
    """Read a date, alone or at midnight. Raises ValueError for anything else."""
    return date.fromisoformat(str(text)[:10])
