"""What Xero Payroll UK sends, in one spelling: https://developer.xero.com/documentation/api/payrolluk.

Surprising here: the same thing is spelled in several ways. Calendars say
`payRollCalendarID`, pay runs `payrollCalendarID`, a refusal `Detail` and an error
`detail`. So every key is put in small letters on arrival and the models know only
those. Names of people, account numbers and sort codes are not declared, and so are
dropped on arrival.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict

from bot.connectors.client import Reply
from bot.connectors.problem import VendorProblem
from bot.connectors.values import Id, Raw, Sent, validated
from bot.core.words import joined, say

LIMIT_HEADER = "X-Rate-Limit-Problem"
"""Names the limit that a 429 is about: concurrent, minute, day, appminute."""


class Row(Sent):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", ""))


class Calendar(Row):
    payroll_calendar_id: Id
    name: Raw = None
    calendar_type: Raw = None
    period_start_date: Raw = None
    period_end_date: Raw = None
    payment_date: Raw = None
    updated_date_utc: Raw = None


class SlipLine(Row):
    """One line of a pay slip, of whichever sort: earnings, a deduction, a tax, a payment."""

    display_name: Raw = None
    description: Raw = None
    amount: Raw = None
    number_of_units: Raw = None
    rate_per_unit: Raw = None


class PaySlip(Row):
    """The totals of one person. The lines come only with a pay slip that is asked for itself."""

    payslip_id: Id
    employee_id: Id
    payrun_id: Raw = None
    last_edited: Raw = None
    total_earnings: Raw = None
    gross_earnings: Raw = None
    total_pay: Raw = None
    total_employer_taxes: Raw = None
    total_employee_taxes: Raw = None
    total_deductions: Raw = None
    total_reimbursements: Raw = None
    total_court_orders: Raw = None
    total_benefits: Raw = None
    payment_method: Raw = None
    earnings_lines: Sequence[SlipLine] | None = None
    leave_earnings_lines: Sequence[SlipLine] | None = None
    timesheet_earnings_lines: Sequence[SlipLine] | None = None
    deduction_lines: Sequence[SlipLine] | None = None
    reimbursement_lines: Sequence[SlipLine] | None = None
    leave_accrual_lines: Sequence[SlipLine] | None = None
    benefit_lines: Sequence[SlipLine] | None = None
    payment_lines: Sequence[SlipLine] | None = None
    employee_tax_lines: Sequence[SlipLine] | None = None
    employer_tax_lines: Sequence[SlipLine] | None = None
    court_order_lines: Sequence[SlipLine] | None = None


class PayRun(Row):
    payrun_id: Id
    payroll_calendar_id: Raw = None
    period_start_date: Raw = None
    period_end_date: Raw = None
    payment_date: Raw = None
    total_cost: Raw = None
    total_pay: Raw = None
    payrun_status: Raw = None
    payrun_type: Raw = None
    calendar_type: Raw = None
    posted_date_time: Raw = None
    pay_slips: Sequence[PaySlip] | None = None

    def as_listed(self) -> "PayRun":
        """As a list shows it: without its pay slips."""
        return self if self.pay_slips is None else self.model_copy(update={"pay_slips": None})


class Organisation(Row):
    """One organisation that the credentials reach: a tenant, as Xero says."""

    tenant_id: Id
    tenant_name: Raw = None
    tenant_type: Raw = None


class Pagination(Row):
    page_count: int | None = None
    item_count: int | None = None


class InvalidField(Row):
    name: Raw = None
    reason: Raw = None


class Problem(Row):
    title: Raw = None
    detail: Raw = None
    invalid_fields: Sequence[InvalidField] | None = None

    def sentence(self) -> str:
        """What is wrong, field by field where Xero says so."""
        told = [f"{one.name}: {one.reason}" for one in self.invalid_fields or ()]
        return "; ".join(told) or str(self.detail or self.title or "")


class Envelope(Row):
    id: str | None = None
    pagination: Pagination | None = None
    problem: Problem | None = None
    payruns: Sequence[Any] | None = None
    payrun: Any = None
    payrun_calendars: Sequence[Any] | None = None
    payrun_calendar: Any = None
    pay_slips: Sequence[Any] | None = None
    pay_slip: Any = None


def lowered(data: Any) -> Any:
    """JSON with every key in small letters."""
    if isinstance(data, dict):
        return {str(key).lower(): lowered(value) for key, value in data.items()}
    return [lowered(one) for one in data] if isinstance(data, list) else data


def problem_of(reply: Reply) -> Problem:
    """The problem of an error, inside the envelope or bare; an empty one where there is none."""
    try:
        data = lowered(reply.json())
        inside = data.get("problem") if isinstance(data, dict) else None
        return validated(Problem, inside or data, say("a problem"))
    except VendorProblem:
        return Problem()


def has_problem(reply: Reply) -> bool:
    """Whether the envelope holds a problem, readable or not. Raises VendorProblem for what is not JSON."""
    data = lowered(reply.json())
    return isinstance(data, dict) and bool(data.get("problem"))


def told(reply: Reply) -> str:
    """Xero's own words about an error: what is wrong, and which limit was met."""
    limit = reply.headers.get(LIMIT_HEADER, "")
    said = reply.scrub(problem_of(reply).sentence())
    if not limit:
        return said
    met = say("the limit met is: {limit}", limit=reply.scrub(limit))
    return joined((said, met), "; ") if said else met


def reply_id(reply: Reply) -> str:
    """What Xero calls this answer, for its support: the envelope's id, or a bare problem's instance."""
    try:
        data = lowered(reply.json())
    except VendorProblem:
        return ""
    found = (data.get("id") or data.get("instance")) if isinstance(data, dict) else None
    return reply.scrub(found)[:60] if isinstance(found, str) else ""
