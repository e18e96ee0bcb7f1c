"""What four vendors showed in the thirteen weeks of the recorded quarter.

Every reading is in the connectors' own fields, at the moment at which somebody changed
something there. What the rules would have done has been done: a payrun is closed when
its rule says so, or when a person had looked at it, unless somebody forgot.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.connectors import kinds
from bot.core.money import Money
from bot.core.resource import Line, Snapshot
from bot.core.workdays import WorkCalendar
from bot.rulebook.given import given_facts

MONDAY = date(2026, 8, 10)
WEEKS = 13
LONDON, SYDNEY = ZoneInfo("Europe/London"), ZoneInfo("Australia/Sydney")
STOCKHOLM = ZoneInfo("Europe/Stockholm")
GIGAPAY, XERO, STAFFOLOGY, ROUBLER = "gigapay-se", "xero-uk", "staffology-acme", "roubler-au"
CALENDARS = {GIGAPAY: "se", XERO: "uk-bacs", STAFFOLOGY: "uk-bacs", ROUBLER: "au-nsw"}
PAYEES = tuple(str(number) for number in range(1041, 1057))
SECOND, MINUTE, DAY, WEEK = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)


class Quarter:
    """The readings of one seed. The same seed gives the same readings."""

    def __init__(self, calendars: Mapping[str, WorkCalendar], seed: int) -> None:
        self._calendars = calendars
        self._random = Random(seed)  # noqa: S311 - a story, no secret

    def readings(self) -> list[Snapshot]:
        """Every reading that found something new, oldest first."""
        found = [*self._gigapay(), *self._xero(), *self._staffology(), *self._roubler()]
        return sorted(found, key=lambda one: (one.observed_at, one.connection, one.vendor_id))

    # Gigapay: payouts come all week, the payrun is closed at its cut-off, and is paid on Thursday.

    def _gigapay(self) -> Iterator[Snapshot]:
        for week in range(WEEKS):
            yield from self._payrun(week, _at(week, 0, time(8, 12), STOCKHOLM))

    def _payrun(self, week: int, opened: datetime) -> Iterator[Snapshot]:
        cut_off = self._calendars["se"].next_cut_off("input", opened)
        assert cut_off is not None, "the shipped calendar has one"
        came = sorted(self._while_open(opened, cut_off) for _ in range(self._random.randint(3, 6)))
        if self._one_in(5):
            came[-1] = cut_off - self._random.randint(3, 20) * MINUTE  # so that the rule waits for it
        is_forgotten, twice = self._one_in(6), self._one_in(6)
        lines: list[Line] = []
        for number, at in enumerate(came):
            if twice and number == len(came) - 1:
                lines.append(replace(lines[-1], id=f"{lines[-1].id}2", created_at=at))
            else:
                lines.append(self._payout(week, number, at))
            yield self._gigapay_reading(week, opened, at + 40 * SECOND, "open", lines)
        total = sum(line.net_pay.amount for line in lines)
        says_yes = max(cut_off, came[-1] + 30 * MINUTE)
        if twice or (is_forgotten and total > 20_000):
            closed = cut_off + 90 * MINUTE  # nobody did, so Gigapay closes it by itself
        elif total > 20_000:
            closed = says_yes + self._random.randint(6, 55) * MINUTE
        else:
            closed = says_yes + 3 * SECOND
        yield self._gigapay_reading(week, opened, closed, "closed", lines, closed)
        paid = _at(week + 1, 3, time(10, 4), STOCKHOLM)
        if week + 1 < WEEKS:
            yield self._gigapay_reading(week, opened, paid, "paid", lines, closed, paid)

    def _payout(self, week: int, number: int, at: datetime) -> Line:
        amount = Money.of(self._random.randint(1_800, 9_400), "SEK")
        payee = PAYEES[(3 * week + number) % len(PAYEES)]
        return Line(f"{700_000 + 10 * week + number}", payee, amount, amount, at, "notification_sent")

    def _gigapay_reading(
        self,
        week: int,
        opened: datetime,
        at: datetime,
        status: str,
        lines: list[Line],
        closed: datetime | None = None,
        paid: datetime | None = None,
    ) -> Snapshot:
        total = Money.of(sum(line.net_pay.amount for line in lines), "SEK").plain()
        id, is_open = str(2_859_301 + week), status == "open"
        given = {
            "id": id,
            "status": status,
            "opened at": _said(opened, STOCKHOLM),
            "closed at": _said(closed, STOCKHOLM),
            "paid at": _said(paid, STOCKHOLM),
            "cost": total,
            "net pay": total,
            "price": total,
            "payouts": str(len(lines)),
            "payees": str(len({line.payee for line in lines})),
            "last payout": _said(max(line.created_at for line in lines if line.created_at), STOCKHOLM),
            "open payruns": "1" if is_open else "0",
        }
        shown = self._shown("gigapay.payrun", GIGAPAY, id, at, given)
        return replace(shown, lines=tuple(lines), is_open=is_open, is_live=status != "paid")

    # Xero: a run is drafted on Wednesday and posted on Thursday; the calendar should then roll on.

    def _xero(self) -> Iterator[Snapshot]:
        calendar = str(UUID(int=self._random.getrandbits(128)))
        for week in range(WEEKS):
            run = str(UUID(int=self._random.getrandbits(128)))
            net = Money.of(self._random.randint(20_000, 23_000), "GBP").plain()
            has_rolled = not self._one_in(5)
            yield self._xero_calendar(calendar, week, _at(week, 0, time(7), LONDON), None)
            drafted = _at(week, 2, time(10, 30), LONDON)
            yield self._xero_run(run, calendar, week, drafted, "draft", net)
            posted = drafted + DAY
            yield self._xero_run(run, calendar, week, posted, "posted", net, posted)
            if not has_rolled:
                yield self._xero_calendar(calendar, week, drafted + MINUTE, run)

    def _xero_calendar(self, id: str, week: int, at: datetime, run: str | None) -> Snapshot:
        start = MONDAY + week * WEEK
        given = {
            "name": "Weekly pay",
            "calendar type": "weekly",
            **_period(start),
            "pay date": _day(start + 11 * DAY),
            "run for this period": run or "missing",
        }
        following = start + WEEK
        call = {
            "tenant": "45e4708e-d862-4111-ab3a-dd8cd03913e1",
            "calendar type": "Weekly",
            "next name": f"Weekly pay {following}",
            "next start": following.isoformat(),
            "next pay date": (following + 11 * DAY).isoformat(),
        }
        return replace(self._shown("xero.calendar", XERO, id, at, given), is_live=False, call=call)

    def _xero_run(
        self,
        id: str,
        calendar: str,
        week: int,
        at: datetime,
        status: str,
        net: str,
        posted: datetime | None = None,
    ) -> Snapshot:
        start = MONDAY + week * WEEK
        given = {
            "status": status,
            "calendar type": "weekly",
            **_period(start),
            "pay date": _day(start + 11 * DAY),
            "cost": net,
            "net pay": net,
            "posted at": _said(posted, LONDON),
        }
        shown = self._shown("xero.payrun", XERO, id, at, given)
        is_open = status == "draft"
        return replace(shown, lines=(), is_open=is_open, is_live=is_open, call={"series": calendar})

    # Staffology: a weekly run, paid on Friday; a person finalises it on Wednesday once asked.

    def _staffology(self) -> Iterator[Snapshot]:
        usual = 31_000
        for week in range(WEEKS):
            usual += self._random.randint(-1_500, 1_500)
            net = usual * 118 // 100 if self._one_in(6) else usual
            warned = self._one_in(4)
            opened = _at(week, 0, time(9, 5), LONDON)
            yield self._staffology_run(week, opened, "open", net, warnings=2 if warned else 0)
            if warned:
                yield self._staffology_run(week, opened + 5 * timedelta(hours=1), "open", net)
            # Up to a tenth more is asked about on the day of the bank deadline; more is done by hand.
            late = 6 if net != usual else self._random.randint(0, 3)
            finalised = _at(week, 2, time(9, 20), LONDON) + late * timedelta(hours=1)
            yield self._staffology_run(week, finalised, "finalised", net, finalised=finalised)

    def _staffology_run(
        self,
        week: int,
        at: datetime,
        status: str,
        net: int,
        *,
        warnings: int = 0,
        finalised: datetime | None = None,
    ) -> Snapshot:
        start, pays = MONDAY + week * WEEK, [net // 3, net // 3, net - 2 * (net // 3)]
        given = {
            "status": status,
            **_period(start),
            "pay date": _day(start + 4 * DAY),
            "unadjusted pay date": _day(start + 4 * DAY),
            "cost": f"{net * 127 // 100} GBP",
            "net pay": f"{net} GBP",
            "payees": "3",
            "employees": "3",
            "warnings": str(warnings),
            "finalised at": _said(finalised, LONDON),
        }
        id, is_open = f"Year2026-Weekly-{week + 19}-1-0", status == "open"
        shown = self._shown("staffology.payrun", STAFFOLOGY, id, at, given)
        lines = tuple(
            Line(f"{week + 19}-{number}", f"4410{number}", Money.of(pay, "GBP"))
            for number, pay in enumerate(pays)
        )
        return replace(shown, lines=lines, is_open=is_open, is_live=is_open)

    # Roubler: a run every fortnight, now and then with errors that somebody mends.

    def _roubler(self) -> Iterator[Snapshot]:
        for week in range(1, WEEKS, 2):
            made, net = _at(week, 0, time(14), SYDNEY), self._random.randint(52_000, 58_000)
            errors = self._random.randint(1, 3) if self._one_in(2) else 0
            yield self._roubler_run(week, made, made, "finalised", net, errors)
            if errors:
                mended = made + self._random.randint(1, 30) * timedelta(hours=1)
                yield self._roubler_run(week, made, mended, "finalised", net, 0)
            paid = made + 2 * DAY
            yield self._roubler_run(week, made, paid, "processed", net, 0, paid)

    def _roubler_run(
        self,
        week: int,
        made: datetime,
        at: datetime,
        status: str,
        net: int,
        errors: int,
        paid: datetime | None = None,
    ) -> Snapshot:
        start = MONDAY + (week - 2) * WEEK
        given = {
            "status": status,
            "run name": f"Fortnight {(week + 1) // 2}",
            "period start": _day(start),
            "period end": _day(start + 13 * DAY),
            "opened at": _said(made, SYDNEY),
            "finalised at": _said(made, SYDNEY),
            "processed at": _said(paid, SYDNEY),
            "errors": str(errors),
            "net pay": f"{net} AUD",
            "payees": "4",
        }
        shown = self._shown("roubler.payrun", ROUBLER, str(88_410 + week), at, given)
        return replace(shown, lines=(), is_open=False, is_live=status != "processed")

    # What they share

    def _shown(self, kind: str, connection: str, id: str, at: datetime, given: Mapping[str, str]) -> Snapshot:
        """A reading in which everything that is not said is as harmless as in a rule's test."""
        fields = kinds()[kind].fields
        snapshot, _ = given_facts(kind, fields, given, self._calendars[CALENDARS[connection]], at)
        values = {name: snapshot.values[name] for name in fields}
        return replace(snapshot, connection=connection, vendor_id=id, values=values)

    def _one_in(self, count: int) -> bool:
        return self._random.randrange(count) == 0

    def _while_open(self, opened: datetime, cut_off: datetime) -> datetime:
        """A moment of a working day's hours from the opening to an hour before the cut-off."""
        days = (cut_off - opened).days
        at = opened + self._random.randrange(days + 1) * DAY + self._random.randint(20, 390) * MINUTE
        return min(at, cut_off - self._random.randint(60, 180) * MINUTE)


def _at(week: int, weekday: int, at: time, zone: ZoneInfo) -> datetime:
    day = MONDAY + week * WEEK + weekday * DAY
    return datetime.combine(day, at, zone).astimezone(UTC)


def _said(at: datetime | None, zone: ZoneInfo) -> str:
    """A moment as the vocabulary reads it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else "missing"


def _day(day: date) -> str:
    return day.isoformat()


def _period(start: date) -> dict[str, str]:
    return {"period start": _day(start), "period end": _day(start + 6 * DAY)}
