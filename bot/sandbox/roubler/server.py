"""Roubler's GraphQL on loopback, with its login on the same port.

What shapes it: what is wrong with a pay run stands in `payRun.errors` and is no GraphQL
error; amounts are whole numbers with no currency; there are no webhooks and no paging.

Assumed, because the documents do not say: failures answer 200 with `errors`, but 401
without a good token and 400 without X-Company-ID; only a Finalised run can be processed,
and only one that is not Processed deleted; every company has the same runs.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from aiohttp import web
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    build_schema,
    graphql,
    parse,
    value_from_ast_untyped,
)

from bot.sandbox.exact import Json, loads
from bot.sandbox.roubler.examples import pay_run
from bot.sandbox.roubler.login import Login
from bot.sandbox.roubler.state import FIRST_RUN, State, seed
from bot.sandbox.vendor import CALL, Call, Vendor, json_reply

_SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))
_Info = GraphQLResolveInfo[Any]
_ACTIONS = {"processPayRun": "process_pay_run", "deletePayRun": "delete_pay_run"}


class Roubler(Vendor[State]):
    """One company at Roubler; any client id and secret may come in."""

    name: ClassVar[str] = "roubler"
    path: ClassVar[str] = "/graphql"
    token_path: ClassVar[str | None] = "/oauth2/token"

    def first_state(self) -> State:
        """Return an empty company, or the document's run."""
        self.login = Login(self.clock, anyone=self.examples)
        return State({"38": pay_run()}, FIRST_RUN + 1) if self.examples else State()

    def routes(self) -> None:
        """Serve GraphQL and the login."""
        self.route("POST", "/graphql", "graphql", self._graphql)
        self.route("GET", "/oauth2/auth", "GET /oauth2/auth", self.login.authorize)
        self.route("POST", "/oauth2/token", "token", self.login.token)

    # For scripts

    def add_run(self, start: date, end: date, **more: Any) -> str:
        """Add a run in Roubler's pages (name, status, errors, items, timesheets); return its id."""
        run = self.state.add(start, end, self.clock.now(), **more)
        self.by_person("add_run", run["id"])
        return str(run["id"])

    def set_errors(self, run_id: str, errors: Sequence[Json | tuple[str, str]]) -> None:
        """Let a run have these errors: as Roubler shows them, or as (message, employee id)."""
        shown = [e if isinstance(e, dict) else self._error_of(run_id, *e) for e in errors]
        self.state.runs[run_id]["errors"] = shown
        self.by_person("set_errors", run_id, errors=len(shown))

    def process(self, run_id: str, processed_at: str) -> None:
        """Mark a run as processed in Roubler's pages."""
        self.state.process(run_id, processed_at, self.clock.now())
        self.by_person("process", run_id)

    def allow_refresh_token(self, refresh_token: str) -> None:
        """Know a refresh token that somebody was given by logging in."""
        self.login.allow(refresh_token)

    def seed_history(self, first: date, count: int = 6) -> list[str]:
        """Add processed fortnights, the first starting on `first`; return their ids."""
        return seed(self.state, first, count)

    def _error_of(self, run_id: str, message: str, employee_id: str) -> Json:
        people = (item["employee"] for item in self.state.runs[run_id]["payItems"])
        known = next((p for p in people if p["id"] == employee_id), {"id": employee_id, "fullName": None})
        return {"message": message, "employee": known}

    # Who may come in, and how it fails

    def forget_tokens(self) -> None:
        """Let every access token given so far be refused; refresh tokens stay good."""
        self.login.tokens.forget()

    def refusal(self, request: web.Request) -> web.Response | None:
        """Refuse a query without a good token or without a company."""
        if request.path != self.path:
            return None
        if not self.login.tokens.is_good(request):
            return self.error(401, "authentication error")
        if not request.headers.get("X-Company-ID"):
            return self.error(400, "X-Company-ID is required")
        return None

    def error(self, status: int, detail: str) -> web.Response:
        """Return a failure as GraphQL servers write it."""
        return json_reply({"errors": [{"message": detail}]}, status)

    async def name_of(self, request: web.Request) -> Call:
        """Name a query by its first field, and an action as other vendors' actions are named."""
        if request.path != self.path or request.method != "POST":
            return await super().name_of(request)
        try:
            asked = loads(await request.read())
            first = _first_field(asked)
        except (ValueError, AttributeError, GraphQLError):
            return Call("graphql")
        name = _ACTIONS.get(first.name.value, first.name.value)
        ids = [a.value for a in first.arguments or () if a.name.value == "id"]
        target = value_from_ast_untyped(ids[0], asked.get("variables")) if ids else ""
        return Call(name, str(target or ""), reads=first.name.value not in _ACTIONS)

    # GraphQL

    async def _graphql(self, request: web.Request) -> web.Response:
        asked = loads(await request.read())
        if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
            return self.error(400, "Must provide query string.")
        result = await graphql(
            _SCHEMA,
            asked["query"],
            root_value=self._root(request),
            variable_values=asked.get("variables"),
            operation_name=asked.get("operationName"),
        )
        return json_reply(result.formatted)

    def _root(self, request: web.Request) -> dict[str, Callable[..., object]]:
        state, call = self.seen(request), request[CALL]

        def one(_: _Info, id: str) -> Json:
            if id not in state.runs:
                raise GraphQLError(f"PayRun {id} not found")
            return state.runs[id]

        def process(info: _Info, id: str, input: Json) -> Json:
            if one(info, id)["status"] != "Finalised":
                raise GraphQLError(f"PayRun {id} is {state.runs[id]['status']}, not Finalised")
            self.state.process(id, input["processedAt"], self.clock.now())
            call.acted(id, processed_at=input["processedAt"])
            return state.runs[id]

        def delete(info: _Info, id: str) -> bool:
            if one(info, id)["status"] == "Processed":
                raise GraphQLError(f"PayRun {id} is Processed")
            del self.state.runs[id]
            call.acted(id)
            return True

        place = {
            "company": {"id": "999", "name": "Integration Sandbox"},
            "location": {"id": "1", "name": "Main"},
        }
        return {
            "payRuns": lambda _: sorted(state.runs.values(), key=lambda run: int(run["id"])),
            "payRun": one,
            "viewer": lambda _: {"employees": [place]},
            "processPayRun": process,
            "deletePayRun": delete,
        }


def _first_field(asked: Json) -> FieldNode:
    for definition in parse(asked["query"]).definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        if asked.get("operationName") not in (None, definition.name and definition.name.value):
            continue
        for selection in definition.selection_set.selections:
            if isinstance(selection, FieldNode):
                return selection
    raise ValueError("no field is asked for")
