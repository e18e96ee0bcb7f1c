"""A month of answers: how many each person gave, how fast, and how many of them very fast."""

from datetime import datetime, timedelta

from aiohttp import web

from bot.core.words import say
from bot.engine.answered import MonthRow, month_rows
from bot.engine.bot import Bot
from bot.mail.month import month_and_year
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import bot_of, not_there
from bot.web.persons import Month
from bot.web.spreadsheet import as_csv, download

FIRST_YEAR = 2000

_COLUMNS = (
    "person", "approved", "rejected", "let lapse", "held", "median seconds to answer",
    "within two minutes with over ten lines", "answers whose lines are not known any more",
)  # fmt: skip


async def page(request: web.Request) -> web.Response:
    """One month, as a page or, with `?format=csv`, as a table for a spreadsheet."""
    bot, month = bot_of(request), request.match_info["month"]
    begins, ends = edges(bot, month)
    async with bot.db.read() as tx:
        rows, cut = await month_rows(bot.settings, tx, begins, ends)
    if request.query.get("format") == "csv":
        return download(f"approvals-{month}.csv", as_csv(_COLUMNS, [_cells(one) for one in rows]))
    forms = await forms_for(request)
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
    now = bot.now()
    view = Month(
        frame=frame,
        name=month_and_year(begins),
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


def _cells(row: MonthRow) -> tuple[str | int | None, ...]:
    seconds = None if row.median is None else int(row.median.total_seconds())
    return (
        row.person, row.approved, row.rejected, row.lapsed, row.held, seconds, row.fast, row.not_counted,
    )  # fmt: skip
