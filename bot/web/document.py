"""/api/openapi.json: the operations as an OpenAPI 3.1 document, made of the models that they use.

It is read without a token. It says what this program can do, which its source says too, and
nothing of anybody: no connection, no rule, no name. Whoever sets up a client needs it before
they have a token. Each kind of problem has its description in it, and is named by its address.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from bot.engine.may import least_role
from bot.web.api_shapes import PLACES, Empty
from bot.web.operation import JSON, Operation
from bot.web.problem_kinds import KINDS, PROBLEM_JSON, Kind, Problem
from bot.web.replies import Document

DOCUMENT: web.AppKey[dict[str, Any]] = web.AppKey("document", dict[str, Any])

_TOKEN = "personalToken"  # noqa: S105 - what the scheme is called
_SCHEMAS = "#/components/schemas/{model}"
_ABOUT = """\
What the console does, for programs. Send a personal token as `Authorization: Bearer prb_…`: one is
issued on the page People, with `payrunbot token new`, or here. Every error is a problem (RFC 9457)
whose `type` is described under `components.responses`.

Amounts are text and exact. Instants carry their zone. What is not known is null. Fields may be added
to replies; none changes its meaning.
"""
_WHO = {"anybody": "For everybody.", "operator": "For operators and approvers.", "approver": "For approvers."}


async def openapi(request: web.Request, _: Empty) -> Document:
    return Document.model_validate(request.app[DOCUMENT])


def make_document(operations: Sequence[Operation], public_url: str) -> dict[str, Any]:
    """The document of these operations, as they are served at an address."""
    schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.address, {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "payrunbot", "version": "1", "description": _ABOUT},
        "servers": [{"url": public_url}],
        "security": [{_TOKEN: []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                _TOKEN: {"type": "http", "scheme": "bearer", "description": "A personal token."}
            },
            "schemas": schemas,
            "responses": {kind.name: _problem(kind) for kind in KINDS.values()},
        },
    }


def _schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    """Every model that stands in a body or a reply, by its name; two of one name would be a mistake."""
    models: dict[type[BaseModel], None] = {Problem: None}
    for one in operations:
        models[one.gives] = None
        if one.method == "POST":
            models[one.takes] = None
    _, made = models_json_schema([(model, "validation") for model in models], ref_template=_SCHEMAS)
    found: dict[str, Any] = made["$defs"]
    assert {model.__name__ for model in models} <= found.keys(), "a name is used by two models"
    return {name: _without_titles(found[name]) for name in sorted(found)}


def _without_titles(schema: Any) -> Any:
    """Without the titles that are only names in capitals."""
    match schema:
        case dict():
            return {
                name: _without_titles(one)
                for name, one in schema.items()
                if name != "title" or not isinstance(one, str)
            }
        case list():
            return [_without_titles(one) for one in schema]
        case _:
            return schema


def _operation(one: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.summary,
        "tags": [one.path.split("/")[1].partition(".")[0]],
        "parameters": [*_places(one), *_query(one)],
        "responses": {
            "200": {
                "description": schemas[one.gives.__name__].get("description", one.summary),
                "content": {JSON: {"schema": _ref(one.gives)}},
            },
            **{
                str(status): {"$ref": f"#/components/responses/{KINDS[status].name}"}
                for status in one.statuses
            },
        },
    }
    if one.deed is not None:
        made["description"] = _WHO[least_role(one.deed)]
    if one.is_open:
        made["security"] = []
    if one.method == "POST":
        made["requestBody"] = {
            "required": any(field.is_required() for field in one.takes.model_fields.values()),
            "content": {JSON: {"schema": _ref(one.takes)}},
        }
    return made


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _SCHEMAS.format(model=model.__name__)}


def _places(one: Operation) -> list[dict[str, Any]]:
    if not one.places:
        return []
    made = create_model("Places", **{name: (PLACES[name], ...) for name in one.places})  # type: ignore[call-overload]
    return [_parameter(name, "path", made.model_json_schema(), is_required=True) for name in one.places]


def _query(one: Operation) -> list[dict[str, Any]]:
    if one.method != "GET":
        return []
    schema = one.takes.model_json_schema()
    return [_parameter(name, "query", schema, is_required=False) for name in schema.get("properties", {})]


def _parameter(name: str, where: str, schema: Mapping[str, Any], *, is_required: bool) -> dict[str, Any]:
    found = _inlined(schema["properties"][name], schema.get("$defs", {}))
    says = found.pop("description", "")
    described = {"description": says} if says else {}
    return {"name": name, "in": where, "required": is_required, "schema": found, **described}


def _inlined(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter's own schema. What may be left out is left out: in an address nothing is null."""
    found = {name: one for name, one in schema.items() if name != "title"}
    if (choices := found.pop("anyOf", None)) is not None:
        (only,) = [one for one in choices if one.get("type") != "null"]
        found = {**only, **found}
        found.pop("default", None)
    if (ref := found.pop("$ref", None)) is not None:
        found = {**_inlined(defs[ref.rpartition("/")[2]], defs), **found}
    return found


def _problem(kind: Kind) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": kind.says,
        "content": {PROBLEM_JSON: {"schema": _ref(Problem)}},
    }
    if kind.headers:
        made["headers"] = {
            name: {"description": says, "schema": {"type": "string"}} for name, says in kind.headers.items()
        }
    return made
