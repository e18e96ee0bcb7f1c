"""Above a limit of the settings whoever approves types the amount: they have read it, then.

It is asked of every channel alike, in the transaction of the yes.
"""

from collections.abc import Mapping
from typing import Any

from bot.core.money import Money
from bot.core.typed import typed_amount
from bot.core.words import say
from bot.settings import Person, Settings
from bot.store.approvals import Approval


class NotTyped(Exception):
    """Approved without the amount that must be typed, or with another one. The text says what is wrong."""


def limit_for_typing(settings: Settings, shown: Mapping[str, Any]) -> Money | None:
    """The limit that a question, as it is stored, is above, so that its amount must be typed."""
    amount = _amount(shown)
    limit = settings.approvals.type_amount_above.get(amount.currency) if amount is not None else None
    return limit if amount is not None and limit is not None and limit < amount else None


def check_typed(settings: Settings, person: Person, asked: Approval, text: str) -> None:
    """Raises NotTyped. Where no amount must be typed, one that was is compared all the same."""
    shown, label = _amount(asked.shown), str(asked.shown["asked"]["amount_label"]).lower()
    limit = limit_for_typing(settings, asked.shown)
    if shown is None or (limit is None and not text):
        return
    if not text.strip():
        raise NotTyped(
            say("The {label} is not typed. It is asked for above {limit}.", label=label, limit=limit)
        )
    try:
        typed = typed_amount(text, shown.currency, person.language)
    except ValueError as wrong:
        raise NotTyped(str(wrong)) from None
    if typed.amount != shown.amount:
        raise NotTyped(
            say(
                "You typed {typed}, and the {label} that is shown is another. Compare them.",
                typed=typed,
                label=label,
            )
        )


def _amount(shown: Mapping[str, Any]) -> Money | None:
    """The amount as the page shows it."""
    stored = shown["asked"]["amount"]
    return Money.of(stored["amount"], stored["currency"]) if stored else None
