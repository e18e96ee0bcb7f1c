"""What Staffology is sent and gets: https://api.staffology.co.uk, HTTP Basic.

Surprising here: a pay run has no id. It is addressed by tax year, pay period, period
number, ordinal (the schedule of that pay period) and version (0 the main run, more a
supplementary one), and those five make our vendor id. Lists give items without state
or amounts, named after people where they are entries: only ids are taken from them.
Enums come as words or as their index, and a tax year also as 2026.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator, SecretStr

from bot.connectors import ConnectionSettings
from bot.connectors.client import MaybeSent, NotSent, Reply, VendorClient
from bot.connectors.problem import Gone, VendorProblem
from bot.connectors.values import HookSecrets, Id, Raw, Sent, base_address, segment, validated

PRODUCTION = "https://api.staffology.co.uk"
PAGE_SIZE = 100
MAX_PAGES = 100
FIRST_TAX_YEAR = 2017

PAY_PERIODS = (
    "Custom",
    "HalfYearly",
    "Quarterly",
    "Monthly",
    "FourWeekly",
    "Fortnightly",
    "Weekly",
    "Daily",
    "Annual",
)
"""In the order of the vendor's enum, because an index may stand for a word."""

_RUN_PATH = re.compile(r"/payrun/([^/]+)/([^/]+)/(\d{1,3})/?$")
_RUN_ID = re.compile(r"(Year\d{4})-([A-Za-z]+)-(\d{1,3})-(\d{1,3})-(\d{1,3})")


class StaffologySettings(ConnectionSettings):
    currency: str = "GBP"
    api_key: SecretStr
    employer_id: str
    webhook_token: HookSecrets = ()


def tax_year(raw: object) -> object:
    """`Year2026`, from that, from 2026 or from the enum's index."""
    text = str(raw)
    if not re.fullmatch(r"\d{1,4}", text):
        return raw
    return f"Year{int(text) if int(text) > 1000 else FIRST_TAX_YEAR + int(text)}"


def pay_period(raw: object) -> object:
    text = str(raw)
    return PAY_PERIODS[int(text)] if re.fullmatch(r"\d", text) and int(text) < len(PAY_PERIODS) else raw


TaxYear = Annotated[str, BeforeValidator(tax_year)]
PayPeriod = Annotated[str, BeforeValidator(pay_period)]


@dataclass(frozen=True, slots=True)
class RunAddress:
    """The five parts that make a pay run's id."""

    tax_year: str
    pay_period: str
    period: int
    ordinal: int
    version: int

    def __str__(self) -> str:
        return f"{self.tax_year}-{self.pay_period}-{self.period}-{self.ordinal}-{self.version}"

    @property
    def path(self) -> str:
        return f"payrun/{segment(self.tax_year)}/{segment(self.pay_period)}/{self.period}"

    @property
    def params(self) -> dict[str, str]:
        return {"ordinal": str(self.ordinal), "version": str(self.version)}

    @classmethod
    def parse(cls, text: str) -> "RunAddress":
        """Raises Gone for what is no id of a pay run."""
        match = _RUN_ID.fullmatch(text)
        if match is None:
            raise Gone(f"{text[:40]!r} is not the id of a Staffology pay run")
        return cls(match[1], match[2], int(match[3]), int(match[4]), int(match[5]))

    @classmethod
    def of_url(cls, url: str, ordinal: int) -> "RunAddress | None":
        """From the address in a list, relative or whole; None where it is none of a pay run."""
        parts = urlsplit(url)
        match = _RUN_PATH.search(parts.path)
        if match is None:
            return None
        query = {key.lower(): values[-1] for key, values in parse_qs(parts.query).items()}
        numbers = [query.get("ordinal", str(ordinal)), query.get("version", "0")]
        if not all(re.fullmatch(r"\d{1,3}", number) for number in numbers):
            return None
        return cls(str(tax_year(match[1])), str(pay_period(match[2])), int(match[3]), *map(int, numbers))


class Item(Sent):
    """A row of a list: its name is a person's where it is an entry, so it is not taken."""

    id: Raw = None
    url: str | None = None
    metadata: Any = None


class Schedule(Sent):
    tax_year: TaxYear
    pay_period: PayPeriod
    ordinal: int = 1
    is_configured: bool = True


class Totals(Sent):
    """Amounts of a run or an entry. One that is 0 is left out by the vendor."""

    take_home_pay: Raw = 0
    total_cost: Raw = 0
    starters: Raw = 0
    leavers: Raw = 0


class PayRun(Sent):
    tax_year: TaxYear
    pay_period: PayPeriod
    period: int
    ordinal: int = 1
    version: int = 0
    start_date: Raw = None
    end_date: Raw = None
    payment_date: Raw = None
    employee_count: Raw = None
    totals: Totals | None = None
    state: Raw = None
    is_closed: bool | None = None
    date_closed: Raw = None
    auto_pilot_close_date: Raw = None
    entries: Sequence[Item] | None = None

    @property
    def address(self) -> RunAddress:
        return RunAddress(self.tax_year, self.pay_period, self.period, self.ordinal, self.version)


class Entry(Sent):
    id: Id
    employee: Item
    totals: Totals | None = None
    is_removed: bool | None = None


class ReportMail(Sent):
    is_active: bool | None = None


class Automation(Sent):
    enable_auto_pilot: bool | None = None
    enable_auto_open: bool | None = None
    auto_pilot_time: Raw = None
    auto_submit_fps: bool | None = None
    auto_submit_eps: bool | None = None
    auto_submit_journal: bool | None = None
    auto_submit_payments: bool | None = None
    auto_submit_payments_employee: bool | None = None
    auto_submit_payments_hmrc: bool | None = None
    auto_submit_payments_pensions: bool | None = None
    auto_submit_payments_aeos: bool | None = None
    auto_submit_payments_deductions: bool | None = None
    auto_submit_payslips: bool | None = None
    auto_submit_p45s: bool | None = None
    auto_submit_pension_letters: bool | None = None
    payrun_emails: Sequence[ReportMail] = ()


class Webhook(Sent):
    id: Id
    url: str = ""
    webhook_event: Raw = None
    active: bool | None = None


class StaffologyApi:
    """The calls. Reads raise what `VendorClient.read` raises."""

    def __init__(self, settings: StaffologySettings, client: VendorClient) -> None:
        self._client = client
        self._id = settings.id
        base = base_address(settings.base_url, PRODUCTION, "")
        self._base = f"{base}/employers/{segment(settings.employer_id)}"
        key = settings.api_key.get_secret_value()
        self._headers = {"Authorization": f"Basic {b64encode(f'payrunbot:{key}'.encode()).decode()}"}
        self._secrets = (key,)

    async def schedules(self) -> list[Schedule]:
        found = await self._get("schedules/all", "schedules/all", {})
        return [validated(Schedule, one, "a schedule") for one in _items(found, "schedules")]

    async def runs_of(self, schedule: Schedule) -> list[Item]:
        path = f"payrun/{segment(schedule.tax_year)}/{segment(schedule.pay_period)}"
        found = await self._get(path, "payrun/:year/:period", {"ordinal": str(schedule.ordinal)})
        return [validated(Item, one, "a pay run item") for one in _items(found, "pay runs")]

    async def run(self, address: RunAddress) -> PayRun:
        """One run without its entries' amounts. Raises Gone."""
        found = await self._get(address.path, "payrun/:year/:period/:number", address.params)
        return self._asked_for(address, found)

    async def warnings(self, address: RunAddress) -> list[Item]:
        route = "payrun/:year/:period/:number/warnings"
        found = await self._get(f"{address.path}/warnings", route, address.params)
        return [validated(Item, one, "a warning") for one in _items(found, "warnings")]

    async def automation(self) -> Automation:
        return validated(
            Automation, snaked(await self._get("automation", "automation", {})), "the automation settings"
        )

    async def entries(self, address: RunAddress) -> list[Entry]:
        """Every entry of a run, one call for each."""
        route = "payrun/:year/:period/:number/:entry"
        ordinal = {"ordinal": str(address.ordinal)}
        found = []
        for entry_id in await self._entry_ids(address):
            raw = await self._get(f"{address.path}/{segment(entry_id)}", route, ordinal)
            found.append(validated(Entry, snaked(raw), "an entry"))
        return found

    async def _entry_ids(self, address: RunAddress) -> list[str]:
        """Pages are counted from zero. Raises VendorProblem where one moved between two of them."""
        ids: dict[str, None] = {}
        for number in range(MAX_PAGES):
            paging = {**address.params, "pageNum": str(number), "pageSize": str(PAGE_SIZE)}
            found = await self._get(address.path, "payrun/:year/:period/:number", paging)
            run = self._asked_for(address, found)
            page = [str(item.id) for item in run.entries or ()]
            is_last = len(page) < PAGE_SIZE or all(one in ids for one in page)
            ids.update(dict.fromkeys(page))
            if is_last:
                if number and str(len(ids)) != str(run.employee_count):
                    raise VendorProblem("moved the entries between pages while they were read")
                return list(ids)
        raise VendorProblem(f"lists more than {MAX_PAGES} pages of entries")

    async def change_state(self, address: RunAddress, state: str, params: Mapping[str, str]) -> Reply:
        """Send the change once."""
        return await self._client.call(
            self._id,
            "PUT",
            f"{self._base}/{address.path}",
            route="payrun/:year/:period/:number",
            headers=self._headers,
            params={**address.params, **params},
            json={"state": state},
            secrets=self._secrets,
        )

    async def webhooks(self) -> list[Webhook]:
        """Every webhook in full: the list has items only."""
        found = []
        for item in _items(await self._get("webhooks", "webhooks", {}), "webhooks"):
            own = segment(str(validated(Item, item, "a webhook item").id))
            found.append(
                validated(
                    Webhook, snaked(await self._get(f"webhooks/{own}", "webhooks/:id", {})), "a webhook"
                )
            )
        return found

    async def change_webhook(
        self, method: str, webhook_id: str | None, body: Mapping[str, object] | None
    ) -> None:
        """Create, change or delete a webhook. Raises VendorProblem."""
        own = f"/{segment(webhook_id)}" if webhook_id else ""
        try:
            reply = await self._client.call(
                self._id,
                method,
                f"{self._base}/webhooks{own}",
                route="webhooks/:id" if own else "webhooks",
                headers=self._headers,
                json=body,
                secrets=self._secrets,
            )
        except (NotSent, MaybeSent) as error:
            raise VendorProblem(f"{error} at webhooks") from None
        if reply.status not in (200, 201, 204):
            raise VendorProblem(f"answered {reply.status} to {method} webhooks: {reply.detail()}")

    def _asked_for(self, address: RunAddress, found: Any) -> PayRun:
        run = validated(PayRun, snaked(found), "a pay run")
        if run.address != address:
            raise VendorProblem(f"was asked for {address} and answered with {run.address}")
        return run

    async def _get(self, path: str, route: str, params: Mapping[str, str]) -> Any:
        reply = await self._client.read(
            self._id,
            f"{self._base}/{path}",
            route=route,
            headers=self._headers,
            params=params,
            secrets=self._secrets,
        )
        return reply.json()


def _items(found: Any, what: str) -> list[Any]:
    if not isinstance(found, list):
        raise VendorProblem(f"answered {what} without their list")
    return [snaked(one) for one in found]


def snaked(data: Any) -> Any:
    """JSON with `takeHomePay` as `take_home_pay`, one level into objects and lists of them."""
    if isinstance(data, dict):
        return {_snake(str(key)): snaked(value) for key, value in data.items()}
    return [snaked(one) for one in data] if isinstance(data, list) else data


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).replace("__", "_").lower()
