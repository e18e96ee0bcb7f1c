"""`propose` and `sign-off`: the two people behind a wider rule.

What is signed is read back first, as the service read it from the files, and signed by
its version's number: a file that changes in between makes another version.
"""

from argparse import Namespace
from typing import Any

from bot.commands.failed import Failed, Misused
from bot.commands.out import GAP, at_terminal, confirmed, say
from bot.commands.service import Service


def propose(args: Namespace) -> int:
    done = Service(args.config).post("rules", "propose")
    say(str(done["said"]))
    return 0


def sign_off(args: Namespace) -> int:
    """Print each rule that waits, ask once, sign each. 1 where one of them was refused."""
    if bool(args.rules) == args.all:
        raise Misused("Name the rules to sign off, or say --all.")
    service = Service(args.config)
    chosen = _chosen(service.get("rules")["rules"], args.rules)
    if not chosen:
        say("No rule waits for a signature.")
        return 0
    for one in chosen:
        _read_back(one)
    if not args.yes:
        if not at_terminal():
            raise Misused("Nobody is here to be asked: say --yes to sign what is printed above.")
        if not confirmed("Sign?"):
            raise Failed("Nothing was signed.")
    return max(_sign(service, one) for one in chosen)


def _chosen(listed: list[dict[str, Any]], asked: list[str]) -> list[dict[str, Any]]:
    """The rules asked for, or all that wait. Raises Failed for a name that no rule has."""
    if not asked:
        return [one for one in listed if one["waiting"]]
    by_id = {str(one["id"]): one for one in listed}
    unknown = [name for name in asked if name not in by_id]
    if unknown:
        raise Failed(f"There is no rule {', '.join(unknown)}. Known are: {', '.join(sorted(by_id))}.")
    return [by_id[name] for name in dict.fromkeys(asked)]


def _read_back(one: dict[str, Any]) -> None:
    version = _version(one)
    say(f"{one['id']}, version {version['version']} ({version['mode']})")
    say(f"{GAP}{one['sentence']}")
    for change in one["changes"]:
        say(f"{GAP}changes: {change}")
    if one["wider"]:
        say(f"{GAP}{one['wider']}")
    for wrong in one["wrong"]:
        say(f"{GAP}wrong: {wrong}")
    for guard in one["guards"]:
        say(f"{GAP}guard: {guard}")
    say(f"{GAP}{one['who'] or one['why']}")
    say()


def _version(one: dict[str, Any]) -> dict[str, Any]:
    """What a signature would be for: the version that waits, else the one that runs."""
    waiting: dict[str, Any] | None = one["waiting"]
    return waiting or one


def _sign(service: Service, one: dict[str, Any]) -> int:
    rule = str(one["id"])
    try:
        done = service.post("rules", rule, "sign-off", version=_version(one)["version"])
    except Failed as refused:
        if refused.code != Failed.code:
            raise
        say(f"{rule}: {refused}")
        return refused.code
    say(f"{rule}: {done['said']}")
    return 0
