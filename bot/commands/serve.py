"""`serve`: as little as it takes to begin. What the service is started by is imported once that is lean."""

from argparse import Namespace

from bot.lean import lean


def run(args: Namespace) -> int:
    with lean():
        from bot.commands import serving  # only in here: it imports what something is left out of

        return serving.run(args)
