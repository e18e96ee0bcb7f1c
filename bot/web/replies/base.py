"""What every reply of the API is made of."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from bot.core import money

At = Annotated[
    AwareDatetime,
    PlainSerializer(lambda at: at.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


Answer = Literal["yes", "no", "unknown"]


Json = dict[str, Any]


class Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Reply):
    """What was done, in the sentence that a page would show."""

    said: str


class Amount(Reply):
    amount: str
    currency: str


def amount_of(known: money.Money | None) -> Amount | None:
    return Amount(amount=f"{known.amount:f}", currency=known.currency) if known is not None else None


class Login(Reply):
    """Where to log in; or, with the address that one came back to, what was done."""

    url: str = ""
    said: str = ""


class Document(Reply):
    """This document."""

    model_config = ConfigDict(extra="allow", frozen=True)

    openapi: str
