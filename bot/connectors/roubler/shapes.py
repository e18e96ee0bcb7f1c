"""Roubler's replies, and what its errors mean. Pure.

Surprising here: a GraphQL error comes with status 200, and may come beside data: then
the fields that it names are null because they failed and not because there is nothing.
No error codes are documented; these are the words that GraphQL servers commonly use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from bot.connectors.attempt import answered
from bot.connectors.client import Reply
from bot.connectors.problem import Gone, Unauthorised, VendorProblem
from bot.connectors.values import Id, Raw, Sent, validated
from bot.core.action import Done, Outcome, Refused, Retry, Unknown
from bot.core.words import say

NOT_LOGGED_IN = ("UNAUTHENTICATED", "UNAUTHORIZED")
MAY_HAVE_HAPPENED = ("INTERNAL_SERVER_ERROR",)


class _Node(Sent):
    model_config = ConfigDict(alias_generator=to_camel)


class Numbered(_Node):
    id: Id


class Somebody(_Node):
    """A person of whom only that there is one was asked."""


class RunError(_Node):
    message: Raw = None
    employee: Numbered | None = None


class PayType(_Node):
    id: Id
    name: Raw = None


class PayItem(_Node):
    employee: Numbered | None = None
    pay_type: PayType | None = None
    start_time: Raw = None
    end_time: Raw = None
    unit_amount: Raw = None
    quantity: Raw = None
    amount: Raw = None


class Timesheet(_Node):
    id: Id
    status: Raw = None
    start_time: Raw = None
    end_time: Raw = None
    hours: Raw = None
    employee: Numbered | None = None


class PayRun(_Node):
    id: Id
    name: Raw = None
    description: Raw = None
    start_date: Raw = None
    end_date: Raw = None
    status: Raw = None
    created_at: Raw = None
    timesheets_selected_at: Raw = None
    finalised_at: Raw = None
    finalised_by: Somebody | None = None
    processed_at: Raw = None
    modified_at: Raw = None
    errors: Sequence[RunError] | None = None
    pay_items: Sequence[PayItem] | None = None
    timesheets: Sequence[Timesheet] | None = None


class Place(_Node):
    """Where the login works: one employment of its person."""

    company: Numbered | None = None
    location: Numbered | None = None


class Viewer(_Node):
    employees: Sequence[Place] = ()


class GraphError(Sent):
    message: Raw = None
    path: Sequence[str | int] | None = None
    extensions: Mapping[str, Any] | None = None

    @property
    def code(self) -> str:
        return str((self.extensions or {}).get("code", "")).upper()

    def said(self, reply: Reply) -> str:
        """Roubler's own words, without anything secret that we had sent."""
        return reply.scrub(str(self.message or self.code or "an error without words"))

    @property
    def is_about_the_login(self) -> bool:
        return self.code in NOT_LOGGED_IN or "authentication" in str(self.message).lower()

    @property
    def is_about_a_part(self) -> bool:
        """It came while what was asked for, or done, was being told."""
        return self.path is not None and len(self.path) > 1

    @property
    def may_have_happened(self) -> bool:
        """Of an action: whether it can have been done before this went wrong."""
        is_internal = self.code in MAY_HAVE_HAPPENED or "internal server error" in str(self.message).lower()
        return is_internal or self.is_about_a_part

    @property
    def is_about_a_missing_one(self) -> bool:
        return self.code == "NOT_FOUND" or str(self.message).lower().endswith("not found")


class Answer(Sent):
    data: Mapping[str, Any] | None = None
    errors: Sequence[GraphError] | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """What was asked for. `failed` are its fields that are null for an error, with the error's words."""

    value: Any
    failed: Mapping[str, str] = field(default_factory=dict)


def data_of(name: str, reply: Reply) -> Data:
    """What a query answered. Raises Unauthorised, Gone or VendorProblem, by what its errors say.

    An error that names a field inside what was asked for spoils that field; any other
    spoils the answer, whatever data comes beside it.
    """
    answer = validated(Answer, reply.json(), name)
    value = (answer.data or {}).get(name)
    failed: dict[str, str] = {}
    for error in answer.errors or ():
        said = error.said(reply)
        what = say("answered {what} with: {said}", what=name, said=said)
        if error.is_about_the_login:
            raise Unauthorised(what)
        inside = error.path[1] if error.path is not None and len(error.path) > 1 else None
        if isinstance(value, Mapping) and isinstance(inside, str):
            failed[inside] = said
        elif error.is_about_a_missing_one:
            raise Gone(what)
        else:
            raise VendorProblem(what)
    if answer.data is None or name not in answer.data:
        raise VendorProblem(say("answered {what} without data", what=name))
    return Data(value, failed)


def refuses_the_login(reply: Reply) -> bool:
    """Whether nothing was done because we were not known, however that is told.

    An action is then sent once more, so whatever else stands beside it is a no.
    """
    if reply.status == 401 or reply.status >= 500:
        return reply.status == 401
    try:
        answer = validated(Answer, reply.json(), say("an action"))
    except VendorProblem:
        return False
    if not answer.errors or any(value is not None for value in (answer.data or {}).values()):
        return False
    return all(error.is_about_the_login and not error.is_about_a_part for error in answer.errors)


def outcome_of(name: str, reply: Reply, now: datetime) -> Outcome:
    """What a reply to an action means. Raises VendorProblem for one that makes no sense."""
    said = answered(reply.status, reply.detail())
    match reply.status:
        case 200:
            return _answered(name, reply)
        case 429:
            wait = reply.retry_after_s(now)
            return Retry(said, after=timedelta(seconds=wait if wait is not None else 60))
        case 408 | 500 | 502 | 503 | 504:
            return Unknown(said)
        case _:
            return Refused(said)


def _answered(name: str, reply: Reply) -> Outcome:
    answer = validated(Answer, reply.json(), name)
    value = (answer.data or {}).get(name)
    if answer.errors:
        said = answer.errors[0].said(reply)
        odd = value or any(one.may_have_happened for one in answer.errors)
        return Unknown(said) if odd else Refused(said)
    if value is False:
        return Refused(say("Roubler answered no, without a reason"))
    if value is not True and not isinstance(value, Mapping):
        raise VendorProblem(say("answered {what} without saying what became of it", what=name))
    return Done()
