"""Whose turn comes first where not all mails can be sent at once."""

from enum import IntEnum


class Rank(IntEnum):
    URGENT = 0
    """Somebody must answer or look, and something waits for it."""
    USUAL = 1
    NEWS = 2
    """Asks nothing of anybody, so that many of these may become one mail."""
