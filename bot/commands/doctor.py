"""`doctor`: what the settings name, tried one by one, and how to mend what is wrong.

It only reads: no mail is sent, no table is made, nothing at a vendor is changed.
"""

import asyncio
import shutil
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from bot.app import SystemClock, make_mailer, read_rules, setup_of, shipped
from bot.commands.examined import Checked, examine_connections
from bot.commands.given import read_settings
from bot.commands.out import GAP, say, say_json
from bot.core.clock import Clock
from bot.core.seen import day as say_day
from bot.core.workdays import DAY, WorkCalendar
from bot.engine.absence import missed_when_away, waits_when_away
from bot.engine.away import away_until, gaps
from bot.mail.render import Renderer
from bot.settings import Settings
from bot.store import away, health, probe
from bot.store.database import Database, home_of, open_database
from bot.store.home import DatabaseInUse, DatabaseUnsafe

LITTLE_ROOM = 500_000_000
"""Bytes on the database's disk, under which a payroll's year of news may not fit any more."""
MARKS = {True: "ok", False: "wrong", None: "unknown"}


def run(args: Namespace) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    settings = read_settings(args.config)
    found = asyncio.run(examine(settings, SystemClock()))
    wrong = [one for one in found if one.ok is False]
    if args.json:
        say_json({"ok": not wrong, "checked": [asdict(one) for one in found]})
    else:
        _print(found)
    return 1 if wrong else 0


async def examine(settings: Settings, clock: Clock) -> list[Checked]:
    """Everything that can be tried without changing anything, in the order of mending it."""
    count = len(settings.connections)
    found = [
        Checked("settings", "bot.yaml", True, f"{count} {'connection' if count == 1 else 'connections'}")
    ]
    found += await asyncio.to_thread(lambda: list(_rules(settings, clock.now())))
    async with _database(settings) as (database, said):
        found.append(said)
        found.append(await _mail(settings))
        found += await examine_connections(settings, database, clock)
        found += await absences(settings, database, clock.now())
    return [*found, *_people(settings)]


def _print(found: list[Checked]) -> None:
    for part in dict.fromkeys(one.part for one in found):
        say(part)
        for one in (one for one in found if one.part == part):
            said = f": {one.said}" if one.said else ""
            say(f"{GAP}{MARKS[one.ok]:7}  {one.what}{said}")
            if one.mend and one.ok is not True:
                say(f"{GAP}{'':7}  → {one.mend}")
    wrong, unknown = (sum(one.ok is ok for one in found) for ok in (False, None))
    say()
    if wrong:
        say(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
    elif unknown:
        say(f"Nothing is wrong; {unknown} could not be told.")
    else:
        say("Nothing is wrong.")


def _rules(settings: Settings, now: datetime) -> Iterator[Checked]:
    setup = setup_of(settings, Renderer(settings.templates, shipped("templates")).names())
    book = read_rules(settings.rules, setup)
    count = len(book.problems)
    yield Checked(
        "rules",
        str(settings.rules),
        not count,
        f"{count} {'problem' if count == 1 else 'problems'}" if count else f"{len(book.rules)} rules",
        "See them all with `payrunbot check`.",
    )
    for name in sorted({one.calendar for one in settings.connections}):
        calendar = book.calendars.get(name)
        if calendar is None:
            yield Checked(
                "rules", f"work calendar {name}", False, "it is not there", "Add it to calendars.yaml."
            )
        else:
            yield _calendar(name, calendar, now)


def _calendar(name: str, calendar: WorkCalendar, now: datetime) -> Checked:
    """Whether its holidays are known for the year to come: a library may end before that."""
    today = now.astimezone(calendar.zone).date()
    named = [day for day in (today + DAY * number for number in range(366)) if calendar.holiday(day)]
    if not named:
        return Checked(
            "rules",
            f"work calendar {name}",
            None,
            "it knows no holiday in the next twelve months",
            "Name a country under `holidays`, or add the days to `extra_closed`.",
        )
    said = f"{len(named)} holidays in the next twelve months, the first on {say_day(named[0])}"
    return Checked("rules", f"work calendar {name}", True, said)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[tuple[Database | None, Checked]]:
    """The database where there is one, open beside a service that may be running."""
    home = home_of(settings.database)
    what = f"database {home.name}"
    if home.path is not None and not home.path.is_file():
        said = "it is not there yet: the service makes it when it starts"
        yield None, Checked("machine", what, None, said)
        return
    database = await open_database(settings.database, beside=True)
    try:
        yield await _readable(settings, database, what)
    finally:
        await database.close()


async def _readable(settings: Settings, database: Database, what: str) -> tuple[Database | None, Checked]:
    try:
        async with database.write() as tx:
            await probe.write_something(tx, SystemClock().wall())
            await health.removed(tx)
    except (DBAPIError, OSError) as error:
        why = getattr(error, "orig", None) or error
        return None, Checked("machine", what, False, f"it takes nothing: {why}", _mend(database))
    if database.path is None:
        return database, await _server(settings, database, what)
    return database, await _file(database, database.path, what)


def _mend(database: Database) -> str:
    older = "An older one is brought to this version when the service starts."
    if database.path is None:
        return f"See that the server runs, and that this machine and this login may use it. {older}"
    return f"Make room where its disk is full, and end what holds it where it is locked. {older}"


async def _file(database: Database, path: Path, what: str) -> Checked:
    room = shutil.disk_usage(path.parent).free
    if room < LITTLE_ROOM:
        said = f"only {room // 1_000_000} MB are left on its disk"
        return Checked("machine", what, False, said, "Make room there.")
    try:
        await database.take()
    except DatabaseInUse:
        return Checked("machine", what, True, "a service has it open")
    except DatabaseUnsafe as error:
        return Checked("machine", what, False, str(error), "Put a backup in its place.")
    return Checked("machine", what, True, "no service has it open")


async def _server(settings: Settings, database: Database, what: str) -> Checked:
    try:
        await database.assert_safe()
    except DatabaseUnsafe as error:
        return Checked(
            "machine", what, False, str(error), "Change that in its settings, or name another one."
        )
    if settings.audit_head is None:
        said = "it keeps what it commits; where the record ends is kept nowhere else"
        mend = "Name a file as audit_head, one for each replica: a record that was cut off then shows."
        return Checked("machine", what, None, said, mend)
    return Checked("machine", what, True, "it is the primary, and keeps what it commits")


async def _mail(settings: Settings) -> Checked:
    mailer = make_mailer(settings)
    why = await mailer.refusal()
    return Checked(
        "machine",
        f"mail server {mailer.server}",
        why is None,
        why or "it lets us in",
        "See mail.smtp, mail.password and mail.ca.",
    )


async def absences(settings: Settings, database: Database | None, now: datetime) -> list[Checked]:
    """Who is away or will be, and what nobody is left to approve meanwhile."""
    if database is None:
        return []
    async with database.read() as tx:
        known = await away.known(tx, now)
    missed = [
        Checked(
            "people",
            "absences",
            False,
            one.in_words(settings.timezone, now),
            "Let somebody come back, or give another person the role approver until then.",
        )
        for one in gaps(settings, known, now)
    ]
    if missed or not known:
        return missed
    said = "; ".join(away_until(one, settings.timezone) for one in known)
    return [Checked("people", "absences", True, f"{said}; others can decide everything")]


def _people(settings: Settings) -> Iterator[Checked]:
    for person in settings.people:
        if not person.is_approver:
            continue
        missed = missed_when_away(settings, person)
        yield Checked(
            "people",
            f"{person.id} away",
            not missed,
            " ".join(missed) or waits_when_away(settings, person) or "others can decide everything",
            "Give another person the role approver, with an up_to that is high enough.",
        )
