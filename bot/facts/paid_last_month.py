"""Whether the effective pay date lies in the calendar month before this one.

Time alone changes it, at the turn of each month.
"""

from datetime import date, datetime, timedelta

from bot.core.deadline import deadlines
from bot.core.resource import Field, Known, Type, Value
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS

_LONGER_THAN_A_MONTH = timedelta(days=32)


def compute(given: FactInput) -> Value:
    paid = deadlines(given.snapshot, given.calendar, given.now)["effective pay date"]
    if not isinstance(paid, Known):
        return paid
    assert isinstance(paid.value, date)
    before = _first_of_month(given) - timedelta(days=1)
    return Known((paid.value.year, paid.value.month) == (before.year, before.month))


def turns(given: FactInput) -> datetime:
    following = (_first_of_month(given) + _LONGER_THAN_A_MONTH).replace(day=1)
    return given.calendar.start_of(following)


def _first_of_month(given: FactInput) -> date:
    return given.calendar.today(given.now).replace(day=1)


FACT = Fact(
    Field(
        "paid last month",
        Type.FLAG,
        "Whether its effective pay date was in the calendar month before this one.",
        "no",
        "ours: the work calendar and the clock",
    ),
    PAYRUNS,
    compute,
    turns=turns,
    is_check=False,
)
