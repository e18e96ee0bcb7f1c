"""The model page's pay run, letter for letter, and a run of the current month to try things on.

The example is a list of shapes more than a run: Year2017, Custom, ordinal 0, period
0, Opening and yet closed, all totals 0. All of them are left out, as the page says of zeros.
"""

from datetime import datetime

from bot.sandbox.exact import Json
from bot.sandbox.staffology.pay import PEOPLE
from bot.sandbox.staffology.schedule import Schedule, tax_month_of, tax_year_of
from bot.sandbox.staffology.state import Employer, Key

EXAMPLE = Key("Year2017", "Custom", 0, 0, 0)


def example_run() -> Json:
    """Return the run of the model page."""
    return {
        "taxYear": "Year2017",
        "taxMonth": 0,
        "payPeriod": "Custom",
        "ordinal": 0,
        "period": 0,
        "startDate": "2024-03-19",
        "endDate": "2024-03-19",
        "paymentDate": "2024-03-19",
        "employeeCount": 0,
        "subContractorCount": 0,
        "totals": {
            "gross": 0,
            "netPay": 0,
            "totalCost": 0,
            "recoverableAmounts": {"taxMonth": 0, "total": 0},
        },
        "payslipScheduledDateTime": "2024-03-19",
        "state": "Opening",
        "isClosed": True,
        "isRolledBack": True,
        "dateClosed": "2024-03-19T02:00:14",
        "autoPilotCloseDate": "2024-03-19",
    }


def employer(employer_id: str, now: datetime) -> Employer:
    """Return an employer with the example and with the current month's run, open."""
    made = Employer(employer_id, "Demo Employer", PEOPLE)
    made.runs[EXAMPLE] = example_run()
    made.entries[EXAMPLE] = []
    schedule = Schedule(tax_year_of(now.date()))
    made.add_schedule(schedule)
    made.start(schedule, now, tax_month_of(now.date()))
    return made
