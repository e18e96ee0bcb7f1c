"""`serve`: as little as it takes to begin. What the service is started by is imported once that is lean."""

from argparse import Namespace

from bot.lean import leave_out


def run(args: Namespace) -> int:
    leave_out()
    from bot.commands import serving  # only now: it imports what is left out of

    return serving.run(args)
