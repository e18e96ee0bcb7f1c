"""`token new`: a personal token, alone on stdout so that it can be piped into a vault.

`token list` and `token revoke` ask the running service, as the person whose token is set.

With a token of one's own the service issues the next one, to the same person. Without,
whoever has this machine's keys and database may issue a person's first one; a service
that runs goes on running, since only one row is written.
"""

import asyncio
import os
from argparse import Namespace
from datetime import UTC, datetime, tzinfo

from sqlalchemy.exc import DBAPIError

from bot.app import SystemClock
from bot.commands.failed import Failed
from bot.commands.given import has_settings, read_settings
from bot.commands.out import complain, say, say_json, say_table
from bot.commands.service import Service
from bot.core.clock import Clock
from bot.engine.access import NoToken, issue_on_this_machine
from bot.settings import Settings
from bot.store.database import Database, open_database
from bot.store.home import DatabaseInUse, DatabaseUnsafe


def new(args: Namespace) -> int:
    if os.environ.get("PAYRUNBOT_TOKEN"):
        issued = Service(args.config).post("tokens", person=args.person)
        token, ends = str(issued["token"]), str(issued["expires_at"])
    else:
        settings = read_settings(args.config)
        token, ends = asyncio.run(_issue(settings, args.person, SystemClock()))
    say(token)
    complain(
        f"This is {args.person}'s token until {ends}. It is shown this once: put it in PAYRUNBOT_TOKEN, "
        f"or paste it on the sign-in page. {args.person} and every approver are told by mail."
    )
    return 0


def listed(args: Namespace) -> int:
    found = Service(args.config).get("tokens")
    if args.json:
        say_json(found)
        return 0
    columns = ("token", "person", "issued", "by", "good until", "last used")
    zone = read_settings(args.config).timezone if has_settings(args.config) else UTC
    rows = [
        (
            str(one["id"]),
            str(one["person"]),
            _moment(one["issued_at"], zone),
            str(one["issued_by"]),
            _moment(one["expires_at"], zone),
            _moment(one["last_used_at"], zone) if one["last_used_at"] else "never",
        )
        for one in found["tokens"]
    ]
    say_table(columns, rows)
    return 0


def _moment(sent: str, zone: tzinfo) -> str:
    """On the clocks of the settings, as `token new` says it; where there are none, UTC as it was sent."""
    return datetime.fromisoformat(sent).astimezone(zone).isoformat()[:16]


def revoke(args: Namespace) -> int:
    done = Service(args.config).post("tokens", "revoke", which=args.which)
    say(str(done["said"]))
    return 0


async def _issue(settings: Settings, person: str, clock: Clock) -> tuple[str, str]:
    try:
        db = await _open(settings)
    except DatabaseUnsafe as error:
        raise Failed(str(error)) from None
    except DBAPIError as error:
        raise Failed(f"The database cannot be opened: {error.orig}.") from None
    try:
        async with db.write() as tx:
            token, ends = await issue_on_this_machine(tx, settings, person, now=clock.now())
    except NoToken as error:
        raise Failed(str(error)) from None
    finally:
        await db.close()
    return token, f"{ends.astimezone(settings.timezone):%Y-%m-%d %H:%M}"


async def _open(settings: Settings) -> Database:
    """Before the first start the tables are made here; beside a service they are left to it."""
    try:
        return await open_database(settings.database)
    except DatabaseInUse:
        return await open_database(settings.database, beside=True)
