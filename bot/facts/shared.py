"""What several facts need. No fact itself."""

from decimal import Decimal

from bot.core.money import Money
from bot.core.resource import Known, Line, Snapshot, Unread, Value
from bot.core.watched import PAYRUN
from bot.core.words import say

PAYRUNS = (PAYRUN,)
"""The kinds of a fact that any vendor's pay run has."""
PAYOUT_STATUSES = (
    "created",
    "not_funded",
    "onboarding_incomplete",
    "notification_sent",
    "available",
    "complete",
)
"""Gigapay's, all that are documented."""


def payouts_that_are(status: str, snapshot: Snapshot) -> Value:
    """How many of Gigapay's payouts have a status; unknown where one has none, or one that we do not know."""
    lines = lines_of(snapshot)
    if isinstance(lines, Unread):
        return lines
    for line in lines:
        if not line.status:
            return Unread(say("payout {id} has no status", id=line.id))
        if line.status.lower() not in PAYOUT_STATUSES:
            return Unread(
                say("payout {id} is '{status}', which we do not know", id=line.id, status=line.status[:40])
            )
    found = [line for line in lines if line.status.lower() == status]
    return Known(
        len(found),
        tuple(say("payout {payout} to payee {payee}", payout=line.id, payee=line.payee) for line in found),
    )


def lines_of(snapshot: Snapshot) -> tuple[Line, ...] | Unread:
    """The lines, or why there are none to look at. No lines is an empty tuple."""
    if snapshot.is_erased:
        return Unread(say("lines of it were erased"))
    return Unread(say("the lines were not read")) if snapshot.lines is None else snapshot.lines


def lines_of_last(last: Snapshot) -> tuple[Line, ...] | Unread:
    """The same of the run before, naming it."""
    if last.is_erased:
        return Unread(say("lines of the last run {run} were erased", run=last.vendor_id))
    return (
        Unread(say("the lines of the last run {run} were not read", run=last.vendor_id))
        if last.lines is None
        else last.lines
    )


def change(amount: Money, before: Money) -> Decimal | Unread:
    """How far an amount is from an earlier one, in percent, with its sign.

    Unread where a percentage would not mean anything: another currency, or from zero.
    """
    if amount.currency != before.currency:
        return Unread(
            say(
                "{now} now and {before} before cannot be compared",
                now=amount.currency,
                before=before.currency,
            )
        )
    if before.amount == 0:
        return Decimal(0) if amount.amount == 0 else Unread(say("the amount before was zero"))
    return (amount.amount - before.amount) / abs(before.amount) * 100


def direction(percent: Decimal) -> str:
    return say("more") if percent > 0 else say("less") if percent < 0 else say("the same")
