"""Which rules are in force, as replicas tell each other: a number that grows with each change.

What runs of each rule stands in `rule_state`, so that a replica whose number is another one
reads it there, in the very transaction that it decides in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from json import loads

from sqlalchemy import select

from bot.store.codec import canonical
from bot.store.database import Tx, upsert
from bot.store.tables import house_fact

NAME = "rules in force"
REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class InForce:
    """`files` is which rule files they come from; `earlier`, those before, newest first.

    `is_reread` where a signature was given by way of a replica that has other files: one that
    has these reads them again.
    """

    number: int = 0
    files: str = ""
    earlier: Sequence[str] = ()
    is_reread: bool = False

    def followed_by(self, files: str) -> "InForce":
        """The next one, of these files."""
        before = [one for one in (self.files, *self.earlier) if one not in ("", files)]
        return InForce(self.number + 1, files, tuple(before[:REMEMBERED]))


def parse(stored: str | None) -> InForce:
    """What a row says; the start of all where there is none."""
    if stored is None:
        return InForce()
    said = loads(stored)
    return InForce(said["number"], said["files"], tuple(said["earlier"]), said["reread"])


async def read(tx: Tx) -> InForce:
    return parse(
        (
            await tx.execute(select(house_fact.c.value_json).where(house_fact.c.name == NAME))
        ).scalar_one_or_none()
    )


async def write(tx: Tx, found: InForce) -> None:
    value = canonical(
        {
            "number": found.number,
            "files": found.files,
            "earlier": list(found.earlier),
            "reread": found.is_reread,
        }
    )
    await tx.execute(
        upsert(tx, house_fact)
        .values(name=NAME, value_json=value)
        .on_conflict_do_update(index_elements=[house_fact.c.name], set_={"value_json": value})
    )


async def grow(tx: Tx) -> None:
    """Something in force was changed on the way, as by holding a rule at a mode."""
    found = await read(tx)
    await write(tx, replace(found, number=found.number + 1))
