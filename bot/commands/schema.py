"""`schema`: what an editor needs to help with rule files, made for these settings."""

from argparse import Namespace

from bot.commands.failed import Failed
from bot.commands.out import say_json
from bot.commands.rules_read import rules_asked_for
from bot.rulebook.schema import calendars_schema, rules_schema


def run(args: Namespace) -> int:
    """0, with the schema on stdout. Raises Failed where the settings can't be read."""
    if args.calendars:
        say_json(calendars_schema())
        return 0
    read = rules_asked_for(args.folder, args.config)
    if read.trouble:
        raise Failed(read.trouble)
    say_json(rules_schema(read.book.vocabulary, read.setup, read.book.calendars))
    return 0
