"""`payruns`: the pay runs as they were last read, with their next deadline."""

import asyncio
from argparse import Namespace
from datetime import datetime, tzinfo
from typing import Any

from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.out import say, say_json, say_table
from bot.commands.reading import reading
from bot.core.money import Money
from bot.core.words import moment
from bot.engine.payruns import payruns_json
from bot.settings import Settings

COLUMNS = ("pay run", "status", "period ends", "paid on", "net pay", "next deadline")


def run(args: Namespace) -> int:
    settings = read_settings(args.config)
    if args.connection is not None and settings.connection(args.connection) is None:
        known = ", ".join(one.id for one in settings.connections)
        raise Failed(f"There is no connection {args.connection}. Known are: {known}.")
    found = asyncio.run(_read(settings, args.connection))
    if args.json:
        say_json(found)
    elif found["payruns"]:
        say_table(COLUMNS, [_row(one, settings.timezone) for one in found["payruns"]])
        for one in found["payruns"]:
            if "needs_you" in one:
                say(f"needs you: {one['ref']}: {one['needs_you']}")
    else:
        say("No pay run has been read yet.")
    return 0


async def _read(settings: Settings, connection: str | None) -> dict[str, Any]:
    async with reading(settings) as bot, bot.db.read() as tx:
        return await payruns_json(bot, tx, connection)


def _row(one: dict[str, Any], zone: tzinfo) -> tuple[str, ...]:
    deadline = one["next_deadline"]
    cost = _amount(one["cost"])
    return (
        one["ref"],
        one["status"],
        one["period_end_on"] or "",
        f"{one['pay_on'] or ''}{' (ours)' if one['pay_on_is_ours'] else ''}",
        _amount(one["net_pay"]) or (f"{cost} cost" if cost else ""),
        f"{deadline['name']} {moment(datetime.fromisoformat(deadline['at']), zone)}" if deadline else "",
    )


def _amount(value: dict[str, str] | None) -> str:
    return Money.of(value["amount"], value["currency"]).plain() if value else ""
