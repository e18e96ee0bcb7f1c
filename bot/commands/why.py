"""`why`: each rule about a pay run, line by line, as the service answered it last."""

from argparse import Namespace
from typing import Any

from bot.commands.failed import Failed
from bot.commands.out import GAP, say, say_json
from bot.commands.service import Service, about


def run(args: Namespace) -> int:
    found = Service(args.config).get(*about(args.ref), "why")
    rules: list[dict[str, Any]] = found["rules"]
    if args.rule is not None:
        rules = [one for one in rules if one["rule"] == args.rule]
        if not rules:
            raise Failed(f"{args.rule} has not answered about {args.ref}.")
    if args.json:
        say_json({**found, "rules": rules})
        return 0
    if "needs_you" in found:
        say(f"needs you: {found['needs_you']}")
    if not rules:
        say(f"No rule has answered about {args.ref} yet.")
    for one in rules:
        say(f"{one['rule']}: {one['answer']}, since {one['since']}")
        _say_lines(one["lines"], 1)
    return 0


def _say_lines(lines: list[dict[str, Any]], depth: int) -> None:
    for line in lines:
        saw = f"{GAP}({line['saw']})" if line["saw"] else ""
        say(f"{GAP * depth}{line['answer']:<7}{GAP}{line['says']}{saw}")
        _say_lines(line.get("under", []), depth + 1)
