"""What the payment term means for a payrun: when it closes by itself, what credit is left."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.connectors.gigapay.models import PaymentTerm
from bot.connectors.values import Reader
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread, Value
from bot.core.words import say

VENDOR_ZONE = ZoneInfo("Europe/Stockholm")
INTERVALS = ("", "weekly", "monthly", "quarterly")


def closes_at(status: Value, opened_at: Value, term: PaymentTerm | Unread, reader: Reader) -> Value:
    """When Gigapay closes an open payrun by itself.

    The vendor does not say what an interval begins with, nor its hour. Assumed: weeks
    on Monday, months and quarters on their first day, at the start of the Swedish day.
    Where a duration is given too, whichever comes first: being early is the safe mistake.
    """
    if isinstance(status, Known) and status.value != "open":
        return MISSING
    if isinstance(term, Unread):
        return term
    if not isinstance(opened_at, Known) or not isinstance(opened_at.value, datetime):
        return Unread(say("Gigapay does not say when the payrun was opened"))
    seconds = reader.count("batching_duration", term.batching_duration)
    if isinstance(seconds, Unread):
        return seconds
    interval = "" if term.batching_interval is None else term.batching_interval
    if interval not in INTERVALS:
        return reader.odd("batching_interval", interval, say("interval that we know"))
    ends = []
    try:
        if isinstance(seconds, Known) and isinstance(seconds.value, int) and seconds.value:
            ends.append(opened_at.value + timedelta(seconds=seconds.value))
        if interval:
            ends.append(_end_of(str(interval), opened_at.value))
    except (OverflowError, ValueError):  # after the last year that there is
        told = (term.batching_duration, interval)
        return reader.odd(say("batching_duration and batching_interval"), told, say("time until an instant"))
    return Known(min(ends)) if ends else MISSING


def _end_of(interval: str, opened_at: datetime) -> datetime:
    opened = opened_at.astimezone(VENDOR_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    if interval == "weekly":
        return (opened + timedelta(days=7 - opened.weekday())).astimezone(UTC)
    step = 1 if interval == "monthly" else 3 - (opened.month - 1) % 3
    years, month = divmod(opened.month - 1 + step, 12)
    return opened.replace(year=opened.year + years, month=month + 1, day=1).astimezone(UTC)


def credit_left(term: PaymentTerm | Unread, currency: str, reader: Reader) -> Value:
    """What the limit in this currency leaves, below nothing where more is used; missing without credit."""
    if isinstance(term, Unread):
        return term
    terms = [one for one in term.credit_terms if one.currency == currency]
    if not terms:
        return MISSING
    if len(terms) > 1:
        return reader.odd("credit_terms", f"{len(terms)} × {currency}", say("single limit"))
    limit = reader.money("credit_limit", terms[0].credit_limit, currency)
    used = reader.money("credit_used", terms[0].credit_used, currency)
    for one in (limit, used):
        if isinstance(one, Unread):
            return one
    if not (isinstance(limit, Known) and isinstance(used, Known)):
        return Unread(say("Gigapay gives a credit limit without what is used of it, or the other way round"))
    assert isinstance(limit.value, Money) and isinstance(used.value, Money)
    return Known(limit.value - used.value)
