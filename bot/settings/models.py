"""Settings as the rest of the program sees them: frozen, typed, with every default.

Surprising here: what a connection needs besides these is its connector's own model,
handed in by `app`, because settings know no vendor. And the guards of a connection
are already merged with the default ones, so nobody has to ask twice which holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NewType
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
)

from bot.core.limits import Guards
from bot.core.money import Money
from bot.core.words import LanguageCode
from bot.settings import values
from bot.settings.values import SmtpServer

DatabaseUrl = NewType("DatabaseUrl", str)

Duration = Annotated[timedelta, BeforeValidator(values.duration)]
Percent = Annotated[Decimal, BeforeValidator(values.percent)]
Zone = Annotated[ZoneInfo, BeforeValidator(values.zone)]
Name = Annotated[str, AfterValidator(values.name)]
Address = Annotated[str, AfterValidator(values.mail_address)]
Network = Annotated[values.Network, BeforeValidator(values.network)]
Keyring = Annotated[tuple[SecretStr, ...], AfterValidator(values.keyring)]
"""The first key writes, all of them read: that is how one is replaced."""


class Part(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        validate_by_name=True,
        validate_by_alias=True,
    )


class Metrics(Part):
    """Who reads /metrics without a personal token: who has one of these, or everybody."""

    open: bool = False
    token: Annotated[tuple[SecretStr, ...], AfterValidator(values.unguessable)] = ()


class Proxy(Part):
    """A proxy that signs people in, and says in a header who asks: by their id or mail address here.

    It must take that header away from what comes from outside.
    """

    user_header: Annotated[str, AfterValidator(values.user_header)]
    trusted: Annotated[tuple[Network, ...], Field(min_length=1)]
    """The addresses that it has, as this service sees them. Nobody else's header counts."""
    tokens_too: bool = False
    """Whether personal tokens open a session as well. The API takes them in any case."""


class Http(Part):
    public_url: Annotated[str, AfterValidator(values.public_url)]
    """How people and vendors reach the bot: no path, no slash at its end."""
    listen: Annotated[str, AfterValidator(values.listen)] = "127.0.0.1:8080"
    metrics: Metrics | None = None
    proxy: Proxy | None = None

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


class Keys(Part):
    """Fernet keys by what they are for; `new_key` makes one. None at all is refused."""

    tokens: Keyring = Field(default=(), validate_default=True)
    sessions: Keyring = Field(default=(), validate_default=True)
    audit: Keyring = Field(default=(), validate_default=True)


class Mail(Part):
    smtp: Annotated[SmtpServer, BeforeValidator(values.smtp_server)]
    sender: Annotated[str, AfterValidator(values.sender)] = Field(validation_alias="from")
    password: SecretStr | None = None
    ca: Path | None = None
    """A private certificate authority, besides those that the machine trusts."""
    per_hour: int = Field(default=200, ge=1)
    """How many mails may leave in an hour; what is above waits for its turn."""
    per_hour_each: int = Field(default=30, ge=1)
    """The same for one recipient."""


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"


class Person(Part):
    id: Name
    mail: Address
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    language: LanguageCode = "en"
    up_to: Mapping[str, Money] | None = None
    """The most this person may approve, by currency; None where nothing was set."""
    substitute_for: str | None = None

    @property
    def is_approver(self) -> bool:
        return Role.APPROVER in self.roles

    @property
    def may_operate(self) -> bool:
        """Whether this person may hold, pause and the like: everybody but who only looks."""
        return bool({Role.OPERATOR, Role.APPROVER} & set(self.roles))


class GuardLimits(Part):
    per_action: Mapping[str, Money] = Field(default_factory=dict)
    per_day: Mapping[str, Money] = Field(default_factory=dict)
    change_from_median: Percent | None = None

    def as_guards(self) -> Guards:
        return Guards(
            per_action=self.per_action, per_day=self.per_day, change_from_median=self.change_from_median
        )


class Approvals(Part):
    """How people approve. Above these amounts, by currency, the net pay is typed with the yes."""

    type_amount_above: Mapping[str, Money] = Field(default_factory=dict)


class Keep(Part):
    """How long is kept what the vendors sent, the lines of pay runs, and decisions."""

    raw: Duration = timedelta(days=90)
    lines: Duration = timedelta(days=400)
    decisions: Duration = timedelta(days=7 * values.DAYS_A_YEAR)


class WebhookTarget(Part):
    """Where `post_webhook` may send to. Rules know its name alone."""

    url: Annotated[str, AfterValidator(values.target_url)]
    secret: Annotated[tuple[SecretStr, ...], AfterValidator(values.signing_secrets)]
    """All of them sign, so that one can be replaced while the receiver still knows the other."""


class Heartbeat(Part):
    url: Annotated[str, AfterValidator(values.http_url)]
    every: Duration = timedelta(minutes=5)


class Timing(Part):
    lease: Duration = timedelta(seconds=60)
    call_time_out: Duration = timedelta(seconds=20)
    quarantine: Duration = timedelta(minutes=10)
    signature_age: Duration = timedelta(minutes=5)
    signature_ahead: Duration = timedelta(minutes=1)
    tick: Duration = timedelta(seconds=1)
    token: Duration = timedelta(days=90)
    session: Duration = timedelta(hours=12)
    form: Duration = timedelta(hours=1)
    look_gap: Duration = timedelta(seconds=5)
    reask: Duration = timedelta(minutes=30)
    rules: Duration = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class ConfiguredConnection:
    """One account at a vendor. `part` is the connector's own model, validated."""

    id: str
    vendor: str
    calendar: str
    poll: timedelta
    guards: Guards
    part: BaseModel


class Settings(Part):
    timezone: Zone
    http: Http
    keys: Keys
    mail: Mail
    people: tuple[Person, ...]
    groups: Mapping[str, tuple[str, ...]]
    """Members are ids of people or mail addresses; `members` gives the addresses."""
    database: DatabaseUrl = Field(default=DatabaseUrl("sqlite:///data/bot.db"), repr=False)
    """As SQLAlchemy wants it; may hold a password, so it is never printed."""
    audit_head: Path | None = None
    """Where the end of the audit is exported to; beside a database that is a file, if not set."""
    rules: Path = Path("rules")
    templates: Path = Path("templates")
    guards: GuardLimits = GuardLimits()
    approvals: Approvals = Approvals()
    keep: Keep = Keep()
    heartbeat: Heartbeat | None = None
    webhook_targets: Mapping[str, WebhookTarget] = Field(default_factory=dict)
    sole: bool = False
    """One person suffices for a sign-off; every mail and audit line says so."""
    language: LanguageCode = "en"
    """The language of the house: of whoever has none of their own, and of the command line's sentences."""
    timing: Timing = Timing()
    connections: tuple[ConfiguredConnection, ...] = ()

    def person(self, id: str) -> Person | None:
        return next((one for one in self.people if one.id == id), None)

    def connection(self, id: str) -> ConfiguredConnection | None:
        return next((one for one in self.connections if one.id == id), None)

    def members(self, group: str) -> tuple[str, ...]:
        """The mail addresses of a group, each once. Raises KeyError for an unknown one."""
        people = {person.id: person.mail for person in self.people}
        return tuple(dict.fromkeys(people.get(member, member) for member in self.groups[group]))
