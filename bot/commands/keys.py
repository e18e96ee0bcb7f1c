"""`keys new`: three keys, ready to paste into the environment of the service."""

from argparse import Namespace

from bot.commands.out import complain, say
from bot.settings import new_key

PARTS = ("tokens", "sessions", "audit")


def new(args: Namespace) -> int:
    for part in PARTS:
        say(f"PAYRUN_{part.upper()}_KEY={new_key()}")
    named = ", ".join(f"{part}: [env:PAYRUN_{part.upper()}_KEY]" for part in PARTS)
    complain(
        f"Put these where the service's secrets are, and name them in bot.yaml: keys: {{{named}}}. "
        "To replace a key, put the new one in front of the old one in its list. "
        "Without the tokens key the vendors' sealed tokens are lost; without the audit key "
        "nobody can prove the record."
    )
    return 0
