"""`away` and `back`: who is away until when, said by the person or for them by an approver."""

from argparse import Namespace

from bot.commands.deeds import with_zone
from bot.commands.out import say
from bot.commands.service import Service


def go(args: Namespace) -> int:
    more = {} if args.since is None else {"since": with_zone(args.since, args.config)}
    more |= {} if args.person is None else {"person": args.person}
    more |= {"note": args.note} if args.note else {}
    done = Service(args.config).post("away", until=with_zone(args.until, args.config), **more)
    say(str(done["said"]))
    return 0


def back(args: Namespace) -> int:
    more = {} if args.person is None else {"person": args.person}
    done = Service(args.config).post("back", **more)
    say(str(done["said"]))
    return 0
