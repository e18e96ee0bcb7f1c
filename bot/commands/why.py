"""`why`: each rule about a pay run, line by line, as the service answered it last.

Whoever asks wants to know what keeps a rule from saying yes, and whether waiting will
help: each answer says since when it is so, and when time alone will change it.
"""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands.failed import Failed
from bot.commands.out import GAP, say, say_json
from bot.commands.service import Service, about
from bot.core import words

FOLLOWS = {
    "act": "yes, so it acts",
    "ask": "yes, so it asks a person",
    "watch": "yes, and it only watches",
}
"""What follows from a yes, in the mode the rule has."""


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
    if not rules:
        say(f"No rule has answered about {args.ref} yet.")
    for line in in_words({**found, "rules": rules}):
        say(line)
    return 0


def in_words(found: Mapping[str, Any]) -> Iterator[str]:
    """What the service said, as a person reads it, in the settings' time zone."""
    zone = ZoneInfo(found["timezone"])
    if "title" in found:
        status = found["status"] or "its status is unknown"
        yield f"{found['title']} ({found['ref']}): {status}, as read {_moment(found['observed_at'], zone)}"
    if "needs_you" in found:
        yield f"needs you: {found['needs_you']}"
    for one in found["rules"]:
        yield ""
        yield f"{one['rule']}: {one['title']}" if one["title"] else one["rule"]
        yield f"{GAP}{FOLLOWS.get(one['verdict'], one['answer'])}; since {_moment(one['since'], zone)}"
        yield f"{GAP}{_by_itself(one['until'], zone)}"
        yield from _lines(one["lines"], 2, zone)


def _by_itself(until: str | None, zone: ZoneInfo) -> str:
    if until is None:
        return "it stays so until something changes at the vendor"
    return f"if nothing else changes, it may change by itself {_moment(until, zone)}"


def _lines(lines: list[dict[str, Any]], depth: int, zone: ZoneInfo) -> Iterator[str]:
    for line in lines:
        saw = f"{GAP}({line['saw']})" if line["saw"] else ""
        until = f"{GAP}until {_moment(line['until'], zone)}" if line["until"] and "under" not in line else ""
        yield f"{GAP * depth}{line['answer']:<7}{GAP}{line['says']}{saw}{until}"
        yield from _lines(line.get("under", []), depth + 1, zone)


def _moment(text: str, zone: ZoneInfo) -> str:
    """`Fri 20 Nov 2026 15:04`, with the second where there is one: a cut-off is over one second after it."""
    at = datetime.fromisoformat(text).astimezone(zone)
    second = f":{at.second:02}" if at.second else ""
    return f"{words.day_and_year(at.date())} {words.clock(at, zone)}{second}"
