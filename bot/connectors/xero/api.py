"""The calls of Xero Payroll UK 2.0, each as one method.

Surprising here: a page past the end is a 404. Pay runs are read-only; a calendar can be
created, and then neither changed nor deleted. Paths are case-sensitive.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from bot.connectors import ConnectionSettings, Tokens
from bot.connectors.budget import Budget, BudgetLimits
from bot.connectors.client import Reply, VendorClient
from bot.connectors.oauth import Bearer
from bot.connectors.problem import Gone, Unauthorised, VendorProblem
from bot.connectors.values import base_address, segment, validated
from bot.connectors.xero.models import Calendar, Envelope, Organisation, PayRun, PaySlip, Row, lowered, told
from bot.core.words import joined, say, told_by

PRODUCTION = "https://api.xero.com"
IDENTITY = "https://identity.xero.com/connect/token"
BUDGET = Budget(at_once=5, per_minute=60, per_day=5000)
"""For each organisation: https://developer.xero.com/documentation/oauth2/limits. The starter
tier allows 1,000 a day, which only the settings can know."""
MAX_PAGES = 100
READINGS = 3
DRAFT = "Draft"
PAST_THE_END = "resource was not found"

R = TypeVar("R", bound=Row)


def _template(text: str) -> str:
    """A calendar's name may use {name} and {start}, nothing else."""
    try:
        used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        text.format(name="Weekly", start=date(2026, 11, 23))
    except (KeyError, IndexError, ValueError):
        used = {""}
    if not used <= {"name", "start"}:
        raise ValueError("may use {name} and {start:%d %b %Y}, nothing else")
    return text


class XeroLimits(BudgetLimits):
    """What is documented can only be tightened."""

    at_once: int | None = Field(default=None, ge=1, le=BUDGET.at_once)
    per_minute: int | None = Field(default=None, ge=12, le=BUDGET.per_minute)
    per_day: int | None = Field(default=None, ge=100, le=BUDGET.per_day)


class XeroSettings(ConnectionSettings):
    budget: XeroLimits = XeroLimits()
    currency: str = "GBP"
    client_id: str
    client_secret: SecretStr
    tenant_id: str | None = None
    """The organisation. A custom connection has one only, and needs no name for it."""
    token_url: str = IDENTITY
    calendar_name: Annotated[str, AfterValidator(_template)] = "{name} {start:%d %b %Y}"

    @property
    def organisation(self) -> str:
        """What tells this organisation from others in the name of a deed."""
        return self.tenant_id or self.id


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page of a list. `counted` is how many Xero says there are on all pages."""

    rows: Mapping[str, R]
    is_last: bool
    counted: int | None


@dataclass(frozen=True, slots=True)
class List(Generic[R]):
    """One of Xero's lists: where it is, what is in it, and by what a row is known."""

    path: str
    model: type[R]
    rows: Callable[[Envelope], Sequence[Any] | None]
    key: Callable[[R], str]


PAY_RUNS = List("PayRuns", PayRun, lambda page: page.payruns, lambda run: run.payrun_id)
CALENDARS = List(
    "PayRunCalendars", Calendar, lambda page: page.payrun_calendars, lambda one: one.payroll_calendar_id
)
PAY_SLIPS = List("Payslips", PaySlip, lambda page: page.pay_slips, lambda slip: slip.payslip_id)


class XeroApi:
    """The calls. Reads raise what `VendorClient.read` raises."""

    def __init__(self, settings: XeroSettings, client: VendorClient, tokens: Tokens) -> None:
        self._client = client
        self._id = settings.id
        self._base = base_address(settings.base_url, PRODUCTION, "/payroll.xro/2.0")
        self._tenant = {"Xero-Tenant-Id": settings.tenant_id} if settings.tenant_id else {}
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
        }
        self.bearer = Bearer(
            client,
            tokens,
            connection=settings.id,
            token_url=settings.token_url,
            form=lambda saved: form,
            tries=2,
            needs=say(
                "check client_id and client_secret of {connection}, and its custom connection at Xero",
                connection=settings.id,
            ),
        )

    async def pay_runs(self, status: str | None = None) -> list[PayRun]:
        """All pay runs without their pay slips, or those that are Draft, or those that are Posted."""
        return await self._all(PAY_RUNS, {"status": status} if status else {})

    async def pay_run_page(self, number: int) -> Page[PayRun]:
        """One page of all pay runs; the one after the last is empty."""
        return await self._page(PAY_RUNS, number, {})

    async def pay_run(self, run_id: str) -> PayRun:
        """One pay run with its pay slips. Raises Gone."""
        return await self._one(PayRun, "PayRuns", run_id, lambda found: found.payrun)

    async def pay_slips(self, run_id: str) -> list[PaySlip]:
        """The pay slips of one pay run. Needs the scope payroll.payslip.read."""
        return await self._all(PAY_SLIPS, {"PayRunID": run_id})

    async def pay_slip(self, slip_id: str) -> PaySlip:
        """One pay slip with its lines. Needs the scope payroll.payslip.read. Raises Gone."""
        return await self._one(PaySlip, "Payslips", slip_id, lambda found: found.pay_slip)

    async def calendars(self) -> list[Calendar]:
        return await self._all(CALENDARS, {})

    async def calendar(self, calendar_id: str) -> Calendar:
        """Raises Gone."""
        return await self._one(Calendar, "PayRunCalendars", calendar_id, lambda found: found.payrun_calendar)

    async def create_calendar(self, body: Mapping[str, str], idempotency_key: str) -> Reply:
        """Create once. Raises Unauthorised only when a new token was refused as well."""

        async def send(bearer: Mapping[str, str]) -> Reply:
            reply = await self._client.call(
                self._id,
                "POST",
                f"{self._base}/PayRunCalendars",
                route="PayRunCalendars",
                headers={**bearer, **self._tenant, "Idempotency-Key": idempotency_key},
                json=dict(body),
            )
            if reply.status == 401:
                raise Unauthorised(joined((say("answered {status}", status=401), reply.detail()), ": "))
            return reply

        return await self.bearer.use(send)

    async def organisations(self) -> list[Organisation]:
        """The organisations that these credentials reach. A custom connection reaches one."""
        address = urlsplit(self._base)
        reply = await self._read(f"{address.scheme}://{address.netloc}/connections", "connections", {})
        rows = lowered(reply.json())
        if not isinstance(rows, list):
            raise VendorProblem(say("answered {what} without its list", what="connections"))
        return [validated(Organisation, row, say("one of {path}", path="connections")) for row in rows]

    async def _read(self, url: str, route: str, params: Mapping[str, str]) -> Reply:
        async def send(bearer: Mapping[str, str]) -> Reply:
            return await self._client.read(
                self._id, url, route=route, headers={**bearer, **self._tenant}, params=params, detail=told
            )

        return await self.bearer.use(send)

    async def _get(self, path: str, route: str, params: Mapping[str, str]) -> Envelope:
        reply = await self._read(f"{self._base}/{path}", route, params)
        return validated(Envelope, lowered(reply.json()), route)

    async def _one(self, model: type[R], path: str, its_id: str, inside: Callable[[Envelope], Any]) -> R:
        found = inside(await self._get(f"{path}/{segment(its_id)}", f"{path}/:id", {}))
        if found is None:
            raise Gone(say("Xero knows no such one of {path}", path=path))
        return validated(model, found, say("one of {path}", path=path))

    async def _page(self, of: List[R], number: int, params: Mapping[str, str]) -> Page[R]:
        """One page; an empty one past the end, which Xero answers with 404.

        The first page of an organisation that has none is not documented: a 404 is taken
        as the end there, too, but in Xero's own words only, since any server says
        "not found" of a wrong address.
        """
        if number > MAX_PAGES:
            raise VendorProblem(say("lists more than {most} pages of {what}", most=MAX_PAGES, what=of.path))
        try:
            page = await self._get(of.path, of.path, {**params, "page": str(number)})
        except Gone as gone:
            if number == 1 and PAST_THE_END not in str(gone).lower():
                raise VendorProblem(told_by(gone)) from None
            return Page({}, is_last=True, counted=None)
        raw = of.rows(page)
        if raw is None:
            raise VendorProblem(say("answered {what} without its list", what=of.path))
        rows = [validated(of.model, one, say("one of {path}", path=of.path)) for one in raw]
        about = page.pagination
        pages, counted = (about.page_count, about.item_count) if about else (None, None)
        is_last = not raw or (pages is not None and number >= pages)
        return Page({of.key(row): row for row in rows}, is_last, counted)

    async def _all(self, of: List[R], params: Mapping[str, str]) -> list[R]:
        """Every row of a list, each once; read again where the pages moved meanwhile."""
        for _ in range(READINGS):
            found: dict[str, R] = {}
            number, counted, is_last = 0, None, False
            while not is_last:
                number += 1
                page = await self._page(of, number, params)
                found |= page.rows
                is_last = page.is_last
                counted = counted if page.counted is None else page.counted
            if is_whole(number, counted, len(found)):
                return list(found.values())
        raise VendorProblem(
            say("moved the pages of {path} while they were read, {count} times", path=of.path, count=READINGS)
        )


def is_whole(pages: int, counted: int | None, found: int) -> bool:
    """Whether a list was read whole. Of a single page nothing can be missed, whatever it counts."""
    return pages == 1 or counted is None or counted == found
