"""The exported head shows what the chain cannot: that its last lines are gone."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from bot.store import audit, head
from bot.store.database import Database
from bot.store.head import Head, HeadProblem
from bot.store.tables import audit as table

from .conftest import NOW

KEY = b"the key that writes"
KEYS = {"now": KEY, "old": b"the one before"}


async def seal(db: Database, path: Path, count: int, *, at_s: int = 0) -> None:
    """Write and seal some lines, and export where that ends."""
    async with db.write() as tx:
        for number in range(count):
            await audit.note(tx, NOW, audit.BOT, "planned", effect=f"e{number}")
        await audit.seal(tx, KEY, "now")
        last = await audit.last_sealed(tx)
    assert last is not None
    head.export(path, Head(last.seq, last.hash, "now", NOW + timedelta(seconds=at_s)), KEY)


async def gaps(db: Database, path: Path) -> list[tuple[int, int, bool]]:
    """(the head's line, where the record ends before it, whether the record says so)."""
    async with db.read() as tx:
        return [
            (one.head.seq, one.ends_at, one.excused_at is not None)
            for one in await head.gaps(tx, head.read(path, KEYS))
        ]


async def cut(db: Database, above: int) -> None:
    async with db.write() as tx:
        await tx.execute(delete(table).where(table.c.seq > above))
        if db.path is None:  # where an older copy is put back, its numbers go on from there
            await tx.execute(
                text("SELECT setval(pg_get_serial_sequence('audit', 'seq'), :next, false)"),
                {"next": above + 1},
            )


@pytest.fixture
async def exported(db: Database, tmp_path: Path) -> Path:
    """Six lines in three sealings, each of them exported."""
    path = tmp_path / "kept" / "audit.head"
    for number, count in enumerate((2, 3, 1)):
        await seal(db, path, count, at_s=number)
    return path


async def test_a_record_that_is_whole_bears_out_every_head(db: Database, exported: Path) -> None:
    assert [one.seq for one in head.read(exported, KEYS)] == [2, 5, 6]
    assert await gaps(db, exported) == []


async def test_lines_added_since_change_nothing(db: Database, exported: Path) -> None:
    async with db.write() as tx:
        await audit.note(tx, NOW, audit.BOT, "planned")
        await audit.seal(tx, KEY, "now")

    assert await gaps(db, exported) == []


@pytest.mark.parametrize(
    ("above", "found"),
    [
        pytest.param(5, [(6, 5, False)], id="the last line"),
        pytest.param(4, [(5, 4, False), (6, 4, False)], id="the last two"),
        pytest.param(0, [(2, 0, False), (5, 0, False), (6, 0, False)], id="all of them"),
    ],
)
async def test_lines_missing_at_the_end_are_found_though_the_chain_is_whole(
    db: Database, exported: Path, above: int, found: list[tuple[int, int, bool]]
) -> None:
    await cut(db, above)

    async with db.read() as tx:
        assert await audit.verify(tx, list(KEYS.items())) is None
    assert await gaps(db, exported) == found


async def test_a_chain_that_was_sealed_anew_after_a_cut_is_another(db: Database, exported: Path) -> None:
    await cut(db, 4)
    await seal(db, exported, 4, at_s=9)

    assert await gaps(db, exported) == [(5, 5, False), (6, 6, False)]


async def test_an_older_copy_that_the_record_speaks_of_is_excused(db: Database, exported: Path) -> None:
    await cut(db, 4)
    async with db.write() as tx:
        await head.note_older_copy(tx, NOW, head.read(exported, KEYS))
    await seal(db, exported, 4, at_s=9)

    assert await gaps(db, exported) == [(5, 5, True), (6, 6, True)]


async def test_an_excuse_of_an_older_version_which_did_not_say_the_first_line_still_counts(
    db: Database, exported: Path
) -> None:
    await cut(db, 4)
    last = max(head.read(exported, KEYS), key=lambda one: one.seq)
    async with db.write() as tx:
        said = {"until": last.seq, "exported_at": last.at.isoformat()}
        await audit.note(tx, NOW, audit.BOT, head.OLDER_COPY, **said)
    await seal(db, exported, 4, at_s=9)

    assert await gaps(db, exported) == [(5, 5, True), (6, 6, True)]


async def test_an_excuse_covers_no_second_loss_of_the_same_lines(db: Database, exported: Path) -> None:
    await cut(db, 4)
    async with db.write() as tx:
        await head.note_older_copy(tx, NOW, head.read(exported, KEYS))
    await seal(db, exported, 1, at_s=9)  # line 6 once more, another one
    await cut(db, 5)

    assert (6, 5, False) in await gaps(db, exported)


def test_a_head_that_was_written_by_hand_is_not_believed(exported: Path) -> None:
    exported.write_text(exported.read_text().replace('"seq":6', '"seq":5'))

    with pytest.raises(HeadProblem, match=r"^line 3 of .*audit.head is not as it was written$"):
        head.read(exported, KEYS)


def test_a_head_of_a_key_that_left_the_settings_is_named(exported: Path) -> None:
    with pytest.raises(HeadProblem, match="made with key now, which is not in the settings: put it back"):
        head.read(exported, {"old": KEYS["old"]})


def test_heads_of_a_former_key_do_not_disturb_once_a_newer_one_is_there(exported: Path) -> None:
    head.export(exported, Head(7, "h", "next", NOW), b"the next key")

    assert [one.seq for one in head.read(exported, {"next": b"the next key"})] == [7]


@pytest.mark.parametrize("left", [1, 40, 150])
def test_a_line_that_was_torn_by_a_crash_spoils_neither_the_ones_before_nor_the_next(
    exported: Path, left: int
) -> None:
    whole = exported.read_bytes()
    exported.write_bytes(whole + whole.splitlines()[-1][:left])
    assert [one.seq for one in head.read(exported, KEYS)] == [2, 5, 6]

    head.export(exported, Head(9, "h", "now", NOW), KEY)

    assert [one.seq for one in head.read(exported, KEYS)] == [2, 5, 6, 9]


def test_a_file_that_is_not_there_or_holds_nothing_says_so(tmp_path: Path) -> None:
    path = tmp_path / "audit.head"
    with pytest.raises(HeadProblem, match=r"cannot be read: No such file or directory$"):
        head.read(path, KEYS)
    path.write_text("nothing\n")

    with pytest.raises(HeadProblem, match=r"holds no head$"):
        head.read(path, KEYS)


def test_the_file_stays_small_and_keeps_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "audit.head"
    line = Head(1, "h" * 64, "now", NOW).line(KEY)
    path.write_text(f"{line}\n" * (head.LARGEST // len(line) + 2))

    head.export(path, Head(2, "h", "now", NOW), KEY)

    assert len(path.read_text().splitlines()) == head.KEPT
    assert head.read(path, KEYS)[-1].seq == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_forced_to_the_disk_once_a_second_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[int] = []
    monkeypatch.setattr("bot.store.head.os.fsync", forced.append)

    for millisecond in (0, 400, 999, 1000, 1001, 2500):
        at = NOW + timedelta(milliseconds=millisecond)
        head.export(tmp_path / "audit.head", Head(1, "h", "now", at), KEY)

    assert len(forced) == 3
