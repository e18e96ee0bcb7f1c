"""The mail about a month: what was paid, what was done and by whom, what was late, what is ahead.

The month is the one before the rule's time, on the wall of the work calendar that the rule
is asked by. A pay run belongs to the month of its pay date, as the lists have it. Those still
open are in no figure, since they were not paid: they are named as late.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.agenda import plain_name
from bot.core.deadline import deadlines
from bot.core.resource import Known, Snapshot
from bot.core.words import Said, joined, say
from bot.core.workdays import DAY, WorkCalendar
from bot.engine.answered import month_rows
from bot.engine.asked_at import watched
from bot.engine.bot import Account, Bot, Running
from bot.engine.case import listed_case, page_of, title_of
from bot.engine.letters.parts import Addressed, to_group
from bot.engine.letters.scheduled import common_of, due_line, dues_ahead, moment_of
from bot.mail.deadlines import Deadline
from bot.mail.month import (
    MONTHS,
    MonthAnswers,
    MonthDeed,
    MonthPaid,
    MonthPart,
    MonthTrouble,
    PaidRun,
    month_and_year,
)
from bot.store import audit, month, resources
from bot.store.database import Tx
from bot.store.effects import Effect, State
from bot.store.resources import Resource

MOST_TROUBLES = 20
MOST_AHEAD = 12
MOST_LIVE = 300
"""Open pay runs of one connection whose deadlines are looked at."""
_ENDED: Mapping[str, Callable[[Said, Said], Said]] = {
    "closed at": lambda at, by: say("Closed {at}, after its bank deadline {deadline}.", at=at, deadline=by),
    "finalised at": lambda at, by: say(
        "Finalised {at}, after its bank deadline {deadline}.", at=at, deadline=by
    ),
    "paid at": lambda at, by: say("Paid {at}, after its bank deadline {deadline}.", at=at, deadline=by),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A month on a wall: its days, and its first instant and the next month's."""

    first: date
    last: date
    begins: datetime
    ends: datetime

    @classmethod
    def before(cls, day: date, calendar: WorkCalendar) -> "Span":
        """The month before the one that has this day."""
        following = day.replace(day=1)
        last = following - DAY
        first = last.replace(day=1)
        return cls(first, last, calendar.instant(first, time.min), calendar.instant(following, time.min))


@dataclass(slots=True)
class _Counted:
    """What the pay runs of two months come to, and those of the later one that were late."""

    was: dict[tuple[str, str], list[PaidRun]] = field(default_factory=lambda: defaultdict(list))
    now: dict[tuple[str, str], list[PaidRun]] = field(default_factory=lambda: defaultdict(list))
    runs: int = 0
    seen: int = 0
    """With those that are still open."""
    is_cut: bool = False
    late: list[MonthTrouble] = field(default_factory=list)


async def sent(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To the group that the rule names."""
    common = await common_of(bot, tx, effect)
    return to_group(bot, str(effect.args["to"]), await _letter(bot, tx, effect, common))


async def _letter(bot: Bot, tx: Tx, effect: Effect, common: Mapping[str, Any]) -> MonthPaid:
    """The letter of one time of a rule. So many statements, however many pay runs a month has."""
    running = bot.rules.get(effect.rule)
    accounts = watched(bot, running.rule) if running is not None else tuple(bot.accounts.values())
    calendar = _calendar(bot, running, accounts)
    due_on = calendar.local(common["slot_at"]).date()
    span = Span.before(due_on, calendar)
    earlier = Span.before(span.first, calendar)
    kind_ends = running.rule.watch if running is not None else "payrun"
    counted = _Counted()
    for account in accounts:
        await _count(bot, tx, account, (earlier, span), kind_ends, counted)
    names = [account.id for account in accounts]
    troubles = [*counted.late, *await _went_wrong(bot, tx, names, span)]
    rows, _ = await month_rows(bot.settings, tx, span.begins, span.ends)
    ahead = await _ahead(bot, tx, accounts, _last_of(due_on), common["zone"])
    matched = int(effect.args["matched_total"])
    both = [run for runs in (*counted.was.values(), *counted.now.values()) for run in runs]
    return MonthPaid(
        **common,
        url=bot.link(f"/payruns?paid_from={span.first}&paid_to={span.last}"),
        month=month_and_year(span.first),
        names=(MONTHS[earlier.first.month - 1], MONTHS[span.first.month - 1]),
        runs=counted.runs,
        parts=tuple(_parts(accounts, counted)),
        totals=tuple(_totals(counted)),
        not_summed=sum(not one.is_summed for one in both),
        not_known=sum(one.is_summed and (one.net_pay or one.cost) is None for one in both),
        is_cut=counted.is_cut,
        matched=matched if matched != counted.seen else None,
        deeds=tuple(await _deeds(bot, tx, names, span)),
        answers=tuple(
            MonthAnswers(one.person, one.approved, one.rejected, one.lapsed, one.took)
            for one in rows
            if one.approved or one.rejected or one.lapsed
        ),
        held=sum(one.held for one in rows),
        answers_url=bot.link(f"/people/{span.first:%Y-%m}"),
        troubles=tuple(troubles[:MOST_TROUBLES]),
        troubles_total=len(troubles),
        ahead=ahead[:MOST_AHEAD],
        ahead_total=len(ahead),
        closed_days=_closed_days(bot, accounts, due_on, _last_of(due_on)),
        do=(running.rule.advice,) if running is not None and running.rule.advice else (),
    )


def _calendar(bot: Bot, running: Running | None, accounts: Sequence[Account]) -> WorkCalendar:
    if running is not None and running.rule.calendar:
        return running.calendars[running.rule.calendar]
    return bot.calendar(accounts[0])


def _last_of(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY


async def _count(
    bot: Bot, tx: Tx, account: Account, months: tuple[Span, Span], kind_ends: str, counted: _Counted
) -> None:
    for span, runs in zip(months, (counted.was, counted.now), strict=True):
        seen = 0
        async for some in _paid(tx, account, span, kind_ends):
            for found in some:
                seen += 1
                _add(bot, account, found, span, runs, counted)
        counted.is_cut |= seen >= month.AT_MOST
        counted.seen += seen if runs is counted.now else 0


def _paid(tx: Tx, account: Account, span: Span, kind_ends: str) -> AsyncIterator[tuple[Resource, ...]]:
    return month.paid_between(tx, account.id, span.first, span.last, kind_ends=kind_ends)


def _add(
    bot: Bot,
    account: Account,
    found: Resource,
    span: Span,
    runs: dict[tuple[str, str], list[PaidRun]],
    counted: _Counted,
) -> None:
    snapshot, is_now = found.snapshot, runs is counted.now
    late = _lateness(bot, account, snapshot) if is_now else ""
    if late:
        title = title_of(account.kind(snapshot.kind), snapshot)
        counted.late.append(MonthTrouble(title, bot.link(page_of(snapshot)), late))
    if snapshot.is_open is True:
        return
    run = PaidRun(_people(snapshot), snapshot.money("net pay"), snapshot.money("cost"))
    runs[account.id, run.currency].append(run)
    counted.runs += is_now


def _people(snapshot: Snapshot) -> int | None:
    known = snapshot.count("payees")
    return len({line.payee for line in snapshot.lines}) if known is None and snapshot.lines else known


def _lateness(bot: Bot, account: Account, snapshot: Snapshot) -> str:
    """In what a pay run of the month was late, in a sentence; empty where in nothing that is known."""
    calendar, zone = bot.calendar(account), bot.settings.timezone
    are = deadlines(snapshot, calendar, bot.now())
    match are["effective pay date"], are["bank deadline"]:
        case Known(date() as paid_on), _ if snapshot.is_open is True:
            return say("Still open, though its pay date was {day}.", day=words.day(paid_on))
        case _, Known(datetime() as by):
            for name, said in _ENDED.items():
                at = snapshot.instant(name)
                if at is not None and at > by:
                    return said(words.moment(at, zone), words.moment(by, zone))
    return ""


def _parts(accounts: Sequence[Account], counted: _Counted) -> Iterator[MonthPart]:
    """A connection for each currency that it paid in; one in which no amount is known has counts alone."""
    for account in accounts:
        keys = sorted(key for key in counted.was.keys() | counted.now.keys() if key[0] == account.id)
        for key in keys:
            yield MonthPart.of(
                counted.was.get(key, ()),
                counted.now.get(key, ()),
                name=account.id,
                vendor=account.connector.title,
                currency=key[1],
            )


def _totals(counted: _Counted) -> Iterator[MonthPart]:
    """For each currency in which several connections paid."""
    keys = counted.was.keys() | counted.now.keys()
    for currency in sorted({currency for _, currency in keys if currency}):
        of_it = sorted(key for key in keys if key[1] == currency)
        if len(of_it) < 2:
            continue
        yield MonthPart.of(
            [run for key in of_it for run in counted.was.get(key, ())],
            [run for key in of_it for run in counted.now.get(key, ())],
            currency=currency,
        )


async def _deeds(bot: Bot, tx: Tx, connections: Sequence[str], span: Span) -> list[MonthDeed]:
    found: dict[str, list[int]] = {}
    for one in await month.done_between(tx, connections, span.begins, span.ends):
        by_bot = one.by in (None, audit.BOT)
        counts = found.setdefault(one.action, [0, 0])
        counts[0 if by_bot else 1] += one.number
    return [MonthDeed(_deed(bot, name), by_bot, others) for name, (by_bot, others) in found.items()]


def _deed(bot: Bot, name: str) -> str:
    action = bot.actions.get(name)
    return action.alone if action is not None else name.replace("_", " ")


async def _went_wrong(bot: Bot, tx: Tx, connections: Sequence[str], span: Span) -> list[MonthTrouble]:
    """What was refused, what came to a person, what was set apart: each pay run and reason once."""
    found: dict[tuple[str, Said | str], None] = {}
    for one in await month.not_done_between(tx, connections, span.begins, span.ends):
        found[one.resource, _ending(_deed(bot, one.action), one.state, was_tried=one.was_tried)] = None
    unsure = await month.recorded_between(tx, "cannot tell", span.begins, span.ends)
    apart = await month.recorded_between(tx, "set apart", span.begins, span.ends)
    for said, about in (
        (say("A reply was lost, so that it was read back before anything else was done."), unsure),
        (say("It was left alone until somebody had looked at it."), apart),
    ):
        found |= {(one, said): None for one in about}
    known = await resources.several(tx, {resource for resource, _ in list(found)[:MOST_TROUBLES]})
    return [
        _trouble(bot, resource, known.get(resource), said)
        for resource, said in found
        if resource not in known or known[resource].snapshot.connection in connections
    ]


def _ending(deed: str, state: State, *, was_tried: bool) -> Said:
    if state is State.REFUSED:
        return say("{what}: was refused.", what=deed)
    if was_tried:
        return say("{what}: could not be confirmed.", what=deed)
    return say("{what}: needs somebody.", what=deed)


def _trouble(bot: Bot, resource: str, found: Resource | None, said: str) -> MonthTrouble:
    case = listed_case(bot, found) if found is not None else None
    if case is None:
        return MonthTrouble(resource, bot.link("/payruns"), said)
    return MonthTrouble(case.title, bot.link(case.path), said)


async def _ahead(
    bot: Bot, tx: Tx, accounts: Sequence[Account], last: date, zone: ZoneInfo
) -> tuple[Deadline, ...]:
    """What is due of known pay runs to the end of the month that has begun, the soonest first."""
    found = []
    for account in accounts:
        for run in (await resources.all_of(tx, account.id, only_live=True, kind_ends="payrun"))[:MOST_LIVE]:
            case = listed_case(bot, run)
            if case is not None:
                page = bot.link(case.path)
                found += [(due, case, page) for due in dues_ahead(case, run.id) if due.on <= last]
    found.sort(key=lambda one: (moment_of(one[0]), one[0].group))
    return tuple(due_line(due, case, page, zone) for due, case, page in found)


def _closed_days(
    bot: Bot, accounts: Sequence[Account], first: date, last: date
) -> tuple[tuple[date, str], ...]:
    """Holidays and half days on weekdays, with whose work calendar has them."""
    calendars = {account.calendar: bot.calendar(account) for account in accounts}
    found: list[tuple[date, str]] = []
    day = first
    while day <= last:
        whose: dict[str, list[str]] = {}
        for name, calendar in sorted(calendars.items()):
            holiday = calendar.holiday(day) if day.weekday() < 5 else None
            if holiday:
                whose.setdefault(plain_name(holiday), []).append(name)
        found += [
            (day, say("{holiday} ({calendars})", holiday=name, calendars=joined(names)))
            for name, names in whose.items()
        ]
        day += DAY
    return tuple(found)
