"""One writer at a time: who waits for a turn in vain is told so, and not that it met a bug."""

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from bot.store import database
from bot.store.database import BUSY, open_database


async def test_a_turn_that_never_comes_is_trouble_with_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAITS_S", 0.05)
    db = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    try:
        async with db.write():
            with pytest.raises(DBAPIError, match=BUSY):
                async with db.write():
                    pass
    finally:
        await db.close()
