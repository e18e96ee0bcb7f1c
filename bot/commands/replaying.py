"""What `backtest` and `try` share: rules as they were edited, and the record to replay them over.

The database is only read: a running service's, a backup, or any other file.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from sqlalchemy.engine import URL

from bot.app import read_rules, setup_of, shipped
from bot.backtest.inforce import InForce, Place, Rules, Side, is_replayed, of_book, one_calendar_each
from bot.backtest.recording import NothingRecorded, Recording
from bot.backtest.replay import Replay, Replayed
from bot.commands.failed import Failed
from bot.commands.reading import reading
from bot.connectors import vendor_actions
from bot.mail.render import Renderer
from bot.rulebook import Rulebook, Setup
from bot.rulebook.calendars import FILE
from bot.settings import Settings
from bot.store.database import Tx

TOLD_EVERY = 50
"""Events between two moves of the bar."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The rules that were asked about. `file` is the one file, where it was one."""

    book: Rulebook
    setup: Setup
    file: str | None

    @property
    def rules(self) -> tuple[InForce, ...]:
        return of_book(self.book, self.file)

    def is_asked_about(self, one: InForce) -> bool:
        """Whether a rule in force stands against these: one of the same file, in whatever folder."""
        if self.file is None or one.rule.id in {own.rule.id for own in self.rules}:
            return True
        return Path(one.rule.file).name == Path(self.file).name

    @property
    def left_out(self) -> list[str]:
        return [one.rule.id for one in self.rules if not is_replayed(one.rule)]


def read_edited(settings: Settings, path: Path) -> Edited:
    """Read a folder of rules, or one file with the calendars beside it. Raises Failed for what is wrong."""
    setup = setup_of(settings, Renderer(settings.templates, shipped("templates")).names())
    is_file = path.is_file()
    folder = path.absolute().parent if is_file else path
    if not folder.is_dir() or not (is_file or path.is_dir()):
        raise Failed(f"There is no {path}: name a folder with rules, or one file of it.")
    if not (folder / FILE).is_file():
        raise Failed(f"There is no {FILE} in {folder}: edit a copy of the whole rules folder.")
    book = read_rules(folder, setup)
    file = f"{folder.name}/{path.name}" if is_file else None
    calendars = f"{folder.name}/{FILE}"
    wrong = [one for one in book.problems if file is None or one.file in (file, calendars)]
    if wrong:
        raise Failed("\n\n".join(str(one) for one in wrong))
    return Edited(book, setup, file)


def replay_of(settings: Settings, recording: Recording, edited: Edited, sides: list[Side]) -> Replay:
    """The replay of a record for the connections of the settings, with their guards of today."""
    places = {one.id: Place(one.id, one.calendar, one.guards, one.poll) for one in settings.connections}
    return Replay(recording, sides, places, edited.book.calendars, vendor_actions())


@asynccontextmanager
async def record_of(settings: Settings, database: str | None) -> AsyncIterator[Tx]:
    """A consistent look at the record. Raises Failed where there is none."""
    if database is not None:
        settings = settings.model_copy(update={"database": _address_of(Path(database))})
    async with reading(settings) as bot, bot.db.read() as tx:
        try:
            yield tx
        except NothingRecorded:
            raise Failed("Nothing was recorded yet: there is no reading to replay.") from None


def _address_of(file: Path) -> str:
    return URL.create("sqlite+aiosqlite", database=str(file.absolute())).render_as_string()


def sides_of(*rules: Sequence[InForce]) -> list[Side]:
    """One side each. Equal work calendars become one, so that what depends on them is worked out once."""
    return [Rules(one) for one in one_calendar_each(rules)]


def run_replay(replay: Replay, since: datetime, until: datetime | None = None) -> Replayed:
    """Replay, with a bar on standard error where somebody is looking."""
    if not sys.stderr.isatty():
        return replay.run(since, until)
    columns = TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replaying")

        def told(done: int, total: int) -> None:
            if done % TOLD_EVERY == 0 or done == total:
                bar.update(task, completed=done, total=total)

        return replay.run(since, until, told)
