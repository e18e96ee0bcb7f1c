"""What kind of database keeps the tables: what each kind answers, and how it refuses."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # webhooks are taken before SQLAlchemy is imported
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from bot.store.intake import InboxWriter

WAITS_S = 15
"""How long one waits for its turn. Whoever sends a webhook then is told to come again, in time to hear it."""

BUSY = "no turn at the database"
"""What the log calls it where that was in vain."""


class DatabaseInUse(Exception):
    """Another payrunbot has this database open. Only one service may, where it is a file."""


class DatabaseUnsafe(Exception):
    """The database would not keep what it says it has kept, or is not for this program."""


UNDER_WAY, GONE = "being moved here", "moved away"
"""Facts of the house: of a new database until all is there, and of the old one from then on."""


class Line(Protocol):
    """A connection of one's own, on which replicas hear each other and the server's clock."""

    async def ring(self) -> None:
        """Tell the others that there is something to do. Raises DBAPIError."""

    async def ask(self) -> tuple[datetime, int]:
        """The server's time, and how many other replicas there are. Raises DBAPIError."""

    async def close(self) -> None:
        """Hang up."""


class Home(Protocol):
    """A file, or a server that several replicas share."""

    @property
    def name(self) -> str:
        """What it is called where something is wrong with it; no login in it."""

    @property
    def path(self) -> Path | None:
        """The file, where it is one."""

    def engine(self, *, writes: bool) -> "AsyncEngine":
        """Connections to read, or to write: a transaction of these begins with the writers' turn."""

    def inbox(self) -> "InboxWriter":
        """Whoever commits webhooks. Nothing is opened before the first."""

    @property
    def has_one_writer(self) -> bool:
        """Whether webhooks, too, are committed in the turn of all who write."""

    async def take(self) -> None:
        """Become one that serves on it. Raises DatabaseInUse, DatabaseUnsafe."""

    async def assert_safe(self, connection: "AsyncConnection") -> None:
        """Raises DatabaseUnsafe where it would lose what was committed."""

    async def others(self, connection: "AsyncConnection") -> int:
        """How many other replicas serve on it at this moment."""

    async def listen(self, heard: Callable[[], None]) -> "Line | None":
        """A line to the other replicas; None where there are none. Raises DBAPIError."""

    def is_late(self, problem: BaseException) -> bool:
        """Whether somebody waited for a turn in vain."""

    def was_cut_off(self, problem: BaseException) -> bool:
        """Whether a transaction stood still for so long that it was ended by the database."""

    def let_go(self) -> None:
        """Let others serve on it."""
