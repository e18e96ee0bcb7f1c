"""What the service is made of, as each step of the engine is handed it."""

import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from bot.core.action import Action
from bot.core.rule import Mode, Rule
from bot.core.workdays import WorkCalendar
from bot.engine.calls import Calls
from bot.engine.measures import Measures
from bot.engine.receiver import Account as Account
from bot.engine.receiver import Receiver
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.store.database import Database
from bot.store.in_force import InForce


@dataclass(frozen=True, slots=True)
class Running:
    """A rule in the version and mode that is in force, which may not be the file's."""

    rule: Rule
    mode: Mode
    version: int
    calendars: Mapping[str, WorkCalendar]
    """The work calendars of that version's day: they are part of what was signed."""
    is_signed: bool
    proposed_by: str | None
    why: str
    """Why this one runs: `signed off by finance-1`, `not signed off yet, so it only watches`."""
    wider: str = ""
    """Where the file's version waits: in what it goes further than this one, with an example."""

    @property
    def is_asked(self) -> bool:
        """Whether it is asked whenever something that it watches changes: not at set times, and not never."""
        return self.mode is not Mode.OFF and not self.rule.is_at_times

    def asks(self, kind: str, connection: str) -> bool:
        """Whether it is asked about what is of this kind there."""
        return self.is_asked and self.rule.is_about(kind) and self.rule.watches(connection)

    def calendar(self, account: Account) -> WorkCalendar:
        return self.calendars[self.rule.calendar_for(account.calendar)]


class RulesInForce(Mapping[str, Running]):
    """The rules that run, by id. Which of them are asked about something is worked out once."""

    def __init__(self, rules: Mapping[str, Running] = MappingProxyType({})) -> None:
        self._rules = dict(rules)
        self._asked: dict[tuple[str, str], tuple[Running, ...]] = {}

    def __getitem__(self, rule: str) -> Running:
        return self._rules[rule]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def asked_about(self, kind: str, connection: str) -> tuple[Running, ...]:
        """Those that are asked whenever a resource of this kind, there, is read."""
        found = self._asked.get((kind, connection))
        if found is None:
            found = self._asked[kind, connection] = tuple(
                running for running in self._rules.values() if running.asks(kind, connection)
            )
        return found


@dataclass(frozen=True, slots=True)
class TemplateState:
    """What a mail is made of: the operators' files, or those that ship.

    `refused` says where the operators' present files are wrong; then what the mail is made
    of is the last that was not.
    """

    is_theirs: bool
    refused: str = ""


NEVER = datetime.max.replace(tzinfo=UTC)


async def _nothing() -> None:
    """Where there are no files to read again, as in a command that only reads."""


@dataclass(slots=True, kw_only=True)
class Bot(Receiver):
    """The parts of one service. `rules` and `problems` are replaced whole by a reload."""

    db: Database
    measures: Measures = field(default_factory=Measures)
    actions: Mapping[str, Action]
    renderer: Renderer
    mailer: Mailer
    calls: Calls
    rules: RulesInForce = field(default_factory=RulesInForce)
    calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """What `check` would say about the rule files now."""
    wrong: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What `lint` finds wrong with the files' version of each rule: for whoever signs it."""
    templates: Mapping[str, TemplateState] = field(default_factory=dict)
    """What each mail is made of since the template files were last checked."""
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    """Who holds a lease by name: this service, from its start to its end."""
    polled: set[str] = field(default_factory=set)
    """The connections whose list was read since this start. Nothing is done at the others yet:
    what happened there since the database was last used, or backed up, is not known."""
    started_at: datetime = field(default=NEVER)
    """When this start began; see `polled`, which other replicas fill as well."""
    in_force: InForce = field(default_factory=InForce)
    """Which of the states that replicas share `rules` are."""
    files: str = ""
    """The rule files as this replica read them last: a fingerprint."""
    behind: str = ""
    """Why this replica may not act: what is in force cannot be read by it."""
    reload: Callable[[], Awaitable[None]] = _nothing
    """Read the rule files again, and put in force what they and the signatures say."""
    latest_now: datetime | None = None
    """The time when it was last asked what is due; see `set_back`."""

    def calendar(self, account: Account) -> WorkCalendar:
        """The connection's own work calendar, for what is not a rule's business."""
        return self.calendars[account.calendar]

    def link(self, path: str) -> str:
        """A full address of one of our pages, for mails."""
        return f"{self.settings.http.public_url}{path}"

    def lease(self) -> tuple[datetime, timedelta]:
        return self.clock.wall(), self.settings.timing.lease
