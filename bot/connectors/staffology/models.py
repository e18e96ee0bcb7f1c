"""What Staffology answers, typed. Names of people, addresses and free texts are not taken.

Words of enums stay as they came (`Raw`), a word or an index: what is not known to us is
for whoever makes values of it to report.
"""

from collections.abc import Sequence
from typing import Any

from bot.connectors.staffology.address import PayPeriod, RunAddress, ScheduleAddress, TaxYear
from bot.connectors.staffology.totals import Totals
from bot.connectors.values import Id, Raw, Sent

JOB_STATES = ("Queued", "Executing", "Completed", "Failed", "CompletedWithErrors")
TASK_STATES = ("Queued", "Sent", "Failed", "Processing")
EVENT_TYPES = ("SubmitForProcessing", "SendForApproval", "Approval", "Finalise", "SendPaySlip", "SubmitRti")
"""Each in the order of the vendor's enum, because an index may stand for a word."""

NO_ID_YET = "00000000-0000-0000-0000-000000000000"


class Item(Sent):
    """A row of a list: its name is a person's where it is an entry, so it is not taken."""

    id: Raw = None
    url: str | None = None
    metadata: Any = None


class Named(Sent):
    """What names a run, of whatever holds one: a preview, a webhook's body, a run itself."""

    tax_year: TaxYear
    pay_period: PayPeriod
    period: int
    ordinal: int = 1
    version: int = 0

    @property
    def address(self) -> RunAddress:
        return RunAddress(self.tax_year, self.pay_period, self.period, self.ordinal, self.version)


class Schedule(Sent):
    """One pay frequency of one tax year."""

    tax_year: TaxYear
    pay_period: PayPeriod
    ordinal: int = 1
    is_configured: bool = True
    is_required: bool | None = None
    is_year_completed: bool | None = None
    has_open_pay_run_period: bool | None = None
    employee_count: Raw = None
    first_payment_date: Raw = None
    first_period_end_date: Raw = None
    last_period_end_date: Raw = None
    last_period_number: Raw = None
    payment_date_type: Raw = None
    period_end_date_type: Raw = None
    period_lengths: Sequence[int] | None = None
    high_gross_pay: Raw = None
    high_net_pay: Raw = None
    current_pay_run: Item | None = None
    next_pay_run: Named | None = None
    pay_runs: Sequence[Item] | None = None
    year_end_tasks: Sequence[str] | None = None

    @property
    def address(self) -> ScheduleAddress:
        return ScheduleAddress(self.tax_year, self.pay_period, self.ordinal)


class PeriodEvent(Sent):
    """A step that a bureau has set a day for."""

    pay_period_event_type: Raw = None
    event_date: Raw = None
    actual_event_date: Raw = None
    is_over_due: bool | None = None


class Period(Sent):
    """One period of a schedule; `unadjusted_payment_date` is the contractual pay date."""

    period: int
    start_date: Raw = None
    end_date: Raw = None
    payment_date: Raw = None
    unadjusted_payment_date: Raw = None
    pay_schedule_period_events: Sequence[PeriodEvent] | None = None


class PayRun(Named):
    """One run, without its description: a free text may name people."""

    is_latest_version: bool | None = None
    is_combined_pay_run: bool | None = None
    tax_month: Raw = None
    start_date: Raw = None
    end_date: Raw = None
    payment_date: Raw = None
    original_pay_run_payment_date: Raw = None
    employee_count: Raw = None
    sub_contractor_count: Raw = None
    non_rti_employee_count: Raw = None
    totals: Totals | None = None
    previous_version_totals: Totals | None = None
    payslip_scheduled_date_time: Raw = None
    state: Raw = None
    is_closed: bool | None = None
    is_rolled_back: bool | None = None
    date_closed: Raw = None
    auto_pilot_close_date: Raw = None
    entries: Sequence[Item] | None = None


class Contact(Sent):
    """Of a person's details only whether a payslip is to be mailed."""

    email_payslip: bool | None = None


class Entry(Sent):
    """One person's pay in a run. `email_id` is all zeros while its payslip is being mailed."""

    id: Id
    employee: Item
    totals: Totals | None = None
    is_removed: bool | None = None
    email_id: Raw = None
    personal_details: Contact | None = None


class StateChange(Sent):
    state: Raw = None
    created_date: Raw = None


class ReportMail(Sent):
    is_active: bool | None = None


class Automation(Sent):
    enable_auto_pilot: bool | None = None
    enable_auto_open: bool | None = None
    auto_pilot_offset: Raw = None
    auto_pilot_time: Raw = None
    auto_submit_fps: bool | None = None
    auto_submit_eps: bool | None = None
    auto_submit_journal: bool | None = None
    auto_submit_payments: bool | None = None
    auto_submit_payments_employee: bool | None = None
    auto_submit_payments_hmrc: bool | None = None
    auto_submit_payments_pensions: bool | None = None
    auto_submit_payments_aeos: bool | None = None
    auto_submit_payments_deductions: bool | None = None
    auto_submit_payslips: bool | None = None
    auto_submit_payslips_days_before_payday: Raw = None
    auto_submit_payslips_payment_date_rule: Raw = None
    auto_submit_payslips_payslip_release_time: Raw = None
    auto_submit_p45s: bool | None = None
    auto_submit_pension_letters: bool | None = None
    payslip_release_type: Raw = None
    payrun_emails: Sequence[ReportMail] | None = None
    employees_without_email_address: Raw = None
    employees_with_email_address_but_not_auto_sending: Raw = None
    subcontractors_not_auto_sending_statement: Raw = None
    coding_notices_automatically_applied: bool | None = None


class Employer(Sent):
    """Of the employer only what `doctor` needs: its other fields are people's and the company's."""

    id: Id
    archived: bool | None = None
    current_year: Raw = None
    can_use_bureau_features: bool | None = None


class JournalLine(Sent):
    nominal_code: Raw = None
    value: Raw = None


class Journal(Sent):
    """The accounting entries of a run."""

    date: Raw = None
    status: Raw = None
    lines: Sequence[JournalLine] | None = None


class Changes(Sent):
    """The entries that were touched since the run was started (beta at the vendor)."""

    pay_run_entries: Sequence[Item] | None = None


class JobResult(Sent):
    errors: Sequence[str] | None = None


class Job(Sent):
    id: Id
    type: Raw = None
    status: Raw = None
    created_date: Raw = None
    updated_date: Raw = None
    execution_start_time: Raw = None
    result: JobResult | None = None


class JobError(Sent):
    id: Raw = None
    error_type: str | None = None
    error_message: str | None = None


class Webhook(Sent):
    id: Id
    url: str = ""
    webhook_event: Raw = None
    active: bool | None = None
    event_count: Raw = None


class Payload(Sent):
    """One delivery as the vendor remembers it."""

    id: Raw = None
    task_status: Raw = None
    status_code: Raw = None
    attempts: Raw = None
    created: Raw = None
    payload: Any = None
