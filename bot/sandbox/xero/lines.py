"""The lines of one pay slip, as it shows them when it is asked for itself.

Each total is one line. The account that is paid to is in no run, only here; invented.
"""

from bot.sandbox.exact import Json, stable_id

_TAX = {"employeeTaxLines": ("PAYE", "totalEmployeeTaxes"), "employerTaxLines": ("NIC", "totalEmployerTaxes")}


def lines_of(slip: Json) -> Json:
    """Return what a pay slip has besides its totals."""

    def line(kind: str, total: str, **more: object) -> list[Json]:
        its_id = stable_id(kind, slip["paySlipID"])
        return [{**more, kind: its_id, "amount": slip[total]}] if slip[total] else []

    taxes = {
        name: line("taxLineID", total, description=what, globalTaxTypeID="1", manualAdjustment=False)
        for name, (what, total) in _TAX.items()
    }
    account = {"accountNumber": "12345678", "sortCode": "112233", "accountName": slip["lastName"]}
    return {
        "earningsLines": line("earningsLineID", "totalEarnings", displayName="Regular Hours"),
        "leaveEarningsLines": [],
        "timesheetEarningsLines": [],
        "deductionLines": line("deductionTypeID", "totalDeductions", subjectToTax=False),
        "reimbursementLines": line("reimbursementTypeID", "totalReimbursements", description="Expenses"),
        "leaveAccrualLines": [],
        "benefitLines": line("benefitTypeID", "totalBenefits", displayName="Pension"),
        "paymentLines": line("paymentLineID", "totalPay", **account),
        "courtOrderLines": line("courtOrderTypeID", "totalCourtOrders"),
        **taxes,
    }
