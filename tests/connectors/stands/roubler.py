"""Roubler, as the contract suite tries it."""

from typing import Any

from tests.connectors import test_roubler

OWN = {
    "client_id": "c1",
    "client_secret": "canary-client",
    "company_id": 999,
    "refresh_token": "canary-refresh",
}
STRANGE = {"roubler.payrun": lambda: test_roubler.read(status="Frozen")}


def ACTED(vendor: Any) -> tuple[str, dict[str, str], str]:
    return "roubler.mark_processed", {"run": "38", "processedAt": "2024-06-07T00:00:00Z"}, "process_pay_run"
