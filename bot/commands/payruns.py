"""`payruns`: the pay runs as they were last read, with their next deadline."""

import asyncio
from argparse import Namespace
from datetime import date, datetime, tzinfo
from typing import Any

from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.out import say, say_json, say_table
from bot.commands.reading import reading
from bot.core.money import Money
from bot.core.resource import Known, Unread
from bot.core.words import moment
from bot.engine.case import Case, load_case
from bot.settings import Settings
from bot.store import resources

COLUMNS = ("pay run", "status", "period ends", "paid on", "net pay", "next deadline")


def run(args: Namespace) -> int:
    settings = read_settings(args.config)
    if args.connection is not None and settings.connection(args.connection) is None:
        known = ", ".join(one.id for one in settings.connections)
        raise Failed(f"There is no connection {args.connection}. Known are: {known}.")
    found = asyncio.run(_payruns(settings, args.connection))
    if args.json:
        say_json({"payruns": found})
    elif found:
        say_table(COLUMNS, [_row(one, settings.timezone) for one in found])
    else:
        say("No pay run has been read yet.")
    return 0


async def _payruns(settings: Settings, connection: str | None) -> list[dict[str, Any]]:
    async with reading(settings) as bot, bot.db.read() as tx:
        found = []
        for one in await resources.all_of(tx, connection, kind_ends=".payrun"):
            case = await load_case(bot, tx, one.id)
            if case is not None:  # else of a connection that is no longer in the settings
                found.append(payrun_as_json(case))
        return found


def payrun_as_json(case: Case) -> dict[str, Any]:
    """One pay run as programs read it. What is not known is null, and named in `unknown`."""
    snapshot, deadline = case.snapshot, case.value("next deadline")
    coming = case.instant("next deadline")
    named = deadline.detail[0] if isinstance(deadline, Known) and deadline.detail else ""
    paid = case.day("pay date")
    return {
        "ref": snapshot.ref,
        "vendor": case.account.connector.vendor,
        "vendor_id": snapshot.vendor_id,
        "status": case.text("status"),
        "vendor_status": snapshot.vendor_status,
        "is_open": snapshot.is_open,
        "period_start_on": _iso(case.day("period start")),
        "period_end_on": _iso(case.day("period end")),
        "pay_on": _iso(paid),
        "pay_on_is_ours": case.flag("pay date is ours"),
        "cost": _money(case.money("cost")),
        "net_pay": _money(case.money("net pay")),
        "lines": len(snapshot.lines) if snapshot.lines is not None else None,
        "next_deadline": {"name": named, "at": _iso(coming)} if coming is not None else None,
        "observed_at": _iso(snapshot.observed_at),
        "unknown": sorted(name for name, value in case.facts.values.items() if isinstance(value, Unread)),
    }


def _row(one: dict[str, Any], zone: tzinfo) -> tuple[str, ...]:
    deadline = one["next_deadline"]
    return (
        one["ref"],
        one["status"] or "unknown",
        one["period_end_on"] or "",
        f"{one['pay_on'] or ''}{' (ours)' if one['pay_on_is_ours'] else ''}",
        _amount(one["net_pay"]) or (f"{cost} cost" if (cost := _amount(one["cost"])) else ""),
        f"{deadline['name']} {moment(datetime.fromisoformat(deadline['at']), zone)}" if deadline else "",
    )


def _amount(value: dict[str, str] | None) -> str:
    return Money.of(value["amount"], value["currency"]).plain() if value else ""


def _money(value: Money | None) -> dict[str, str] | None:
    return {"amount": f"{value.amount:f}", "currency": value.currency} if value is not None else None


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None
