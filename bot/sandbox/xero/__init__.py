"""Xero Payroll UK 2.0: pay runs to be read, pay run calendars read and created."""

from bot.sandbox.xero.server import Xero
from bot.sandbox.xero.state import PaySlip

__all__ = ["VENDOR", "PaySlip", "Xero"]

VENDOR = Xero
