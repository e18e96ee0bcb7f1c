"""Clean questions: what no check has anything against, told of and approved in one list.

Clean means asked for the first time, with checks that found nothing, and nothing to be
typed or given with the yes. Who is asked about several within a minute gets one mail,
which goes with the first of them.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.engine.typed import limit_for_typing
from bot.settings import Settings
from bot.store.approvals import Approval

TOGETHER = timedelta(minutes=1)
SOON = timedelta(minutes=15)
"""What is to be decided sooner than this is told of at once, and by itself."""


def is_clean(settings: Settings, shown: Mapping[str, Any]) -> bool:
    """Whether a question, as it is stored, belongs into the list."""
    was = shown["asked"]
    is_first = was["difference"] is None and was["first_asked_at"] is None
    nothing_to_give = not was["asks_for"] and limit_for_typing(settings, shown) is None
    return is_first and bool(was["clean"]) and not was["findings"] and nothing_to_give


def told_at(asked_at: datetime) -> datetime:
    """When the list of what is asked at this moment is mailed."""
    begun = datetime(asked_at.year, asked_at.month, asked_at.day, asked_at.hour, asked_at.minute, tzinfo=UTC)
    return begun + TOGETHER


def is_told_in_a_list(settings: Settings, shown: Mapping[str, Any], now: datetime, ends: datetime) -> bool:
    return ends - now > SOON and is_clean(settings, shown)


def together_with(
    settings: Settings, asked: Approval, person: str, others: Iterable[Approval]
) -> tuple[Approval, ...]:
    """All that this person is told of in one mail with it, itself included, the same for each of them.

    Whatever has become of them since: so it is always the same one that the mail goes with.
    """
    found = [
        one
        for one in others
        if told_at(one.asked_at) == told_at(asked.asked_at)
        and person in one.shown["people"]
        and is_told_in_a_list(settings, one.shown, one.asked_at, one.expires_at)
    ]
    return tuple(sorted(found, key=lambda one: one.id))
