"""What people earn, and the totals that follow. Rates are invented and constant; the sums are right."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.sandbox.exact import Json, cents, stable_id

_ZERO = Decimal(0)


@dataclass(frozen=True)
class Person:
    """An employee on a schedule and their usual gross pay for one period.

    `mails` says that the payslip is to be mailed to them.
    """

    name: str
    gross: Decimal
    mails: bool = True

    @property
    def id(self) -> str:
        """The employee's id."""
        return stable_id("staffology employee", self.name)


PEOPLE = tuple(
    Person(name, Decimal(gross))
    for name, gross in (
        ("Aisha Begum", "2450.00"),
        ("Callum Reid", "2980.50"),
        ("Dilys Evans", "1875.25"),
        ("Femi Adeyemi", "3240.00"),
        ("Hannah Clarke", "2105.75"),
        ("Jonas Petrauskas", "2690.00"),
        ("Moira Kelly", "3415.80"),
        ("Rory Walsh", "2230.40"),
    )
)


def totals_of(gross: Decimal) -> Json:
    """Return the totals of one entry, zeros included."""
    tax, employee_ni, employer_ni = cents(gross * 14 / 100), cents(gross * 6 / 100), cents(gross * 11 / 100)
    own_pension, pension = cents(gross * 5 / 100), cents(gross * 3 / 100)
    net = gross - tax - employee_ni - own_pension
    return {
        "basicPay": gross,
        "gross": gross,
        "grossForNi": gross,
        "grossForTax": gross - own_pension,
        "employerNi": employer_ni,
        "employeeNi": employee_ni,
        "tax": tax,
        "netPay": net,
        "adjustments": _ZERO,
        "additions": gross,
        "deductions": tax + employee_ni + own_pension,
        "takeHomePay": net,
        "pensionableEarnings": gross,
        "pensionablePay": gross,
        "employeePensionContribution": own_pension,
        "employerPensionContribution": pension,
        "studentLoanRecovered": _ZERO,
        "attachmentOrderDeductions": _ZERO,
        "nilPaid": int(gross == 0),
        "leavers": 0,
        "starters": 0,
        "totalCost": gross + employer_ni + pension,
    }


def summed(many: Iterable[Json]) -> Json:
    """Add totals field by field."""
    total: Json = {}
    for one in many:
        for field, value in one.items():
            total[field] = total.get(field, 0) + value
    return total


def without_zeros(totals: Json) -> Json:
    """Leave out what is 0, as the API does, also inside what is nested."""
    shown: Json = {}
    for field, value in totals.items():
        if isinstance(value, dict):
            shown[field] = without_zeros(value)
        elif value != 0:
            shown[field] = value
    return shown
