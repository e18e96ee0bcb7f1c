"""The inbox and the looks that news becomes."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import select, text

from bot.store import effects, mails, news
from bot.store.database import Database, Tx
from bot.store.intake import Delivery
from bot.store.tables import Instant, inbox, look, metadata

from .conftest import NOW
from .test_claims import plan, queue

GAP = timedelta(seconds=5)
BODY = b'{"id":"2859272"}'


ABOUT = (("gigapay.payrun", "2859272"),)


async def receive(
    db: Database, body: bytes = BODY, *, event: str = "Payrun.created", at: datetime = NOW
) -> None:
    digest = sha256(body).hexdigest()
    instant = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    kept = Delivery(
        "gigapay-se", event, f"{event}:{digest}", instant, 1, "{}", body, digest, "good", "hook-1"
    )
    await db.take_in(kept)


async def sort(tx: Tx, about: news.About | None = ABOUT) -> int:
    """Sort what is new, as one that is about these; says how many were sorted."""
    rows = await news.unsorted(tx)
    for row in rows:
        if about is not None:
            await news.sort(tx, row, about, now=NOW, gap=GAP)
    await news.set_sorted(tx, {row.id: about for row in rows})
    return len(rows)


async def test_the_same_body_twice_is_one_row_that_is_looked_at_again(db: Database) -> None:
    await receive(db)
    async with db.write() as tx:
        first = await sort(tx)
    await receive(db, at=NOW + timedelta(minutes=1))
    async with db.write() as tx:
        second = await sort(tx)
        rows = (await tx.execute(select(inbox))).all()
        (looked,) = (await tx.execute(select(look))).all()

    assert (first, second) == (1, 1)
    assert [(row.deliveries, row.state) for row in rows] == [(2, "sorted")]
    assert (rows[0].received_at, rows[0].delivered_at) == (NOW, NOW + timedelta(minutes=1))
    assert looked.news == 2


async def test_another_body_or_event_is_another_row(db: Database) -> None:
    await receive(db)
    await receive(db, BODY + b" ")
    await receive(db, event="Payrun.paid")
    async with db.read() as tx:
        rows = (await tx.execute(select(inbox.c.deliveries))).scalars().all()

    assert rows == [1, 1, 1]


async def test_what_could_not_be_parsed_is_kept_and_never_looked_at(db: Database) -> None:
    for _ in range(2):
        await receive(db)
        async with db.write() as tx:
            await sort(tx, about=None)
    async with db.write() as tx:
        assert await news.unsorted(tx) == ()
        assert (await tx.execute(select(inbox.c.state))).scalars().all() == ["unparsed"]
        assert (await tx.execute(select(look))).all() == []


async def test_what_was_read_once_is_known_when_it_comes_again(db: Database) -> None:
    await receive(db)
    async with db.write() as tx:
        before = [row.about for row in await news.unsorted(tx)]
        await sort(tx)
    await receive(db)
    async with db.write() as tx:
        after = [row.about for row in await news.unsorted(tx)]

    assert (before, after) == ([None], [ABOUT])


async def test_news_that_names_nothing_reads_the_whole_list(db: Database) -> None:
    await receive(db)
    async with db.write() as tx:
        await sort(tx, about=())

        assert (await tx.execute(select(look.c.kind, look.c.key))).all() == [(news.LIST, news.LIST)]


async def test_the_earlier_of_two_wishes_to_read_wins(db: Database) -> None:
    async with db.write() as tx:
        for minutes in (10, 5, 20):
            due_at = NOW + timedelta(minutes=minutes)
            await news.ask_to_look(tx, connection="a", kind="k", key="1", due_at=due_at, correlation="c")

        assert (await tx.execute(select(look.c.due_at))).scalars().all() == [NOW + timedelta(minutes=5)]


async def test_instants_are_whole_numbers_in_every_column(file_db: Database) -> None:
    """SQLite keeps whatever it is given: an instant as text would sort after every number."""
    await receive(file_db)
    await receive(file_db)
    async with file_db.write() as tx:
        await sort(tx)
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
