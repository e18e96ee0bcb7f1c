"""What is due on which day of a work calendar, where it would be without holidays, and what collides.

Nothing here is read from a vendor: a calendar with a weekly or monthly cut-off and a pay
date of its own says by itself what the next weeks hold, and a pay run that is known says
the rest. Two things are easily taken for one: a pay date that moves off a weekend does so
every year, and is no work of a holiday.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from bot.core.deadline import deadlines
from bot.core.resource import Known, Snapshot
from bot.core.words import in_each, part_in
from bot.core.workdays import DAY, CutOff, WorkCalendar

_AHEAD = timedelta(days=28)
"""A cut-off so long after the last day may still have its pay date's deadlines before that."""


class What(StrEnum):
    CUT_OFF = "cut-off"
    APPROVAL = "approval"
    BANK = "bank"
    PAY_DATE = "pay date"
    BY_ITSELF = "closes by itself"


_FIELDS = {
    "input cut-off": What.CUT_OFF,
    "approval deadline": What.APPROVAL,
    "bank deadline": What.BANK,
    "effective pay date": What.PAY_DATE,
}


@dataclass(frozen=True, slots=True)
class Due:
    """One thing on its day. Dues of one `group` are about one pay run, known or to come."""

    what: What
    at: datetime | date
    usual: datetime | date
    """Where it would be in a year without holidays."""
    calendar: WorkCalendar
    whose: str
    group: str
    stated: date | None = None
    """Of a pay date, the contractual one."""
    name: str = ""
    """Of a cut-off that has a name of its own."""

    @property
    def on(self) -> date:
        """Its day, on the calendar's own clocks."""
        return self.calendar.local(self.at).date() if isinstance(self.at, datetime) else self.at

    @property
    def instant(self) -> datetime | None:
        """None for what is due on a whole day."""
        return self.at if isinstance(self.at, datetime) else None

    @property
    def came_from_on(self) -> date | None:
        """The day that it was moved from."""
        came = self.moved_from
        return self.calendar.local(came).date() if isinstance(came, datetime) else came

    @property
    def is_moved(self) -> bool:
        """Whether a holiday or half day has moved it."""
        return self.at != self.usual

    @property
    def moved_from(self) -> datetime | date | None:
        """Where it came from, by a holiday or off a weekend; None for what is where it always is."""
        if self.is_moved:
            return self.usual
        return self.stated if self.stated is not None and self.stated != self.at else None


def of_calendar(
    calendar: WorkCalendar, first: date, last: date, *, whose: str, has_own_pay_dates: bool
) -> Iterator[Due]:
    """What the calendar alone says of the days from first to last, without any pay run being known."""
    bare = calendar.without_holidays()
    for name, rule in calendar.spec.cut_offs.items():
        for number, (cut_off, usual) in enumerate(_pairs(calendar, bare, rule, first, last)):
            group = f"{whose} {name} {usual:%Y-%m-%d} {number}"
            own = "" if name == "input" else name
            found = [Due(What.CUT_OFF, cut_off, usual, calendar, whose, group, name=own)]
            if name == "input" and has_own_pay_dates:
                found += _paid_after(calendar, bare, cut_off, usual, whose, group)
            yield from (one for one in found if first <= one.on <= last)


def _pairs(
    calendar: WorkCalendar, bare: WorkCalendar, rule: CutOff, first: date, last: date
) -> Iterator[tuple[datetime, datetime]]:
    """Each cut-off of those weeks, with where it would be without holidays."""
    both = zip(calendar.cut_offs(rule, first), bare.cut_offs(rule, first), strict=False)
    for wall, usual in takewhile(lambda pair: min(pair).date() <= last + _AHEAD, both):
        yield calendar.instant(wall.date(), wall.time()), bare.instant(usual.date(), usual.time())


def _paid_after(
    calendar: WorkCalendar, bare: WorkCalendar, cut_off: datetime, usual: datetime, whose: str, group: str
) -> Iterator[Due]:
    paid, usually = calendar.own_pay_date(cut_off, None), bare.own_pay_date(usual, None)
    if paid is None or usually is None:
        return
    is_on, would_be = calendar.move(paid), bare.move(usually)
    yield Due(What.PAY_DATE, is_on, would_be, calendar, whose, group, stated=paid)
    yield from _before_pay_date(calendar, bare, is_on, would_be, whose, group)


def _before_pay_date(
    calendar: WorkCalendar, bare: WorkCalendar, is_on: date, would_be: date, whose: str, group: str
) -> Iterator[Due]:
    for what, at, usually in (
        (What.APPROVAL, calendar.approval_deadline(is_on), bare.approval_deadline(would_be)),
        (What.BANK, calendar.bank_deadline(is_on), bare.bank_deadline(would_be)),
    ):
        if at is not None and usually is not None:
            yield Due(what, at, usually, calendar, whose, group)


def of_pay_date(calendar: WorkCalendar, pay_on: date, *, whose: str, group: str) -> Iterator[Due]:
    """A pay date that a vendor's own calendar gives, and the deadlines before it."""
    bare = calendar.without_holidays()
    is_on, would_be = calendar.move(pay_on), bare.move(pay_on)
    yield Due(What.PAY_DATE, is_on, would_be, calendar, whose, group, stated=pay_on)
    yield from _before_pay_date(calendar, bare, is_on, would_be, whose, group)


def of_run(
    snapshot: Snapshot, calendar: WorkCalendar, now: datetime, *, whose: str, group: str
) -> Iterator[Due]:
    """What is due of a pay run that is known, what its vendor does by itself included."""
    are = deadlines(snapshot, calendar, now)
    would_be = deadlines(snapshot, calendar.without_holidays(), now)
    for name, what in _FIELDS.items():
        match are[name], would_be[name]:
            case Known(date() as at), Known(date() as usual):
                paid = are["pay date"]
                stated = paid.value if isinstance(paid, Known) and what is What.PAY_DATE else None
                yield Due(
                    what, at, usual, calendar, whose, group, stated if isinstance(stated, date) else None
                )
            case _:
                pass
    closes = snapshot.instant("closes by itself at")
    if closes is not None:
        yield Due(What.BY_ITSELF, closes, closes, calendar, whose, group)


class Clash(StrEnum):
    BEFORE_CUT_OFF = "before cut-off"
    ONE_DAY = "one day"
    NOBODY_WORKS = "nobody works"


@dataclass(frozen=True, slots=True)
class Collision:
    """Dues that do not go together. Of the first kind the deadline, then the cut-off after it."""

    clash: Clash
    dues: tuple[Due, ...]


def collisions(dues: Sequence[Due], houses: Iterable[WorkCalendar]) -> tuple[Collision, ...]:
    """What somebody should see to beforehand, in the order of its days.

    `houses` are the work calendars by which those work who are to decide.
    """
    homes = tuple(houses)
    found = [*_before_cut_off(dues), *_on_one_day(dues), *_nobody_works(dues, homes)]
    return tuple(sorted(found, key=lambda one: (one.dues[0].on, one.clash)))


def _before_cut_off(dues: Sequence[Due]) -> Iterator[Collision]:
    """A yes that is due while lines may still be added is a yes to something unfinished."""
    cut_offs = {one.group: one for one in dues if one.what is What.CUT_OFF and not one.name}
    for one in dues:
        cut_off = cut_offs.get(one.group)
        if one.what in (What.APPROVAL, What.BANK) and cut_off is not None and _at(one) < _at(cut_off):
            yield Collision(Clash.BEFORE_CUT_OFF, (one, cut_off))


def _on_one_day(dues: Sequence[Due]) -> Iterator[Collision]:
    """Of two weeks the same deadline on one day, since a holiday has moved one of them there."""
    by_day: dict[tuple[What, str, str, date], list[Due]] = {}
    for one in dues:
        by_day.setdefault((one.what, one.name, one.whose, one.on), []).append(one)
    for same in by_day.values():
        if len({one.group for one in same}) > 1 and any(one.is_moved for one in same):
            yield Collision(Clash.ONE_DAY, tuple(same))


def _nobody_works(dues: Sequence[Due], homes: Sequence[WorkCalendar]) -> Iterator[Collision]:
    for one in dues:
        if not isinstance(one.at, datetime):
            continue
        by = (one.calendar,) if one.what is What.BY_ITSELF else homes
        if one.what is not What.CUT_OFF and by and all(_is_off(home, one.at) for home in by):
            yield Collision(Clash.NOBODY_WORKS, (one,))


def _is_off(calendar: WorkCalendar, at: datetime) -> bool:
    """Whether a holiday, or the afternoon of a half day, keeps people from work at that moment."""
    day = calendar.local(at).date()
    closes = calendar.closes_at(day)
    if closes is None:
        return day.weekday() < 5
    return calendar.is_half_day(day) and at > calendar.instant(day, closes)


def _at(due: Due) -> datetime:
    return due.at if isinstance(due.at, datetime) else due.calendar.start_of(due.at)


def named_between(calendar: WorkCalendar, one: date, other: date) -> tuple[str, ...]:
    """The holidays and half days from one day to another, in order, each once."""
    first, last = min(one, other), max(one, other)
    days = (first + number * DAY for number in range((last - first).days + 1))
    names = (calendar.holiday(day) for day in days if day.weekday() < 5)
    return tuple(dict.fromkeys(plain_name(name) for name in names if name))


def plain_name(holiday: str) -> str:
    """`Maundy Thursday` of "Maundy Thursday (from 2pm); Maundy Thursday"."""
    return in_each(lambda language: _plain_name(part_in(holiday, language)))


def _plain_name(holiday: str) -> str:
    parts = (part.partition(" (")[0] for part in holiday.split("; "))
    return ", ".join(dict.fromkeys(parts))


def merged(of_runs: Sequence[Due], expected: Iterable[Due]) -> tuple[Due, ...]:
    """What is known of pay runs, and what the calendars say besides: a due of both is the run's.

    A run's own group takes in what the calendar says of the same week, so that neither
    is held against the other.
    """
    known = {(one.what, one.whose, one.at): one.group for one in of_runs}
    rest = list(expected)
    renamed = {
        one.group: known[one.what, one.whose, one.at]
        for one in rest
        if one.what is What.CUT_OFF and (one.what, one.whose, one.at) in known
    }
    left = (
        replace(one, group=renamed.get(one.group, one.group))
        for one in rest
        if (one.what, one.whose, one.at) not in known
    )
    return (*of_runs, *left)
