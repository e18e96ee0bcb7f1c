"""`sandbox`: one vendor's server alone, with the examples of the vendor's documents."""

import asyncio
from argparse import Namespace

from bot.app import SystemClock
from bot.commands.failed import Failed
from bot.commands.out import say_json
from bot.commands.signals import stop_asked
from bot.sandbox import VENDORS


def run(args: Namespace) -> int:
    return asyncio.run(_serve(args))


async def _serve(args: Namespace) -> int:
    name, port = args.vendor, args.port
    vendor = VENDORS[name](SystemClock(), examples=True)
    if args.seed is not None:
        vendor.faults.by_seed(args.seed, one_in=args.one_in)
    with stop_asked() as asked:
        try:
            await vendor.start(port=port)
        except OSError as error:
            raise Failed(f"The sandbox cannot listen on port {port}: {error.strerror}.") from None
        try:
            say_json(
                {"vendor": name, "base_url": vendor.base_url, "token_url": vendor.token_url}, indent=None
            )
            await asked.wait()
        finally:
            await vendor.stop()
    return 0
