"""A key is replaced by putting another before it, and taken out once nothing needs it."""

from dataclasses import replace
from datetime import timedelta
from json import loads
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from pydantic import SecretStr
from sqlalchemy import select

from bot.app import SealedTokens
from bot.engine import access
from bot.engine.bot import Bot
from bot.engine.credentials import seal_anew
from bot.settings import new_key
from bot.store.tables import audit, credential

from .stand import Stand

VALUES = {"refresh_token": "canary-refresh"}


def keyed(bot: Bot, **keys: tuple[str, ...]) -> Bot:
    """The service after a start with other keys."""
    changed = {name: tuple(SecretStr(one) for one in given) for name, given in keys.items()}
    settings = bot.settings.model_copy(update={"keys": bot.settings.keys.model_copy(update=changed)})
    return replace(bot, settings=settings)


def of(bot: Bot, connection: str = "roubler-au") -> SealedTokens:
    keys = MultiFernet([Fernet(key.get_secret_value()) for key in bot.settings.keys.tokens])
    return SealedTokens(bot.db, connection, keys, bot.clock)


async def rows(bot: Bot, query: Any) -> list[Any]:
    async with bot.db.read() as tx:
        return list((await tx.execute(query)).all())


async def test_logins_are_sealed_with_the_first_key_at_a_start_and_the_former_can_go(
    gigapay: Stand,
) -> None:
    old, new = new_key(), new_key()
    await of(keyed(gigapay.bot, tokens=(old,))).save(VALUES)
    both = keyed(gigapay.bot, tokens=(new, old))

    assert await seal_anew(both) == ("roubler-au",)

    assert await of(keyed(gigapay.bot, tokens=(new,))).load() == VALUES
    assert await seal_anew(both) == ()
    said = await rows(gigapay.bot, select(audit).where(audit.c.what_json.contains("logins")))
    assert [loads(row.what_json)["connections"] for row in said] == [["roubler-au"]]


async def test_logins_that_no_key_opens_are_left_as_they_are(gigapay: Stand) -> None:
    await of(keyed(gigapay.bot, tokens=(new_key(),))).save(VALUES)
    before = await rows(gigapay.bot, select(credential))
    other = keyed(gigapay.bot, tokens=(new_key(),))

    assert await seal_anew(other) == ()

    assert await rows(gigapay.bot, select(credential)) == before
    assert await of(other).load() is None


async def test_logins_that_were_renewed_meanwhile_are_not_overwritten(gigapay: Stand) -> None:
    bot = keyed(gigapay.bot, tokens=(new_key(),))
    await of(bot).save(VALUES)
    await of(bot).save({"refresh_token": "a newer one"})

    assert await seal_anew(bot) == ()
    assert await of(bot).load() == {"refresh_token": "a newer one"}


async def test_a_personal_token_outlives_the_key_it_was_made_with_once_it_was_used_with_both(
    gigapay: Stand,
) -> None:
    old, new = new_key(), new_key()
    before = keyed(gigapay.bot, sessions=(old,))
    person = gigapay.person("finance-1")
    async with before.db.write() as tx:
        used, _ = await access.issue_token(tx, before.settings, person, issued_by="test", now=before.now())
        unused, _ = await access.issue_token(tx, before.settings, person, issued_by="test", now=before.now())

    assert await access.person_of_token(keyed(gigapay.bot, sessions=(new, old)), used) == person

    after = keyed(gigapay.bot, sessions=(new,))
    assert await access.person_of_token(after, used) == person
    assert await access.person_of_token(after, unused) is None
    assert await access.person_of_token(keyed(gigapay.bot, sessions=(new, old)), unused) == person


async def test_an_expired_token_is_not_revived_by_a_new_key(gigapay: Stand) -> None:
    old = new_key()
    before = keyed(gigapay.bot, sessions=(old,))
    person = gigapay.person("finance-1")
    async with before.db.write() as tx:
        token, ends_at = await access.issue_token(
            tx, before.settings, person, issued_by="test", now=before.now()
        )
    gigapay.clock.go_to(ends_at - timedelta(microseconds=1))
    both = keyed(gigapay.bot, sessions=(new_key(), old))
    assert await access.person_of_token(both, token) == person
    gigapay.clock.go_to(ends_at)

    assert await access.person_of_token(both, token) is None


async def test_a_session_and_its_forms_live_on_while_a_new_key_writes(gigapay: Stand) -> None:
    old = new_key()
    before = keyed(gigapay.bot, sessions=(old,))
    person = gigapay.person("finance-1")
    session = await access.open_session(before, person)
    (form,) = await access.make_forms(before, session, ["/approvals/1"])

    both = keyed(gigapay.bot, sessions=(new_key(), old))

    assert await access.person_of_session(both, session) == person
    assert await access.use_form(both, session, form, "/approvals/1")
    assert not await access.use_form(both, session, form, "/approvals/1")
    await access.close_session(both, session)
    assert await access.person_of_session(both, session) is None
