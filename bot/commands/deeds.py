"""`hold`, `release`, `settle`, `pause`, `resume`: what a person does besides answering."""

from argparse import Namespace
from typing import Any

from bot.commands.failed import Misused
from bot.commands.out import say
from bot.commands.service import Service
from bot.core.resource import split_reference

EVERYTHING = "*"


def hold(args: Namespace) -> int:
    return _about(args, "hold", reason=args.reason, until=args.until.isoformat())


def release(args: Namespace) -> int:
    return _about(args, "release")


def settle(args: Namespace) -> int:
    return _about(args, "settle", what=args.what, comment=args.comment)


def pause(args: Namespace) -> int:
    until = {} if args.until is None else {"until": args.until.isoformat()}
    done = Service(args.config).post("pause", scope=args.scope or EVERYTHING, reason=args.reason, **until)
    say(str(done["said"]))
    return 0


def resume(args: Namespace) -> int:
    done = Service(args.config).post("resume", scope=args.scope or EVERYTHING)
    say(str(done["said"]))
    return 0


def _about(args: Namespace, deed: str, **body: Any) -> int:
    """Do something about one pay run."""
    try:
        connection, vendor_id = split_reference(args.ref)
    except ValueError as error:
        raise Misused(f"{error}.") from None
    done = Service(args.config).post("payruns", connection, vendor_id, deed, **body)
    say(str(done["said"]))
    return 0
