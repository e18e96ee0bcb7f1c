"""Staffology: pay runs of one employer, by webhook and by poll.

- A list of runs names them and nothing more; what state one is in is only known by
  reading it. So the newest two runs of each schedule are read at every poll.
- Staffology can finalise runs by itself (AutoPilot). Whether it will is read with
  every run, because two robots on one run is one too many.
- Entries have their amounts one call each, and are read only when lines are asked for.
- What matters only while a run is open (its period, its history) is read only then.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from bot.connectors import Access, Connector, Hook, Listed, Listing, Tokens
from bot.connectors.client import VendorClient
from bot.connectors.problem import Gone, VendorProblem
from bot.connectors.staffology import access, hooks, resources
from bot.connectors.staffology.actions import ACTIONS
from bot.connectors.staffology.address import RunAddress
from bot.connectors.staffology.api import StaffologyApi, StaffologySettings
from bot.connectors.staffology.deeds import DEEDS
from bot.connectors.staffology.kind import PAYRUN
from bot.connectors.staffology.missed import Deliveries
from bot.connectors.staffology.models import Item, PayRun, Schedule
from bot.connectors.staffology.resources import Beside, state_word
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot, Unread
from bot.core.words import say, told_by

T = TypeVar("T")
Runs = list[tuple[RunAddress, Item]]
TAX_YEARS_KEPT = 2
LIVE_PERIODS = 2
OF_MAIN_RUNS = Unread(say("Staffology tells it of main runs only"))


class Staffology:
    """One employer at Staffology."""

    def __init__(self, settings: StaffologySettings, client: VendorClient) -> None:
        self.id = settings.id
        self._client = client
        self._currency = settings.currency
        self._tokens = tuple(token.get_secret_value() for token in settings.webhook_token)
        self.api = StaffologyApi(settings, client)
        """Every call of the vendor's, for whoever needs one that no rule does."""
        self._deliveries = Deliveries(self.api, self.id, self._tokens)

    async def list(self, now: datetime) -> Listing:
        """The runs of every schedule in its newest two tax years.

        Only the newest run of a schedule can be re-opened, and the one before it may
        still be open when the next is started, so two periods stay live. What a delivery
        that failed was about is read as well.
        """
        schedules = [one for one in await self.api.schedules() if one.is_configured]
        years = sorted({one.tax_year for one in schedules})[-TAX_YEARS_KEPT:]
        rows: dict[str, Listed] = {}
        notes: list[str] = []
        newest: dict[tuple[str, int], Runs] = {}
        for schedule in schedules:
            if schedule.tax_year in years:
                runs, odd = _addressed(await self.api.runs_of(schedule.address), schedule.ordinal)
                newest.setdefault((schedule.pay_period, schedule.ordinal), []).extend(runs)
                notes += odd
        missed = await self._deliveries.missed(now)
        for runs in newest.values():
            periods = sorted({address.place for address, _ in runs})[-LIVE_PERIODS:]
            for address, item in runs:
                is_new = address.place in periods or str(address) in missed.runs
                rows[str(address)] = resources.listed(address, item, is_new)
        return Listing(tuple(rows.values()), (*notes, *missed.notes))

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        address = RunAddress.parse(vendor_id)
        run = await self.api.run(address)
        beside = await self._beside(address, run)
        entries = await self.api.entries(address) if lines else None
        return resources.snapshot(self.id, run, beside, entries, self._currency, now)

    async def _beside(self, address: RunAddress, run: PayRun) -> Beside:
        automation = await _or_unread(say("its automation settings"), self.api.automation)
        warnings: Sequence[Item] | Unread = OF_MAIN_RUNS
        if not address.version:
            warnings = await _or_unread(say("the run's warnings"), lambda: self.api.warnings(address))
        schedule = await _or_unread(say("the run's schedule"), lambda: self.api.schedule(address.schedule))
        following = await self._following(schedule)
        if isinstance(following, Unread):
            schedule, following = following, None
        if state_word(run) == "Finalised":
            return Beside(automation, warnings, schedule, following)
        return Beside(
            automation,
            warnings,
            schedule,
            following,
            await _or_unread(say("the run's period"), lambda: self.api.period(address)),
            await _or_unread(say("whether its FPS is late"), lambda: self.api.is_fps_late(address)),
            OF_MAIN_RUNS
            if address.version
            else await _or_unread(say("the run's history"), lambda: self.api.state_history(address)),
        )

    async def _following(self, schedule: Schedule | Unread) -> Schedule | Unread | None:
        """The same schedule in the next tax year, where this year has no run left to start."""
        if isinstance(schedule, Unread) or schedule.next_pay_run is not None:
            return None
        try:
            return await self.api.schedule(schedule.address.following_year())
        except Gone:
            return None
        except VendorProblem as problem:
            return Unread(
                say(
                    "Staffology did not give the next tax year's schedule: it {problem}",
                    problem=told_by(problem),
                )
            )

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        """Staffology takes no idempotency key, so that argument goes nowhere."""
        deed = DEEDS.get(action)
        if deed is None:
            return Refused(
                say("{action} is nothing that {vendor} can do", action=action, vendor="Staffology")
            )
        return await deed(self.api, request, self._client.now())

    async def check_access(self) -> tuple[Access, ...]:
        return await access.check(self.api)

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        return await hooks.register(self.api, self.id, public_url, self._tokens)

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        return await hooks.unregister(self.api, self.id, public_url)

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        return hooks.check(token, body, self._tokens)


def _addressed(items: Sequence[Item], ordinal: int) -> tuple[Runs, list[str]]:
    """The items that are pay runs, each with its address, and a note for each that is none."""
    found: dict[RunAddress, Item] = {}
    notes: list[str] = []
    for item in items:
        address = RunAddress.of_url(item.url or "", ordinal)
        if address is None:
            notes.append(say("Staffology lists {id} as a pay run, at no address of one", id=item.id))
        elif found.setdefault(address, item) is not item:
            notes.append(
                say(
                    "Staffology lists {id} as a pay run, at the address of another ({address})",
                    id=item.id,
                    address=address,
                )
            )
    return list(found.items()), notes


async def _or_unread(what: str, read: Callable[[], Awaitable[T]]) -> T | Unread:
    """What was read, or why it could not be: the rest of the run is still true."""
    try:
        return await read()
    except (VendorProblem, Gone) as problem:
        return Unread(
            say("Staffology did not give {what}: it {problem}", what=what, problem=told_by(problem))
        )


def _open(settings: StaffologySettings, client: VendorClient, tokens: Tokens) -> Staffology:
    return Staffology(settings, client)


CONNECTOR = Connector(
    vendor="staffology",
    title="Staffology",
    kinds={PAYRUN.name: PAYRUN},
    actions=ACTIONS,
    settings=StaffologySettings,
    open=_open,
    hook_events=hooks.EVENTS,
    hook_about=hooks.about,
    automation="AutoPilot",
    who_prepared=say("Staffology does not say on a run who prepared it."),
)
