"""The shapes of what Gigapay is sent and sends: its documents' attributes by their names.

No model has `app`, `pdf` or `pdf_url`, nor anybody's name: what is not declared here is
dropped on arrival. An object that may be expanded is read alike in both forms.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.connectors.values import Id, Raw, Sent


def _expanded(value: object) -> object:
    return {"id": value} if isinstance(value, (str, int)) else value


def _id_of(value: object) -> object:
    value = value.get("id") if isinstance(value, dict) else value
    return str(value) if isinstance(value, int) else value


def _object(value: object) -> object:
    """The vendor's free table; anything else is as good as none."""
    return value if isinstance(value, dict) else None


def _list(value: object) -> object:
    return () if value is None else value


IdOnly = Annotated[str | None, BeforeValidator(_id_of)]
Metadata = Annotated[dict[str, Any] | None, BeforeValidator(_object)]


class Item(Sent):
    id: Id


class Invoice(Item):
    amount_due: Raw = None
    amount_paid: Raw = None
    billing_type: Raw = None
    created_at: Raw = None
    currency: Raw = None
    customer_reference: Raw = None
    due_date: Raw = None
    invoice_number: Raw = None
    issued_at: Raw = None
    paid_at: Raw = None
    total: Raw = None


class Payrun(Item):
    created_at: Raw = None
    currency: Raw = None
    invoice: Annotated[Invoice | None, BeforeValidator(_expanded)] = None
    latest_status: Raw = None
    metadata: Metadata = None
    ocr_number: Raw = None
    open: bool | None = None
    paid_at: Raw = None
    price: Raw = None


class Employee(Item):
    """A payee; `latest_status` only where it was expanded."""

    latest_status: Raw = None


class Payout(Item):
    accepted_at: Raw = None
    amount: Raw = None
    canceled_at: Raw = None
    cost: Raw = None
    created_at: Raw = None
    currency: Raw = None
    employee: Annotated[Employee | None, BeforeValidator(_expanded)] = None
    end_at: Raw = None
    invoiced_amount: Raw = None
    latest_status: Raw = None
    notified_at: Raw = None
    payrun: IdOnly = None
    start_at: Raw = None


class CreditTerm(Sent):
    credit_limit: Raw = None
    credit_used: Raw = None
    currency: Raw = None


class PaymentTerm(Sent):
    batching_duration: Raw = None
    batching_interval: Raw = None
    credit_terms: Annotated[tuple[CreditTerm, ...], BeforeValidator(_list)] = ()
    due_days: Raw = None


class Webhook(Item):
    events: tuple[str, ...] = ()
    metadata: Metadata = None
    secret_key: str | None = None
    url: str = ""


class Page(Sent):
    count: int | None = None
    next: str | None = None
    results: Sequence[Any]


class Asked(BaseModel):
    """Part of a request: what is not said is not sent, and stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PayrunChange(Asked):
    id: str | None = None
    metadata: dict[str, Any] | None = None


class WebhookChange(Asked):
    events: tuple[str, ...] = ()
    id: str | None = None
    metadata: dict[str, Any] | None = None
    secret_key: str | None = None
    url: str = ""

    def body(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True, mode="json")
