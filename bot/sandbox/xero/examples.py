"""The pay runs and calendars of Xero's documents, letter for letter.

The two documents do not know each other: none of the six runs names one of the two
calendars. The list's first run is the one shown with its pay slip.
"""

from decimal import Decimal

from bot.sandbox.exact import Json

# Of the documents' pay runs, by type; the earlier runs of the demo hang on these.
CALENDAR_OF = {
    "Weekly": "26b073f2-b77f-4c5b-8938-88bc3c364a7b",
    "Fortnightly": "37791711-1a0f-487b-bac4-d4a4dfd2da75",
    "Monthly": "fe09bd41-02ed-4188-a363-8fa5bbf7335d",
}


def calendars() -> list[Json]:
    """Return both calendars, with the id spelt as this document spells it."""
    return [
        {
            "payRollCalendarID": "b70ce0c1-c469-4ba6-b2b2-0ca7d24926fb",
            "name": "Weekly Calendar",
            "calendarType": "Weekly",
            "periodStartDate": "2017-05-12T00:00:00",
            "periodEndDate": "2017-05-18T00:00:00",
            "paymentDate": "2017-05-19T00:00:00",
            "updatedDateUTC": "2017-05-15T16:53:54",
        },
        {
            "payRollCalendarID": "14e7afa7-7d4b-4a89-8ec0-db4664edd9fd",
            "name": "Fortnightly Calendar",
            "calendarType": "Fortnightly",
            "periodStartDate": "2017-06-02T00:00:00",
            "periodEndDate": "2017-06-15T00:00:00",
            "paymentDate": "2017-06-09T00:00:00",
            "updatedDateUTC": "2017-07-06T00:18:49",
        },
    ]


def pay_runs() -> list[Json]:
    """Return the six pay runs; only the first has a pay slip in the documents."""
    slip: Json = {
        "paySlipID": "382d1755-cbfe-4e5a-a5a9-27b9015d00c5",
        "employeeID": "641aa9ab-aef5-4e7f-8833-540cc64dbf75",
        "lastEdited": "2017-06-22T02:14:00",
        "firstName": "Jack",
        "lastName": "Allan",
        "totalEarnings": Decimal("480.77"),
        "grossEarnings": Decimal("455.77"),
        "totalPay": Decimal("278.72"),
        "totalEmployerTaxes": Decimal("44.68"),
        "totalEmployeeTaxes": Decimal("89.05"),
        "totalDeductions": 25,
        "totalReimbursements": 12,
        "totalCourtOrders": 100,
        "totalBenefits": Decimal("9.62"),
        "bacsHash": None,
        "paymentMethod": "Electronically",
    }
    rows = (
        "e1e889e4-d574-4224-b4e7-d962346ae3a1 26b073f2-b77f-4c5b-8938-88bc3c364a7b "
        "2017-05-05 2017-05-11 2017-05-12 547.07 266.72 Draft Weekly -",
        "e79657cf-16db-417b-ac01-1bd7942d6fea 37791711-1a0f-487b-bac4-d4a4dfd2da75 "
        "2017-05-05 2017-05-18 2017-05-12 5825.37 4105.55 Posted Fortnightly 2017-06-27T07:28:20",
        "43aec017-c157-4838-8ae5-9a6021b3d640 37791711-1a0f-487b-bac4-d4a4dfd2da75 "
        "2017-05-19 2017-06-01 2017-05-26 3182.43 2134.9 Draft Fortnightly -",
        "c75ab4a2-0dd8-45be-888b-ec8d31f4829b fe09bd41-02ed-4188-a363-8fa5bbf7335d "
        "2017-05-05 2017-06-04 2017-05-30 2024.97 841.74 Posted Monthly 2017-06-27T04:45:12",
        "f99cdaf1-cb05-476e-ad6a-cab7b9146b58 756e3d88-7fcf-4fb8-927f-a40af53b4261 "
        "2017-04-01 2017-04-07 2017-06-02 0 0 Posted Weekly 2017-06-27T07:39:24",
        "0cc1e4c6-97f3-408f-bf04-f2b476ab8c9d c0cc6c1a-7fcd-4fe4-9788-cce24e0446f3 "
        "2017-05-01 2017-05-07 2017-06-05 3038.72 2270.73 Posted Weekly 2017-06-29T00:15:01",
    )
    runs = []
    for row in rows:
        run, calendar, start, end, paid, cost, pay, status, calendar_type, posted = row.split()
        runs.append(
            {
                "payRunID": run,
                "payrollCalendarID": calendar,
                "periodStartDate": f"{start}T00:00:00",
                "periodEndDate": f"{end}T00:00:00",
                "paymentDate": f"{paid}T00:00:00",
                "totalCost": Decimal(cost),
                "totalPay": Decimal(pay),
                "payRunStatus": status,
                "payRunType": "Scheduled",
                "calendarType": calendar_type,
                "postedDateTime": None if posted == "-" else posted,
                "paySlips": [slip] if run.startswith("e1e889e4") else [],
            }
        )
    return runs
