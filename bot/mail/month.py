"""A month of pay runs beside the month before. See `letters` for what holds of every letter.

Sums are where one person's pay could be worked out by whoever knows the others', so that
a run of fewer than three people, or of nobody knows how many, is counted and not summed.
It is left out here, when the figures are made, whoever makes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from bot.core.money import Money
from bot.core.words import Said, joined, say
from bot.mail.deadlines import Deadline
from bot.mail.letter import Letter
from bot.mail.parts import FEWEST_PEOPLE, change
from bot.mail.scheduled import NotAnswered

MONTHS = (
    say("January"), say("February"), say("March"), say("April"), say("May"), say("June"),
    say("July"), say("August"), say("September"), say("October"), say("November"), say("December"),
)  # fmt: skip


def month_and_year(on: date) -> Said:
    """`November 2026`"""
    return joined((MONTHS[on.month - 1], on.year), " ")


@dataclass(frozen=True, slots=True)
class PaidRun:
    """One pay run of a month. An amount is None where it is not known."""

    people: int | None
    net_pay: Money | None
    cost: Money | None

    @property
    def is_summed(self) -> bool:
        """Whether its amounts may be in a sum. Of how many nobody knows, it may be one person's pay."""
        return (self.people or 0) >= FEWEST_PEOPLE

    @property
    def currency(self) -> str:
        """Empty where no amount of it is known."""
        known = self.net_pay or self.cost
        return known.currency if known is not None else ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. None is not known, or in no sum."""

    label: str
    before: Money | int | None
    now: Money | int | None

    @property
    def is_money(self) -> bool:
        return isinstance(self.before, Money) or isinstance(self.now, Money)

    @property
    def percent(self) -> Decimal | None:
        """How much more an amount is than in the month before; None where nothing compares."""
        if isinstance(self.now, Money) and (self.before is None or isinstance(self.before, Money)):
            return change(self.before, self.now)
        return None

    @property
    def more(self) -> int | None:
        """How many more there are of a count; None where nothing compares."""
        if isinstance(self.now, int) and isinstance(self.before, int):
            return self.now - self.before
        return None


@dataclass(frozen=True, slots=True)
class MonthPart:
    """What one connection paid in one currency, or all of them did."""

    name: str
    """The connection's id; empty for all."""
    vendor: str
    currency: str
    """Empty where no amount is known."""
    figures: tuple[Figure, ...]

    @classmethod
    def of(
        cls,
        before: Iterable[PaidRun],
        now: Iterable[PaidRun],
        *,
        name: str = "",
        vendor: str = "",
        currency: str,
    ) -> "MonthPart":
        """Counts of all of these runs, and sums of those whose amounts may be in one."""
        was, runs = list(before), list(now)
        counts = (
            Figure(say("Pay runs"), len(was), len(runs)),
            Figure(say("Payees"), _people(was), _people(runs)),
        )
        sums = (
            Figure(say("Net pay"), _sum(was, "net_pay"), _sum(runs, "net_pay")),
            Figure(say("Cost"), _sum(was, "cost"), _sum(runs, "cost")),
        )
        known = tuple(one for one in sums if one.before is not None or one.now is not None)
        return cls(name, vendor, currency, (*counts, *known))


def _people(runs: Sequence[PaidRun]) -> int | None:
    """None where that is not known of one."""
    known = [one.people for one in runs if one.people is not None]
    return sum(known) if len(known) == len(runs) else None


def _sum(runs: Sequence[PaidRun], name: str) -> Money | None:
    found: Money | None = None
    for amount in (getattr(one, name) for one in runs if one.is_summed):
        if amount is not None:
            found = amount if found is None else found + amount
    return found


@dataclass(frozen=True, slots=True)
class MonthDeed:
    """How often an action was done at vendors, and by whom."""

    what: str
    """`Close`"""
    by_bot: int
    by_others: int


@dataclass(frozen=True, slots=True)
class MonthAnswers:
    """What one person answered in the month."""

    person: str
    approved: int
    rejected: int
    lapsed: int
    took: str
    """`32 minutes`: half of their answers took less; empty where there is none."""


@dataclass(frozen=True, slots=True)
class MonthTrouble:
    """A pay run that was late or needed somebody, in one sentence without amounts."""

    title: str
    url: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPaid(Letter):
    """What was paid in a month, what was done and by whom, what was late, what is ahead."""

    template: ClassVar[str] = "month"

    title: str
    """The rule's own."""
    month: str
    """`November 2026`"""
    names: tuple[str, str]
    """The month before and this one, as the table's head has them: `October`, `November`."""
    times: str
    slot_at: datetime
    late: str = ""
    """Sentences on which times were missed, where this stands for them."""
    runs: int = 0
    parts: tuple[MonthPart, ...] = ()
    totals: tuple[MonthPart, ...] = ()
    """What connections paid together, for each currency in which several did."""
    not_summed: int = 0
    """Of how many runs of both months the amounts are in no sum: fewer than three people, or not known."""
    not_known: int = 0
    """Of how many others of them an amount is not known."""
    is_cut: bool = False
    """Whether there were more pay runs than are counted."""
    matched: int | None = None
    """How many of the runs the rule says yes to, where that is another number."""
    deeds: tuple[MonthDeed, ...] = ()
    answers: tuple[MonthAnswers, ...] = ()
    held: int = 0
    answers_url: str = ""
    troubles: tuple[MonthTrouble, ...] = ()
    """Bounded; `troubles_total` is not."""
    troubles_total: int = 0
    ahead: tuple[Deadline, ...] = ()
    ahead_total: int = 0
    closed_days: tuple[tuple[date, str], ...] = ()
    """Holidays of the month that has begun, each with its name and whose it is."""
    not_answered: tuple[NotAnswered, ...] = ()
    not_answered_total: int = 0
    do: tuple[str, ...] = ()
