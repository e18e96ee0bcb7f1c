"""A second action that closes payruns, under a key of its own, for a second rule to ask for.

One vendor has one action on its pay runs so far; the lock on the resource is for the day
when there are more, and for two workers to meet at it there must be two effects.
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.connectors.gigapay import Gigapay
from bot.connectors.gigapay.actions import ACTIONS, CLOSE_PAYRUN
from bot.core.action import Outcome

NAME = "gigapay.close_as_well"

RIVAL = replace(
    CLOSE_PAYRUN,
    name=NAME,
    key=lambda snapshot, generation: f"{NAME} {CLOSE_PAYRUN.key(snapshot, generation)}",
)


def register() -> None:
    """Make it known in this process."""
    if NAME in ACTIONS:
        return
    ACTIONS[NAME] = RIVAL
    close = Gigapay.act

    async def act(self: Gigapay, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        return await close(self, CLOSE_PAYRUN.name if action == NAME else action, request, idempotency_key)

    Gigapay.act = act
