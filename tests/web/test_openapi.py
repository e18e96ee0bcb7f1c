"""The document at /api/openapi.json, and the application held against it with made-up input."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from requests import Session
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from bot.store import mails
from bot.store.approvals import Approval
from bot.web.document import make_document
from bot.web.operation import Operation
from bot.web.operations import OPERATIONS
from bot.web.problem_kinds import KINDS
from tests.faults.size import size
from tests.faults.tally import note, note_kinds

from .stand import APPROVER, LOOPBACK, OPERATOR, PROPOSER, RUN, VIEWER, Stand, stand

EACH = size(whole=60, small=2)
"""Cases of each operation, for each role: so many that are as declared, and as many that are not."""
SPARED = {"remove"}
"""Not aimed at what is there: the others need it."""
NEVER = {500, 502, 504}

# What makes instants up for the library would nearly always be of another century than is taken.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)).map(
        datetime.isoformat
    ),
)


def _document() -> dict[str, Any]:
    return make_document(OPERATIONS, LOOPBACK)


def _resolved(document: dict[str, Any], ref: str) -> Any:
    found: Any = document
    for part in ref.removeprefix("#").strip("/").split("/"):
        found = found[part]
    return found


def _refs(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for name, one in found.items():
            if name == "$ref":
                yield one
            yield from _refs(one)
    elif isinstance(found, list):
        for one in found:
            yield from _refs(one)


def test_every_name_that_the_document_refers_to_is_in_it():
    document = _document()

    refs = set(_refs(document))
    assert len(refs) > 40
    for ref in refs:
        assert _resolved(document, ref)


def test_every_schema_of_the_document_is_one():
    for schema in _document()["components"]["schemas"].values():
        OAS31Validator.check_schema(schema)


def test_each_operation_has_an_id_of_its_own_and_the_addresses_are_the_routers(site: Stand):
    document = _document()
    declared = {(one.method, one.address) for one in OPERATIONS}
    served = {
        (route.method, route.resource.canonical)
        for route in site.server.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/")
    }

    assert {one for one in served if one[0] != "HEAD"} == declared
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)
    assert {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    } == declared


def test_every_status_of_an_operation_is_described():
    for one in OPERATIONS:
        assert set(one.statuses) <= KINDS.keys(), one.id


async def test_the_document_is_read_without_a_token_and_made_of_the_declarations_alone(site: Stand):
    async with site.client() as client:
        reply = await client.get("/api/openapi.json")
        text = await reply.text()

    assert (reply.status, json.loads(text)) == (200, _document())


async def test_a_problem_says_where_it_is_described(site: Stand):
    document = _document()
    async with site.client() as client:
        for path, method in (("/api/me", "GET"), ("/api/payruns/x/y/why", "POST")):
            reply = await client.request(
                method, path, headers=site.bearer(VIEWER) if method == "POST" else {}
            )
            problem = await reply.json(content_type="application/problem+json")

            schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
            OAS31Validator(schema).validate(problem)
            assert problem["status"] == reply.status
            assert problem["type"].startswith(f"{LOOPBACK}/api/openapi.json#/")
            assert _resolved(document, problem["type"].partition("#")[2])["description"]


WRONG = [
    pytest.param("/api/approvals?state=maybe", "query", "state", id="a word that is none"),
    pytest.param("/api/approvals?state=open&state=open", "query", "state", id="twice"),
    pytest.param("/api/approvals?stat=open", "query", "stat", id="a name that is none"),
    pytest.param("/api/today?x=1", "query", "x", id="where nothing is asked"),
    pytest.param("/api/rules/%00", "path", "rule", id="a NUL in the address"),
    pytest.param(f"/api/payruns/{'x' * 301}/1/why", "path", "connection", id="a long name"),
]


@pytest.mark.parametrize(("path", "where", "at"), WRONG)
async def test_what_is_wrong_is_named_by_its_place(site: Stand, path: str, where: str, at: str):
    async with site.client() as client:
        reply = await client.get(path, headers=site.bearer(VIEWER))
        problem = await reply.json(content_type="application/problem+json")

    assert reply.status == 422
    (error,) = {(one["where"], one["at"]) for one in problem["errors"]}
    assert error == (where, at)


async def test_a_name_that_is_nearly_right_is_guessed(site: Stand):
    async with site.client() as client:
        body = {"scope": "*", "reson": "x"}
        reply = await client.post("/api/pause", json=body, headers=site.bearer(OPERATOR))
        problem = await reply.json(content_type="application/problem+json")

    says = {one["at"]: one["says"] for one in problem["errors"]}
    assert says["reason"] == "This is missing."
    assert says["reson"].startswith('There is no such field. Did you mean "reason"?')


async def test_a_body_that_is_not_sent_as_json_is_not_read(site: Stand):
    async with site.client() as client:
        reply = await client.post("/api/pause", data={"scope": "*"}, headers=site.bearer(OPERATOR))

    assert (reply.status, reply.content_type) == (415, "application/problem+json")


async def test_wrong_tokens_must_wait_and_a_right_one_need_not(site: Stand):
    async with site.client() as client:
        wrong = {"Authorization": "Bearer prb_wrong"}
        statuses = [(await client.get("/api/me", headers=wrong)).status for _ in range(12)]
        late = await client.get("/api/me", headers=wrong)
        right = await client.get("/api/me", headers=site.bearer(VIEWER))

    assert statuses == [401] * 10 + [429] * 2
    assert late.headers["Retry-After"] == "300"
    assert right.status == 200


async def test_a_service_that_ends_says_so_to_programs(site: Stand):
    site.bot.is_stopping = True
    async with site.client() as client:
        reply = await client.get("/api/me", headers=site.bearer(VIEWER))

    assert (reply.status, reply.content_type, reply.headers["Retry-After"]) == (
        503,
        "application/problem+json",
        "30",
    )


async def test_every_operation_but_the_document_wants_a_token(site: Stand):
    async with site.client() as client:
        for one in OPERATIONS:
            path = one.address.replace("{", "").replace("}", "")
            reply = await client.request(one.method, path)

            assert (reply.status == 401) is not one.is_open, one.id


async def test_another_method_is_refused_with_those_that_are_taken(site: Stand):
    async with site.client() as client:
        for one in OPERATIONS:
            path = one.address.replace("{", "").replace("}", "")
            reply = await client.request("PATCH", path, headers=site.bearer(VIEWER))

            assert (reply.status, reply.content_type) == (405, "application/problem+json"), one.id
            assert one.method in reply.headers["Allow"].split(","), one.id


@contextmanager
def served(folder: Path) -> Iterator[Stand]:
    """The stand in a thread: what is tried with made-up input calls it from outside of any loop."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    making = stand(folder)
    try:
        yield asyncio.run_coroutine_threadsafe(making.__aenter__(), loop).result(60)
    finally:
        asyncio.run_coroutine_threadsafe(making.__aexit__(None, None, None), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _known(site: Stand) -> dict[str, str]:
    """What is there, by the name that it has in an address."""

    async def look() -> tuple[Approval, str]:
        async with site.bot.db.read() as tx:
            (mail, *_) = await mails.recent(tx, at_most=1)
        return await site.asked(), mail.message_id.strip("<>")

    loop = site.server.runner.server._loop  # type: ignore[union-attr]
    asked, mail = asyncio.run_coroutine_threadsafe(look(), loop).result(10)
    return {
        "connection": "gigapay-se",
        "vendor_id": RUN,
        "approval": asked.id,
        "rule": "gigapay-weekly-close",
        "mail": mail,
    }


@pytest.mark.parametrize("person", [VIEWER, OPERATOR, APPROVER, PROPOSER])
def test_the_application_does_what_the_document_says(tmp_path: Path, person: str):
    with served(tmp_path) as site:
        # Whatever is written to a rule file is not written to ours.
        site.bot.settings = site.bot.settings.model_copy(update={"rules": tmp_path / "rules"})
        tries = _Tries(site, person, _known(site))
        for operation in OPERATIONS:
            tries.of(operation)

        assert not [line for line in site.log.entries if line["event"] == "a request failed"]
    note("openapi", requests=tries.count, violations=0)
    for one in OPERATIONS:
        note_kinds("openapi", operations=one.id)


class _Tries:
    """Made-up requests of one person, each answer checked against the document."""

    def __init__(self, site: Stand, person: str, known: dict[str, str]) -> None:
        self._url = str(site.server.make_url("")).rstrip("/")
        self._headers = site.bearer(person)
        self._known = known
        self._schema = schemathesis.openapi.from_dict(_document())
        self._session = Session()
        self.count = 0

    def of(self, operation: Operation) -> None:
        declared: APIOperation[Any, Any, Any, Any] = self._schema[operation.address][operation.method]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and operation.is_open:
                continue  # it takes nothing
            self._try(operation, mode, declared.as_strategy(generation_mode=mode))

    def _try(self, operation: Operation, mode: GenerationMode, cases: st.SearchStrategy[Case]) -> None:
        @settings(
            max_examples=EACH,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, aims=st.booleans())
        def one(case: Case, aims: bool) -> None:
            self._send(operation, mode, case, aims=aims)

        one()

    def _send(self, operation: Operation, mode: GenerationMode, case: Case, *, aims: bool) -> None:
        is_positive = mode is GenerationMode.POSITIVE
        if is_positive and aims and operation.id not in SPARED:
            there = self._known.keys() & set(operation.places)
            case.path_parameters |= {name: self._known[name] for name in there}
        # It sends wrong tokens, more than may come from one address; who has none is tried above.
        excluded = [checks.ignored_auth]
        if is_positive and operation.is_picky:
            excluded.append(checks.positive_data_acceptance)
        self.count += 1
        reply = case.call_and_validate(
            base_url=self._url,
            session=self._session,
            headers=self._headers,
            excluded_checks=excluded,
        )
        assert reply.status_code not in NEVER
