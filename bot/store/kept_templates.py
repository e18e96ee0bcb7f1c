"""The last files that each mail could be made of: what mails are made of while newer ones are refused.

A look at the folder is kept whole, once, however many mails can be made of it; and only
as long as any mail needs it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from json import loads

from sqlalchemy import delete, select

from bot.store.codec import canonical, fingerprint
from bot.store.database import Tx, insert_once, upsert
from bot.store.tables import template_files, template_kept

Texts = Mapping[str, str]


async def kept(tx: Tx) -> dict[str, Texts]:
    """By mail, each file's text by its path. Mails of the same look share one mapping."""
    rows = await tx.execute(select(template_files))
    by_hash: dict[str, Texts] = {row.hash: loads(row.files_json) for row in rows}
    rows = await tx.execute(select(template_kept))
    return {row.mail: by_hash[row.hash] for row in rows if row.hash in by_hash}


async def keep(tx: Tx, mails: Collection[str], texts: Texts, *, now: datetime) -> None:
    """From now on these mails have these files to go back to."""
    if mails:
        files = canonical(dict(texts))
        hash = fingerprint(files)
        await tx.execute(insert_once(tx, template_files, hash=hash, files_json=files))
        for mail in sorted(mails):
            row = upsert(tx, template_kept).values(mail=mail, hash=hash, at=now)
            newer = {"hash": hash, "at": now}
            await tx.execute(row.on_conflict_do_update(index_elements=[template_kept.c.mail], set_=newer))
    await _tidy(tx)


async def forget(tx: Tx, mails: Collection[str]) -> None:
    """These have nothing but the shipped files to go back to."""
    if mails:
        await tx.execute(delete(template_kept).where(template_kept.c.mail.in_(sorted(mails))))
    await _tidy(tx)


async def _tidy(tx: Tx) -> None:
    needed = select(template_kept.c.hash)
    await tx.execute(delete(template_files).where(template_files.c.hash.not_in(needed)))
