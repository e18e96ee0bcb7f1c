"""One declaration for each operation of the API, of which the router and the document are both made.

To add one, write

- a model of what it takes, the `Body` of a POST or the `Query` of a GET (`api_shapes`), unless it
  takes nothing; and a `Reply` that it gives (`replies`);
- a handler, `async def name(request, given) -> Reply`: what it is given is validated, and
  what it gives back is sent as declared;
- one `Operation` in the table `operations`; for a deed with the `Deed` of `engine.may` that the
  engine asks for, which is where it is settled who may.

Everything else follows: the address, the checks of path, query and body with errors that name
the place, the document at /api/openapi.json, and the tests that try it with made-up input.
A handler says no by raising `Answer`, with a status that its declaration has in `refuses`.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.core.hint import guess
from bot.engine.may import Deed
from bot.web.api_shapes import PLACES, Empty, Given
from bot.web.parts import Answer, Fault, bounded_body
from bot.web.replies import Reply

AT_MOST = 64 * 1024
MOST_FAULTS = 20
LONGEST_NAME = 80
QUERY = "the query is not what this takes"
JSON = "application/json"

Handler = Callable[[web.Request, Any], Awaitable[Reply]]

_PLACE = re.compile(r"\{(\w+)(?::[^{}]+)?\}")
_PLACES = {name: TypeAdapter[str](made) for name, made in PLACES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What there is at one address, by one method."""

    method: Literal["GET", "POST"]
    path: str
    """As the router takes it, below /api."""
    does: Handler
    summary: str
    gives: type[Reply]
    takes: type[Given] = Empty
    deed: Deed | None = None
    """What it does; None where it only looks."""
    refuses: tuple[int, ...] = ()
    """What it may answer besides what every operation does."""
    is_picky: bool = False
    """Whether it may refuse what its schema lets through, as 400 or 422: for what hangs on other
    fields, or on what is there."""
    is_open: bool = False
    """Whether it is answered without a token."""

    @property
    def id(self) -> str:
        return self.does.__name__

    @property
    def address(self) -> str:
        """The path as a document has it: without the router's patterns."""
        return _PLACE.sub(r"{\1}", f"/api{self.path}")

    @property
    def places(self) -> tuple[str, ...]:
        """The names in its path."""
        return tuple(_PLACE.findall(self.path))

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status but 200 that it may answer."""
        every = {415, 500, 503} | (set() if self.is_open else {401, 429})
        sent = {400, 408, 413} if self.method == "POST" else set()
        done = {403, 409} if self.deed is not None else set()
        return tuple(sorted(every | {422} | sent | done | set(self.refuses)))


def routes(operations: Sequence[Operation]) -> Iterator[web.RouteDef]:
    for one in operations:
        add = web.get if one.method == "GET" else web.post
        yield add(f"/api{one.path}", _handler(one))


def _handler(operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        _check_places(request, operation)
        reads = _body_of if operation.method == "POST" else _query_of
        reply = await operation.does(request, await reads(request, operation.takes))
        return web.Response(text=reply.model_dump_json(exclude_unset=True), content_type=JSON)

    return handle


def _check_places(request: web.Request, operation: Operation) -> None:
    """Raises Answer 422 for a part of the address that can name nothing."""
    faults: list[Fault] = []
    for name in operation.places:
        try:
            _PLACES[name].validate_python(request.match_info[name])
        except ValidationError as wrong:
            faults += _faults(wrong, "path", (), root=name)
    if faults:
        raise _wrong(faults, "the address is not what this takes")


async def _query_of(request: web.Request, model: type[Given]) -> Given:
    """The query as its model. Raises Answer 422 with every field that is wrong, never its value."""
    twice = {name for name in request.query if len(request.query.getall(name)) > 1}
    faults = [Fault("query", name, "Say it once.") for name in sorted(twice & model.model_fields.keys())]
    try:
        asked = model.model_validate_strings(dict(request.query))
    except ValidationError as wrong:
        faults += _faults(wrong, "query", model.model_fields)
        raise _wrong(faults, QUERY) from None
    if faults:
        raise _wrong(faults, QUERY)
    return asked


async def _body_of(request: web.Request, model: type[Given]) -> Given:
    """The body as its model. Raises Answer: 415, or 422 with every field that is wrong, never its value."""
    if request.query_string:
        names = sorted({name[:LONGEST_NAME] for name in request.query})
        raise _wrong([Fault("query", name, "Send it in the body.") for name in names], QUERY)
    raw = await bounded_body(request, AT_MOST)
    if raw and request.content_type != JSON:
        raise Answer(
            415,
            "Nothing was done: the body is not JSON",
            (f"Send it with `Content-Type: {JSON}`.",),
            headers={"Accept-Post": JSON},
        )
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as wrong:
        raise _wrong(_faults(wrong, "body", model.model_fields), "the body is not what this takes") from None


def _faults(
    wrong: ValidationError,
    where: Literal["body", "query", "path"],
    known: Sequence[str] | Mapping[str, Any],
    *,
    root: str = "",
) -> list[Fault]:
    """Each once, in our words where pydantic's do not say how to mend it."""
    found = []
    for one in wrong.errors(include_url=False, include_input=False, include_context=True)[:MOST_FAULTS]:
        at = ".".join(str(part) for part in one["loc"])[:LONGEST_NAME] or root
        found.append(Fault(where, at, _mend(one["type"], str(one["msg"]), at, tuple(known))))
    return list(dict.fromkeys(found))


def _mend(kind: str, message: str, at: str, known: Sequence[str]) -> str:
    match kind:
        case "missing":
            return "This is missing."
        case "extra_forbidden":
            hint = guess(at, known) if "." not in at and known else ""
            taken = f"This takes {', '.join(known)}." if known else "This takes nothing."
            return f"There is no such field.{hint} {taken}"
        case "string_pattern_mismatch":
            return "Nothing may stand in it but text: no NUL, and no half of a character."
        case "value_error":
            return f"{message.removeprefix('Value error, ').rstrip('.')}."
        case _:
            return f"{message.rstrip('.')}."


def _wrong(faults: Sequence[Fault], what: str) -> Answer:
    says = tuple(f"{one.at or f'the {one.where}'}: {one.says}" for one in faults[:MOST_FAULTS])
    return Answer(422, f"Nothing was done: {what}", says, faults=tuple(faults[:MOST_FAULTS]))
