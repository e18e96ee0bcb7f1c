"""What Xero Payroll UK is sent and gets: https://developer.xero.com/documentation/api/payrolluk.

Surprising here: the same thing is spelled in several ways. Calendars say
`payRollCalendarID`, pay runs `payrollCalendarID`, a refusal `Detail` and an error
`detail`. So every key is put in small letters on arrival and the models know only
those. A page past the end is a 404. Pay runs are read-only; a calendar can be
created, and then neither changed nor deleted.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from string import Formatter
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from bot.connectors import ConnectionSettings, Tokens
from bot.connectors.budget import Budget, BudgetLimits
from bot.connectors.client import Reply, VendorClient
from bot.connectors.oauth import Bearer
from bot.connectors.problem import Gone, Unauthorised, VendorProblem
from bot.connectors.values import Id, Raw, Sent, base_address, segment, validated

PRODUCTION = "https://api.xero.com"
IDENTITY = "https://identity.xero.com/connect/token"
BUDGET = Budget(at_once=5, per_minute=60, per_day=5000)
"""For each organisation: https://developer.xero.com/documentation/oauth2/limits. The starter
tier allows 1,000 a day, which only the settings can know."""
MAX_PAGES = 100
READINGS = 3

R = TypeVar("R", bound="Row")


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
    tenant_id: str
    token_url: str = IDENTITY
    calendar_name: Annotated[str, AfterValidator(_template)] = "{name} {start:%d %b %Y}"


class _Row(Sent):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", ""))


class Row(_Row):
    @property
    def key(self) -> str:
        raise NotImplementedError


class Calendar(Row):
    payroll_calendar_id: Id
    name: Raw = None
    calendar_type: Raw = None
    period_start_date: Raw = None
    period_end_date: Raw = None
    payment_date: Raw = None
    updated_date_utc: Raw = None

    @property
    def key(self) -> str:
        return self.payroll_calendar_id


class PaySlip(_Row):
    payslip_id: Id
    employee_id: Id
    total_pay: Raw = None


class PayRun(Row):
    payrun_id: Id
    payroll_calendar_id: Raw = None
    period_start_date: Raw = None
    period_end_date: Raw = None
    payment_date: Raw = None
    total_cost: Raw = None
    total_pay: Raw = None
    payrun_status: Raw = None
    payrun_type: Raw = None
    calendar_type: Raw = None
    posted_date_time: Raw = None
    pay_slips: Sequence[PaySlip] | None = None

    @property
    def key(self) -> str:
        return self.payrun_id


class Pagination(_Row):
    page_count: int | None = None
    item_count: int | None = None


class InvalidField(_Row):
    name: str = ""
    reason: str = ""


class Problem(_Row):
    title: str | None = None
    detail: str | None = None
    invalid_fields: Sequence[InvalidField] | None = None

    def sentence(self) -> str:
        """What is wrong, field by field where Xero says so."""
        told = [f"{one.name}: {one.reason}" for one in self.invalid_fields or ()]
        return "; ".join(told) or self.detail or self.title or ""


class Envelope(_Row):
    pagination: Pagination | None = None
    problem: Problem | None = None
    payruns: Sequence[Any] | None = None
    payrun: Any = None
    payrun_calendars: Sequence[Any] | None = None
    payrun_calendar: Any = None


def lowered(data: Any) -> Any:
    """JSON with every key in small letters."""
    if isinstance(data, dict):
        return {str(key).lower(): lowered(value) for key, value in data.items()}
    return [lowered(one) for one in data] if isinstance(data, list) else data


def problem_of(reply: Reply) -> Problem:
    """The problem of an error, inside the envelope or bare; an empty one where there is none."""
    try:
        data = lowered(reply.json())
        inside = data.get("problem") if isinstance(data, dict) else None
        return validated(Problem, inside or data, "a problem")
    except VendorProblem:
        return Problem()


class XeroApi:
    """The calls. Reads raise what `VendorClient.read` raises."""

    def __init__(self, settings: XeroSettings, client: VendorClient, tokens: Tokens) -> None:
        self._client = client
        self._id = settings.id
        self._base = base_address(settings.base_url, PRODUCTION, "/payroll.xro/2.0")
        self._tenant = settings.tenant_id
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
        }
        self._bearer = Bearer(
            client,
            tokens,
            connection=settings.id,
            token_url=settings.token_url,
            form=lambda saved: form,
            tries=2,
            needs=f"check client_id and client_secret of {settings.id}, and its custom connection at Xero",
        )

    async def pay_runs(self) -> list[PayRun]:
        return await self._all(PayRun, "PayRuns", lambda page: page.payruns)

    async def calendars(self) -> list[Calendar]:
        return await self._all(Calendar, "PayRunCalendars", lambda page: page.payrun_calendars)

    async def pay_run(self, run_id: str) -> PayRun:
        """One pay run with its pay slips. Raises Gone."""
        envelope = await self._get(f"PayRuns/{segment(run_id)}", "PayRuns/:id", {})
        if envelope.payrun is None:
            raise Gone("Xero knows no such pay run")
        return validated(PayRun, envelope.payrun, "a pay run")

    async def create_calendar(self, body: Mapping[str, str], idempotency_key: str) -> Reply:
        """Create once. Raises Unauthorised only when a new token was refused as well."""

        async def send(bearer: Mapping[str, str]) -> Reply:
            reply = await self._client.call(
                self._id,
                "POST",
                f"{self._base}/PayRunCalendars",
                route="PayRunCalendars",
                headers={**bearer, "Xero-Tenant-Id": self._tenant, "Idempotency-Key": idempotency_key},
                json=dict(body),
            )
            if reply.status == 401:
                raise Unauthorised(f"answered 401: {reply.detail()}")
            return reply

        return await self._bearer.use(send)

    async def _get(self, path: str, route: str, params: Mapping[str, str]) -> Envelope:
        async def send(bearer: Mapping[str, str]) -> Reply:
            return await self._client.read(
                self._id,
                f"{self._base}/{path}",
                route=route,
                headers={**bearer, "Xero-Tenant-Id": self._tenant},
                params=params,
            )

        reply = await self._bearer.use(send)
        return validated(Envelope, lowered(reply.json()), route)

    async def _all(
        self, model: type[R], path: str, rows: Callable[[Envelope], Sequence[Any] | None]
    ) -> list[R]:
        """Every row of a list, each once; read again where the pages moved meanwhile.

        The first page of an organisation that has none is not documented: an answer
        that Xero's own words call "not found" is taken as the end there too.
        """
        for _ in range(READINGS):
            found: dict[str, R] = {}
            number, counted = 0, None
            while True:
                number += 1
                if number > MAX_PAGES:
                    raise VendorProblem(f"lists more than {MAX_PAGES} pages of {path}")
                try:
                    page = await self._get(path, path, {"page": str(number)})
                except Gone as gone:
                    if number == 1 and "not found" not in str(gone).lower():
                        raise VendorProblem(str(gone)) from None
                    break
                raw = rows(page)
                if raw is None:
                    raise VendorProblem(f"answered {path} without its list")
                for one in raw:
                    row = validated(model, one, f"one of {path}")
                    found[row.key] = row
                told = page.pagination
                counted = told.item_count if told else None
                if not raw or (told and told.page_count is not None and number >= told.page_count):
                    break
            # Of a single page nothing can be missed, whatever it counts.
            if number == 1 or counted is None or counted == len(found):
                return list(found.values())
        raise VendorProblem(f"moved the pages of {path} while they were read, {READINGS} times")
