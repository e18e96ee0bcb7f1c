"""A file that is no database, or damaged, or beside another one's log, is refused with what to do."""

import os
import shutil
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from bot.store.backup import NoBackup, make_backup
from bot.store.damage import Damaged, refuse_damaged
from bot.store.database import Database, open_database
from bot.store.home import DatabaseUnsafe
from bot.store.tables import connection_state
from tests.databases import url_of


@pytest.fixture
def db(file_db: Database) -> Database:
    return file_db


def _named(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def closed(db: Database, folder: Path) -> Path:
    await db.close()
    return folder / "bot.db"


async def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    path.write_bytes(b"not what it was" * 1000)

    with pytest.raises(DatabaseUnsafe) as refused:
        await open_database(url_of(path))
    assert str(refused.value) == f"{path} is no database. Put a backup in its place, without bot.db-wal."


@pytest.mark.parametrize("page", [2, 5, 9])
async def test_a_database_with_a_page_of_garbage_is_refused(db: Database, tmp_path: Path, page: int) -> None:
    path = await closed(db, tmp_path)
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(os.urandom(4096))

    with pytest.raises(DatabaseUnsafe, match=f"^{path} is damaged: "):
        await open_database(url_of(path))


async def test_half_a_database_is_refused(db: Database, tmp_path: Path) -> None:
    path = await closed(db, tmp_path)
    os.truncate(path, path.stat().st_size // 2)

    with pytest.raises(DatabaseUnsafe, match=f"^{path} is damaged: "):
        await open_database(url_of(path))


async def test_a_backup_beside_the_log_of_the_file_that_it_replaces_is_refused(
    db: Database, tmp_path: Path
) -> None:
    copy, path, log = tmp_path / "copy.db", tmp_path / "bot.db", tmp_path / "bot.db-wal"
    make_backup(path, copy)
    async with db.write() as tx:
        await tx.execute(connection_state.insert().values(connection="a", failures=0, problem=""))
    left = log.read_bytes()
    await db.close()
    shutil.copy(copy, path)
    log.write_bytes(left)

    assert left
    with pytest.raises(DatabaseUnsafe) as refused:
        await open_database(url_of(path))
    assert str(refused.value) == (
        f"{log} belongs to another database than {path}, which is a backup or new. "
        "Remove bot.db-wal, then start again."
    )


async def test_a_backup_put_in_place_without_that_log_is_taken(db: Database, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    make_backup(tmp_path / "bot.db", copy)
    path = await closed(db, tmp_path)
    shutil.copy(copy, path)

    again = await open_database(url_of(path))
    await again.close()


def test_a_file_that_is_not_there_or_empty_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()

    refuse_damaged(tmp_path / "none.db")
    refuse_damaged(tmp_path / "empty.db")


def test_a_log_without_its_database_is_not_played_into_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "bot.db-wal").write_bytes(b"x")

    with pytest.raises(Damaged, match="belongs to another database"):
        refuse_damaged(tmp_path / "bot.db")


async def test_a_backup_is_the_owners_alone_and_whole_while_the_service_writes(
    db: Database, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    async with db.write():
        size = make_backup(tmp_path / "bot.db", copy)

    assert (copy.stat().st_mode & 0o777, copy.stat().st_size) == (0o600, size)
    with closing(connect(copy)) as there, closing(connect(tmp_path / "bot.db")) as here:
        tables = "select name from sqlite_master order by name"
        assert there.execute(tables).fetchall() == here.execute(tables).fetchall() != []
    assert not _named(tmp_path, "*.part")


async def test_a_backup_is_never_written_over(db: Database, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("the one of last week")

    with pytest.raises(NoBackup, match=f"^{copy} is there already, and is not written over"):
        make_backup(tmp_path / "bot.db", copy)
    assert copy.read_text() == "the one of last week"


@pytest.mark.parametrize(
    ("to", "why"),
    [
        pytest.param("no/such/folder/copy.db", "cannot be written: No such file", id="no folder"),
        pytest.param("copy.db", "copy.db.part is there already", id="another one under way"),
    ],
)
async def test_a_backup_that_cannot_be_made_leaves_nothing(
    db: Database, tmp_path: Path, to: str, why: str
) -> None:
    (tmp_path / "copy.db.part").touch()

    with pytest.raises(NoBackup, match=why):
        make_backup(tmp_path / "bot.db", tmp_path / to)
    assert not (tmp_path / to).exists()


async def test_a_damaged_database_makes_no_backup(db: Database, tmp_path: Path) -> None:
    path = await closed(db, tmp_path)
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(4096 * 3))

    with pytest.raises(NoBackup, match="could not be copied: database disk image is malformed"):
        make_backup(path, tmp_path / "copy.db")
    assert not _named(tmp_path, "copy.db*")
