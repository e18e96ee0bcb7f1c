"""Roubler's GraphQL on loopback, with its login on the same port.

What shapes it: what is wrong with a pay run stands in `payRun.errors` and is no GraphQL
error; amounts are whole numbers with no currency; there are no webhooks and no paging.

Assumed, because the documents do not say: failures answer 200 with `errors`, but 401
without a good token and 400 without X-Company-ID; only a Finalised run can be processed,
and only one that is not Processed deleted; every company of the login has the same runs.
What is not known can be switched: see `Habits`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


@dataclass
class Habits:
    """How this server does what no document shows. Change it at will."""

    says_401: bool = True
    """Whether who is not logged in gets 401; else 200 and `errors`."""
    codes: bool = False
    """Whether an error has `extensions.code`, as of many GraphQL servers."""
    numbers_as_ids: bool = False
    """Whether ids are sent as numbers."""
    failing: dict[str, str] = field(default_factory=dict)
    """Fields of a run that answer an error with these words, and null in the data."""


class Roubler(Vendor[State]):
    """One company at Roubler; any client id and secret may come in."""

    name: ClassVar[str] = "roubler"
    path: ClassVar[str] = "/graphql"
    token_path: ClassVar[str | None] = "/oauth2/token"

    def first_state(self) -> State:
        """Return an empty company, or the document's run."""
        self.login = Login(self.clock, anyone=self.examples)
        self.habits = Habits()
        self.places = [("999", "Integration Sandbox", "1", "Main")]
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
            status = 401 if self.habits.says_401 else 200
            return self.error(status, "authentication error", "UNAUTHENTICATED")
        company = request.headers.get("X-Company-ID")
        if not company:
            return self.error(400, "X-Company-ID is required")
        if company not in [place[0] for place in self.places]:
            return self.error(200, "No access to this company", "FORBIDDEN")
        return None

    def error(self, status: int, detail: str, code: str = "BAD_REQUEST") -> web.Response:
        """Return a failure as GraphQL servers write it."""
        more = {"extensions": {"code": code}} if self.habits.codes else {}
        return json_reply({"errors": [{"message": detail, **more}]}, status)

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
        told = result.formatted
        if self.habits.numbers_as_ids:
            told = _with_numbers(told)
        return json_reply(told)

    def _root(self, request: web.Request) -> dict[str, Callable[..., object]]:
        state, call = self.seen(request), request[CALL]

        def one(_: _Info, id: str) -> Json:
            if id not in state.runs:
                raise self._no(f"PayRun {id} not found", "NOT_FOUND")
            return self._shown(state.runs[id])

        def process(info: _Info, id: str, input: Json) -> Json:
            if one(info, id)["status"] != "Finalised":
                raise self._no(f"PayRun {id} is {state.runs[id]['status']}, not Finalised")
            self.state.process(id, input["processedAt"], self.clock.now())
            call.acted(id, processed_at=input["processedAt"])
            return state.runs[id]

        def delete(info: _Info, id: str) -> bool:
            if one(info, id)["status"] == "Processed":
                raise self._no(f"PayRun {id} is Processed")
            del self.state.runs[id]
            call.acted(id)
            return True

        runs = sorted(state.runs.values(), key=lambda run: int(run["id"]))
        places = [
            {"company": {"id": company, "name": named}, "location": {"id": location, "name": called}}
            for company, named, location, called in self.places
        ]
        return {
            "payRuns": lambda _: [self._shown(run) for run in runs],
            "payRun": one,
            "viewer": lambda _: {"employees": places},
            "processPayRun": process,
            "deletePayRun": delete,
        }

    def _no(self, message: str, code: str = "BAD_USER_INPUT") -> GraphQLError:
        return GraphQLError(message, extensions={"code": code} if self.habits.codes else None)

    def _shown(self, run: Json) -> Json:
        """Return a run in which the failing fields fail when they are asked for."""

        def failing(words: str) -> Callable[..., object]:
            def fail(_: _Info) -> object:
                raise self._no(words, "INTERNAL_SERVER_ERROR")

            return fail

        return {**run, **{name: failing(words) for name, words in self.habits.failing.items()}}


def _with_numbers(told: Any) -> Any:
    """Return the same answer in which each `id` is a number."""
    if isinstance(told, dict):
        return {
            key: int(value) if key == "id" and str(value).isdecimal() else _with_numbers(value)
            for key, value in told.items()
        }
    return [_with_numbers(one) for one in told] if isinstance(told, list) else told


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
