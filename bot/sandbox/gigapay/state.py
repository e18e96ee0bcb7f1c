"""What Gigapay knows, and the few things that change it. No network here.

Objects are kept in the shape the API shows. Each change returns the events it
causes, as (event, object) pairs, so that the server can tell them.

Assumed, because the documents do not say: a payout costs 1.3142 times its amount,
and 1.02 times its invoiced amount; a payrun's price is the sum of its payouts'
costs, while it is open as later; its invoice's total stands to the price as in the
documents' example (1745.40 to 1340.48); one payrun is open per currency.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.sandbox.clock import micros
from bot.sandbox.exact import Json, cents, stable_id
from bot.sandbox.gigapay.examples import FIRST_PAYRUN, INVOICE_OF, links

Event = tuple[str, Json]

COST_PER_AMOUNT = Decimal("1.3142")
COST_PER_INVOICED = Decimal("1.02")
TOTAL_PER_PRICE = Decimal("1745.40") / Decimal("1340.48")
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def usual_term() -> Json:
    """Return a payment term without credit: weekly, and a week at most."""
    return {"batching_duration": 604800, "due_days": 14, "batching_interval": "weekly", "credit_terms": []}


@dataclass
class State:
    """Everything at one integration."""

    payruns: dict[str, Json] = field(default_factory=dict)
    invoices: dict[str, Json] = field(default_factory=dict)
    payouts: dict[str, Json] = field(default_factory=dict)
    employees: dict[str, Json] = field(default_factory=dict)
    webhooks: dict[str, Json] = field(default_factory=dict)
    payment_term: Json = field(default_factory=usual_term)
    closes_at: dict[str, datetime] = field(default_factory=dict)
    next_payrun: int = FIRST_PAYRUN
    made: int = 0

    def open_payrun(self, currency: str) -> Json | None:
        """Return the payrun that a payout in this currency joins."""
        return next((p for p in self.payruns.values() if p["open"] and p["currency"] == currency), None)

    def payouts_of(self, payrun_id: str) -> list[Json]:
        """Return the payouts of a payrun."""
        return [p for p in self.payouts.values() if p["payrun"] == payrun_id]

    def add_employee(self, employee_id: str, name: str, now: datetime, status: str = "active") -> Json:
        """Register a payee, or return the one that has this id."""
        if employee_id not in self.employees:
            at = micros(now)
            seen = at if status == "active" else None
            self.employees[employee_id] = {
                "id": employee_id,
                "name": name,
                "email": f"payee-{employee_id}@example.com",
                "cellphone_number": None,
                "country": "SWE",
                "latest_status": status,
                "metadata": {},
                "created_at": at,
                "notified_at": seen,
                "claimed_at": seen,
                "verified_at": seen,
                "invitation_code": None if seen else "A1B2C3D4",
            }
        return self.employees[employee_id]

    def add_payout(self, asked: Json, now: datetime) -> tuple[Json, list[Event]]:
        """Add a payout to the open payrun of its currency, opening one where there is none."""
        payrun = self.open_payrun(asked["currency"])
        events: list[Event] = []
        if payrun is None:
            payrun = self._open(asked["currency"], now)
            events.append(("Payrun.created", payrun))
        amount, cost, invoiced = _amounts(asked)
        self.made += 1
        payout: Json = {
            "id": str(asked.get("id") or stable_id("payout", self.made)),
            "amount": str(amount),
            "cost": str(cost),
            "currency": asked["currency"],
            "description": asked["description"],
            "employee": str(asked["employee"]),
            "full_salary_specification": "amount" not in asked,
            "invoice": payrun["invoice"],
            "invoiced_amount": str(invoiced),
            "payrun": payrun["id"],
            "latest_status": asked.get("latest_status", "created"),
            "metadata": asked.get("metadata", {}),
            "start_at": asked.get("start_at"),
            "end_at": asked.get("end_at"),
            "created_at": micros(now),
            "notified_at": None,
            "accepted_at": None,
            "canceled_at": None,
        }
        self.payouts[payout["id"]] = payout
        self.reprice(payrun["id"])
        return payout, [*events, ("Payout.created", payout)]

    def reprice(self, payrun_id: str) -> None:
        """Set a payrun's price, and its invoice's amounts, from its payouts."""
        price = sum((Decimal(p["cost"]) for p in self.payouts_of(payrun_id)), Decimal("0.00"))
        payrun = self.payruns[payrun_id]
        payrun["price"] = str(price)
        total = str(cents(price * TOTAL_PER_PRICE))
        self.invoices[payrun["invoice"]].update(total=total, amount_due=total)

    def close(self, payrun_id: str, now: datetime) -> list[Event]:
        """Close a payrun: its invoice is issued and its payees are told."""
        payrun = self.payruns[payrun_id]
        payrun.update(open=False, latest_status="invoiced")
        self.closes_at.pop(payrun_id, None)
        due = now.astimezone(STOCKHOLM).date() + timedelta(days=int(self.payment_term["due_days"]))
        self.invoices[payrun["invoice"]].update(issued_at=micros(now), due_date=due.isoformat())
        events: list[Event] = [("Payrun.status", payrun)]
        for payout in self.payouts_of(payrun_id):
            payout["notified_at"] = micros(now)
            if payout["latest_status"] == "created":
                payout["latest_status"] = "notification_sent"
                events.append(("Payout.status", payout))
            events.append(("Payout.notified", payout))
        return events

    def pay(self, payrun_id: str, now: datetime) -> list[Event]:
        """Record that the invoice was paid; the payees may now take their money."""
        payrun = self.payruns[payrun_id]
        payrun.update(latest_status="paid", paid_at=odd_instant(now))
        invoice = self.invoices[payrun["invoice"]]
        invoice.update(paid_at=micros(now), amount_paid=invoice["total"], amount_due="0.00")
        events: list[Event] = [("Payrun.status", payrun), ("Payrun.paid", payrun)]
        for payout in self.payouts_of(payrun_id):
            payout["latest_status"] = "available"
            events.append(("Payout.status", payout))
        return events

    def verify(self, employee_id: str, now: datetime) -> list[Event]:
        """Let a payee finish onboarding: what waited for that may be paid."""
        employee = self.employees[employee_id]
        employee.update(
            latest_status="active", claimed_at=micros(now), verified_at=micros(now), invitation_code=None
        )
        events: list[Event] = [("Employee.verified", employee), ("Employee.status", employee)]
        for payout in self.payouts.values():
            if payout["employee"] == employee_id and payout["latest_status"] == "onboarding_incomplete":
                payout["latest_status"] = "created"
                events.append(("Payout.status", payout))
        return events

    def delete(self, payrun_id: str, now: datetime) -> None:
        """Delete a payrun. Its payouts stay, cancelled and in no payrun (assumed)."""
        payrun = self.payruns.pop(payrun_id)
        self.invoices.pop(payrun["invoice"], None)
        self.closes_at.pop(payrun_id, None)
        for payout in self.payouts_of(payrun_id):
            payout.update(payrun=None, invoice=None, canceled_at=micros(now))

    def rename(self, payrun_id: str, new_id: str) -> None:
        """Give a payrun another id; its payouts and its place in the list follow."""
        for payout in self.payouts_of(payrun_id):
            payout["payrun"] = new_id
        self.payruns = {new_id if key == payrun_id else key: p for key, p in self.payruns.items()}
        self.payruns[new_id]["id"] = new_id
        if payrun_id in self.closes_at:
            self.closes_at[new_id] = self.closes_at.pop(payrun_id)

    def on_credit(self, payrun: Json) -> bool:
        """Say whether a closed and unpaid payrun stands on credit, so that it cannot be deleted."""
        terms = {term["currency"] for term in self.payment_term["credit_terms"]}
        return payrun["latest_status"] == "invoiced" and payrun["currency"] in terms

    def term(self) -> Json:
        """Return the payment term; credit used grows by what is invoiced and not paid."""
        owed: dict[str, Decimal] = {}
        for payrun in self.payruns.values():
            if payrun["latest_status"] == "invoiced":
                total = Decimal(self.invoices[payrun["invoice"]]["total"])
                owed[payrun["currency"]] = owed.get(payrun["currency"], Decimal(0)) + total
        terms = [
            {**t, "credit_used": str(Decimal(t["credit_used"]) + owed.get(t["currency"], Decimal(0)))}
            for t in self.payment_term["credit_terms"]
        ]
        return {**self.payment_term, "credit_terms": terms}

    def _open(self, currency: str, now: datetime) -> Json:
        payrun_id = str(self.next_payrun)
        self.next_payrun += 1
        made = (stable_id("invoice", payrun_id), f"9869111{int(payrun_id) % 100000:05d}")
        invoice_id, ocr = INVOICE_OF.get(payrun_id, made)
        payrun: Json = {
            **links(payrun_id),
            "created_at": micros(now),
            "currency": currency,
            "id": payrun_id,
            "invoice": invoice_id,
            "latest_status": "open",
            "metadata": {},
            "ocr_number": ocr,
            "open": True,
            "paid_at": None,
            "price": "0.00",
        }
        self.payruns[payrun_id] = payrun
        self.invoices[invoice_id] = {
            "id": invoice_id,
            "amount_due": "0.00",
            "amount_paid": "0.00",
            "billing_type": "payrun",
            "created_at": micros(now),
            "currency": currency,
            "customer_reference": None,
            "due_date": None,
            "invoice_number": ocr,
            "issued_at": None,
            "paid_at": None,
            "pdf_url": f"https://api.gigapay.se/invoice/{invoice_id}/?token=hej&language=en",
            "total": "0.00",
        }
        self.closes_at[payrun_id] = closing(now, self.payment_term)
        return payrun


def closing(opened: datetime, term: Json) -> datetime:
    """Return when a payrun closes by itself.

    Both a duration and an interval may stand in the term; assumed that the earlier one
    counts, and that an interval ends at the start of its day in Stockholm.
    """
    ends = []
    if term.get("batching_duration"):
        ends.append(opened + timedelta(seconds=int(term["batching_duration"])))
    day = opened.astimezone(STOCKHOLM).replace(hour=0, minute=0, second=0, microsecond=0)
    match term.get("batching_interval"):
        case "weekly":
            ends.append(day + timedelta(days=7 - day.weekday()))
        case "monthly":
            ends.append((day.replace(day=1) + timedelta(days=32)).replace(day=1))
        case "quarterly":
            last = day.replace(month=(day.month - 1) // 3 * 3 + 3, day=1)
            ends.append((last + timedelta(days=32)).replace(day=1))
    # No batching at all: a payrun is closed as soon as it has been made (assumed).
    return min(ends, default=opened).astimezone(UTC)


def odd_instant(at: datetime) -> str:
    """Write an instant as the documents' `paid_at`: one digit for the hour, seven of a second."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d}T{at.hour}:{at:%M:%S.%f}5Z"


def _amounts(asked: Json) -> tuple[Decimal, Decimal, Decimal]:
    if "amount" in asked:
        amount = cents(Decimal(str(asked["amount"])))
        cost = cents(Decimal(str(asked.get("cost", amount * COST_PER_AMOUNT))))
        return amount, cost, cents(cost / COST_PER_INVOICED)
    if "invoiced_amount" in asked:
        invoiced = cents(Decimal(str(asked["invoiced_amount"])))
        cost = cents(invoiced * COST_PER_INVOICED)
        return cents(cost / COST_PER_AMOUNT), cost, invoiced
    cost = cents(Decimal(str(asked["cost"])))
    return cents(cost / COST_PER_AMOUNT), cost, cents(cost / COST_PER_INVOICED)
