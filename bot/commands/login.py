"""`login`: the one human step that some vendors need, for who has a terminal and no console."""

from argparse import Namespace

from bot.commands.failed import Failed, Misused
from bot.commands.out import asked_for, at_terminal, say
from bot.commands.service import Service


def login(args: Namespace) -> int:
    """Print where to log in, take the address that one ends up at, and hand it to the service."""
    service = Service(args.config)
    if args.came_back is None:
        say(str(service.post("connections", args.connection, "login")["url"]))
        if not at_terminal():
            raise Misused(
                "Nobody is here to paste the address: log in there, and give what your browser shows "
                "then as --came-back."
            )
        args.came_back = asked_for("Log in there, and paste the address that your browser shows then:")
    if not args.came_back.strip():
        raise Failed("Nothing was done.")
    done = service.post("connections", args.connection, "login", came_back=args.came_back)
    say(str(done["said"]))
    return 0
