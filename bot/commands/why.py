"""`why`: each rule about a pay run, line by line, as the service answered it last."""

from argparse import Namespace
from typing import Any

from bot.commands.failed import Failed, Misused
from bot.commands.out import GAP, say, say_json
from bot.commands.service import Service
from bot.core.resource import split_reference


def run(args: Namespace) -> int:
    try:
        connection, vendor_id = split_reference(args.ref)
    except ValueError as error:
        raise Misused(f"{error}.") from None
    found = Service(args.config).get("payruns", connection, vendor_id, "why")
    rules: list[dict[str, Any]] = found["rules"]
    if args.rule is not None:
        rules = [one for one in rules if one["rule"] == args.rule]
        if not rules:
            raise Failed(f"{args.rule} has not answered about {args.ref}.")
    if args.json:
        say_json({**found, "rules": rules})
        return 0
    for one in rules:
        _say(one)
    return 0


def _say(one: dict[str, Any]) -> None:
    say(f"{one['rule']}: {one['answer']}")
    for line in one["lines"]:
        saw = f"{GAP}({line['saw']})" if line["saw"] else ""
        say(f"{GAP * (line['indent'] + 1)}{line['answer']:<7}  {line['text']}{saw}")
    say()
