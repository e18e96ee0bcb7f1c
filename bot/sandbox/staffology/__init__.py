"""Staffology: schedules, pay runs, AutoPilot and webhooks, for several employers."""

from bot.sandbox.staffology.server import Staffology

__all__ = ["VENDOR", "Staffology"]

VENDOR = Staffology
