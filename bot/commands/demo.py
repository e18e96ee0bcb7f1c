"""`demo`: the whole product on this machine, with no account."""

from argparse import Namespace

from bot.demo import main


def run(args: Namespace) -> int:
    return main(once=args.once, json=args.json, port=args.port)
