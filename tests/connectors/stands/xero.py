"""Xero, as the contract suite tries it."""

from typing import Any

from tests.connectors import test_xero

OWN = {"client_id": "c1", "client_secret": "canary-client", "tenant_id": "t1"}
STRANGE = {
    "xero.payrun": lambda: test_xero.read_run(payRunStatus="Frozen"),
    "xero.calendar": lambda: test_xero.read_calendar(test_xero.calendar(calendarType="Frozen")),
}


def ACTED(vendor: Any) -> tuple[str, dict[str, str], str]:
    return (
        "xero.create_next_calendar",
        {"name": "W", "calendarType": "Weekly", "periodStartDate": "2017-05-19", "paymentDate": "2017-05-26"},
        "create_calendar",
    )
