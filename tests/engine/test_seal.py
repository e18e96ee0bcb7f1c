"""The record is sealed by one at a time, and where it ends is known outside the database."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from json import loads
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select

from bot.core.fault import set_fault_hook
from bot.engine import older_copy, seal, verify
from bot.engine.bot import Bot
from bot.settings import new_key
from bot.store import audit, audit_check, head
from bot.store.database import Database
from bot.store.tables import audit as table

from .stand import Stand


async def note(bot: Bot, count: int = 3) -> None:
    async with bot.db.write() as tx:
        for number in range(count):
            await audit.note(tx, bot.now(), audit.BOT, "planned", effect=f"e{number}")


async def verified(bot: Bot) -> str | None:
    async with bot.db.read() as tx:
        return await audit.verify(tx, seal.audit_keys(bot))


async def unsealed(bot: Bot) -> int:
    async with bot.db.read() as tx:
        return len((await tx.execute(select(table.c.seq).where(table.c.hash.is_(None)))).all())


def another(bot: Bot) -> Bot:
    """A second process on the same database."""
    return replace(bot, holder="another")


def path_of(bot: Bot) -> Path:
    path = seal.head_file(bot)
    assert path is not None
    return path


def exported(bot: Bot) -> tuple[head.Head, ...]:
    return head.read(path_of(bot), dict(seal.audit_keys(bot)))


async def last_line(bot: Bot) -> tuple[int, str]:
    async with bot.db.read() as tx:
        last = await audit.last_sealed(tx)
    assert last is not None
    return last.seq, last.hash


async def with_key(bot: Bot, *keys: str) -> Bot:
    secrets = tuple(SecretStr(key) for key in keys)
    return replace(
        bot,
        settings=bot.settings.model_copy(
            update={"keys": bot.settings.keys.model_copy(update={"audit": secrets})}
        ),
    )


async def test_of_two_that_seal_at_once_one_does(gigapay: Stand) -> None:
    await note(gigapay.bot)

    did = await asyncio.gather(seal.seal_once(gigapay.bot), seal.seal_once(another(gigapay.bot)))

    assert sorted(did) == [False, True]
    assert await unsealed(gigapay.bot) == 0
    assert await verified(gigapay.bot) is None


async def test_one_that_was_frozen_while_it_sealed_leaves_the_chain_to_the_next(gigapay: Stand) -> None:
    await note(gigapay.bot)
    other = another(gigapay.bot)

    async def freeze(point: str) -> None:
        """Past its lease, while another seals and more is written."""
        if point == "audit.before_seal":
            set_fault_hook(None)
            gigapay.clock.pass_wall(gigapay.bot.settings.timing.lease)
            assert await seal.seal_once(other)
            await note(other)

    set_fault_hook(freeze)
    try:
        assert not await seal.seal_once(gigapay.bot)
    finally:
        set_fault_hook(None)

    assert await unsealed(gigapay.bot) == 3
    assert gigapay.log.of("warning") == ["somebody else seals the record now"]
    assert await seal.seal_once(other)
    assert await verified(gigapay.bot) is None


async def test_one_that_died_while_it_sealed_is_followed_when_its_lease_has_ended(gigapay: Stand) -> None:
    await note(gigapay.bot)

    async def die(point: str) -> None:
        raise asyncio.CancelledError

    set_fault_hook(die)
    try:
        with pytest.raises(asyncio.CancelledError):
            await seal.seal_once(gigapay.bot)
    finally:
        set_fault_hook(None)
    gigapay.clock.pass_wall(gigapay.bot.settings.timing.lease - timedelta(microseconds=1))
    assert not await seal.seal_once(another(gigapay.bot))
    gigapay.clock.pass_wall(timedelta(microseconds=1))

    assert await seal.seal_once(another(gigapay.bot))
    assert await verified(gigapay.bot) is None


async def test_each_sealing_exports_where_the_record_ends(gigapay: Stand) -> None:
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    first = await last_line(gigapay.bot)
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)

    assert [(one.seq, one.hash) for one in exported(gigapay.bot)][-2:] == [
        first,
        await last_line(gigapay.bot),
    ]
    assert path_of(gigapay.bot) == gigapay.folder / "bot.db.head"


async def test_the_settings_may_name_another_place_for_it(gigapay: Stand) -> None:
    elsewhere = gigapay.folder / "elsewhere" / "end.head"
    bot = replace(gigapay.bot, settings=gigapay.bot.settings.model_copy(update={"audit_head": elsewhere}))
    await note(bot)
    await seal.seal_once(bot)

    assert exported(bot)[-1].seq == (await last_line(bot))[0]
    assert elsewhere.is_file()


async def test_sealing_goes_on_where_the_file_cannot_be_written_and_operations_are_told_once(
    gigapay: Stand,
) -> None:
    blocked = gigapay.folder / "a-file" / "end.head"
    (gigapay.folder / "a-file").write_text("")
    gigapay.bot.settings = gigapay.bot.settings.model_copy(update={"audit_head": blocked})
    for _ in range(2):
        await note(gigapay.bot)
        await gigapay.settle()

    assert await unsealed(gigapay.bot) == 0
    title = "The end of the permanent record cannot be kept outside the database"
    assert [one for one in gigapay.subjects("ops") if title in one] == [title]


async def test_a_new_key_is_said_in_the_record_and_both_verify_it(gigapay: Stand) -> None:
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    (old,) = gigapay.bot.settings.keys.audit
    before = seal.audit_keys(gigapay.bot)[0][0]
    bot = await with_key(gigapay.bot, new_key(), old.get_secret_value())
    await note(bot)
    await seal.seal_once(bot)
    await note(bot)
    await seal.seal_once(bot)

    async with bot.db.read() as tx:
        rows = (await tx.execute(select(table).where(table.c.what_json.contains("new key")))).all()
    assert [loads(row.what_json) for row in rows] == [
        {"what": "sealed with a new key", "key_before": before, "key_now": seal.audit_keys(bot)[0][0]}
    ]
    assert await verified(bot) is None
    assert exported(bot)[-1].seq == (await last_line(bot))[0]


async def test_a_key_that_was_taken_out_is_named_with_what_to_do(gigapay: Stand) -> None:
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    gone = seal.audit_keys(gigapay.bot)[0][0]
    bot = await with_key(gigapay.bot, new_key())

    assert await verified(bot) == (
        f"line 1 was sealed with key {gone}, which is not in the settings: "
        "put it back at the end of keys.audit"
    )


async def cut(db: Database, above: int) -> None:
    """What an older copy does: lines are gone. A file gives out their numbers again, a server may not."""
    async with db.write() as tx:
        await tx.execute(delete(table).where(table.c.seq > above))


async def test_an_older_copy_is_noticed_once_and_accounted_for(gigapay: Stand) -> None:
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    kept = (await last_line(gigapay.bot))[0]
    assert await seal.lost_heads(gigapay.bot) == ()
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    await cut(gigapay.bot.db, kept)

    lost = await seal.lost_heads(gigapay.bot)
    async with gigapay.bot.db.write() as tx:
        await head.note_older_copy(tx, gigapay.clock.now(), lost)
    await seal.seal_once(gigapay.bot)

    assert lost[-1].seq == kept + 3
    assert await seal.lost_heads(gigapay.bot) == ()
    assert await verified(gigapay.bot) is None


async def lose_the_end(gigapay: Stand) -> None:
    """Three lines are kept, and three that were sealed after them are gone."""
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    kept = (await last_line(gigapay.bot))[0]
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    await cut(gigapay.bot.db, kept)


async def verifying(bot: Bot) -> str | None:
    """Why the record is broken, by the service itself; None while it says nothing of the kind."""
    async with bot.db.write() as tx:
        await verify.verify_new(bot, tx)
    while await verify.verify_once(bot):
        pass
    async with bot.db.read() as tx:
        known = await audit_check.known(tx)
    assert known is not None
    return known.wrong or None


async def test_that_an_older_copy_was_put_in_place_is_waited_for_until_it_is_sealed(gigapay: Stand) -> None:
    """The daily look comes at a start as well, and must not cry wolf."""
    await lose_the_end(gigapay)
    await older_copy.say_so(gigapay.bot)

    unsealed = await verifying(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    at_last = await verifying(gigapay.bot)
    await gigapay.settle()

    assert (unsealed, at_last) == (None, None)
    assert gigapay.subjects("ops") == ["An older copy of the database was put in place"]


async def test_lines_that_nobody_accounts_for_are_said_to_be_gone_once_all_is_sealed(gigapay: Stand) -> None:
    await lose_the_end(gigapay)
    await note(gigapay.bot, 1)

    unsealed = await verifying(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    at_last = await verifying(gigapay.bot)

    assert unsealed is None
    assert at_last is not None
    assert "are gone, which its exported head has seen" in at_last


async def test_without_a_head_there_is_nothing_to_compare_with(gigapay: Stand) -> None:
    await note(gigapay.bot)
    await seal.seal_once(gigapay.bot)
    path_of(gigapay.bot).unlink()

    assert await seal.lost_heads(gigapay.bot) == ()
    path_of(gigapay.bot).write_text("nothing")
    assert await seal.lost_heads(gigapay.bot) == ()
