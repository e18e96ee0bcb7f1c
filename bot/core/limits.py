"""The guards as they are set: the numbers alone, which the settings read. `guard` says what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.core.money import Money


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards of one connection, by currency. Without an entry nothing in it is done."""

    per_action: Mapping[str, Money] = field(default_factory=dict)
    per_day: Mapping[str, Money] = field(default_factory=dict)
    change_from_median: Decimal | None = None
    """In percent, up or down."""
