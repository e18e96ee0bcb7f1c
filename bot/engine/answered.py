"""A month of answers by person: how many each gave, how fast, and how many of them very fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bot.core.words import Said, joined, say_many
from bot.settings import Settings
from bot.store import answering
from bot.store.answering import Answered
from bot.store.database import Tx

FAST = timedelta(minutes=2)
MANY_LINES = 10
"""More lines than these are not looked through in so short a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    """What one person did in a month."""

    person: str
    approved: int
    rejected: int
    lapsed: int
    held: int
    median: timedelta | None
    fast: int
    not_counted: int = 0
    """Answers of which it is no longer known how many lines they were about."""

    @property
    def took(self) -> str:
        """`32 minutes`"""
        return length(self.median) if self.median is not None else ""

    @property
    def is_empty(self) -> bool:
        return not (self.approved or self.rejected or self.lapsed or self.held)


def length(took: timedelta) -> Said:
    """`32 minutes`, `2 days 3 hours`: rounded down, at most two units."""
    minutes, seconds = divmod(abs(int(took.total_seconds())), 60)
    if not minutes:
        return say_many(seconds, "{count} second", "{count} seconds")
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        say_many(days, "{count} day", "{count} days") if days else "",
        say_many(hours, "{count} hour", "{count} hours") if hours else "",
        say_many(minutes, "{count} minute", "{count} minutes") if minutes else "",
    ]
    return joined([part for part in parts if part][:2], " ")


async def month_rows(
    settings: Settings, tx: Tx, begins: datetime, ends: datetime
) -> tuple[tuple[MonthRow, ...], bool]:
    """Everybody of the settings and whoever else answered then; and whether there was more than that."""
    answers = await answering.answers_between(tx, begins, ends)
    lapsed = await answering.lapsed_between(tx, begins, ends)
    held = await answering.held_between(tx, begins, ends)
    known = [one.id for one in settings.people]
    others = sorted({one.person for one in answers} | lapsed.keys() | held.keys())
    rows = [
        _row(
            person,
            [one for one in answers if one.person == person],
            lapsed.get(person, 0),
            held.get(person, 0),
        )
        for person in dict.fromkeys((*known, *others))
    ]
    return tuple(rows), len(answers) >= answering.AT_MOST


def _row(person: str, answers: Sequence[Answered], lapsed: int, held: int) -> MonthRow:
    took_s = [(one.at - one.asked_at).total_seconds() for one in answers]
    return MonthRow(
        person=person,
        approved=sum(one.answer == "approve" for one in answers),
        rejected=sum(one.answer == "reject" for one in answers),
        lapsed=lapsed,
        held=held,
        median=timedelta(seconds=median(took_s)) if took_s else None,
        fast=sum(
            one.lines is not None and one.lines > MANY_LINES and one.at - one.asked_at <= FAST
            for one in answers
        ),
        not_counted=sum(one.lines is None for one in answers),
    )
