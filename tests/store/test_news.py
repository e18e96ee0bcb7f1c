"""The inbox and the looks that news becomes."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from bot.store import effects, mails, news
from bot.store.database import Database, Tx
from bot.store.tables import Instant, inbox, look, metadata

from .conftest import NOW
from .test_claims import plan, queue

GAP = timedelta(seconds=5)
BODY = b'{"id":"2859272"}'


async def receive(tx: Tx, body: bytes = BODY, **more: Any) -> None:
    given: dict[str, Any] = {
        "connection": "gigapay-se",
        "event": "Payrun.created",
        "headers": {"content-type": "application/json"},
        "kept": body,
        "signature": "good",
        "about": [("gigapay.payrun", "2859272")],
        "parsed": True,
        "now": NOW,
        "correlation": "hook-1",
    }
    await news.receive(tx, body=body, **{**given, **more})


async def test_the_same_body_twice_is_one_row_that_is_looked_at_again(db: Database) -> None:
    async with db.write() as tx:
        await receive(tx)
        first = await news.sort_inbox(tx, now=NOW, gap=GAP)
        await receive(tx, now=NOW + timedelta(minutes=1))
        second = await news.sort_inbox(tx, now=NOW, gap=GAP)
        rows = (await tx.execute(select(inbox))).all()
        (looked,) = (await tx.execute(select(look))).all()

    assert (first, second) == (1, 1)
    assert [(row.deliveries, row.state) for row in rows] == [(2, "sorted")]
    assert (rows[0].received_at, rows[0].delivered_at) == (NOW, NOW + timedelta(minutes=1))
    assert looked.news == 2


async def test_another_body_or_event_is_another_row(db: Database) -> None:
    async with db.write() as tx:
        await receive(tx)
        await receive(tx, body=BODY + b" ")
        await receive(tx, event="Payrun.paid")
        rows = (await tx.execute(select(inbox.c.deliveries))).scalars().all()

    assert rows == [1, 1, 1]


async def test_what_could_not_be_parsed_is_kept_and_never_looked_at(db: Database) -> None:
    async with db.write() as tx:
        await receive(tx, parsed=False)
        await receive(tx, parsed=False)

        assert await news.sort_inbox(tx, now=NOW, gap=GAP) == 0
        assert (await tx.execute(select(inbox.c.state))).scalars().all() == ["unparsed"]


async def test_news_that_names_nothing_reads_the_whole_list(db: Database) -> None:
    async with db.write() as tx:
        await receive(tx, about=[])
        await news.sort_inbox(tx, now=NOW, gap=GAP)

        assert (await tx.execute(select(look.c.kind, look.c.key))).all() == [(news.LIST, news.LIST)]


async def test_the_earlier_of_two_wishes_to_read_wins(db: Database) -> None:
    async with db.write() as tx:
        for minutes in (10, 5, 20):
            due_at = NOW + timedelta(minutes=minutes)
            await news.ask_to_look(tx, connection="a", kind="k", key="1", due_at=due_at, correlation="c")

        assert (await tx.execute(select(look.c.due_at))).scalars().all() == [NOW + timedelta(minutes=5)]


async def test_instants_are_whole_numbers_in_every_column(file_db: Database) -> None:
    """SQLite keeps whatever it is given: an instant as text would sort after every number."""
    async with file_db.write() as tx:
        await receive(tx)
        await receive(tx)
        await news.sort_inbox(tx, now=NOW, gap=GAP)
        await news.ask_to_look(
            tx, connection="gigapay-se", kind="gigapay.payrun", key="2859272", due_at=NOW, correlation="c"
        )
        await plan(tx, "e")
        await queue(tx, "<m>")
        await effects.claim(tx, now=NOW, wall=NOW, lease=GAP)
        await mails.claim(tx, now=NOW, wall=NOW, lease=GAP)
        found = set()
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Instant):
                    kinds = await tx.execute(
                        text(f'SELECT DISTINCT typeof("{column.name}") FROM "{table.name}"')
                    )
                    found |= {(table.name, kind) for kind in kinds.scalars() if kind != "null"}

    assert found == {(name, "integer") for name in ("inbox", "look", "effect", "mail")}
