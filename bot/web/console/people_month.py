"""A month of answers: how many each person gave, how fast, and how many of them very fast."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from aiohttp import web

from bot.core.words import joined, say
from bot.engine.bot import Bot
from bot.store import answering
from bot.store.answering import Answered
from bot.store.database import Tx
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import bot_of, not_there
from bot.web.persons import Month, MonthRow
from bot.web.spreadsheet import as_csv, download

FAST = timedelta(minutes=2)
MANY_LINES = 10
"""More lines than these are not looked through in so short a time."""
FIRST_YEAR = 2000

_MONTHS = (
    say("January"), say("February"), say("March"), say("April"), say("May"), say("June"),
    say("July"), say("August"), say("September"), say("October"), say("November"), say("December"),
)  # fmt: skip
_COLUMNS = (
    "person", "approved", "rejected", "let lapse", "held", "median seconds to answer",
    "within two minutes with over ten lines", "answers whose lines are not known any more",
)  # fmt: skip


async def page(request: web.Request) -> web.Response:
    """One month, as a page or, with `?format=csv`, as a table for a spreadsheet."""
    bot, month = bot_of(request), request.match_info["month"]
    begins, ends = edges(bot, month)
    async with bot.db.read() as tx:
        rows, cut = await month_rows(bot, tx, begins, ends)
    if request.query.get("format") == "csv":
        return download(f"approvals-{month}.csv", as_csv(_COLUMNS, [_cells(one) for one in rows]))
    forms = await forms_for(request)
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
    now = bot.now()
    view = Month(
        frame=frame,
        name=joined((_MONTHS[begins.month - 1], begins.year), " "),
        rows=rows,
        is_over=ends <= now,
        csv_url=f"/people/{month}?format=csv",
        before_url=f"/people/{begins - timedelta(days=1):%Y-%m}",
        after_url=f"/people/{ends:%Y-%m}" if ends <= now else "",
        cut=cut,
    )
    return shown(request, view)


def edges(bot: Bot, month: str) -> tuple[datetime, datetime]:
    """The month's first instant, and the next one's, in the settings' zone. Raises Answer 404."""
    year, number = int(month[:4]), int(month[5:])
    now = bot.now().astimezone(bot.settings.timezone)
    if not 1 <= number <= 12 or not year >= FIRST_YEAR or (year, number) > (now.year, now.month):
        raise not_there(say("There is no such month: name one until now, such as 2026-11."))
    begins = datetime(year, number, 1, tzinfo=bot.settings.timezone)
    return begins, begins.replace(year=year + number // 12, month=number % 12 + 1)


async def month_rows(bot: Bot, tx: Tx, begins: datetime, ends: datetime) -> tuple[tuple[MonthRow, ...], bool]:
    """Everybody of the settings and whoever else answered then; and whether there was more than that."""
    answers = await answering.answers_between(tx, begins, ends)
    lapsed = await answering.lapsed_between(tx, begins, ends)
    held = await answering.held_between(tx, begins, ends)
    known = [one.id for one in bot.settings.people]
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


def _cells(row: MonthRow) -> tuple[str | int | None, ...]:
    seconds = None if row.median is None else int(row.median.total_seconds())
    return (
        row.person, row.approved, row.rejected, row.lapsed, row.held, seconds, row.fast, row.not_counted,
    )  # fmt: skip
