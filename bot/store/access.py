"""Who is who: tokens, sessions and one-time forms, stored as hashes only."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from bot.store.database import Tx
from bot.store.tables import credential, form, session, token


async def add_token(
    tx: Tx, hash: str, person: str, *, issued_by: str, now: datetime, lasts: timedelta
) -> None:
    await tx.execute(
        token.insert().values(
            hash=hash, person=person, issued_by=issued_by, issued_at=now, expires_at=now + lasts
        )
    )


async def person_of_token(tx: Tx, hash: str, now: datetime) -> str | None:
    found: str | None = (
        await tx.execute(select(token.c.person).where(token.c.hash == hash, token.c.expires_at > now))
    ).scalar_one_or_none()
    return found


async def hash_token_anew(tx: Tx, before: str, now: str) -> None:
    """Keep a token under another hash of it; nothing where that was done meanwhile."""
    await tx.execute(update(token).where(token.c.hash == before).values(hash=now))


async def has_token(tx: Tx, person: str, now: datetime) -> bool:
    query = select(func.count()).select_from(token).where(token.c.person == person, token.c.expires_at > now)
    return (await tx.execute(query)).scalar_one() > 0


async def open_session(tx: Tx, hash: str, person: str, *, now: datetime, lasts: timedelta) -> None:
    await tx.execute(delete(session).where(session.c.expires_at <= now))
    await tx.execute(
        session.insert().values(hash=hash, person=person, created_at=now, expires_at=now + lasts)
    )


async def person_of_session(tx: Tx, hash: str, now: datetime) -> str | None:
    found: str | None = (
        await tx.execute(select(session.c.person).where(session.c.hash == hash, session.c.expires_at > now))
    ).scalar_one_or_none()
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
