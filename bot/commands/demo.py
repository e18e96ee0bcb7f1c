"""`demo`: the whole product on this machine, with no account."""

import asyncio
from argparse import Namespace
from pathlib import Path

from bot.commands.failed import Failed
from bot.commands.out import say
from bot.demo import main
from bot.demo.quarter import record


def run(args: Namespace) -> int:
    if args.quarter is not None:
        return _quarter(Path(args.quarter))
    return main(once=args.once, json=args.json, port=args.port)


def _quarter(folder: Path) -> int:
    try:
        asyncio.run(record(folder))
    except FileExistsError:
        raise Failed(f"{folder} is there already: name a new folder.") from None
    say(f"{folder}: thirteen recorded weeks of four vendors, with the rules that were in force.")
    say(f"Copy {folder / 'rules'}, change a number in the copy, and see what it would have changed:")
    say(f"  payrunbot backtest <copy> --config {folder / 'bot.yaml'}")
    return 0
