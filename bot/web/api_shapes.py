"""What programs may send to the API: in a path, in a query, in a body. Anything else is refused by name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from bot.web.forms import LONGEST_TEXT

_NO_NUL = r"^[^\x00]*$"
_SOMETHING = r"^[^\x00]*[^\s\x00][^\x00]*$"
YEARS = range(2000, 2100)
"""Beyond them an instant is a slip, and some have no day in some zone."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT, pattern=_NO_NUL)]
Said = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT, pattern=_SOMETHING),
]


def _is_written(value: Any) -> Any:
    """A number alone is no moment that anybody would write."""
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("write it as 2026-11-23T12:00:00+01:00")
    return value


def _is_of_our_time(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError(f"its year must be from {YEARS[0]} to {YEARS[-1]}")
    return at


Moment = Annotated[
    AwareDatetime,
    Strict(False),  # or the text, once it was looked at, would be no instant
    BeforeValidator(_is_written),
    AfterValidator(_is_of_our_time),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": r"^20\d\d-",
            "description": f"With its zone, in a year from {YEARS[0]} to {YEARS[-1]}.",
        }
    ),
]


def _named(what: str) -> Any:
    """A name in an address. Whether there is such a thing is for whoever looks it up."""
    return Annotated[
        str, StringConstraints(min_length=1, max_length=300, pattern=_NO_NUL), Field(description=what)
    ]


PLACES: Mapping[str, Any] = {
    "connection": _named("A connection of the settings, such as gigapay-se."),
    "vendor_id": _named("The vendor's id of a pay run, such as 2859272."),
    "approval": _named("The id of an approval."),
    "rule": _named("The id of a rule, such as gigapay-weekly-close."),
    "month": Annotated[
        str, StringConstraints(pattern="^[0-9]{4}-[0-9]{2}$"), Field(description="A month, such as 2026-11.")
    ],
    "mail": _named("The id of a mail: its Message-ID without the angle brackets."),
}
"""Every name that may stand in an address."""


class Given(BaseModel):
    """Whatever a request brings along: nothing is coerced, nothing unknown is overlooked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Body(Given):
    """What is sent in the body of a POST."""


class Query(Given):
    """What is asked for in the address of a GET. Each field needs a default."""


class Decision(Body):
    """`comment` is the reason of a no, which needs one. `checks` names what was looked at.

    `at` goes with the yes to what asks for a time, such as when something was paid, and
    `typed` is the amount as somebody typed it, where `type_amount` says that it must be.
    """

    answer: Literal["approve", "reject"]
    comment: Text = ""
    checks: Annotated[list[Text], Field(max_length=100)] | Literal["all"] = []
    at: Moment | None = None
    typed: Text = ""

    @model_validator(mode="after")
    def _a_no_says_why(self) -> "Decision":
        if self.answer == "reject" and not self.comment:
            raise ValueError("a no needs its reason: send it as comment")
        return self


class Hold(Body):
    reason: Said
    until: Moment


class Settlement(Body):
    what: Literal["happened", "again", "never"]
    comment: Said


class Pause(Body):
    """`scope` is a connection, or `*` for everything."""

    scope: Said
    reason: Said
    until: Moment | None = None


class Resume(Body):
    scope: Said


class Mute(Body):
    """`about` is a rule, a pay run or a connection; it ends at `until`, or after it has lasted so long."""

    about: Said
    why: Said
    until: Moment | None = None
    lasts: Said | None = None

    @model_validator(mode="after")
    def _one_end(self) -> "Mute":
        if (self.until is None) == (self.lasts is None):
            raise ValueError("say exactly one of until and lasts")
        return self


class Unmute(Body):
    about: Said


class SignOff(Body):
    """`version`, where it is named, is the one that was read; another is not signed."""

    version: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None


class RuleEdit(Body):
    """Values of a rule by their keys, as somebody types them.

    `file` is the fingerprint of the file that they were read from; `tests` are the numbers of
    the rule's own tests that change with them.
    """

    values: Annotated[dict[Said, Text], Field(min_length=1, max_length=200)]
    file: Said
    tests: Annotated[list[Annotated[int, Field(ge=1, le=10_000)]], Field(max_length=1_000)] = []


class RuleProposal(RuleEdit):
    """`result` is the fingerprint of what the same change came to when it was looked at."""

    result: Said


class SendBack(Body):
    """`version` is the one that was read; `reason` is what should change."""

    version: Annotated[int, Field(ge=1, le=1_000_000_000)]
    reason: Said


class NewToken(Body):
    """`person`, where it is named, is who asks: nobody issues a token to somebody else."""

    person: Text | None = None


class Replay(Body):
    """Exactly one of the three says which webhooks; `connection` only narrows `everything`."""

    event: Said | None = None
    failed_since: Moment | None = None
    everything: Literal[True] | None = None
    connection: Text | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Replay":
        wanted = [self.event, self.failed_since, self.everything]
        if sum(one is not None for one in wanted) != 1:
            raise ValueError("say exactly one of event, failed_since and everything")
        if self.connection is not None and self.everything is None:
            raise ValueError("connection goes with everything only")
        return self


class Forget(Body):
    """`employee` is the vendor's id of somebody; `connection` where it is only one's."""

    employee: Said
    connection: Text | None = None


class CameBack(Body):
    """`came_back` is the address that a login at a vendor ended at; nothing to begin one."""

    came_back: Annotated[str, StringConstraints(strip_whitespace=True, max_length=8000)] | None = None


class Empty(Given):
    """Nothing; as a body also `{}`."""


class Page(Query):
    """A page of a long list, from a cursor on that another page named; the newest without one."""

    cursor: Annotated[str, StringConstraints(max_length=600, pattern=_NO_NUL)] = ""
