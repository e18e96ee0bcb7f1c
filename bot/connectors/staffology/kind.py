"""Every word that a rule may use about a Staffology pay run, and the vendor's field behind it."""

from bot.core.resource import Field, Kind, Type, fields
from bot.core.words import say

STATE_WORDS = {
    "Opening": "opening",
    "Open": "open",
    "ReOpening": "reopening",
    "RollingBack": "rolling back",
    "RolledBack": "rolled back",
    "SubmittedForProcessing": "submitted for processing",
    "Processing": "processing",
    "AwaitingApproval": "awaiting approval",
    "Approved": "approved",
    "Finalising": "finalising",
    "Finalised": "finalised",
    "Deleting": "deleting",
}
"""In the order of the vendor's enum, because an index may stand for a word."""

AMOUNTS = {
    "cost": ("total_cost", "totalCost", "what leaves the employer"),
    "net pay": ("take_home_pay", "takeHomePay", "what people receive"),
    "gross": ("gross", "gross", "gross pay of everybody"),
    "tax": ("tax", "tax", "tax taken from pay"),
    "employee NI": ("employee_ni", "employeeNi", "national insurance that employees pay"),
    "employer NI": ("employer_ni", "employerNi", "national insurance that the employer pays"),
    "employee pension": (
        "employee_pension_contribution",
        "employeePensionContribution",
        "what employees pay into pensions, without voluntary contributions",
    ),
    "employer pension": (
        "employer_pension_contribution",
        "employerPensionContribution",
        "what the employer pays into pensions",
    ),
    "attachment orders": (
        "attachment_order_deductions",
        "attachmentOrderDeductions",
        "what is taken by attachment orders",
    ),
    "CIS deduction": ("cis_deduction", "cisDeduction", "tax taken from subcontractors"),
}
"""Fields of money: our name of the total, the vendor's, and what it is."""

HEADS = {
    "starters": ("starters", "how many are new"),
    "leavers": ("leavers", "how many leave"),
    "nil paid": ("nil_paid", "how many are in it and get nothing"),
}
"""Fields that count people in the run's totals."""

PAYRUN = Kind(
    name="staffology.payrun",
    title=say("Staffology pay run"),
    line_title="pay slip",
    fields=fields(
        Field(
            "status",
            Type.STATUS,
            "where the run stands",
            "finalised",
            "PayRun.state",
            tuple(STATE_WORDS.values()),
        ),
        Field(
            "run type",
            Type.STATUS,
            "the period's main run or a supplementary one",
            "main",
            "PayRun.version: 0 is main",
            ("main", "supplementary"),
        ),
        Field("version", Type.COUNT, "0 for the main run, more for a supplementary", "0", "PayRun.version"),
        Field(
            "newest version",
            Type.FLAG,
            "whether no later supplementary run of its period exists",
            "yes",
            "PayRun.isLatestVersion",
        ),
        Field("period start", Type.DATE, "first day it pays for", "Sun 1 Nov 2026", "PayRun.startDate"),
        Field("period end", Type.DATE, "last day it pays for", "Mon 30 Nov 2026", "PayRun.endDate"),
        Field("pay date", Type.DATE, "when people are paid", "Mon 30 Nov 2026", "PayRun.paymentDate"),
        Field(
            "unadjusted pay date",
            Type.DATE,
            "the contractual pay date, before weekends and bank holidays; read while the run is open",
            "Mon 30 Nov 2026",
            "PaySchedulePeriod.unadjustedPaymentDate",
        ),
        *(
            Field(name, Type.MONEY, help, "0 GBP", f"PayRun.totals.{theirs}")
            for name, (_, theirs, help) in AMOUNTS.items()
        ),
        Field(
            "cost of version before",
            Type.MONEY,
            "for a supplementary run: the cost of the period's run before it",
            None,
            "PayRun.previousVersionTotals.totalCost",
        ),
        Field(
            "net pay of version before",
            Type.MONEY,
            "for a supplementary run: the net pay of the period's run before it",
            None,
            "PayRun.previousVersionTotals.takeHomePay",
        ),
        Field(
            "payees",
            Type.COUNT,
            "how many people are in it, subcontractors too",
            "0",
            "PayRun.employeeCount",
        ),
        Field(
            "employees",
            Type.COUNT,
            "how many people are in it without the subcontractors",
            "0",
            "PayRun.employeeCount less PayRun.subContractorCount",
        ),
        Field(
            "subcontractors",
            Type.COUNT,
            "how many CIS subcontractors are in it",
            "0",
            "PayRun.subContractorCount",
        ),
        Field(
            "not reported to HMRC",
            Type.COUNT,
            "how many people in it are left out of the RTI submission",
            "0",
            "PayRun.nonRtiEmployeeCount",
        ),
        *(
            Field(name, Type.COUNT, help, "0", f"PayRun.totals.{'nilPaid' if name == 'nil paid' else name}")
            for name, (_, help) in HEADS.items()
        ),
        Field("warnings", Type.COUNT, "how many warnings Staffology shows", "0", "warnings of the run"),
        Field(
            "events overdue",
            Type.COUNT,
            "how many steps a bureau has planned for this period are late; read while the run is open",
            "0",
            "PaySchedulePeriodEvent.isOverDue",
        ),
        Field(
            "FPS late reason needed",
            Type.FLAG,
            "whether finalising now would need a reason for a late FPS; read while the run is open",
            "no",
            "payrun/check-if-fps-late-reason-applicable",
        ),
        Field(
            "year-end tasks",
            Type.COUNT,
            "how many tasks are left before the tax year of its schedule can be closed",
            "0",
            "PaySchedule.yearEndTasks",
        ),
        Field(
            "schedule has an open run",
            Type.FLAG,
            "whether its schedule has an open run; of an open run that is itself",
            "no",
            "PaySchedule.hasOpenPayRunPeriod",
        ),
        Field(
            "schedule is needed",
            Type.FLAG,
            "whether anybody is to be paid by its schedule",
            "no",
            "PaySchedule.isRequired",
        ),
        Field(
            "next run",
            Type.TEXT,
            "the run of the period after it, once that is started",
            "Year2026-Monthly-9-1-0",
            "PaySchedule.payRuns",
        ),
        Field(
            "next run to start",
            Type.TEXT,
            "the run that Staffology would start next on its schedule",
            None,
            "PaySchedule.nextPayRun",
        ),
        Field(
            "next run is in a new tax year",
            Type.FLAG,
            "whether the run that Staffology would start next is of another tax year",
            None,
            "ours: PaySchedule.nextPayRun and PayRun.taxYear",
        ),
        Field(
            "payslips to mail",
            Type.COUNT,
            "how many of its people get their payslip by mail; read with the pay slips",
            "0",
            "PayRunEntry.personalDetails.emailPayslip",
        ),
        Field(
            "payslips mailed",
            Type.COUNT,
            "how many payslips have been mailed; read with the pay slips",
            "0",
            "PayRunEntry.emailId",
        ),
        Field(
            "payslips go out on",
            Type.DATE,
            "the day for which the mailing of payslips is scheduled",
            None,
            "PayRun.payslipScheduledDateTime",
        ),
        Field(
            "also automated by vendor",
            Type.FLAG,
            "whether Staffology's AutoPilot finalises this employer's runs by itself",
            "no",
            "AutomationSettings.enableAutoPilot",
        ),
        Field(
            "closes by itself at",
            Type.INSTANT,
            "when AutoPilot will finalise it",
            None,
            "PayRun.autoPilotCloseDate with AutomationSettings.autoPilotTime",
        ),
        Field(
            "finalising also",
            Type.TEXT,
            "what Staffology then sends and does by itself",
            None,
            "AutomationSettings",
        ),
        Field("finalised at", Type.INSTANT, "when it was finalised", None, "PayRun.dateClosed"),
        Field(
            "state changed on",
            Type.DATE,
            "the day on which its state last changed",
            None,
            "Contract.PayRunStateHistoryResponse.createdDate",
        ),
    ),
)
