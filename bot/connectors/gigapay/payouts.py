"""Gigapay's payouts one by one, as `expect` counts them. Pure.

They cost no call: a payrun is read with all its payouts, and these are its lines. A
cancelled payout is no line, so that it counts as none that came.
"""

from bot.connectors.gigapay.resources import PAYOUT_WORDS, STATUS_WORDS
from bot.core.resource import MISSING, Field, Kind, Known, Line, Part, Snapshot, Type, Unread, Value, fields
from bot.core.words import say

PAYOUT = Kind(
    name="gigapay.payout",
    title=say("Gigapay payout"),
    fields=fields(
        Field("id", Type.TEXT, "what Gigapay calls it", "5028801", "payout.id"),
        Field(
            "status",
            Type.STATUS,
            "how far it is on its way to the payee",
            "created",
            "payout.latest_status",
            tuple(PAYOUT_WORDS.values()),
        ),
        Field("created at", Type.INSTANT, "when it was added", "Mon 9 Nov 2026 08:12", "payout.created_at"),
        Field("net pay", Type.MONEY, "what the payee receives", "0 SEK", "payout.amount"),
        Field("cost", Type.MONEY, "what leaves the employer", "0 SEK", "payout.cost"),
        Field("payee", Type.TEXT, "the id of whom it is for", "1041", "payout.employee"),
        Field("payrun", Type.TEXT, "the id of the payrun that it is in", "2859272", "payout.payrun"),
        Field(
            "payrun status",
            Type.STATUS,
            "how far its payrun is",
            "open",
            "payrun.latest_status, else open and paid_at",
            tuple(STATUS_WORDS.values()),
        ),
    ),
    came="created at",
)


def payouts_of(payrun: Snapshot) -> tuple[Snapshot, ...] | Unread:
    """Every payout of one reading of its payrun."""
    if payrun.is_erased:
        return Unread(say("its payouts were erased here"))
    if payrun.lines is None:
        return Unread(say("its payouts were not read"))
    return tuple(_payout(payrun, line) for line in payrun.lines)


def _payout(payrun: Snapshot, line: Line) -> Snapshot:
    when: Value = Unread(say("Gigapay does not say when it was added"))
    return Snapshot(
        kind=PAYOUT.name,
        connection=payrun.connection,
        vendor_id=line.id,
        values={
            "id": Known(line.id),
            "status": _status(line),
            "created at": Known(line.created_at) if line.created_at is not None else when,
            "net pay": Known(line.net_pay),
            "cost": Known(line.cost)
            if line.cost is not None
            else Unread(say("Gigapay does not say its cost")),
            "payee": Known(line.payee),
            "payrun": payrun.value("id"),
            "payrun status": payrun.value("status"),
        },
        observed_at=payrun.observed_at,
        vendor_status=line.status,
        is_live=payrun.is_live,
    )


def _status(line: Line) -> Value:
    if not line.status:
        return MISSING
    known = PAYOUT_WORDS.get(line.status.lower())
    return (
        Known(known)
        if known is not None
        else Unread(say("'{status}' is no status that we know", status=line.status[:40]))
    )


PART = Part(PAYOUT, payouts_of, ends="closed at")
