"""A small vocabulary for tests, with the names that the connectors use."""

from dataclasses import replace
from datetime import timedelta

from bot.actions import general_actions
from bot.core.action import Action, WhenUnknown
from bot.core.resource import Field, Kind, Part, Type, fields
from bot.rulebook import Vocabulary, vocabulary

PAYOUT = Kind(
    "gigapay.payout",
    "Gigapay payout",
    fields(
        Field("status", Type.STATUS, "its state", "created", "latest_status", ("created", "complete")),
        Field("created at", Type.INSTANT, "when it was added", None, "created_at"),
        Field("cost", Type.MONEY, "what leaves the employer", "0 SEK", "cost"),
    ),
    came="created at",
)
GIGAPAY = Kind(
    "gigapay.payrun",
    "Gigapay payrun",
    fields(
        Field("status", Type.STATUS, "its state", "paid", "latest_status", ("open", "closed", "paid")),
        Field("opened at", Type.INSTANT, "when it began", "Mon 16 Nov 2026 08:12", "created_at"),
        Field("paid at", Type.INSTANT, "when it was paid", None, "paid_at"),
        Field("cost", Type.MONEY, "what leaves the employer", "0 SEK", "ours"),
        Field("net pay", Type.MONEY, "what people receive", "0 SEK", "ours"),
        Field("currency", Type.TEXT, "its currency", "SEK", "currency"),
        Field("payouts", Type.COUNT, "how many payouts", "0", "payouts"),
        Field("last payout", Type.INSTANT, "the newest payout", None, "created_at"),
        Field("bank reference", Type.TEXT, "for the payment", None, "ocr_number"),
    ),
    "payout",
    parts=(Part(PAYOUT, lambda payrun: (), ends="paid at"),),
)
CALENDAR = Kind(
    "xero.calendar",
    "Xero calendar",
    fields(
        Field("name", Type.TEXT, "its name", "Weekly", "name"),
        Field("period start", Type.DATE, "its first day", None, "periodStartDate"),
        Field("period end", Type.DATE, "its last day", None, "periodEndDate"),
        Field("pay date", Type.DATE, "when it pays", None, "paymentDate"),
        Field("run for this period", Type.TEXT, "its pay run", None, "ours"),
        Field("next period calendar", Type.TEXT, "the calendar that follows", None, "ours"),
    ),
)
STAFFOLOGY = Kind(
    "staffology.payrun",
    "Staffology pay run",
    fields(
        Field("status", Type.STATUS, "its state", "finalised", "state", ("open", "approved", "finalised")),
        Field("run type", Type.STATUS, "main or not", "main", "version", ("main", "supplementary")),
        Field("period end", Type.DATE, "its last day", None, "endDate"),
        Field("pay date", Type.DATE, "when it pays", None, "paymentDate"),
        Field("cost", Type.MONEY, "what leaves the employer", "0 GBP", "totals"),
        Field("net pay", Type.MONEY, "what people receive", "0 GBP", "totals"),
        Field("warnings", Type.COUNT, "what it warns of", "0", "warnings"),
        Field("also automated by vendor", Type.FLAG, "AutoPilot", "no", "enableAutoPilot"),
    ),
    "pay slip",
)
ROUBLER = Kind(
    "roubler.payrun",
    "Roubler pay run",
    fields(
        Field("status", Type.STATUS, "its state", "processed", "status", ("finalised", "processed")),
        Field("period end", Type.DATE, "its last day", None, "periodEnd"),
        Field("errors", Type.COUNT, "what is wrong in it", "0", "errors"),
        Field("net pay", Type.MONEY, "what people receive", "0 AUD", "ours"),
    ),
)
KINDS = {kind.name: kind for kind in (GIGAPAY, CALENDAR, STAFFOLOGY, ROUBLER)}


def action(name: str, kind: str, *, amount: str | None = "cost", always_asks: bool = False) -> Action:
    return Action(
        name=name,
        kind=kind,
        verb="Do",
        done_word="done",
        did="did it",
        key=lambda snapshot, generation: f"{name}:{snapshot.ref}:{generation}",
        is_done=lambda snapshot, request: None,
        request=lambda snapshot: {},
        when_unknown=WhenUnknown.PERSON,
        doubles_refused=False,
        confirm_within=timedelta(minutes=2),
        amount=amount,
        always_asks=always_asks,
    )


ACTIONS = {
    one.name: one
    for one in (
        action("gigapay.close_payrun", "gigapay.payrun"),
        replace(
            action("gigapay.tag_payrun", "gigapay.payrun", amount=None),
            args={"metadata": "names with texts"},
            required=("metadata",),
            tables=("metadata",),
        ),
        action("xero.create_next_calendar", "xero.calendar", amount=None),
        action("staffology.finalise_payrun", "staffology.payrun"),
        action("roubler.mark_processed", "roubler.payrun", amount=None, always_asks=True),
    )
}


def small_vocabulary() -> Vocabulary:
    return vocabulary(KINDS, ACTIONS, general_actions())
