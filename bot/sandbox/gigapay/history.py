"""Six earlier payruns, so that a comparison means something.

Nothing is drawn: each week's net pay stands in the examples, and what it differs
from the usual is put on two payees, another two each week.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from bot.sandbox.gigapay.examples import EARLIER_NET, PAYEES
from bot.sandbox.gigapay.state import STOCKHOLM, State


def seed(state: State, first: date, weeks: int) -> list[str]:
    """Add weekly payruns closed at 15:05 in Stockholm from `first` on, each paid on the fourth day.

    Their ids end just below the first id that is there, as if they had come before it.
    """
    following, usual_term = state.next_payrun, state.payment_term
    lowest = min([int(i) for i in state.payruns if i.isdecimal()] + [following])
    state.next_payrun = lowest - weeks
    state.payment_term = {**usual_term, "batching_duration": None, "batching_interval": "quarterly"}
    ids = [_one(state, first + timedelta(weeks=week), week) for week in range(weeks)]
    state.next_payrun, state.payment_term = following, usual_term
    return ids


def _one(state: State, closed_on: date, week: int) -> str:
    usual = [Decimal(amount) for _, _, amount in PAYEES]
    difference = Decimal(EARLIER_NET[week % len(EARLIER_NET)]) - sum(usual)
    half = (difference / 2).quantize(Decimal("0.01"))
    usual[week % len(usual)] += half
    usual[(week + 3) % len(usual)] += difference - half
    payrun_id = ""
    for at, ((employee, name, _), amount) in enumerate(zip(PAYEES, usual, strict=True)):
        made_at = _at(closed_on - timedelta(days=4 - at // 2), time(9, 12 + at))
        state.add_employee(employee, name, made_at)
        asked = {
            "employee": employee,
            "amount": str(amount),
            "currency": "SEK",
            "description": "Lön genom Gigapay",
        }
        payout, _ = state.add_payout(asked, made_at)
        payrun_id = payout["payrun"]
    state.close(payrun_id, _at(closed_on, time(15, 5)))
    state.pay(payrun_id, _at(closed_on + timedelta(days=4), time(10, 2, 16, 846273)))
    return payrun_id


def _at(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, STOCKHOLM).astimezone(UTC)
