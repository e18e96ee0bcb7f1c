"""Several clean questions in one mail. See `letters` for what holds of every letter."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from bot.core import words
from bot.core.money import Money
from bot.core.rank import Rank
from bot.mail.asked import Asked
from bot.mail.letter import Letter


@dataclass(frozen=True, slots=True)
class ListedAsk:
    """One of them: what, how much, against last run, paid and decided by when."""

    question: str
    url: str
    covered: str
    amount: Money | None
    against: str
    """`+1.2 %`; empty where nothing compares, or it may not be shown."""
    pay_on: date | None
    decide_by: datetime
    decide_by_there: str
    silence: str
    is_too_few: bool

    @classmethod
    def of(cls, asked: Asked, url: str) -> "ListedAsk":
        """Without its amount where it is of fewer than three people."""
        shown = asked.without_amounts() if asked.is_too_few else asked
        percent = shown.amounts[0].percent if shown.amounts else None
        return cls(
            question=words.joined((shown.verb, shown.title), " "),
            url=url,
            covered=shown.paid_to or shown.connection,
            amount=shown.amount,
            against=words.percent(percent) if percent is not None else "",
            pay_on=shown.pay_on,
            decide_by=shown.decide_by,
            decide_by_there=shown.decide_by_there,
            silence=shown.silence,
            is_too_few=shown.is_too_few,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsListed(Letter):
    """May these be done? No check found anything in any of them."""

    template: ClassVar[str] = "approvals_listed"
    usual_rank: ClassVar[Rank] = Rank.URGENT

    day: date
    decide_by: datetime
    """The first of theirs."""
    asks: tuple[ListedAsk, ...]
    away: tuple[str, ...] = ()
