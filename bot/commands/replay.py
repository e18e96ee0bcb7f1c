"""`replay`: have stored webhooks worked on again, by the running service."""

from argparse import Namespace

from bot.commands.deeds import with_zone
from bot.commands.failed import Misused
from bot.commands.out import say
from bot.commands.service import Service


def replay(args: Namespace) -> int:
    if args.connection is not None and not args.everything:
        raise Misused("--connection goes with --everything.")
    wanted: dict[str, str | bool] = {}
    if args.event is not None:
        wanted["event"] = args.event
    elif args.failed_since is not None:
        wanted["failed_since"] = with_zone(args.failed_since, args.config)
    else:
        wanted["everything"] = True
        wanted |= {"connection": args.connection} if args.connection is not None else {}
    done = Service(args.config).post("replay", **wanted)
    say(str(done["said"]))
    return 0
