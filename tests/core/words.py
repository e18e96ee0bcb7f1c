"""A few fields for the tests of conditions, and lines made of them."""

from datetime import datetime

from bot.core.condition import Claim
from bot.core.deadline import DEADLINES, NOW
from bot.core.explain import Node, explain
from bot.core.grammar import parse_claim
from bot.core.money import Money
from bot.core.resource import Field, Type, Value, fields
from bot.core.workdays import WorkCalendar
from tests.core.calendars import SE

FIELDS = {NOW.name: NOW, **DEADLINES} | fields(
    Field("status", Type.STATUS, "its state", "closed", "state", ("open", "approved", "closed")),
    Field("cost", Type.MONEY, "what leaves the employer", "0 SEK", "cost"),
    Field("payouts", Type.COUNT, "how many", "0", "payouts"),
    Field("change in net pay", Type.PERCENT, "against the last", "0 %", "ours"),
    Field("open for", Type.DURATION, "how long", "0 minutes", "ours"),
    Field("last payout", Type.INSTANT, "the newest", None, "created_at"),
    Field("period end", Type.DATE, "its last day", None, "period"),
    Field("run", Type.TEXT, "an id", None, "id"),
    Field("automated", Type.FLAG, "by the vendor", "no", "autoPilot"),
)


SEK_20_000 = Money.of(20_000, "SEK")


def claim(text: str) -> Claim:
    read = parse_claim(text, FIELDS, "payrun")
    assert isinstance(read, Claim), read
    return read


def said(text: str, values: dict[str, Value], now: datetime, calendar: WorkCalendar = SE) -> Node:
    """The answer to one line."""
    return explain(claim(text), values, calendar, now)
