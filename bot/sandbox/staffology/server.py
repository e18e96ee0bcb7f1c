"""Staffology on loopback, several employers in one server.

What shapes it: a run has no id, five values name it; totals that are 0 are left out;
failures have no body; nothing is signed; and with AutoPilot on, Staffology finalises a
run and starts the next by itself.

Assumed, because the documents do not say: any key may come in as the password of
HTTP Basic; a failed request has an empty body; finalising what is closed answers 400.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from aiohttp import web

from bot.sandbox.exact import loads, stable_id
from bot.sandbox.staffology import examples
from bot.sandbox.staffology.asked import key_of, schedule_of
from bot.sandbox.staffology.hooks import State
from bot.sandbox.staffology.later import Later
from bot.sandbox.staffology.pay import PEOPLE, Person
from bot.sandbox.staffology.schedule import Schedule
from bot.sandbox.staffology.shapes import (
    entry_items,
    entry_json,
    item,
    part,
    period_json,
    run_item,
    run_json,
    run_url,
    schedule_json,
    warning_items,
    with_indexes,
)
from bot.sandbox.staffology.state import Employer, Key, Refused
from bot.sandbox.tokens import basic_password
from bot.sandbox.vendor import CALL, json_reply

DEMO = stable_id("employer", "demo")
ACME = stable_id("employer", "acme")
PILOT = stable_id("employer", "pilot")


class Staffology(Later):
    """Several employers. `finalising_for` lets a run be Finalising for a while of the clock.

    `largest_page` is the most entries that it gives at once, whatever was asked for.
    """

    finalising_for = timedelta(0)
    largest_page: int | None = None

    def first_state(self) -> State:
        """Return no employers; with examples one, and each other that is asked for comes to be."""
        return {DEMO: examples.employer(DEMO, self.clock.now())} if self.examples else {}

    def routes(self) -> None:
        """Serve employers, schedules, pay runs, entries."""
        super().routes()
        self.route("GET", "/employers", "GET /employers", self._list_employers)
        self.route("GET", "/employers/{employer}", "GET /employers/:id", self._get_employer)
        at = "/employers/{employer}"
        self.route("GET", f"{at}/automation", "GET /automation", self._get_automation)
        self.route("PUT", f"{at}/automation", "update_automation", self._put_automation)
        self.route("GET", f"{at}/schedules/all", "GET /schedules/all", self._all_schedules)
        self.route("GET", f"{at}/schedules/{{year}}", "GET /schedules/:year", self._list_schedules)
        one = f"{at}/schedules/{{year}}/{{pay_period}}"
        self.route("GET", one, "GET /schedules/:year/:payPeriod", self._get_schedule_old)
        self.route(
            "GET", f"{one}/{{ordinal}}", "GET /schedules/:year/:payPeriod/:ordinal", self._get_schedule
        )
        self.route("GET", f"{one}/{{ordinal}}/periods", "GET /schedules/.../periods", self._periods)
        runs = f"{at}/payrun/{{year}}/{{pay_period}}"
        self.route("GET", runs, "GET /payrun/:year/:payPeriod", self._list_runs)
        self.route("POST", runs, "start_pay_run", self._start)
        self.route("POST", f"{runs}/supplementary", "start_supplementary", self._start_supplementary)
        run = f"{runs}/{{number:\\d+}}"
        self.route("GET", run, "GET /payrun/:year/:payPeriod/:number", self._get_run)
        self.route("PUT", run, "change_state", self._change_state)
        self.route("DELETE", run, "delete_pay_run", self._delete_run)
        self.route("GET", f"{run}/warnings", "GET /payrun/.../warnings", self._warnings)
        self.route("GET", f"{run}/stateHistory", "GET /payrun/.../stateHistory", self._history)
        self.route("POST", f"{run}/email", "email_payslips", self._email)
        self.route("GET", f"{run}/{{entry}}", "GET /payrun/.../:entry", self._get_entry)

    # For scripts

    def add_employer(
        self, employer_id: str, name: str, people: Iterable[Person] = PEOPLE, **automation: object
    ) -> Employer:
        """Add an employer; `automation` are fields of its AutomationSettings."""
        employer = Employer(employer_id, name, tuple(people))
        employer.set_automation(automation)
        self.state[employer_id] = employer
        return employer

    def add_schedule(self, employer_id: str, schedule: Schedule) -> None:
        """Give an employer a pay schedule."""
        self.state[employer_id].add_schedule(schedule)

    def start_pay_run(self, employer_id: str, schedule: Schedule) -> str:
        """Start the next run in Staffology's pages; return its key as `Year2026-Monthly-8-1-0`."""
        employer = self.state[employer_id]
        key = employer.start(schedule, self.clock.now())
        self.by_person("start_pay_run", str(key), employer=employer_id)
        self.tell(employer, "Payrun_StateChanged", key)
        return str(key)

    def set_warnings(self, employer_id: str, run: str, employee: str, warnings: Iterable[str]) -> None:
        """Let an employee's entry (by name) have these warnings."""
        for entry in self.state[employer_id].entries[Key.of(run)]:
            if entry["employee"]["name"] == employee:
                entry["warnings"] = list(warnings)
        self.by_person("set_warnings", run, employer=employer_id)

    def set_year_end_tasks(self, employer_id: str, schedule: Schedule, tasks: Iterable[str]) -> None:
        """Let a schedule's tax year have these tasks left."""
        at = (schedule.tax_year, schedule.pay_period, schedule.ordinal)
        self.state[employer_id].year_end_tasks[at] = list(tasks)

    def set_late_fps(self, employer_id: str, run: str) -> None:
        """Let finalising a run need a reason for its late FPS, where the FPS is sent by itself."""
        self.state[employer_id].late_fps.add(Key.of(run))

    def set_event(self, employer_id: str, run: str, event: str, on: date, *, is_late: bool) -> None:
        """Give a run's period a step with a day, as a bureau does."""
        employer, key = self.state[employer_id], Key.of(run)
        at = (key.tax_year, key.pay_period, key.ordinal, key.period)
        employer.events.setdefault(at, []).append(
            {
                "id": stable_id("event", employer_id, run, event),
                "payPeriodEventType": event,
                "eventDate": on.isoformat(),
                "actualEventDate": None,
                "isOverDue": is_late,
            }
        )

    def set_gross(self, employer_id: str, run: str, employee: str, gross: Decimal) -> None:
        """Change what an employee (by name) gets in a run."""
        self.state[employer_id].set_gross(Key.of(run), employee, gross)
        self.by_person("set_gross", run, employer=employer_id)

    def finalise(self, employer_id: str, run: str) -> None:
        """Finalise a run in Staffology's pages."""
        employer, key = self.state[employer_id], Key.of(run)
        employer.finalise(key, self.clock.now())
        self.by_person("finalise", run, employer=employer_id)
        self._closed(employer, key, self.clock.now())

    def seed_history(
        self,
        first: date,
        employer_id: str = ACME,
        name: str = "Acme Ltd",
        *,
        pay_day: int = 28,
        count: int = 6,
        opens: bool = True,
        **automation: object,
    ) -> str:
        """Add an employer with `count` monthly runs closed, from the month of `first` on, and the next open.

        Returns the key of the newest run. May is the second period of a tax year.
        """
        employer = self.state.get(employer_id) or self.add_employer(employer_id, name)
        employer.set_automation(automation)
        schedule = Schedule(first.year if first.month >= 4 else first.year - 1, pay_day=pay_day)
        employer.add_schedule(schedule)
        first_number = (first.month - 4) % 12 + 1
        key = Key(schedule.tax_year, schedule.pay_period, first_number)
        for number in range(first_number, first_number + count):
            paid_on = schedule.period(number).payment
            started = datetime.combine(paid_on - timedelta(days=12), self.clock.now().timetz())
            key = employer.start(schedule, started, number)
            employer.finish(key, started + timedelta(days=9))
        if opens:
            key = employer.start(schedule, self.clock.now())
        return str(key)

    def advance(self) -> None:
        """Finish what is Finalising or queued, mail what is scheduled, and let AutoPilot do its part."""
        for employer in list(self.state.values()):
            for key, at in sorted(employer.finishing.items()):
                if at <= self.clock.now():
                    employer.finish(key, at)
                    self._closed(employer, key, at)
            while (due := employer.pilot_due()) is not None and due[0] <= self.clock.now():
                employer.finish(due[1], due[0])
                self.by_itself("auto_pilot", str(due[1]), employer=employer.id)
                self._closed(employer, due[1], due[0])
            self.work_off(employer)
            for key in employer.releases_due(self.clock.now()):
                mailed = employer.mail_payslips(key)
                self.by_itself("release_payslips", str(key), employer=employer.id, payslips=mailed)

    def change(self, employer: Employer, key: Key, wanted: object, asked: Mapping[str, str]) -> int:
        """Bring a run into a state; how many payslips were mailed with it. Raises Refused.

        Assumed: where a late FPS needs a reason, finalising without one is refused.
        """
        match wanted:
            case "Finalised":
                is_late = key in employer.late_fps and employer.automation["autoSubmitFps"]
                if is_late and not asked.get("fpsLateReason"):
                    raise Refused("A reason for the late FPS is needed.")
                employer.finalise(key, self.clock.now(), self.finalising_for)
            case "Open":
                employer.reopen(key, self.clock.now())
                return 0
            case _:
                raise Refused("Only Open and Finalised states are available.")
        mails = asked.get("sendPayslipEmails", "false").lower() == "true"
        if mails and asked.get("payslipReleaseType") == "Scheduled":
            employer.runs[key]["payslipScheduledDateTime"] = asked.get("payslipScheduledDateTime")
            return 0
        sends = mails or bool(employer.automation["autoSubmitPayslips"])
        return employer.mail_payslips(key) if sends else 0

    def tell_of_change(self, employer: Employer, key: Key) -> None:
        """Tell the webhooks of a change of state, and start the next run where that is automatic."""
        if employer.runs[key]["isClosed"]:
            self._closed(employer, key, self.clock.now())
        else:
            self.tell(employer, "Payrun_StateChanged", key)

    def _closed(self, employer: Employer, key: Key, now: datetime) -> None:
        self.tell(employer, "Payrun_StateChanged", key)
        self.tell(employer, "Payrun_Finalised", key)
        schedule = employer.schedules.get((key.tax_year, key.pay_period, key.ordinal))
        if schedule is None or not employer.opens_next() or employer.next_period(schedule) is None:
            return
        if employer.open_run(schedule) is None:
            started = employer.start(schedule, now)
            self.by_itself("auto_open", str(started), employer=employer.id)
            self.tell(employer, "Payrun_StateChanged", started)

    # Who may come in, and how it fails

    def error(self, status: int, detail: str) -> web.Response:
        """Return a failure without a body."""
        return web.Response(status=status)

    def refusal(self, request: web.Request) -> web.Response | None:
        """Refuse a request without a key; with examples, make the employer that is asked for."""
        if not basic_password(request):
            return self.error(401, "")
        asked = request.match_info.get("employer")
        if self.examples and asked is not None and asked not in self.state:
            self.state[asked] = examples.employer(asked, self.clock.now())
        return None

    # Employers, settings, schedules

    async def _list_employers(self, request: web.Request) -> web.Response:
        found = self.seen(request).values()
        return json_reply([item(e.id, e.name, f"/employers/{e.id}") for e in found])

    async def _get_employer(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        years = sorted(year for year, _, _ in employer.schedules)
        shown = {"id": employer.id, "name": employer.name, "displayName": employer.name, "archived": False}
        year = years[-1] if years else None
        return json_reply({**shown, "currentYear": year, "employeeCount": len(employer.people)})

    async def _get_automation(self, request: web.Request) -> web.Response:
        return json_reply(self.employer(request).automation)

    async def _put_automation(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        employer.set_automation(loads(await request.read()))
        request[CALL].acted(employer.id)
        return json_reply(employer.automation)

    async def _all_schedules(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        return json_reply([schedule_json(employer, s) for s in employer.schedules.values()])

    async def _list_schedules(self, request: web.Request) -> web.Response:
        employer, year = self.employer(request), request.match_info["year"]
        found = [s for s in employer.schedules.values() if s.tax_year == year]
        return json_reply([schedule_json(employer, s) for s in found])

    async def _get_schedule_old(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        return json_reply(schedule_json(employer, schedule_of(employer, request)))

    async def _get_schedule(self, request: web.Request) -> web.Response:
        return await self._get_schedule_old(request)

    async def _periods(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        schedule = schedule_of(employer, request)
        numbers = range(1, schedule.last + 1)
        if (only := request.query.get("periodNumber", "")).isdecimal():
            numbers = range(int(only), int(only) + 1)
        return json_reply([period_json(employer, schedule, schedule.period(n)) for n in numbers])

    # Pay runs

    async def _list_runs(self, request: web.Request) -> web.Response:
        employer, at = self.employer(request), request.match_info
        wanted = (at["year"], at["pay_period"])
        ordinal = request.query.get("ordinal")
        keys = [k for k in sorted(employer.runs) if (k.tax_year, k.pay_period) == wanted]
        return json_reply([run_item(employer, k) for k in keys if ordinal in (None, str(k.ordinal))])

    async def _start(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        schedule = schedule_of(employer, request)
        try:
            key = employer.start(schedule, self.clock.now())
        except Refused as no:
            return self.refused(request, no)
        return self._started(request, employer, key)

    async def _start_supplementary(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        try:
            key = employer.start_supplementary(
                schedule_of(employer, request), loads(await request.read()), self.clock.now()
            )
        except Refused as no:
            return self.refused(request, no)
        return self._started(request, employer, key)

    def _started(self, request: web.Request, employer: Employer, key: Key) -> web.Response:
        request[CALL].acted(str(key), employer=employer.id)
        self.tell(employer, "Payrun_StateChanged", key)
        reply = json_reply(run_json(employer, key), 201)
        reply.headers["Location"] = run_url(employer, key)
        return reply

    async def _get_run(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        key = key_of(employer, request)
        items, query = entry_items(employer, key), dict(request.query)
        entries = part(items, query, request[CALL].drift, self.largest_page)
        run = run_json(employer, key, entries)
        return json_reply(with_indexes(run) if request[CALL].enum_index else run)

    async def _change_state(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        key = key_of(employer, request)
        wanted = loads(await request.read()).get("state")
        request[CALL].target = str(key)
        try:
            payslips = self.change(employer, key, wanted, request.query)
        except Refused as no:
            return self.refused(request, no)
        request[CALL].acted(state=wanted, employer=employer.id, payslips=payslips)
        # The reply shows the run as it was when it was answered, before what is told about it.
        shown = deepcopy(run_json(employer, key))
        self.tell_of_change(employer, key)
        return json_reply(shown)

    async def _delete_run(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        key = key_of(employer, request)
        try:
            employer.delete(key)
        except Refused as no:
            return self.refused(request, no)
        request[CALL].acted(str(key), employer=employer.id)
        return web.Response(status=204)

    async def _warnings(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        key = key_of(employer, request)
        return json_reply(part(warning_items(employer, key), dict(request.query), request[CALL].drift))

    async def _history(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        return json_reply(employer.history.get(key_of(employer, request), []))

    async def _email(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        key = key_of(employer, request)
        if not employer.runs[key]["isClosed"]:
            return self.refused(request, Refused("Only a closed PayRun has payslips."))
        mailed = employer.mail_payslips(key, request.query.get("id"))
        request[CALL].acted(str(key), employer=employer.id, payslips=mailed)
        return web.Response(status=200)

    async def _get_entry(self, request: web.Request) -> web.Response:
        """An entry by its id. The call has no version: an id is of one version alone."""
        employer = self.employer(request)
        main = key_of(employer, request)
        for key, entries in employer.entries.items():
            for entry in entries:
                if replace(key, version=0) == main and entry["id"] == request.match_info["entry"]:
                    return json_reply(entry_json(entry))
        raise web.HTTPNotFound
