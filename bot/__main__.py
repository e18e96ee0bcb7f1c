"""`payrunbot`, also `python -m bot`: reads the command line and hands it to its command.

A command's module is imported only when it is the one asked for, so that `--help`
and a mistyped word are answered at once.
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from bot.commands.failed import Failed
from bot.commands.parser import make_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code.

    0 done, 1 refused or something wrong was found, 2 usage (raised by argparse as
    SystemExit), 3 unreachable. Any other exception is a bug, and surfaces.
    """
    args = make_parser().parse_args(argv)
    module, _, name = args.run.partition(":")
    run: Callable[..., int] = getattr(import_module(f"bot.commands.{module}"), name)
    try:
        return run(args)
    except Failed as failed:
        from bot.commands.out import complain  # tables and colours: a service has no use for them

        complain(str(failed))
        return failed.code


if __name__ == "__main__":
    sys.exit(main())
