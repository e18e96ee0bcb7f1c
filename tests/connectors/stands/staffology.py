"""Staffology, as the contract suite tries it."""

from datetime import date
from typing import Any

from bot.sandbox.staffology.server import ACME
from tests.connectors import test_staffology

OWN = {"api_key": "canary-key", "employer_id": ACME, "webhook_token": "canary-hook-0123456789abcdef"}
STRANGE = {"staffology.payrun": lambda: test_staffology.read(state="Frozen")}


def ACTED(vendor: Any) -> tuple[str, dict[str, str], str]:
    return (
        "staffology.finalise_payrun",
        {"run": "Year2026-Monthly-8-1-0", "state": "Finalised", "sendPayslipEmails": "false"},
        "change_state",
    )


def prepare(vendor: Any) -> None:
    vendor.seed_history(date(2026, 5, 1))
