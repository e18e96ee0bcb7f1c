"""The list of clean questions, approved line by line in one form.

Each is its own question all the same: its own row, fingerprint, limit and line of the
record. What cannot be approved any more is left out and said; it keeps nothing from the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.words import say
from bot.engine.approve import MissingChecks, NotAllowed, NotGiven, NothingToDecide, NotTyped, approve, find
from bot.engine.bot import Bot
from bot.engine.clean import is_clean
from bot.settings import Person

CHANNEL = "list"


@dataclass(frozen=True, slots=True)
class LeftOut:
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of each that was ticked."""

    approved: tuple[str, ...]
    """Their titles."""
    left_out: tuple[LeftOut, ...]


async def approve_listed(bot: Bot, person: Person, chosen: Sequence[str]) -> Answered:
    """One person's yes to each of these approvals that is clean and still stands."""
    approved: list[str] = []
    left_out: list[LeftOut] = []
    for approval_id in dict.fromkeys(chosen):
        title = approval_id
        try:
            async with bot.db.read() as tx:
                asked, _ = await find(tx, approval_id)
            title = str(asked.shown["asked"]["title"])
            if not is_clean(bot.settings, asked.shown):
                raise NothingToDecide(say("It is no clean one: it is approved on its own page."))
            await approve(bot, person, approval_id, channel=CHANNEL)
        except (NotAllowed, NothingToDecide, NotGiven, NotTyped, MissingChecks) as refused:
            left_out.append(LeftOut(title, str(refused)))
        else:
            approved.append(title)
    return Answered(tuple(approved), tuple(left_out))
