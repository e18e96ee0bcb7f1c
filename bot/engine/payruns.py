"""The pay runs as known now, in the shape that programs get: `payrunbot payruns --json`.

Amounts are text and exact; what nobody could read is null and named in `unknown`. One that
nothing is done about until somebody has looked at it says why in `needs_you`.
"""

from datetime import date
from typing import Any

from bot.core.money import Money
from bot.core.resource import Known, Unread
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.store import parked, resources
from bot.store.database import Tx


async def payruns_json(bot: Bot, tx: Tx, connection: str | None) -> dict[str, Any]:
    """Every pay run still there, newest period first; of one connection where it is named."""
    rows = []
    for found in await resources.all_of(tx, connection, kind_ends=".payrun"):
        case = await load_case(bot, tx, found.id)
        apart = await parked.get(tx, found.id)
        if case is not None:
            rows.append({**payrun_json(case), **({"needs_you": apart.why} if apart else {})})
    return {"payruns": rows}


def payrun_json(case: Case) -> dict[str, Any]:
    """One pay run. Nothing here is rounded, and every instant carries its zone."""
    snapshot = case.snapshot
    return {
        "ref": snapshot.ref,
        "vendor": case.account.connector.vendor,
        "vendor_id": snapshot.vendor_id,
        "status": case.text("status") or "unknown",
        "vendor_status": snapshot.vendor_status,
        "is_open": snapshot.is_open,
        "period_start_on": _day(case.day("period start")),
        "period_end_on": _day(case.day("period end")),
        "pay_on": _day(case.pay_on),
        "pay_on_is_ours": case.flag("pay date is ours"),
        "cost": _money(case.money("cost")),
        "net_pay": _money(case.money("net pay")),
        "lines": None if snapshot.lines is None else len(snapshot.lines),
        "next_deadline": _next(case),
        "observed_at": snapshot.observed_at.isoformat(),
        "unknown": sorted(name for name, value in case.facts.values.items() if isinstance(value, Unread)),
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _money(value: Money | None) -> dict[str, str] | None:
    return {"amount": f"{value.amount:f}", "currency": value.currency} if value is not None else None


def _next(case: Case) -> dict[str, str] | None:
    coming = case.value("next deadline")
    at = case.instant("next deadline")
    if not isinstance(coming, Known) or at is None:
        return None
    return {"name": coming.detail[0] if coming.detail else "", "at": at.isoformat()}
