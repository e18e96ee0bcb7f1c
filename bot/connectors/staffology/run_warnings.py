"""Staffology's warnings about a run: their number and their words, never a name. Pure."""

from collections.abc import Sequence

from bot.connectors.staffology.models import Item
from bot.core.resource import Known, Unread, Value

WARNING_WORDS = frozenset(
    (
        "MissingBankDetails",
        "MissingAddressLines",
        "AddressInvalid",
        "NinoInvalid",
        "BelowNationalMinimumWage",
        "HighGrossPay",
        "HighNetPay",
        "InReceiptOfTaxRefund",
        "NetToGrossDiscrepancyAboveThreshold",
        "StatutoryMaternity",
        "TeachersPensionNotAutoCalculated",
        "JointTeachersPensionsNotAutoCalculated",
        "MissingNiNumber",
        "OpenEndedAbsences",
        "SspHasExpired",
        "SspDueToExpire",
        "InvalidBankDetails",
        "DuplicateEmployee",
        "TeachersPensionAge",
        "TeachersPensionMcrRoleIdMissing",
    )
)
"""The vendor's words for a warning. Nothing else is taken from one: its other texts hold names."""


def warnings_of(warnings: Sequence[Item] | Unread) -> Value:
    """How many, with the entry's id and the vendor's word for it; never the item's name."""
    if isinstance(warnings, Unread):
        return warnings
    return Known(len(warnings), tuple(_warning(one) for one in warnings))


def _warning(item: Item) -> str:
    told = item.metadata
    told = list(told.values()) if isinstance(told, dict) else told
    told = told if isinstance(told, list) else [told]
    words = [word.strip() for one in told if isinstance(one, str) for word in one.split(",")]
    known = ", ".join(word for word in words if word in WARNING_WORDS)
    return f"entry {item.id}" + (f": {known}" if known else "")
