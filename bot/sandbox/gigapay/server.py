"""Gigapay's REST v2 on loopback.

What shapes it: a notification is the bare object, signed, with neither its event
nor its delivery named; a missing trailing slash is redirected with 307, and a
client that drops its key on the way then meets 401; a payrun's id can be changed.

Assumed, because the documents do not say: a delete answers 204; closing twice, or
deleting what is paid or on credit, answers 409.
"""

from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from aiohttp import web

from bot.sandbox.clock import micros
from bot.sandbox.exact import Json, loads, stable_id
from bot.sandbox.gigapay import examples, history
from bot.sandbox.gigapay.desk import Desk, body_of, found
from bot.sandbox.gigapay.listing import BadFilter, filtered, is_open, parsed
from bot.sandbox.gigapay.state import State, closing
from bot.sandbox.vendor import CALL, json_reply


class Gigapay(Desk):
    """One integration at Gigapay; any key and any Integration-ID may come in."""

    def first_state(self) -> State:
        """Return an empty integration, or the documents' objects."""
        if not self.examples:
            return State()
        return State(
            payruns={p["id"]: p for p in examples.payruns()},
            invoices={i["id"]: i for i in examples.invoices()},
            payouts={p["id"]: p for p in examples.payouts()},
            employees={e["id"]: e for e in examples.employees()},
            payment_term=deepcopy(examples.PAYMENT_TERM),
            next_payrun=examples.FIRST_PAYRUN + 2,
        )

    def routes(self) -> None:
        """Serve the documented paths that a payrun needs."""
        super().routes()
        at = self.path
        self.route("GET", f"{at}payruns/", "GET /payruns/", self._list_payruns)
        self.route("GET", f"{at}payruns/{{id}}/", "GET /payruns/:id/", self._get_payrun)
        self.route("PATCH", f"{at}payruns/{{id}}/", "update_payrun", self._update_payrun)
        self.route("DELETE", f"{at}payruns/{{id}}/", "delete_payrun", self._delete_payrun)
        self.route("POST", f"{at}payruns/{{id}}/close/", "close", self._close)
        self.route("GET", f"{at}payouts/", "GET /payouts/", self._list_payouts)
        self.route("POST", f"{at}payouts/", "create_payout", self._create_payouts)
        self.route("GET", f"{at}payouts/{{id}}/", "GET /payouts/:id/", self._get_payout)
        self.route("DELETE", f"{at}payouts/{{id}}/", "delete_payout", self._delete_payout)
        self.route("GET", f"{at}invoices/{{id}}/", "GET /invoices/:id/", self._get_invoice)
        self.route("GET", f"{at}payment_term/", "GET /payment_term/", self._get_term)
        self.route("GET", f"{at}employees/", "GET /employees/", self._list_employees)
        self.route("GET", f"{at}employees/{{id}}/", "GET /employees/:id/", self._get_employee)

    # For scripts

    def add_payout(
        self,
        employee: str,
        amount: Decimal | str,
        *,
        currency: str = "SEK",
        description: str = "Lön genom Gigapay",
        name: str | None = None,
        **more: object,
    ) -> Json:
        """Add a payout as somebody in Gigapay's pages would; the payee is registered if unknown."""
        self.advance()
        self.state.add_employee(employee, name or f"Payee {employee}", self.clock.now())
        asked = {
            "employee": employee,
            "amount": str(amount),
            "currency": currency,
            "description": description,
        }
        payout, events = self.state.add_payout({**asked, **more}, self.clock.now())
        self.by_person("add_payout", payout["payrun"], payout=payout["id"])
        self.tell(events)
        return payout

    def remove_payout(self, payout_id: str) -> None:
        """Take a payout out of its open payrun."""
        payrun = self.state.payouts.pop(payout_id)["payrun"]
        self.state.reprice(payrun)
        self.by_person("remove_payout", payrun, payout=payout_id)

    def pay(self, payrun_id: str) -> None:
        """Let the payrun's invoice be paid."""
        events = self.state.pay(payrun_id, self.clock.now())
        self.by_person("pay", payrun_id)
        self.tell(events)

    def accept(self, payout_id: str) -> None:
        """Let the payee accept a payout."""
        payout = self.state.payouts[payout_id]
        payout.update(accepted_at=micros(self.clock.now()), latest_status="complete")
        self.by_person("accept", payout_id)
        self.tell([("Payout.accepted", payout), ("Payout.status", payout)])

    def verify(self, employee_id: str) -> None:
        """Let a payee finish onboarding."""
        events = self.state.verify(employee_id, self.clock.now())
        self.by_person("verify", employee_id)
        self.tell(events)

    def set_payment_term(self, **fields: object) -> None:
        """Change the payment term; payruns that are open close by the new one."""
        self.state.payment_term.update(fields)
        for payrun_id in self.state.closes_at:
            opened = parsed(self.state.payruns[payrun_id]["created_at"])
            self.state.closes_at[payrun_id] = closing(opened, self.state.payment_term)

    def seed_history(self, first: date, weeks: int = 6) -> list[str]:
        """Add earlier weekly payruns, closed and paid, the first closed on `first`; return their ids."""
        return history.seed(self.state, first, weeks)

    def closes_at(self, payrun_id: str) -> datetime | None:
        """Return when an open payrun closes by itself."""
        return self.state.closes_at.get(payrun_id)

    def advance(self) -> None:
        """Close what the payment term has closed by now."""
        for payrun_id, at in sorted(self.state.closes_at.items(), key=lambda item: item[1]):
            if at <= self.clock.now():
                events = self.state.close(payrun_id, at)
                self.by_itself("auto_close", payrun_id)
                self.tell(events)

    # Payruns

    async def _list_payruns(self, request: web.Request) -> web.Response:
        state, query = self.seen(request), dict(request.query)
        items = sorted(state.payruns.values(), key=lambda p: parsed(p["created_at"]))
        try:
            items = filtered(is_open(items, query), query, ("created_at", "paid_at"))
        except BadFilter as bad:
            return json_reply({bad.field: [str(bad)]}, 400)
        return self.paged(request, [self._payrun(request, state, p) for p in items])

    async def _get_payrun(self, request: web.Request) -> web.Response:
        state = self.seen(request)
        payrun = found(state.payruns, request)
        return json_reply(self._payrun(request, state, payrun))

    async def _update_payrun(self, request: web.Request) -> web.Response:
        payrun = found(self.state.payruns, request)
        asked, old = await body_of(request), payrun["id"]
        new = str(asked.get("id", old))
        if new != old:
            if new in self.state.payruns:
                return json_reply({"id": ["A payrun with this id already exists."]}, 400)
            self.state.rename(old, new)
        payrun["metadata"] = asked.get("metadata", payrun["metadata"])
        request[CALL].acted(old, new_id=new, metadata=payrun["metadata"])
        return json_reply(payrun)

    async def _delete_payrun(self, request: web.Request) -> web.Response:
        payrun = found(self.state.payruns, request)
        if payrun["latest_status"] == "paid" or self.state.on_credit(payrun):
            return self.error(409, "A paid payrun, or one on credit, can not be deleted.")
        self.state.delete(payrun["id"], self.clock.now())
        request[CALL].acted()
        return web.Response(status=204)

    async def _close(self, request: web.Request) -> web.Response:
        payrun = found(self.state.payruns, request)
        if not payrun["open"]:
            return self.error(409, "The payrun is already closed.")
        events = self.state.close(payrun["id"], self.clock.now())
        request[CALL].acted(price=payrun["price"], payouts=len(self.state.payouts_of(payrun["id"])))
        self.tell(events)
        return web.Response(status=200)

    def _payrun(self, request: web.Request, state: State, payrun: Json) -> Json:
        expand = request.query.get("expand", "").split(",")
        invoice = state.invoices[payrun["invoice"]] if "invoice" in expand else payrun["invoice"]
        return dict(sorted({**payrun, "invoice": invoice}.items()))

    # Payouts

    async def _list_payouts(self, request: web.Request) -> web.Response:
        state, query = self.seen(request), dict(request.query)
        items = sorted(state.payouts.values(), key=lambda p: parsed(p["created_at"]))
        for field in ("payrun", "employee", "invoice"):
            if field in query:
                items = [p for p in items if p[field] == query[field]]
        try:
            items = filtered(items, query, ("created_at", "notified_at", "accepted_at", "canceled_at"))
        except BadFilter as bad:
            return json_reply({bad.field: [str(bad)]}, 400)
        return self.paged(request, [self._payout(request, state, p) for p in items])

    async def _get_payout(self, request: web.Request) -> web.Response:
        state = self.seen(request)
        return json_reply(self._payout(request, state, found(state.payouts, request)))

    async def _create_payouts(self, request: web.Request) -> web.Response:
        if (kept := self.replayed(request)) is not None:
            return kept
        asked = loads(await request.read())
        many: list[Json] = asked if isinstance(asked, list) else [asked]
        problems = [self._problems(one) for one in many]
        if any(problems):
            return self.keep(request, 400, problems if isinstance(asked, list) else problems[0])
        made, events = [], []
        for one in many:
            payout, told = self.state.add_payout(self._with_employee(one), self.clock.now())
            made.append(self._payout(request, self.state, payout))
            events += told
        request[CALL].acted(made[0]["payrun"], payouts=[p["id"] for p in made])
        self.tell(events)
        return self.keep(request, 201, made if isinstance(asked, list) else made[0])

    async def _delete_payout(self, request: web.Request) -> web.Response:
        payout = found(self.state.payouts, request)
        if payout["payrun"] is None or not self.state.payruns[payout["payrun"]]["open"]:
            return self.error(409, "The payout's payrun is closed.")
        del self.state.payouts[payout["id"]]
        self.state.reprice(payout["payrun"])
        request[CALL].acted(payrun=payout["payrun"])
        return web.Response(status=204)

    def _payout(self, request: web.Request, state: State, payout: Json) -> Json:
        shown = dict(payout)
        expand = request.query.get("expand", "").split(",")
        if "employee" in expand:
            shown["employee"] = state.employees[payout["employee"]]
        return shown

    def _problems(self, asked: Json) -> Json:
        missing = ("currency", "description", "employee")
        wrong: Json = {f: ["This field is required."] for f in missing if f not in asked}
        bases = [asked[f] for f in ("amount", "invoiced_amount", "cost") if f in asked]
        if len(bases) != 1:
            wrong["non_field_errors"] = ["Either amount, invoiced_amount or cost is required."]
        elif not _is_amount(bases[0]):
            wrong["non_field_errors"] = ["A valid number is required."]
        employee = asked.get("employee")
        if (
            not isinstance(employee, dict)
            and employee is not None
            and str(employee) not in self.state.employees
        ):
            wrong["employee"] = [f'Invalid pk "{employee}" - object does not exist.']
        if "id" in asked and str(asked["id"]) in self.state.payouts:
            wrong["id"] = ["A payout with this id already exists."]
        return wrong

    def _with_employee(self, asked: Json) -> Json:
        employee = asked["employee"]
        if not isinstance(employee, dict):
            return asked
        known = str(employee.get("id") or stable_id("employee", employee.get("email", "")))
        self.state.add_employee(known, str(employee.get("name", "")), self.clock.now(), "invited")
        return {**asked, "employee": known}

    # What belongs to them

    async def _get_invoice(self, request: web.Request) -> web.Response:
        return json_reply(found(self.seen(request).invoices, request))

    async def _get_term(self, request: web.Request) -> web.Response:
        return json_reply(self.seen(request).term())

    async def _list_employees(self, request: web.Request) -> web.Response:
        return self.paged(request, list(self.seen(request).employees.values()))

    async def _get_employee(self, request: web.Request) -> web.Response:
        return json_reply(found(self.seen(request).employees, request))


def _is_amount(value: object) -> bool:
    try:
        return Decimal(str(value)) >= 0
    except InvalidOperation:
        return False
