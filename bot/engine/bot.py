"""What the service is made of, as each step of the engine is handed it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from bot.connectors import Connection, Connector
from bot.core.action import Action
from bot.core.clock import Clock
from bot.core.guard import Guards
from bot.core.rule import Mode, Rule
from bot.core.workdays import WorkCalendar
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.settings import Settings
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Account:
    """One configured connection with everything that is needed to use it."""

    id: str
    connector: Connector
    connection: Connection
    calendar: str
    poll: timedelta
    guards: Guards


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

    def calendar(self, account: Account) -> WorkCalendar:
        return self.calendars[self.rule.calendar or account.calendar]


@dataclass(slots=True)
class Bot:
    """The parts of one service. `rules` and `problems` are replaced whole by a reload."""

    settings: Settings
    clock: Clock
    db: Database
    accounts: Mapping[str, Account]
    actions: Mapping[str, Action]
    renderer: Renderer
    mailer: Mailer
    log: FilteringBoundLogger
    rules: Mapping[str, Running] = field(default_factory=dict)
    calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """What `check` would say about the rule files now."""
    wake: Callable[[], None] = lambda: None
    """Make the workers look for work at once instead of at their next tick."""

    def now(self) -> datetime:
        return self.clock.now()

    def calendar(self, account: Account) -> WorkCalendar:
        """The connection's own work calendar, for what is not a rule's business."""
        return self.calendars[account.calendar]

    def link(self, path: str) -> str:
        """A full address of one of our pages, for mails."""
        return f"{self.settings.http.public_url}{path}"

    def lease(self) -> tuple[datetime, timedelta]:
        return self.clock.wall(), self.settings.timing.lease
