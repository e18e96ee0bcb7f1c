"""The calendar: the weeks ahead with what is due, what a holiday moves, and what collides.

A day is a day of the work calendar that the deadline is of; the time is the reader's, with
the other clock beside it where it differs. What is due comes from the work calendars, from
the open pay runs that are known, and from the pay run calendars of vendors that have some.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aiohttp import web

from bot.core import words
from bot.core.agenda import (
    Collision,
    Due,
    What,
    collisions,
    merged,
    of_calendar,
    of_pay_date,
    of_run,
)
from bot.core.sentence import status_word
from bot.core.words import joined, say
from bot.core.workdays import DAY, WorkCalendar
from bot.engine.bot import Account, Bot
from bot.engine.case import page_of, title_of
from bot.mail.due_words import came_from, elsewhere, holidays
from bot.store import resources
from bot.store.database import Tx
from bot.store.resources import Resource
from bot.web.console.calendar_words import WHAT, clash, closed, legend
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import Answer, bot_of
from bot.web.shapes import Frame, Status
from bot.web.weeks import Calendar, Day, Item, Week

WEEKS, MOST_WEEKS = 4, 26
DRAWN_WHOLE = 8
"""Above this many weeks those in which there is nothing are only named."""
MOST_RUNS = 300
SHOWN_COLLISIONS = 12
WORKING_DAYS = 5

_ORDER = {what: number for number, what in enumerate(What)}


@dataclass(frozen=True, slots=True)
class Agenda:
    """Everything that is due in a number of weeks, with the runs that some of it is of."""

    first: date
    last: date
    dues: tuple[Due, ...]
    collisions: tuple[Collision, ...]
    runs: Mapping[str, Resource]
    """By the group of their dues."""

    @property
    def moved(self) -> tuple[Due, ...]:
        return tuple(one for one in self.dues if one.is_moved)


async def page(request: web.Request) -> web.Response:
    bot, forms = bot_of(request), await forms_for(request)
    weeks = weeks_of(request.query.get("weeks"))
    in_use = calendars_in_use(bot)
    chosen = request.query.get("calendar", "")
    if chosen and chosen not in in_use:
        raise Answer(
            404,
            say("There is no such work calendar"),
            (say("In use are {calendars}.", calendars=", ".join(in_use)),),
            say("To the calendar"),
            "/calendar",
        )
    async with bot.db.read() as tx:
        agenda = await agenda_of(bot, tx, weeks, chosen)
        frame = await frame_of(request, tx, forms)
    return shown(request, _view(bot, agenda, frame, weeks=weeks, chosen=chosen))


def weeks_of(asked: str | None) -> int:
    """How many weeks ahead. Raises Answer 400."""
    if not asked:
        return WEEKS
    if not (asked.isascii() and asked.isdigit()) or len(asked) > 3 or not 1 <= int(asked) <= MOST_WEEKS:
        said = say("Weeks are a number from 1 to {most}.", most=MOST_WEEKS)
        raise Answer(400, say("No such page of the calendar"), (said,), say("To the calendar"), "/calendar")
    return int(asked)


def calendars_in_use(bot: Bot) -> Mapping[str, WorkCalendar]:
    names = sorted({account.calendar for account in bot.accounts.values()})
    return {name: bot.calendars[name] for name in names if name in bot.calendars}


async def agenda_of(bot: Bot, tx: Tx, weeks: int, chosen: str = "") -> Agenda:
    """What is due from this week's Monday on; of one work calendar where it is named."""
    now = bot.now()
    today = now.astimezone(bot.settings.timezone).date()
    first = today - today.weekday() * DAY
    last = first + timedelta(weeks=weeks) - DAY
    known: list[Due] = []
    expected: list[Due] = []
    runs: dict[str, Resource] = {}
    for account in bot.accounts.values():
        calendar = bot.calendars.get(account.calendar)
        if calendar is None or (chosen and account.calendar != chosen):
            continue
        whose = whose_of(bot, account)
        for found in (await resources.all_of(tx, account.id, only_live=True))[:MOST_RUNS]:
            if found.snapshot.kind.endswith(".payrun"):
                runs[found.id] = found
                known += of_run(found.snapshot, calendar, now, whose=whose, group=found.id)
            elif found.snapshot.kind.endswith(".calendar"):
                expected += _of_periods(bot, calendar, found, whose)
        own = _has_own_pay_dates(account)
        expected += of_calendar(calendar, first, last, whose=whose, has_own_pay_dates=own)
    dues = tuple(one for one in merged(known, expected) if first <= one.on <= last)
    homes = [one for one in calendars_in_use(bot).values() if one.spec.zone == bot.settings.timezone.key]
    return Agenda(first, last, dues, collisions(dues, homes), runs)


def whose_of(bot: Bot, account: Account) -> str:
    """`Gigapay`; the connection's own id where there are several of its vendor."""
    several = sum(one.connector.vendor == account.connector.vendor for one in bot.accounts.values()) > 1
    return account.id if several else account.connector.title


def _has_own_pay_dates(account: Account) -> bool:
    """Whether the vendor gives pay runs no pay date, so that ours is the one there is."""
    kinds = [kind for kind in account.connector.kinds.values() if kind.name.endswith(".payrun")]
    return bool(kinds) and all("pay date" not in kind.fields for kind in kinds)


def _of_periods(bot: Bot, calendar: WorkCalendar, found: Resource, whose: str) -> Iterator[Due]:
    """The period that a vendor's calendar shows, and the one after it, as it would be asked for."""
    shows = found.snapshot.day("pay date")
    if shows is not None:
        yield from of_pay_date(calendar, shows, whose=whose, group=found.id)
    for action in bot.actions.values():
        if action.kind != found.snapshot.kind:
            continue
        try:
            following = date.fromisoformat(action.request(found.snapshot).get("paymentDate", "")[:10])
        except ValueError:
            continue
        yield from of_pay_date(calendar, following, whose=whose, group=f"{found.id} next")


def _view(bot: Bot, agenda: Agenda, frame: Frame, *, weeks: int, chosen: str) -> Calendar:
    in_use, zone = calendars_in_use(bot), frame.zone
    looked_at = {name: one for name, one in in_use.items() if chosen in ("", name)}
    today = bot.now().astimezone(zone).date()
    drawn = [_week(bot, agenda, looked_at, monday, today) for monday in _mondays(agenda)]
    quiet = [week for week in drawn if weeks > DRAWN_WHOLE and _is_quiet(week)]
    return Calendar(
        frame=frame,
        weeks=tuple(week for week in drawn if week not in quiet),
        ahead=weeks,
        moved=len(agenda.moved),
        by=holidays(agenda.moved),
        collisions=tuple(clash(one, zone) for one in agenda.collisions[:SHOWN_COLLISIONS]),
        more=max(0, len(agenda.collisions) - SHOWN_COLLISIONS),
        calendars=tuple(in_use),
        calendar=chosen,
        quiet=_numbers(quiet),
        legend=tuple(legend(name, one) for name, one in looked_at.items()),
    )


def _mondays(agenda: Agenda) -> Iterator[date]:
    monday = agenda.first
    while monday <= agenda.last:
        yield monday
        monday += timedelta(weeks=1)


def _week(bot: Bot, agenda: Agenda, calendars: Mapping[str, WorkCalendar], monday: date, today: date) -> Week:
    days = []
    for number in range(WORKING_DAYS):
        on = monday + number * DAY
        # What a vendor does by itself at a weekend stands on the Friday before it, with its day.
        until = on + 2 * DAY if number == WORKING_DAYS - 1 else on
        dues = sorted((one for one in agenda.dues if on <= one.on <= until), key=order)
        days.append(
            Day(
                on=on,
                items=tuple(_item(bot, agenda, one) for one in dues),
                closed=closed(calendars, on),
                is_shut=any(not one.is_working(on) for one in calendars.values()),
                is_today=on == today,
            )
        )
    return Week(monday.isocalendar().week, tuple(days))


def order(due: Due) -> tuple[bool, datetime, int, str]:
    """Days before hours, and then as a run goes."""
    at = due.at if isinstance(due.at, datetime) else due.calendar.start_of(due.at)
    return isinstance(due.at, datetime), at, _ORDER[due.what], due.whose


def _item(bot: Bot, agenda: Agenda, due: Due) -> Item:
    zone, found = bot.settings.timezone, agenda.runs.get(due.group)
    account = bot.accounts.get(found.snapshot.connection) if found is not None else None
    title = title_of(account.kind(found.snapshot.kind), found.snapshot) if found and account else ""
    return Item(
        what=joined((WHAT[due.what], due.name), " ") if due.name else WHAT[due.what],
        whose=due.whose,
        at=due.instant,
        elsewhere=joined([part for part in (_weekend_day(due), elsewhere(due, zone)) if part]),
        run=title.removeprefix(due.whose).strip() or title,
        url=page_of(found.snapshot) if found is not None else "",
        status=_status(found) if found is not None else None,
        moved_from=came_from(due, zone),
    )


def _weekend_day(due: Due) -> str:
    return words.day(due.on) if due.on.weekday() >= WORKING_DAYS else ""


def _status(found: Resource) -> Status:
    word = found.snapshot.text("status")
    if word is None:
        return Status(say("unknown"), "unknown", "warn")
    return Status(status_word(word), "open" if found.snapshot.is_open else "done", "calm")


def _is_quiet(week: Week) -> bool:
    return not any(day.items or day.closed for day in week.days)


def _numbers(weeks: Sequence[Week]) -> str:
    """`7, 8 and 11`."""
    return joined([week.number for week in weeks], last=say("and"))
