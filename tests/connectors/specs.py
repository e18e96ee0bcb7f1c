"""What a vendor's OpenAPI file says of a request and of a reply: what is wrong, as sentences.

The files are not part of this repository. They are looked for beside it, and a test
that needs one is skipped, with the reason, where they or the validator are not there.

Deliberate: a property that the file does not declare is wrong too, because it would say
nothing of one that is misspelled. What the vendor's own documents show and its file
lacks is named by the test that knows of it (`beside`, `spelled`).
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from ruamel.yaml import YAML

from bot.connectors.client import Reply, VendorClient

SPECS = Path(__file__).resolve().parents[3] / "shared" / "vendors" / "specs"


@dataclass(frozen=True)
class Exchange:
    """One request as it was sent, and what came back."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    status: int
    answer: Any


class Listening(VendorClient):
    """The client, which also keeps what went to and fro."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.exchanges: list[Exchange] = []

    async def call(self, connection: str, method: str, url: str, **how: Any) -> Reply:
        reply = await super().call(connection, method, url, **how)
        address = urlsplit(url)
        self.exchanges.append(
            Exchange(
                method,
                address.path,
                {**dict(parse_qsl(address.query)), **(how.get("params") or {})},
                how.get("headers") or {},
                how.get("json"),
                reply.status,
                reply.json() if reply.body else None,
            )
        )
        return reply


@dataclass
class Spec:
    """One OpenAPI 3.0 file. `base` is the part of a path that it leaves out."""

    document: Mapping[str, Any]
    base: str = ""
    beside: frozenset[str] = frozenset()
    """Properties that the vendor's documents show and the file does not have."""
    spelled: Mapping[str, str] = field(default_factory=dict)
    """How the file spells what the vendor's documents spell otherwise."""
    met: set[str] = field(default_factory=set)
    """The operations of the file that were met."""
    lacking: set[str] = field(default_factory=set)
    """Calls and answers that the file does not have."""

    @property
    def operations(self) -> set[str]:
        methods = ("get", "put", "post", "delete", "patch")
        paths = self.document["paths"].items()
        return {f"{name.upper()} {path}" for path, item in paths for name in item if name in methods}

    def problems(self, one: Exchange) -> list[str]:
        """What is wrong with the request and with the reply; nothing for a call that the file lacks."""
        found = self._find(one)
        if found is None:
            self.lacking.add(f"{one.method} {one.path}")
            return []
        template, item = found
        name = f"{one.method} {template}"
        self.met.add(name)
        told = [*self._of_request(one, item), *self._of_reply(one, item, name)]
        return [f"{name}: {text}" for text in told]

    def _find(self, one: Exchange) -> tuple[str, Mapping[str, Any]] | None:
        path = one.path.removeprefix(self.base)
        for template, item in sorted(self.document["paths"].items(), key=lambda each: each[0].count("{")):
            pattern = re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and one.method.lower() in item:
                return template, item
        return None

    def _of_request(self, one: Exchange, item: Mapping[str, Any]) -> Iterable[str]:
        operation = item[one.method.lower()]
        declared = [
            self._followed(each) for each in (*item.get("parameters", ()), *operation.get("parameters", ()))
        ]
        for place, given in (("query", one.query), ("header", one.headers)):
            names = {each["name"]: each for each in declared if each["in"] == place}
            for name in names:
                if names[name].get("required") and name not in given:
                    yield f"the {place} has no {name}"
            for name, value in given.items():
                if name in names:
                    yield from self._wrong(_typed(value, names[name]["schema"]), names[name]["schema"], name)
                elif place == "query":
                    yield f"the query has {name}"
        content = self._followed(operation.get("requestBody", {})).get("content", {})
        if one.body is not None and not content:
            yield "a body was sent"
        for media in list(content.values())[:1]:
            yield from self._wrong(one.body, media["schema"], "body", formats=("uuid", "date"))

    def _of_reply(self, one: Exchange, item: Mapping[str, Any], name: str) -> Iterable[str]:
        replies = item[one.method.lower()]["responses"]
        if str(one.status) not in replies:
            self.lacking.add(f"{one.status} to {name}")
            return
        content = self._followed(replies[str(one.status)]).get("content", {})
        for media in list(content.values())[:1]:
            yield from self._wrong(self._as_declared(one.answer), media["schema"], str(one.status))

    def _followed(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in node:
            return node
        found: Any = self.document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found

    def _as_declared(self, value: Any) -> Any:
        """The answer as the file would have it: what is null is left out, as in its own examples."""
        if isinstance(value, dict):
            return {
                self.spelled.get(key, key): self._as_declared(inside)
                for key, inside in value.items()
                if inside is not None and key not in self.beside
            }
        return [self._as_declared(inside) for inside in value] if isinstance(value, list) else value

    def _wrong(
        self, value: Any, schema: Mapping[str, Any], what: str, formats: tuple[str, ...] = ("uuid",)
    ) -> Iterable[str]:
        validator = _validator(formats)({**schema, "components": self.document["components"]})
        for error in validator.iter_errors(value):
            yield f"{what} {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    """A parameter as its declared type, where its text is one."""
    if schema.get("type") in ("integer", "number") and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


@cache
def _validator(formats: tuple[str, ...]) -> Any:
    from jsonschema import FormatChecker
    from openapi_schema_validator import OAS30Validator

    checker = FormatChecker(formats=formats)
    return lambda schema: OAS30Validator(schema, format_checker=checker)


def _closed(node: Any) -> Any:
    """Every object with declared properties has no others."""
    if isinstance(node, dict):
        closed = {key: _closed(value) for key, value in node.items()}
        if isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
            closed["additionalProperties"] = False
        return closed
    return [_closed(value) for value in node] if isinstance(node, list) else node


@cache
def _document(name: str) -> Any:
    return _closed(YAML(typ="safe").load((SPECS / name).read_text(encoding="utf-8")))


def spec(name: str, **how: Any) -> Spec:
    """The vendor's file of this name, or the test is skipped and says why."""
    pytest.importorskip("openapi_schema_validator", reason="openapi-schema-validator is not installed")
    if not (SPECS / name).is_file():
        pytest.skip(f"{SPECS / name} is not there: the vendors' specifications are not in this repository")
    return Spec(deepcopy(_document(name)), **how)
