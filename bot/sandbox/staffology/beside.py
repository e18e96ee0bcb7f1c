"""What Staffology has beside a run: events, changes, the journal, imports, its payment date.

Assumed: a run's changes are the entries whose pay was changed in it; an import that is only
checked changes nothing; importing without an open run answers 400.
"""

from datetime import date
from decimal import Decimal

from aiohttp import web

from bot.sandbox.exact import loads
from bot.sandbox.staffology.asked import key_of
from bot.sandbox.staffology.hooks import Hooks
from bot.sandbox.staffology.shapes import entry_items, run_json
from bot.sandbox.staffology.state import Employer, Key, Refused
from bot.sandbox.vendor import CALL, json_reply


class Beside(Hooks):
    """The calls about a run that neither start, close nor mail it."""

    def routes(self) -> None:
        """Serve them."""
        super().routes()
        at = "/employers/{employer}/payrun"
        late = f"{at}/check-if-fps-late-reason-applicable"
        self.route("GET", late, "GET /payrun/check-if-fps-late-reason-applicable", self._is_fps_late)
        self.route("POST", f"{at}/{{pay_period}}/importpay", "import_pay", self._import)
        run = f"{at}/{{year}}/{{pay_period}}/{{number:\\d+}}"
        self.route("GET", f"{run}/events", "GET /payrun/.../events", self._events)
        self.route("GET", f"{run}/changes", "GET /payrun/.../changes", self._changes)
        self.route("GET", f"{run}/journal", "GET /payrun/.../journal", self._journal)
        self.route("POST", f"{run}/paymentdate", "change_payment_date", self._payment_date)
        self.route("POST", f"{run}/recalculatepayrunentries", "recalculate", self._recalculate)

    def refused(self, request: web.Request, no: Refused) -> web.Response:
        """Return the failure, and keep its reason for the ledger."""
        request[CALL].more["reason"] = str(no)
        return self.error(400, str(no))

    async def _is_fps_late(self, request: web.Request) -> web.Response:
        employer, asked = self.employer(request), request.query
        try:
            key = Key(
                asked["taxYear"],
                asked["payPeriod"],
                int(asked["periodNumber"]),
                int(asked.get("ordinal", "1")),
            )
        except (KeyError, ValueError) as error:
            raise web.HTTPBadRequest from error
        return json_reply(bool(employer.automation["autoSubmitFps"]) and key in employer.late_fps)

    async def _events(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        key = key_of(employer, request)
        at = (key.tax_year, key.pay_period, key.ordinal, key.period)
        return json_reply(employer.events.get(at, []))

    async def _changes(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        key = key_of(employer, request)
        items = [one for one in entry_items(employer, key) if one["id"] in employer.changed]
        return json_reply({"payRunEntries": items})

    async def _journal(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        key = key_of(employer, request)
        run = employer.runs[key]
        if not run["isClosed"]:
            return self.refused(request, Refused("Only a closed PayRun has a journal."))
        lines = [
            {"nominalCode": code, "description": name, "value": run["totals"].get(total, Decimal(0))}
            for code, name, total in (
                ("7000", "Gross pay", "gross"),
                ("7006", "Employers NI", "employerNi"),
                ("2220", "Net pay", "takeHomePay"),
            )
        ]
        named = {"taxYear": key.tax_year, "payPeriod": key.pay_period, "period": key.period}
        shown = {**named, "ordinal": key.ordinal, "date": run["paymentDate"], "status": "Queued"}
        return json_reply({**shown, "title": f"Period {key.period}", "lines": lines})

    async def _payment_date(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        key = key_of(employer, request)
        asked = loads(await request.read())
        if employer.runs[key]["isClosed"]:
            return self.refused(request, Refused("The PayRun is closed."))
        try:
            on = date.fromisoformat(str(asked)[:10])
        except ValueError as error:
            raise web.HTTPBadRequest from error
        employer.runs[key]["paymentDate"] = on.isoformat()
        request[CALL].acted(str(key), employer=employer.id)
        return json_reply(run_json(employer, key))

    async def _recalculate(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        key = key_of(employer, request)
        asked = set(loads(await request.read()))
        known = [one["id"] for one in employer.entries[key] if one["id"] in asked]
        if known:
            employer.recount(key)
            request[CALL].acted(str(key), employer=employer.id)
        return json_reply(
            {"successCount": len(known), "failureCount": len(asked) - len(known), "results": []}
        )

    async def _import(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        asked, at = request.query, request.match_info
        key = open_run(employer, at["pay_period"], int(asked.get("ordinal", "1")))
        if key is None:
            return self.refused(request, Refused("There is no open PayRun."))
        if asked.get("validateOnly", "false").lower() != "true":
            self.bring_in(employer, key, loads(await request.read()))
            request[CALL].acted(str(key), employer=employer.id)
        return web.Response(status=200)

    def bring_in(self, employer: Employer, key: Key, rows: object) -> None:
        """Let the people of a run get what an import says; their payroll codes count from 1 (assumed)."""
        by_code = {str(number): one.name for number, one in enumerate(employer.people, 1)}
        for row in rows if isinstance(rows, list) else []:
            name, amount = by_code.get(str(row.get("payrollCode"))), row.get("payAmount")
            if name is not None and amount is not None:
                employer.set_gross(key, name, Decimal(str(amount)))


def open_run(employer: Employer, pay_period: str, ordinal: int) -> Key | None:
    """Return the open run of a pay period, of whichever year."""
    return next(
        (
            key
            for key, run in sorted(employer.runs.items())
            if (key.pay_period, key.ordinal) == (pay_period, ordinal) and not run["isClosed"]
        ),
        None,
    )
