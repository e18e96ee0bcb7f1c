"""Gigapay, as the contract suite tries it."""

from typing import Any

from tests.connectors import test_gigapay

OWN = {"token": "canary-token", "integration_id": "i1", "webhook_secret": "canary-hook-0123456789abcdef"}
STRANGE = {"gigapay.payrun": lambda: test_gigapay.read({**test_gigapay.OPEN, "latest_status": "Frozen"})}


def ACTED(vendor: Any) -> tuple[str, dict[str, str], str]:
    return "gigapay.close_payrun", {"payrun": vendor.add_payout("1041", "2150.00")["payrun"]}, "close"


def prepare(vendor: Any) -> None:
    """So that every event which is asked for is taken."""
    vendor.tells_status = True
