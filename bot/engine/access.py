"""Tokens, sessions and one-time forms: random, kept only as keyed hashes.

What is looked up is an HMAC under each session key in turn, the first of which writes:
whoever reads the database can't sign in with what is there, and a key is rotated by
putting a new one in front.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.exc import DBAPIError

from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.may import why_no_first_token
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings import Person, Settings
from bot.store import access, audit
from bot.store.access import Token
from bot.store.database import Tx

MARK = "prb_"
"""So that a leaked one is recognised by those who scan for secrets."""
NOTED_EVERY = timedelta(minutes=10)
"""How often the use of a token is written down; a program may use it a hundred times a second."""


class NoToken(Exception):
    """No token may be issued. The text says why."""


def hashes(settings: Settings, secret: str) -> list[str]:
    """The secret's hash under each key, the writing one first.

    A header's bytes that are no UTF-8 arrive as lone surrogates, and hash as something too.
    """
    spelled = secret.encode("utf-8", "surrogatepass")
    return [
        hmac.new(key.get_secret_value().encode(), spelled, sha256).hexdigest()
        for key in settings.keys.sessions
    ]


def fresh_secret(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)


async def issue_token(
    tx: Tx, settings: Settings, person: Person, *, issued_by: str, now: datetime
) -> tuple[str, datetime]:
    """A new personal token and its end. It is shown once and told to the person and every approver."""
    token, id = fresh_secret(MARK), secrets.token_hex(4)
    lasts = settings.timing.token
    await access.add_token(
        tx, hashes(settings, token)[0], id, person.id, issued_by=issued_by, now=now, lasts=lasts
    )
    await audit.note(tx, now, issued_by, "issued a token", person=person.id, token=id)
    await tell(
        tx,
        f"token:{hashes(settings, token)[0][:24]}",
        "token_issued",
        now=now,
        correlation=new_correlation("token"),
        person=person.id,
        issued_by=issued_by,
        issued_at=now.isoformat(),
        expires_on=(now + lasts).astimezone(settings.timezone).date().isoformat(),
    )
    return token, now + lasts


async def issue_on_this_machine(
    tx: Tx, settings: Settings, person_id: str, *, now: datetime
) -> tuple[str, datetime]:
    """A person's first token, issued by whoever has this machine. Raises NoToken."""
    person = settings.person(person_id)
    if person is None:
        known = ", ".join(one.id for one in settings.people)
        raise NoToken(
            say(
                "There is no {person_id} among the people of the settings: {known}.",
                person_id=person_id,
                known=known,
            )
        )
    refusal = why_no_first_token(person, has_token=await access.has_token(tx, person.id, now))
    if refusal is not None:
        raise NoToken(refusal)
    return await issue_token(tx, settings, person, issued_by="this machine", now=now)


async def person_of_token(bot: Bot, token: str) -> Person | None:
    """Whose token this is, or None for one that is unknown, expired or revoked. Its use is noted."""
    found = await _find_token(bot, token)
    if found is None:
        return None
    now = bot.now()
    if found.last_used_at is None or now - found.last_used_at >= NOTED_EVERY:
        try:
            async with bot.db.write() as tx:
                await access.note_use(tx, found.id, now)
        except DBAPIError as problem:  # whoever only reads must not be refused for a full disk
            bot.log.warning("the use of a token could not be noted", problem=type(problem).__name__)
    return bot.settings.person(found.person)


async def _find_token(bot: Bot, token: str) -> Token | None:
    """One that was hashed with a former key is hashed with the first from now on, so that the
    former one can leave the settings once everybody has been here.
    """
    first, *former = hashes(bot.settings, token)
    now = bot.now()
    async with bot.db.read() as tx:
        found = await access.valid_token(tx, first, now)
        before = None
        for hashed in former if found is None else ():
            found = found or await access.valid_token(tx, hashed, now)
            before = before or (hashed if found else None)
    if before is not None:
        async with bot.db.write() as tx:
            await access.hash_token_anew(tx, before, first)
    return found


async def sign_in(bot: Bot, token: str) -> str | None:
    """A new session's secret for whoever has this token; None where it lets nobody in.

    The session is the token's: it ends at once when that is revoked, also in this moment.
    """
    found = await _find_token(bot, token)
    person = bot.settings.person(found.person) if found is not None else None
    if found is None or person is None:
        return None
    session, now = fresh_secret(), bot.now()
    async with bot.db.write() as tx:
        if not await access.note_sign_in(tx, found.id, now):
            return None
        await _open_session(tx, bot, person, session, now, token_id=found.id)
    return session


async def open_session(bot: Bot, person: Person) -> str:
    """A new session's secret, for the cookie of somebody who is known without a token."""
    session = fresh_secret()
    async with bot.db.write() as tx:
        await _open_session(tx, bot, person, session, bot.now())
    return session


async def session_by_proxy(bot: Bot, person: Person, *, may_open: bool) -> str | None:
    """The one session of somebody whom a proxy names; None where there is none and none may be opened.

    It is the same for all of their requests and needs no cookie, so that whoever keeps none
    leaves no more behind than others. It is no secret, and lets nobody in: it counts only
    beside the proxy's word (`person_of_session`).
    """
    session = f"{access.BY_PROXY}:{person.id}"
    if await person_of_session(bot, session, by_proxy=True) == person:
        return session
    if not may_open:
        return None
    async with bot.db.write() as tx:
        await _open_session(tx, bot, person, session, bot.now(), token_id=access.BY_PROXY)
    return session


async def _open_session(
    tx: Tx, bot: Bot, person: Person, session: str, now: datetime, *, token_id: str = ""
) -> None:
    opened = await access.open_session(
        tx,
        hashes(bot.settings, session)[0],
        person.id,
        token_id=token_id,
        now=now,
        lasts=bot.settings.timing.session,
    )
    if opened:
        await audit.note(tx, now, person.id, "signed in")


async def person_of_session(bot: Bot, session: str, *, by_proxy: bool = False) -> Person | None:
    async with bot.db.read() as tx:
        for hashed in hashes(bot.settings, session):
            found = await access.person_of_session(tx, hashed, bot.now(), by_proxy=by_proxy)
            if found is not None:
                return bot.settings.person(found)
    return None


async def close_session(bot: Bot, session: str) -> None:
    async with bot.db.write() as tx:
        for hashed in hashes(bot.settings, session):
            await access.close_session(tx, hashed)


async def make_forms(bot: Bot, session: str, paths: Sequence[str]) -> list[str]:
    """A one-time token for each path, good for this session only."""
    tokens = [fresh_secret() for _ in paths]
    kept = {hashes(bot.settings, token)[0]: path for token, path in zip(tokens, paths, strict=True)}
    async with bot.db.write() as tx:
        await access.add_forms(
            tx,
            kept,
            hashes(bot.settings, session)[0],
            now=bot.now(),
            lasts=bot.settings.timing.form,
        )
    return tokens


async def use_form(bot: Bot, session: str, token: str, path: str) -> bool:
    """Spend a one-time token; False where it is none, or was spent, or is another's."""
    async with bot.db.write() as tx:
        for hashed in hashes(bot.settings, token):
            for owner in hashes(bot.settings, session):
                if await access.use_form(tx, hashed, owner, path, bot.now()):
                    return True
    return False
