"""Deliveries that never reached us, found in the vendor's own record of them.

Staffology remembers each payload of a webhook and what became of it. At each poll the
record is asked for what is new; what failed names a run to be read again. How often a
failed delivery is tried again is not documented, so this does not wait for it.

What is remembered between polls is a convenience: after a restart the newest payloads are
looked at once more, which costs some calls and does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.connectors.staffology.address import word_of
from bot.connectors.staffology.api import StaffologyApi
from bot.connectors.staffology.hooks import address_in
from bot.connectors.staffology.models import TASK_STATES, Webhook
from bot.connectors.values import Raw
from bot.core.words import say

WEBHOOKS_AGAIN = timedelta(hours=1)
AT_MOST = 20
"""Payloads read in one poll. What is left over is read in the next."""


@dataclass
class _Own:
    """One webhook of ours, and what of its record was seen."""

    id: str
    count: Raw = None
    seen: set[str] | None = None
    """None before its record was read for the first time."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The runs that failed deliveries name, and what a person should know."""

    runs: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass
class Deliveries:
    """The record of one connection's webhooks."""

    api: StaffologyApi
    connection: str
    tokens: Sequence[str]
    _own: dict[str, _Own] = field(default_factory=dict)
    _looked_at: datetime | None = None

    async def missed(self, now: datetime) -> Missed:
        """What failed since the last time. A record that can't be read now is read next time.

        It is never a reason for a poll to fail: the poll reads the newest runs anyway.
        """
        if not self.tokens:
            return Missed()
        runs: set[str] = set()
        notes: list[str] = []
        left = AT_MOST
        try:
            await self._find(now)
            for own in list(self._own.values()):
                left = await self._look(own, runs, notes, left)
        except (VendorProblem, Gone, HeldBack):
            self._looked_at = None
        return Missed(frozenset(runs), tuple(notes))

    async def _find(self, now: datetime) -> None:
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < WEBHOOKS_AGAIN:
            return
        ours = [hook for hook in await self.api.webhooks() if self._is_ours(hook)]
        self._own = {hook.id: self._own.get(hook.id, _Own(hook.id)) for hook in ours}
        self._looked_at = now

    def _is_ours(self, hook: Webhook) -> bool:
        return any(
            f"/hooks/{self.connection}/" in hook.url and hook.url.endswith(f"/{one}") for one in self.tokens
        )

    async def _look(self, own: _Own, runs: set[str], notes: list[str], left: int) -> int:
        """Read what is new of one webhook; how many more may be read in this poll."""
        hook = await self.api.webhook(own.id)
        if hook.active is False:
            notes.append(
                say(
                    "Staffology has switched off the webhook for {event}: "
                    "register it again with payrunbot webhooks sync",
                    event=str(hook.webhook_event)[:40],
                )
            )
        if own.seen is not None and hook.event_count is not None and hook.event_count == own.count:
            return left
        ids = await self.api.payload_ids(own.id)
        if own.seen is None:
            own.seen = set(ids[:-AT_MOST])
        own.seen &= set(ids)
        is_all_read = True
        for payload_id in [one for one in ids if one not in own.seen]:
            if not left:
                return 0
            left -= 1
            payload = await self.api.payload(own.id, payload_id)
            state = word_of(payload.task_status, TASK_STATES)
            if state in ("Queued", "Processing"):
                is_all_read = False
                continue
            own.seen.add(payload_id)
            address = address_in(payload.payload)
            if state == "Failed" and address is not None:
                runs.add(str(address))
        own.count = hook.event_count if is_all_read else None
        return left
