"""What letters and pages are made of: amounts beside last time's, bars, findings, reasons.

All of it is finished: a template prints and never calculates, so that a mail and the
page it links to cannot disagree. Times stay instants until they are printed, in the
zone of whoever reads. Two things are easy to get wrong here:

- Bars start at zero and share one scale; the figure always stands beside the bar.
- Free text (a detail, a note) must not name an amount: where fewer than three people
  are paid the amounts are taken out by field, and text cannot be.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.money import Money
from bot.core.resource import Line
from bot.core.words import Said, joined, say, say_many

FEWEST_PEOPLE = 3
"""An amount for fewer people than this is somebody's pay, and stays out of mails."""

NAMED = 8
"""How many ids a group names before it only counts."""

NEW, GONE = say("new"), say("not in this run")

COMPARED = 6
"""The earlier runs that a median is made of. Fewer than three are "no history"."""


def when(at: datetime, now: datetime, zone: ZoneInfo) -> Said:
    """`16:30 today` on the day itself, else `Tue 24 Nov 16:00`."""
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return say("{clock} today", clock=words.clock(at, zone))
    return words.moment(at, zone)


def briefly(at: datetime, now: datetime, zone: ZoneInfo) -> Said:
    """`16:30` on the day itself, else `Tue 24 Nov 16:00`: for a subject."""
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return words.clock(at, zone)
    return words.moment(at, zone)


def place(zone: ZoneInfo) -> str:
    """`Stockholm`: a zone as people say it."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def change(last: Money | None, now: Money) -> Decimal | None:
    """By how many percent `now` is above `last`; None where nothing compares."""
    if last is None or last.currency != now.currency or not last.amount:
        return None
    return (now.amount - last.amount) / abs(last.amount) * 100


def than_last_run(percent: Decimal | None) -> str:
    """`23.8 % more than last run`; nothing where nothing compares."""
    if percent is None:
        return ""
    if words.percent(percent)[0].isdigit():  # rounded to a tenth, there is no difference
        return say("the same as last run")
    size = words.percent(percent, is_signed=False)
    if percent > 0:
        return say("{percent} more than last run", percent=size)
    return say("{percent} less than last run", percent=size)


@dataclass(frozen=True, slots=True)
class AmountRow:
    """One amount beside last run's: net pay, cost, invoice total."""

    label: str
    now: Money
    last: Money | None = None
    hint: str = ""
    """What the word means: `what payees receive`."""

    @property
    def percent(self) -> Decimal | None:
        return change(self.last, self.now)


@dataclass(frozen=True, slots=True)
class Bar:
    """One run as a bar. `share` is its length in percent of the longest."""

    on: date
    amount: Money
    share: int
    is_now: bool = False

    @property
    def hashes(self) -> str:
        """The bar in a text twin, at most 19 columns, so that 72 hold date, amount and bar."""
        return "#" * round(self.share * 19 / 100)


@dataclass(frozen=True, slots=True)
class History:
    """Earlier runs and this one, oldest first."""

    label: str
    bars: tuple[Bar, ...]
    median: Money
    """Of the earlier ones, this run left out."""

    @classmethod
    def of(
        cls,
        label: str,
        past: Sequence[tuple[date, Money]],
        now: tuple[date, Money] | None,
        *,
        shown: int = COMPARED,
    ) -> "History | None":
        """Bars of these runs, oldest first, the last of `past` at most; the median is of the last six.

        None where fewer than three earlier runs in this currency are known: a
        comparison with one or two would mislead.
        """
        currency = now[1].currency if now else past[-1][1].currency if past else ""
        known = [run for run in past if run[1].currency == currency][-shown:]
        if len(known) < 3:
            return None
        runs = [*known, now] if now else known
        longest = max(abs(money.amount) for _, money in runs) or Decimal(1)
        bars = tuple(
            Bar(on, money, round(max(money.amount, Decimal(0)) / longest * 100), is_now=number >= len(known))
            for number, (on, money) in enumerate(runs)
        )
        middle = Money(median([money.amount for _, money in known[-COMPARED:]]), currency)
        return cls(label, bars, middle)

    @property
    def currency(self) -> str:
        return self.bars[0].amount.currency

    @property
    def median_share(self) -> int:
        """Where the median's line stands, on the scale of the bars."""
        longest = max(self.bars, key=lambda bar: bar.amount.amount)
        if not longest.share or longest.amount.amount <= 0:
            return 0
        return min(100, max(0, round(self.median.amount / longest.amount.amount * longest.share)))


@dataclass(frozen=True, slots=True)
class Change:
    """One reason why a run differs from the last: who joined, left, gets more or less."""

    what: str
    """`2 joined`"""
    who: str
    """`1078, 1080`: ids, never names."""
    by: Money


@dataclass(frozen=True, slots=True)
class LineChange:
    """One person's line before and now; None where there was or is none."""

    payee: str
    note: str
    before: Money | None
    now: Money | None

    @property
    def by(self) -> Money:
        match self.before, self.now:
            case None, None:
                raise ValueError("a line that neither was nor is")
            case before, None:
                assert before is not None
                return Money(-before.amount, before.currency)
            case None, now:
                assert now is not None
                return now
            case before, now:
                assert before is not None and now is not None
                return now - before


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different from what the approver was shown before."""

    shown_at: datetime
    """When they were asked with the numbers in `before`."""
    lines: tuple[LineChange, ...]
    before: Money | None
    now: Money | None
    same: int
    """How many lines are the same to the last digit."""
    said: str = ""
    """`You approved at 15:22. It had changed at 15:21, so nothing was closed.`"""
    others: tuple[str, ...] = ()
    """Differences that are no line: `pay date Thu 26 Nov, was Fri 27 Nov`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that found something. The approver ticks it before approving."""

    check: str
    """The fact's name with hyphens, as the form sends it: `first-time-payees`."""
    title: str
    """`2 first-time payees`"""
    detail: str = ""
    """`1078 and 1080`, without amounts."""
    amount: Money | None = None
    amount_says: str = ""
    """What the amount is, before it: `together`."""
    ticked: str = ""
    """`Ticked by you 15:22, unchanged` where it need not be ticked again."""

    def without_amount(self) -> "Finding":
        return replace(self, amount=None, amount_says="")


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next and when. `at` is an instant, a day, or words such as `at once`."""

    what: str
    at: datetime | date | str
    note: str = ""
    amount: Money | None = None

    @property
    def is_instant(self) -> bool:
        return isinstance(self.at, datetime)

    @property
    def is_words(self) -> bool:
        return isinstance(self.at, str)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody gets a mail, with the way to ask why. Ends every letter."""

    because: str
    """Ends "You get this because …": `you may approve for gigapay-se`."""
    why_url: str
    rule: str = ""
    version: str = ""
    note: str = ""
    """`asked at 15:04`, `collected for 10 minutes, told once`."""

    @property
    def told_by(self) -> str:
        """`Rule gigapay-weekly-close, version 7, asked at 15:04.`; empty where no rule tells."""
        if not self.rule:
            return ""
        if not self.version:
            if not self.note:
                return say("Rule {rule}.", rule=self.rule)
            return say("Rule {rule}, {note}.", rule=self.rule, note=self.note)
        if not self.note:
            return say("Rule {rule}, version {version}.", rule=self.rule, version=self.version)
        return say(
            "Rule {rule}, version {version}, {note}.", rule=self.rule, version=self.version, note=self.note
        )


def differs(last: Iterable[Line], now: Iterable[Line]) -> tuple[Change, ...]:
    """Who joined, left, gets less and gets more, each with its sum; empty groups left out.

    A payee with several lines counts once, with their sum.
    """
    changes = line_changes(last, now)
    groups: tuple[tuple[Callable[[int], Said], list[LineChange]], ...] = (
        (_joined, [one for one in changes if one.before is None]),
        (_left, [one for one in changes if one.now is None]),
        (_less, [one for one in changes if _both(one) and one.by.amount < 0]),
        (_more, [one for one in changes if _both(one) and one.by.amount > 0]),
    )
    result = []
    for says, members in groups:
        if not members:
            continue
        summed = members[0].by
        for member in members[1:]:
            summed += member.by
        who = joined(member.payee for member in members[:NAMED])
        if len(members) > NAMED:
            who = say("{who} and {count} more", who=who, count=len(members) - NAMED)
        result.append(Change(says(len(members)), who, summed))
    return tuple(result)


def _joined(count: int) -> Said:
    return say_many(count, "{count} joined", "{count} joined")


def _left(count: int) -> Said:
    return say_many(count, "{count} left", "{count} left")


def _less(count: int) -> Said:
    return say_many(count, "{count} gets less", "{count} get less")


def _more(count: int) -> Said:
    return say_many(count, "{count} gets more", "{count} get more")


def line_changes(
    last: Iterable[Line], now: Iterable[Line], *, joined: str = NEW, left: str = GONE
) -> tuple[LineChange, ...]:
    """Each payee whose sum is not the same, the largest change first."""
    before, after = _by_payee(last), _by_payee(now)
    changed = []
    for payee in sorted({*before, *after}):
        was, gets = before.get(payee), after.get(payee)
        if was == gets:
            continue
        if was is None:
            note = joined
        elif gets is None:
            note = left
        else:
            note = say("more") if gets.amount > was.amount else say("less")
        changed.append(LineChange(payee, note, was, gets))
    return tuple(sorted(changed, key=lambda one: (-abs(one.by.amount), one.payee)))


def _both(one: LineChange) -> bool:
    return one.before is not None and one.now is not None


def _by_payee(lines: Iterable[Line]) -> dict[str, Money]:
    sums: dict[str, Money] = {}
    for line in lines:
        sums[line.payee] = sums[line.payee] + line.net_pay if line.payee in sums else line.net_pay
    return sums
