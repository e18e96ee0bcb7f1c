"""`connection remove` and `forget`: taking away, asked for at the terminal first."""

from argparse import Namespace

from bot.commands.failed import Failed, Misused
from bot.commands.out import GAP, at_terminal, confirmed, say
from bot.commands.service import Service


def remove(args: Namespace) -> int:
    service = Service(args.config)
    _ask(args, f"Remove the connection {args.connection}, and end what is planned there?")
    done = service.post("connections", args.connection, "remove")
    say(str(done["said"]))
    for line in (*done["webhooks"], *done["left"]):
        say(f"{GAP}{line}")
    return 0


def forget(args: Namespace) -> int:
    service = Service(args.config)
    where = f" at {args.connection}" if args.connection else ""
    _ask(args, f"Erase what is kept about employee {args.employee}{where}? It cannot be taken back.")
    body = {"connection": args.connection} if args.connection else {}
    done = service.post("forget", employee=args.employee, **body)
    say(str(done["said"]))
    for line in done["left"]:
        say(f"{GAP}{line}")
    return 0


def _ask(args: Namespace, question: str) -> None:
    """Raises Misused where nobody is there to be asked, Failed for anything but a yes."""
    if args.yes:
        return
    if not at_terminal():
        raise Misused("Nobody is here to be asked: say --yes.")
    if not confirmed(question):
        raise Failed("Nothing was done.")
