"""Xero Payroll UK 2.0 on loopback, with its token endpoint on the same port.

What shapes it: pay runs can only be read, drafting and posting is done by people in
Xero; paths are case-sensitive; a page past the end is 404; calendars spell their id
`payRollCalendarID` and pay runs `payrollCalendarID`.

Assumed, because the documents do not say: an Idempotency-Key replays its reply for
24 hours whatever the body; names of calendars may repeat; any dates are taken; an
unknown `status` finds nothing; a call without its scope is 403; pay slips are listed in
the order of their run. Limits by time are counted and shown, but refuse nobody: a
standing clock would never leave its minute. The fault `rate_limit` refuses, and
`at_once` is how many calls may be under way.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar

from aiohttp import web

from bot.sandbox.clock import seven_digits
from bot.sandbox.exact import Json, loads, stable_id
from bot.sandbox.faults import Fault
from bot.sandbox.tokens import Tokens, token_form
from bot.sandbox.vendor import CALL, Handler, Vendor, json_reply
from bot.sandbox.xero import examples, history
from bot.sandbox.xero.lines import lines_of
from bot.sandbox.xero.periods import TYPES
from bot.sandbox.xero.state import PaySlip, State, day

_PAGE = 100
_NAMES = {
    200: "OK",
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    429: "TooManyRequests",
}
_KEPT = timedelta(hours=24)
_RUNS = ("payroll.payruns", "payroll.payruns.read")
_SETTINGS = ("payroll.settings", "payroll.settings.read")
_SLIPS = ("payroll.payslip", "payroll.payslip.read")
DEMO_COMPANY: Json = {
    "id": "7cb59f93-2964-421d-bb5e-a0f7a4572a44",
    "tenantId": "fe79f7dd-b6d4-4a92-ba7b-538af6289c58",
    "tenantName": "Demo Company (UK)",
    "tenantType": "ORGANISATION",
    "createdDateUtc": "2019-12-07T18:46:19.5165400",
    "updatedDateUtc": "2019-12-07T18:46:19.5187840",
}


class Xero(Vendor[State]):
    """One organisation at Xero; any client id, secret and tenant may come in.

    `scopes` are what the next token is good for, `organisations` what /connections lists.
    """

    name: ClassVar[str] = "xero"
    path: ClassVar[str] = "/payroll.xro/2.0"
    token_path: ClassVar[str | None] = "/connect/token"

    def first_state(self) -> State:
        """Return an empty organisation, or the documents' runs and calendars."""
        self.tokens = Tokens(self.clock, self.name, timedelta(minutes=30))
        self.scopes = "payroll.payruns.read payroll.payslip.read payroll.settings"
        self.organisations: list[Json] = [dict(DEMO_COMPANY)]
        self.at_once: int | None = None
        self._under_way = 0
        self._scopes_of: dict[str, frozenset[str]] = {}
        self._replies: dict[str, tuple[datetime, Json]] = {}
        self._minute = ""
        self._in_minute = self._in_day = 0
        if not self.examples:
            return State()
        return State(
            pay_runs={r["payRunID"]: r for r in examples.pay_runs()},
            calendars={c["payRollCalendarID"]: c for c in examples.calendars()},
        )

    def routes(self) -> None:
        """Serve the token, the tenants, pay runs, pay slips and calendars."""
        at = self.path
        self.app.middlewares.insert(0, self._so_many_at_once)
        self.route("POST", "/connect/token", "token", self._token)
        self.route("GET", "/connections", "GET /connections", self._connections)
        self.route("GET", "/Connections", "GET /connections", self._connections)
        self.route("GET", f"{at}/PayRuns", "GET /PayRuns", self._list_runs)
        self.route("GET", f"{at}/PayRuns/{{id}}", "GET /PayRuns/:id", self._get_run)
        self.route("GET", f"{at}/Payslips", "GET /Payslips", self._list_slips)
        self.route("GET", f"{at}/Payslips/{{id}}", "GET /Payslips/:id", self._get_slip)
        self.route("GET", f"{at}/PayRunCalendars", "GET /PayRunCalendars", self._list_calendars)
        self.route("GET", f"{at}/PayRunCalendars/{{id}}", "GET /PayRunCalendars/:id", self._get_calendar)
        self.route("POST", f"{at}/PayRunCalendars", "create_calendar", self._create_calendar)

    # For scripts, in the role of somebody in Xero

    def add_calendar(self, name: str, calendar_type: str, start: date, payment: date) -> str:
        """Create a calendar in Xero's pages; return its id."""
        calendar = self.state.add_calendar(name, calendar_type, start, payment, self.clock.now())
        self.by_person("add_calendar", calendar["payRollCalendarID"])
        return str(calendar["payRollCalendarID"])

    def draft_pay_run(self, calendar_id: str, slips: Sequence[PaySlip], roll: bool = True) -> str:
        """Draft the run of the calendar's period and roll the calendar, unless it is held back."""
        run = self.state.draft(calendar_id, slips, self.clock.now(), roll=roll)
        self.by_person("draft_pay_run", run["payRunID"], calendar=calendar_id, rolled=roll)
        return str(run["payRunID"])

    def set_slips(self, run_id: str, slips: Sequence[PaySlip]) -> None:
        """Change the pay slips of a draft."""
        self.state.set_slips(run_id, slips, self.clock.now())
        self.by_person("set_slips", run_id)

    def post_pay_run(self, run_id: str) -> None:
        """Post a draft, which files it with the tax office."""
        posted = f"{self.clock.now():%Y-%m-%dT%H:%M:%S}"
        self.state.pay_runs[run_id].update(payRunStatus="Posted", postedDateTime=posted)
        self.by_person("post_pay_run", run_id)

    def revert_pay_run(self, run_id: str) -> None:
        """Take the newest posted run of its calendar back to draft. Raises ValueError for any other."""
        self.state.assert_newest_posted(run_id)
        self.state.pay_runs[run_id].update(payRunStatus="Draft", postedDateTime=None)
        self.by_person("revert_pay_run", run_id)

    def roll(self, calendar_id: str) -> None:
        """Move a calendar to its next period."""
        self.state.roll(calendar_id, self.clock.now())
        self.by_person("roll", calendar_id)

    def seed_history(
        self,
        first: date,
        calendar_type: str = "Weekly",
        *,
        payment: date | None = None,
        name: str | None = None,
        count: int = 6,
    ) -> str:
        """Add a calendar whose first period starts on `first`, with `count` posted runs; return its id.

        The calendar then stands at the period after them, which has no run yet.
        """
        payment = payment or history.first_payment(first, calendar_type)
        known = examples.CALENDAR_OF.get(calendar_type)
        if known in self.state.calendars:
            known = None
        calendar = self.state.add_calendar(
            name or f"{calendar_type} Calendar", calendar_type, first, payment, self.clock.now(), known
        )
        calendar_id = str(calendar["payRollCalendarID"])
        history.seed(self.state, calendar_id, count)
        return calendar_id

    def usual_slips(self, calendar_type: str, number: int = 0) -> list[PaySlip]:
        """Return pay slips that go on where the earlier runs ended."""
        return history.usual_slips(calendar_type, number)

    # Who may come in, and how it fails

    def forget_tokens(self) -> None:
        """Let every access token given so far be refused."""
        self.tokens.forget()

    def refusal(self, request: web.Request) -> web.Response | None:
        """Refuse a request without a good token, or with one that is not good for this."""
        if request.path == self.token_path:
            return None
        if not self.tokens.is_good(request):
            return self.error(401, "AuthorizationUnsuccessful")
        token = request.headers.get("Authorization", "").rpartition(" ")[2]
        wanted = self._wanted(request)
        if wanted and not self._scopes_of.get(token, frozenset()).intersection(wanted):
            return self.error(403, "The access token has no scope for this.")
        return None

    def _wanted(self, request: web.Request) -> tuple[str, ...]:
        """The scopes of which one is enough."""
        part = request.path.removeprefix(self.path).split("/")[1]
        if part == "PayRunCalendars":
            return _SETTINGS[:1] if request.method == "POST" else _SETTINGS
        return {"PayRuns": _RUNS, "Payslips": _SLIPS}.get(part, ())

    @web.middleware
    async def _so_many_at_once(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._under_way += 1
        try:
            if self.at_once is not None and self._under_way > self.at_once:
                reply = self.error(429, "Too many requests are under way.")
                reply.headers["X-Rate-Limit-Problem"] = "concurrent"
                self.ledger.record("too many at once", "", "429", effect=False, by="client", more={})
                return reply
            return await handler(request)
        finally:
            self._under_way -= 1

    def error(self, status: int, detail: str) -> web.Response:
        """Return a problem in its envelope; a 401 comes from the gate, in capitals and without one."""
        if status == 401:
            gate: Json = {
                "Type": None,
                "Title": "Unauthorized",
                "Status": 401,
                "Detail": "AuthorizationUnsuccessful",
                "Instance": stable_id("instance", len(self.ledger.entries)),
                "Extensions": {},
            }
            return self._counted(json_reply(gate, 401))
        text = "Resource was not found" if status == 404 else detail
        return self._counted(json_reply(self._envelope(status, {}, problem=_problem(status, text)), status))

    def on_rate_limit(self, reply: web.Response, fault: Fault) -> None:
        """Name the limit, as each 429 does."""
        reply.headers["X-Rate-Limit-Problem"] = str(fault.args.get("limit", "minute"))

    # The token, the tenants

    async def _token(self, request: web.Request) -> web.Response:
        form, known = await token_form(request)
        if not known:
            return json_reply({"error": "invalid_client"}, 400)
        if form.get("grant_type") != "client_credentials":
            return json_reply({"error": "unsupported_grant_type"}, 400)
        scope, token = form.get("scope") or self.scopes, self.tokens.give()
        self._scopes_of[token] = frozenset(scope.split())
        seconds = int(self.tokens.life.total_seconds())
        given = {
            "access_token": token,
            "expires_in": seconds,
            "token_type": "Bearer",
            "scope": scope,
        }
        return json_reply(given)

    async def _connections(self, request: web.Request) -> web.Response:
        return json_reply(self.organisations)

    # Pay runs and calendars

    async def _list_runs(self, request: web.Request) -> web.Response:
        runs = list(self.seen(request).pay_runs.values())
        if (status := request.query.get("status")) is not None:
            runs = [r for r in runs if r["payRunStatus"] == status]
        shown = [{k: v for k, v in r.items() if k != "paySlips"} for r in runs]
        return self._page(request, "payRuns", "payRun", shown)

    async def _get_run(self, request: web.Request) -> web.Response:
        run = self.seen(request).pay_runs.get(request.match_info["id"])
        return self._one("payRun", run)

    async def _list_slips(self, request: web.Request) -> web.Response:
        asked = request.query.get("PayRunID")
        if not asked:
            wrong = [{"name": "PayRunID", "reason": "The pay run id is required."}]
            problem = {**_problem(400, "Validation error occurred."), "invalidFields": wrong}
            return self._counted(json_reply(self._envelope(400, {"paySlips": None}, problem=problem), 400))
        run = self.seen(request).pay_runs.get(asked)
        if run is None:
            return self._one("paySlips", None)
        slips = [{**slip, "payRunID": asked, **lines_of(slip)} for slip in run["paySlips"]]
        return self._page(request, "paySlips", "paySlip", slips)

    async def _get_slip(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        for run_id, run in self.seen(request).pay_runs.items():
            for slip in run["paySlips"]:
                if slip["paySlipID"] == wanted:
                    return self._one("paySlip", {**slip, "payRunID": run_id, **lines_of(slip)})
        return self._one("paySlip", None)

    async def _list_calendars(self, request: web.Request) -> web.Response:
        calendars = list(self.seen(request).calendars.values())
        return self._page(request, "payRunCalendars", "payRunCalendar", calendars)

    async def _get_calendar(self, request: web.Request) -> web.Response:
        calendar = self.seen(request).calendars.get(request.match_info["id"])
        return self._one("payRunCalendar", calendar)

    async def _create_calendar(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key")
        kept = self._replies.get(key or "")
        if kept is not None and self.clock.now() - kept[0] <= _KEPT:
            request[CALL].more["replayed"] = True
            return self._counted(json_reply(kept[1]))
        asked = loads(await request.read())
        wrong = _invalid_fields(asked)
        if key is not None and len(key) > 128:
            wrong.append({"name": "Idempotency-Key", "reason": "The key is longer than 128 characters."})
        if wrong:
            problem = {**_problem(400, "Validation error occurred."), "invalidFields": wrong}
            return self._counted(
                json_reply(self._envelope(400, {"payRunCalendar": None}, problem=problem), 400)
            )
        start, payment = day(asked["periodStartDate"]), day(asked["paymentDate"])
        made = self.state.add_calendar(asked["name"], asked["calendarType"], start, payment, self.clock.now())
        shown = {**made, "updatedDateUTC": seven_digits(self.clock.now())}
        reply = self._envelope(200, {"payRunCalendar": shown})
        if key is not None:
            self._replies[key] = (self.clock.now(), reply)
        request[CALL].acted(made["payRollCalendarID"], calendar=dict(made))
        return self._counted(json_reply(reply))

    # Envelopes

    def _page(self, request: web.Request, many: str, one: str, items: list[Json]) -> web.Response:
        text = request.query.get("page", "1")
        number = int(text) if text.isdecimal() and int(text) > 0 else 1
        if number > 1 and (number - 1) * _PAGE >= len(items):
            return self._one(one, None)
        start = max((number - 1) * _PAGE - request[CALL].drift, 0)
        pagination = {
            "page": number,
            "pageSize": _PAGE,
            "pageCount": max(1, -(-len(items) // _PAGE)),
            "itemCount": len(items),
        }
        shown = items[start : start + _PAGE]
        return self._counted(json_reply(self._envelope(200, {many: shown}, pagination=pagination)))

    def _one(self, name: str, thing: Json | None) -> web.Response:
        if thing is None:
            problem = _problem(404, "Resource was not found")
            return self._counted(json_reply(self._envelope(404, {name: None}, problem=problem), 404))
        return self._counted(json_reply(self._envelope(200, {name: thing})))

    def _envelope(
        self, status: int, content: Json, *, problem: Json | None = None, pagination: Json | None = None
    ) -> Json:
        return {
            "id": stable_id("reply", len(self.ledger.entries)),
            "providerName": "Example Provider",
            "dateTimeUTC": seven_digits(self.clock.now()),
            "httpStatusCode": _NAMES.get(status, "InternalServerError"),
            "pagination": pagination,
            "problem": problem,
            **content,
        }

    def _counted(self, reply: web.Response) -> web.Response:
        minute = f"{self.clock.now():%Y-%m-%dT%H:%M}"
        if minute[:10] != self._minute[:10]:
            self._in_day = 0
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_minute += 1
        self._in_day += 1
        reply.headers["X-MinLimit-Remaining"] = str(max(0, 60 - self._in_minute))
        reply.headers["X-DayLimit-Remaining"] = str(max(0, 5000 - self._in_day))
        reply.headers["X-AppMinLimit-Remaining"] = str(max(0, 10000 - self._in_minute))
        return reply


def _problem(status: int, detail: str) -> Json:
    return {
        "type": "application/problem+json" if status == 400 else "about:blank",
        "title": _NAMES.get(status, "InternalServerError"),
        "status": status,
        "detail": detail,
        "instance": None,
        "invalidFields": None,
    }


def _invalid_fields(asked: Json) -> list[Json]:
    wrong: list[Json] = []
    if not asked.get("name"):
        wrong.append({"name": "Name", "reason": "The name is required."})
    if not asked.get("calendarType"):
        wrong.append({"name": "CalendarType", "reason": "The calendar type is required"})
    elif asked["calendarType"] not in TYPES:
        wrong.append({"name": "CalendarType", "reason": "The calendar type is invalid."})
    reasons = {
        "periodStartDate": "The Period Start Date is required.",
        "paymentDate": "The First Payment Date is required.",
    }
    for field, reason in reasons.items():
        try:
            day(asked.get(field))
        except ValueError:
            wrong.append({"name": field, "reason": reason})
    return wrong
