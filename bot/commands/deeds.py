"""`hold`, `release`, `settle`, `pause`, `resume`: what a person does besides answering."""

from argparse import Namespace
from datetime import datetime

from bot.commands.failed import Misused
from bot.commands.given import has_settings, read_settings
from bot.commands.out import say
from bot.commands.service import Service, about

EVERYTHING = "*"


def hold(args: Namespace) -> int:
    until = with_zone(args.until, args.config)
    done = Service(args.config).post(*about(args.ref), "hold", reason=args.reason, until=until)
    say(str(done["said"]))
    return 0


def release(args: Namespace) -> int:
    done = Service(args.config).post(*about(args.ref), "release")
    say(str(done["said"]))
    return 0


def settle(args: Namespace) -> int:
    done = Service(args.config).post(*about(args.ref), "settle", what=args.what, comment=args.comment)
    say(str(done["said"]))
    return 0


def pause(args: Namespace) -> int:
    until = {} if args.until is None else {"until": with_zone(args.until, args.config)}
    done = Service(args.config).post("pause", scope=args.scope or EVERYTHING, reason=args.reason, **until)
    say(str(done["said"]))
    return 0


def resume(args: Namespace) -> int:
    done = Service(args.config).post("resume", scope=args.scope or EVERYTHING)
    say(str(done["said"]))
    return 0


def with_zone(at: datetime, config: str | None) -> str:
    """The moment as the service reads it; the settings' zone where none was written.

    Raises Misused where neither says: which clock was meant is not ours to guess.
    """
    if at.tzinfo is None:
        if not has_settings(config):
            raise Misused(f"{at.isoformat()} in which time zone? Write it as {at.isoformat()}+01:00.")
        at = at.replace(tzinfo=read_settings(config).timezone)
    return at.isoformat()
