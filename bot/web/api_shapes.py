"""What programs may send to the API. Anything else in a body is refused by name."""

from typing import Annotated, Literal, TypeVar

from aiohttp import web
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bot.web.forms import LONGEST_TEXT
from bot.web.parts import Answer, bounded_body

AT_MOST = 64 * 1024

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Decision(Body):
    """`comment` is the reason of a no, which needs one. `checks` names what was looked at.

    `at` goes with the yes to what asks for a time, such as when something was paid.
    """

    answer: Literal["approve", "reject"]
    comment: Text = ""
    checks: Annotated[list[Text], Field(max_length=100)] | Literal["all"] = []
    at: AwareDatetime | None = None


class Hold(Body):
    reason: Said
    until: AwareDatetime


class Settlement(Body):
    what: Literal["happened", "again", "never"]
    comment: Said


class Pause(Body):
    """`scope` is a connection, or `*` for everything."""

    scope: Said
    reason: Said
    until: AwareDatetime | None = None


class Resume(Body):
    scope: Said


class Mute(Body):
    """`about` is a rule, a pay run or a connection; it ends at `until`, or after it has lasted so long."""

    about: Said
    why: Said
    until: AwareDatetime | None = None
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

    version: int | None = None


class NewToken(Body):
    """`person`, where it is named, is who asks: nobody issues a token to somebody else."""

    person: Text | None = None


class Replay(Body):
    """Exactly one of the three says which webhooks; `connection` only narrows `everything`."""

    event: Said | None = None
    failed_since: AwareDatetime | None = None
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


class Empty(Body):
    """Nothing, or `{}`."""


Some = TypeVar("Some", bound=Body)


async def body_of(request: web.Request, model: type[Some]) -> Some:
    """The body as its model. Raises Answer: 422 with every field that is wrong, never its value."""
    raw = await bounded_body(request, AT_MOST) or b"{}"
    try:
        return model.model_validate_json(raw)
    except ValidationError as wrong:
        says = tuple(
            f"{'.'.join(str(part) for part in one['loc']) or 'the body'}: {one['msg']}."
            for one in wrong.errors(include_url=False, include_input=False, include_context=False)[:20]
        )
        raise Answer(422, "Nothing was done: the body is not what this takes", says) from None
