"""Roubler: pay runs by GraphQL, behind an authorization-code login with a refresh token."""

from bot.sandbox.roubler.server import Roubler

__all__ = ["VENDOR", "Roubler"]

VENDOR = Roubler
