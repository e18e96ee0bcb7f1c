"""`webhooks sync`: the vendors are told where to send their news, and nowhere else of ours."""

from argparse import Namespace

from bot.commands.out import GAP, say
from bot.commands.service import Service


def sync(args: Namespace) -> int:
    """1 where a vendor could not be told."""
    done = Service(args.config).post("webhooks", "sync")["connections"]
    if not done:
        say("No connection is at a vendor that has webhooks.")
    for one in done:
        say(one["connection"])
        for line in one["done"]:
            say(f"{GAP}{line}")
        if one["failed"]:
            say(f"{GAP}{one['failed']}")
        elif not one["done"]:
            say(f"{GAP}as it should be")
    return 1 if any(one["failed"] for one in done) else 0
