"""Gigapay, REST v2, as its documents show it and as it misbehaves on request."""

from bot.sandbox.gigapay.desk import sign
from bot.sandbox.gigapay.server import Gigapay

__all__ = ["VENDOR", "Gigapay", "sign"]

VENDOR = Gigapay
