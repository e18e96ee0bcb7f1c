"""`mute` and `unmute`: let nobody be alerted of one thing for a while."""

from argparse import Namespace
from datetime import datetime

from bot.commands.deeds import with_zone
from bot.commands.out import say
from bot.commands.service import Service


def mute(args: Namespace) -> int:
    """What is no moment is taken as a length of time: the service knows from when."""
    try:
        ends = {"until": with_zone(datetime.fromisoformat(args.until), args.config)}
    except ValueError:
        ends = {"lasts": args.until}
    done = Service(args.config).post("mute", about=args.about, why=args.why, **ends)
    say(str(done["said"]))
    return 0


def unmute(args: Namespace) -> int:
    done = Service(args.config).post("unmute", about=args.about)
    say(str(done["said"]))
    return 0
