"""Who is who: tokens, sessions and one-time forms, stored as hashes only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from bot.store.database import AnyRow, Tx, insert_once
from bot.store.tables import credential, form, session, token

BY_PROXY = "proxy"
"""Instead of the token's id, with a session that no token opened. No token's id has such letters."""


@dataclass(frozen=True, slots=True)
class Token:
    """A personal token without its secret, which nobody keeps. `id` is how people name it."""

    id: str
    person: str
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    """To within minutes: not every use is worth a write."""


def _token(row: AnyRow) -> Token:
    return Token(row.id, row.person, row.issued_by, row.issued_at, row.expires_at, row.last_used_at)


def _is_valid(now: datetime) -> ColumnElement[bool]:
    return and_(token.c.expires_at > now, token.c.revoked_at.is_(None))


async def add_token(
    tx: Tx, hash: str, id: str, person: str, *, issued_by: str, now: datetime, lasts: timedelta
) -> None:
    await tx.execute(
        token.insert().values(
            hash=hash, id=id, person=person, issued_by=issued_by, issued_at=now, expires_at=now + lasts
        )
    )


async def valid_token(tx: Tx, hash: str, now: datetime) -> Token | None:
    """The token with this hash, where it is neither expired nor revoked."""
    row = (await tx.execute(select(token).where(token.c.hash == hash, _is_valid(now)))).one_or_none()
    return _token(row) if row else None


async def valid_tokens(tx: Tx, now: datetime) -> tuple[Token, ...]:
    """Everybody's, newest first."""
    rows = await tx.execute(
        select(token).where(_is_valid(now)).order_by(token.c.issued_at.desc(), token.c.id)
    )
    return tuple(_token(row) for row in rows)


async def note_use(tx: Tx, id: str, now: datetime) -> None:
    await tx.execute(update(token).where(token.c.id == id).values(last_used_at=now))


async def last_sign_ins(tx: Tx) -> dict[str, datetime]:
    """When each person last signed in, by whichever token."""
    rows = await tx.execute(
        select(token.c.person, func.max(token.c.signed_in_at).label("at"))
        .where(token.c.signed_in_at.is_not(None))
        .group_by(token.c.person)
    )
    return {row.person: row.at for row in rows}


async def revoke_token(tx: Tx, one: Token, *, by: str, now: datetime) -> bool:
    """End a token, and every session that was opened with it; False where it had ended before."""
    done = await tx.execute(
        update(token).where(token.c.id == one.id, _is_valid(now)).values(revoked_at=now, revoked_by=by)
    )
    if done.rowcount != 1:
        return False
    # A session from before it was noted which token opened it may be this one's.
    theirs = and_(session.c.person == one.person, session.c.token.in_((one.id, "")))
    await tx.execute(delete(form).where(form.c.session_hash.in_(select(session.c.hash).where(theirs))))
    await tx.execute(delete(session).where(theirs))
    return True


async def hash_token_anew(tx: Tx, before: str, now: str) -> None:
    """Keep a token under another hash of it; nothing where that was done meanwhile."""
    await tx.execute(update(token).where(token.c.hash == before).values(hash=now))


async def has_token(tx: Tx, person: str, now: datetime) -> bool:
    return await count_tokens(tx, person, now) > 0


async def count_tokens(tx: Tx, person: str, now: datetime) -> int:
    """How many valid ones a person has."""
    query = select(func.count()).select_from(token).where(token.c.person == person, _is_valid(now))
    return (await tx.execute(query)).scalar_one()


async def open_session(
    tx: Tx, hash: str, person: str, *, token_id: str = "", now: datetime, lasts: timedelta
) -> bool:
    """False where it is open already."""
    await tx.execute(delete(session).where(session.c.expires_at <= now))
    opened = await tx.execute(
        insert_once(
            tx,
            session,
            hash=hash,
            person=person,
            token=token_id,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return opened.rowcount == 1


async def note_sign_in(tx: Tx, token_id: str, now: datetime) -> bool:
    """False where the token has ended meanwhile: then nobody is to be let in with it."""
    done = await tx.execute(
        update(token).where(token.c.id == token_id, _is_valid(now)).values(signed_in_at=now, last_used_at=now)
    )
    return done.rowcount == 1


async def person_of_session(tx: Tx, hash: str, now: datetime, *, by_proxy: bool = False) -> str | None:
    """Whose session this is, of those that a proxy's word opened or of all others."""
    how = session.c.token == BY_PROXY if by_proxy else session.c.token != BY_PROXY
    query = select(session.c.person).where(session.c.hash == hash, session.c.expires_at > now, how)
    found: str | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def close_session(tx: Tx, hash: str) -> None:
    await tx.execute(delete(session).where(session.c.hash == hash))
    await tx.execute(delete(form).where(form.c.session_hash == hash))


async def add_forms(
    tx: Tx, hashes: dict[str, str], session_hash: str, *, now: datetime, lasts: timedelta
) -> None:
    """Keep one-time tokens, by hash, with the path that each may be posted to."""
    await tx.execute(delete(form).where(form.c.expires_at <= now))
    if hashes:
        rows = [
            {"hash": hash, "session_hash": session_hash, "path": path, "expires_at": now + lasts}
            for hash, path in hashes.items()
        ]
        await tx.execute(form.insert(), rows)


async def use_form(tx: Tx, hash: str, session_hash: str, path: str, now: datetime) -> bool:
    """Spend a one-time token; False for one that is forged, spent, expired or another's."""
    done = await tx.execute(
        update(form)
        .where(
            form.c.hash == hash,
            form.c.session_hash == session_hash,
            form.c.path == path,
            form.c.used_at.is_(None),
            form.c.expires_at > now,
        )
        .values(used_at=now)
    )
    return done.rowcount == 1


async def load_credential(tx: Tx, connection: str, *, is_to_change: bool = False) -> tuple[bytes, int] | None:
    """The sealed values and their fence, or None before the first; locked where they are to change."""
    query = select(credential).where(credential.c.connection == connection)
    row = (await tx.execute(query.with_for_update() if is_to_change else query)).one_or_none()
    return (row.sealed, row.fence) if row else None


async def save_credential(tx: Tx, connection: str, sealed: bytes, now: datetime) -> None:
    before = await load_credential(tx, connection)
    if before is None:
        await tx.execute(credential.insert().values(connection=connection, sealed=sealed, fence=1, at=now))
    else:
        await tx.execute(
            update(credential)
            .where(credential.c.connection == connection)
            .values(sealed=sealed, fence=credential.c.fence + 1, at=now)
        )


async def credentials(tx: Tx) -> tuple[tuple[str, bytes, int], ...]:
    """Every connection's sealed values with their fence."""
    rows = await tx.execute(select(credential.c.connection, credential.c.sealed, credential.c.fence))
    return tuple((row.connection, row.sealed, row.fence) for row in rows)


async def seal_credential_anew(tx: Tx, connection: str, sealed: bytes, fence: int) -> None:
    """The same values under another key; nothing where they were renewed meanwhile."""
    await tx.execute(
        update(credential)
        .where(credential.c.connection == connection, credential.c.fence == fence)
        .values(sealed=sealed)
    )


async def forget_credential(tx: Tx, connection: str) -> bool:
    """Erase what a connection logs in with; False where there was nothing."""
    return (await tx.execute(delete(credential).where(credential.c.connection == connection))).rowcount == 1
