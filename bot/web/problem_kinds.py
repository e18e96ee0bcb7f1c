"""The kinds of problems that the API answers with: each status has one, and its own description."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict

PROBLEM_JSON = "application/problem+json"
DESCRIBED = "/api/openapi.json#/components/responses/"
RETRY_AFTER = {"Retry-After": "Seconds to wait before it is sent again."}


class Wrong(BaseModel):
    """One part of what was sent that is wrong: where it stands, and how to mend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: Literal["path", "query", "body"]
    at: str
    says: str


class Problem(BaseModel):
    """What was not done, and why: RFC 9457, with fields of our own.

    `title` says what was not done, `detail` why, and how to mend it. `correlation` is the id
    under which the service's log tells more; `errors` are what was wrong, one by one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    title: str
    status: int
    detail: str
    instance: str
    correlation: str
    errors: list[Wrong] = []


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    name: str
    says: str
    headers: Mapping[str, str] = field(default_factory=dict)


KINDS: Mapping[int, Kind] = {
    one.status: one
    for one in (
        Kind(400, "NotReadable", "The request is not whole, or names a page of a list that there is not."),
        Kind(
            401,
            "NoToken",
            "Nothing was done: no valid token came along.",
            {"WWW-Authenticate": "That a bearer token is wanted."},
        ),
        Kind(403, "NotAllowed", "Nothing was done: you may not. `detail` says why, and who may."),
        Kind(404, "NotFound", "There is no such thing."),
        Kind(
            405,
            "NotTaken",
            "This address does not take that method.",
            {"Allow": "The methods that it takes."},
        ),
        Kind(408, "TooSlow", "The body did not come whole in time. Nothing was done."),
        Kind(
            409, "NothingToDecide", "Nothing was done: there is nothing to decide any more, or nothing there."
        ),
        Kind(413, "TooLarge", "The body is too large. Nothing was done."),
        Kind(415, "NotJson", "The body is compressed, or is not sent as application/json. Nothing was done."),
        Kind(422, "NotAsDeclared", "Nothing was done: `errors` says of each part what is wrong with it."),
        Kind(
            429,
            "TooManyTries",
            "Too many wrong tokens came from this address; a right one is taken.",
            RETRY_AFTER,
        ),
        Kind(500, "OurFault", "A fault of payrunbot. Look whether it was done before it is sent again."),
        Kind(
            503,
            "NotNow",
            "Nothing was done: the service is ending, or its database does not answer.",
            RETRY_AFTER,
        ),
    )
}


def type_of(status: int, public_url: str) -> str:
    """The address of a problem's description; what has none is `about:blank`, as RFC 9457 says."""
    kind = KINDS.get(status)
    return f"{public_url}{DESCRIBED}{kind.name}" if kind is not None else "about:blank"
