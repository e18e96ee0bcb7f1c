"""`edit` and `send-back`: a rule's values changed as a proposal, and a proposal that is to be changed.

What a change comes to is printed before anything happens. What is proposed is what was
printed: the service refuses it where the file, or what it comes to, is another by then.
"""

from argparse import Namespace
from typing import Any

from bot.commands.failed import Failed, Misused
from bot.commands.out import GAP, at_terminal, confirmed, say, say_json, say_table
from bot.commands.service import Service


def edit(args: Namespace) -> int:
    """Without --set the values there are; else what the change comes to, and then its proposal."""
    wanted = _wanted(args.set or [])
    service = Service(args.config)
    known = service.get("rules", args.rule, "values")
    if not wanted:
        _say_values(known, args.json)
        return 0
    change = {"values": wanted, "file": known["file"]}
    shown = service.post("rules", args.rule, "preview", **change)
    tests = [one["number"] for one in shown["tests"]]
    if tests and args.tests:
        change["tests"] = tests
        shown = service.post("rules", args.rule, "preview", **change)
    if args.json:
        say_json(shown)
    else:
        _say_change(shown)
    if any(not one["changes"] for one in shown["tests"]):
        raise Failed("Nothing was changed: say --tests where these tests change with it.")
    if not args.yes:
        if args.json or not at_terminal():
            raise Misused("Nobody is here to be asked: say --yes to propose what is printed above.")
        if not confirmed("Propose it?"):
            raise Failed("Nothing was changed.")
    done = service.post("rules", args.rule, "edit", **change, result=shown["result"])
    if not args.json:
        say(str(done["said"]))
    return 0


def send_back(args: Namespace) -> int:
    """The version that waits now, with what should change."""
    service = Service(args.config)
    rule = service.get("rules", args.rule)
    if rule["waiting"] is None:
        raise Failed(f"No version of {args.rule} waits for a signature.")
    version = rule["waiting"]["version"]
    done = service.post("rules", args.rule, "send-back", version=version, reason=args.reason)
    say(str(done["said"]))
    return 0


def _wanted(said: list[str]) -> dict[str, str]:
    """`limits.ask_above=22 000 SEK`. Raises Misused."""
    found: dict[str, str] = {}
    for one in said:
        key, is_said, value = one.partition("=")
        if not is_said or not key.strip() or key.strip() in found:
            raise Misused(f'--set "{one[:80]}": say each value once, as limits.ask_above="22 000 SEK".')
        found[key.strip()] = value
    return found


def _say_values(known: dict[str, Any], is_json: bool) -> None:
    if is_json:
        say_json(known)
        return
    rows = [(one["key"], one["value"], one["label"]) for one in known["values"]]
    if rows:
        say_table(("key", "value", "what it is"), rows)
    else:
        say(f"{known['rule']} has no value that can be changed here.")


def _say_change(shown: dict[str, Any]) -> None:
    for one in shown["values"]:
        say(f"{one['label']}: {one['value']} -> {one['proposed']}")
    for line in (shown["wider"], shown["narrower"]):
        if line:
            say(line)
    say()
    say(f"{shown['file_name']}:")
    for line in shown["lines"]:
        say(f"{GAP}{line}")
    for one in shown["tests"]:
        given = ", ".join(f"{name}: {value}" for name, value in one["given"].items())
        changes = "changes with it" if one["changes"] else "would fail"
        say(f"test {one['number']} {changes}: expects {one['expected']}, got {one['got']}{GAP}{{{given}}}")
    say()
