"""Staffology: pay runs of one employer, by webhook and by poll.

- A list of runs names them and nothing more; what state one is in is only known by
  reading it. So the newest two runs of each schedule are read at every poll.
- Staffology can finalise runs by itself (AutoPilot). Whether it will is read with
  every run, because two robots on one run is one too many.
- Entries have their amounts one call each, and are read only when lines are asked for.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from bot.connectors import Connector, Hook, Listed, Listing, Tokens
from bot.connectors.attempt import attempt
from bot.connectors.client import VendorClient
from bot.connectors.problem import Gone, VendorProblem
from bot.connectors.staffology import hooks, resources
from bot.connectors.staffology.actions import ACTIONS, FINALISE_PAYRUN, finalise_outcome
from bot.connectors.staffology.api import Item, RunAddress, StaffologyApi, StaffologySettings
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot, Unread

T = TypeVar("T")
Runs = list[tuple[RunAddress, Item]]
TAX_YEARS_KEPT = 2
LIVE_PERIODS = 2


class Staffology:
    """One employer at Staffology."""

    def __init__(self, settings: StaffologySettings, client: VendorClient) -> None:
        self.id = settings.id
        self._client = client
        self._currency = settings.currency
        self._api = StaffologyApi(settings, client)
        self._tokens = tuple(token.get_secret_value() for token in settings.webhook_token)

    async def list(self, now: datetime) -> Listing:
        """The runs of every schedule in its newest two tax years.

        Only the newest run of a schedule can be re-opened, and the one before it may
        still be open when the next is started, so two periods stay live.
        """
        schedules = [one for one in await self._api.schedules() if one.is_configured]
        years = sorted({one.tax_year for one in schedules})[-TAX_YEARS_KEPT:]
        rows: dict[str, Listed] = {}
        notes: list[str] = []
        newest: dict[tuple[str, int], Runs] = {}
        for schedule in schedules:
            if schedule.tax_year in years:
                runs, odd = _addressed(await self._api.runs_of(schedule), schedule.ordinal)
                newest.setdefault((schedule.pay_period, schedule.ordinal), []).extend(runs)
                notes += odd
        for runs in newest.values():
            periods = sorted({(address.tax_year, address.period) for address, _ in runs})[-LIVE_PERIODS:]
            for address, item in runs:
                is_new = (address.tax_year, address.period) in periods
                rows[str(address)] = resources.listed(address, item, is_new)
        return Listing(tuple(rows.values()), tuple(notes))

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        address = RunAddress.parse(vendor_id)
        run = await self._api.run(address)
        automation = await _or_unread("its automation settings", self._api.automation)
        warnings = await _or_unread("the run's warnings", lambda: self._api.warnings(address))
        entries = await self._api.entries(address) if lines else None
        return resources.snapshot(self.id, run, automation, warnings, entries, self._currency, now)

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        """Staffology takes no idempotency key, so that argument goes nowhere."""
        if action != FINALISE_PAYRUN.name:
            return Refused(f"{action} is nothing that Staffology can do")
        try:
            address = RunAddress.parse(request["run"])
        except Gone as gone:
            return Refused(str(gone))
        emails = {"sendPayslipEmails": request["sendPayslipEmails"]}
        return await attempt(
            lambda: self._api.change_state(address, request["state"], emails),
            lambda reply: finalise_outcome(reply, self._client.now()),
        )

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        return await hooks.register(self._api, self.id, public_url, self._tokens)

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        return await hooks.unregister(self._api, self.id, public_url)

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        return hooks.check(token, body, self._tokens)


def _addressed(items: Sequence[Item], ordinal: int) -> tuple[Runs, list[str]]:
    """The items that are pay runs, each with its address, and a note for each that is none."""
    found, notes = [], []
    for item in items:
        address = RunAddress.of_url(item.url or "", ordinal)
        if address is None:
            notes.append(f"Staffology lists {item.id} as a pay run, at no address of one")
        else:
            found.append((address, item))
    return found, notes


async def _or_unread(what: str, read: Callable[[], Awaitable[T]]) -> T | Unread:
    """What was read, or why it could not be: the rest of the run is still true."""
    try:
        return await read()
    except (VendorProblem, Gone) as problem:
        return Unread(f"Staffology did not give {what}: it {problem}")


def _open(settings: StaffologySettings, client: VendorClient, tokens: Tokens) -> Staffology:
    return Staffology(settings, client)


CONNECTOR = Connector(
    vendor="staffology",
    title="Staffology",
    kinds={resources.PAYRUN.name: resources.PAYRUN},
    actions=ACTIONS,
    settings=StaffologySettings,
    open=_open,
    hook_events=hooks.EVENTS,
    hook_about=hooks.about,
    automation="AutoPilot",
    who_prepared="Staffology does not say on a run who prepared it.",
)
