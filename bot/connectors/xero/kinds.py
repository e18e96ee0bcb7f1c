"""The words that rules may use about Xero's calendars and pay runs, and where each comes from."""

from bot.core.resource import Field, Kind, Type, fields
from bot.core.words import say

STATUS_WORDS = {"Draft": "draft", "Posted": "posted"}
RUN_TYPE_WORDS = {
    "Scheduled": "scheduled",
    "Unscheduled": "unscheduled",
    "EarlierYearUpdate": "earlier year update",
}
CALENDAR_TYPE_WORDS = {
    "Weekly": "weekly",
    "Fortnightly": "fortnightly",
    "FourWeekly": "four weekly",
    "Monthly": "monthly",
    "Quarterly": "quarterly",
    "Annual": "annual",
}

_CALENDAR_TYPE = Field(
    "calendar type",
    Type.STATUS,
    "how often people on it are paid",
    "weekly",
    "calendarType",
    tuple(CALENDAR_TYPE_WORDS.values()),
)

CALENDAR = Kind(
    name="xero.calendar",
    title=say("Xero calendar"),
    fields=fields(
        Field("name", Type.TEXT, "what people call the calendar", "Weekly Calendar", "name"),
        _CALENDAR_TYPE,
        Field(
            "period start", Type.DATE, "first day of the period it shows", "Mon 9 Nov 2026", "periodStartDate"
        ),
        Field("period end", Type.DATE, "last day of the period it shows", "Sun 15 Nov 2026", "periodEndDate"),
        Field("pay date", Type.DATE, "when that period is paid", "Fri 20 Nov 2026", "paymentDate"),
        Field(
            "run for this period",
            Type.TEXT,
            "the pay run that exists for exactly the period the calendar shows",
            None,
            "ours: payRunID of the run with its payrollCalendarID and periodStartDate",
        ),
        Field(
            "next period calendar",
            Type.TEXT,
            "another calendar of this type that starts the day after this period",
            None,
            "ours: payrollCalendarID found in the complete list",
        ),
        Field("updated at", Type.INSTANT, "when the calendar last changed", None, "updatedDateUTC"),
    ),
)

SUMS = {
    "earnings": ("total_earnings", "totalEarnings", "what people earned"),
    "gross earnings": ("gross_earnings", "grossEarnings", "what people earned, as Xero counts it for tax"),
    "employee taxes": ("total_employee_taxes", "totalEmployeeTaxes", "taxes that people pay"),
    "employer taxes": ("total_employer_taxes", "totalEmployerTaxes", "taxes that the employer pays"),
    "deductions": ("total_deductions", "totalDeductions", "what is taken off pay, without taxes"),
    "reimbursements": ("total_reimbursements", "totalReimbursements", "expenses paid back to people"),
    "court orders": ("total_court_orders", "totalCourtOrders", "what courts take off pay"),
    "benefits": ("total_benefits", "totalBenefits", "what people get besides pay"),
}
"""By field: where a pay slip holds it, its name at Xero, and what it is."""

PAYRUN = Kind(
    name="xero.payrun",
    title=say("Xero pay run"),
    line_title="pay slip",
    fields=fields(
        Field(
            "status",
            Type.STATUS,
            "whether the run is a draft or posted",
            "posted",
            "payRunStatus",
            tuple(STATUS_WORDS.values()),
        ),
        Field(
            "run type",
            Type.STATUS,
            "what sort of run it is",
            "scheduled",
            "payRunType",
            tuple(RUN_TYPE_WORDS.values()),
        ),
        _CALENDAR_TYPE,
        Field("period start", Type.DATE, "first day it pays for", "Mon 9 Nov 2026", "periodStartDate"),
        Field("period end", Type.DATE, "last day it pays for", "Sun 15 Nov 2026", "periodEndDate"),
        Field("pay date", Type.DATE, "when people are paid", "Fri 20 Nov 2026", "paymentDate"),
        Field("cost", Type.MONEY, "what leaves the employer", "0 GBP", "totalCost"),
        Field("net pay", Type.MONEY, "what people receive", "0 GBP", "ours: the sum of paySlips.totalPay"),
        Field(
            "header pay",
            Type.MONEY,
            "what the run's header says is paid; reimbursements are not in it",
            "0 GBP",
            "totalPay",
        ),
        *(
            Field(name, Type.MONEY, help_, "0 GBP", f"ours: the sum of paySlips.{theirs}")
            for name, (_, theirs, help_) in SUMS.items()
        ),
        Field("pay slips", Type.COUNT, "how many pay slips are in it", "0", "paySlips"),
        Field("payees", Type.COUNT, "how many people are paid", "0", "ours: distinct paySlips.employeeID"),
        Field(
            "zero or negative pay",
            Type.COUNT,
            "how many pay slips pay nothing, or less",
            "0",
            "ours: paySlips.totalPay",
        ),
        Field(
            "not paid electronically",
            Type.COUNT,
            "how many pay slips are paid by cheque or by hand",
            "0",
            "ours: paySlips.paymentMethod",
        ),
        Field(
            "last edited",
            Type.INSTANT,
            "when a pay slip of it was last edited",
            None,
            "ours: the latest paySlips.lastEdited",
        ),
        Field("posted at", Type.INSTANT, "when it was posted", None, "postedDateTime"),
    ),
)
