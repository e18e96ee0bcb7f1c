"""`approve` and `reject`: a person's answer to what is asked."""

from argparse import Namespace
from typing import Any

from bot.commands.deeds import with_zone
from bot.commands.failed import Failed, Misused
from bot.commands.out import GAP, at_terminal, confirmed, say
from bot.commands.service import Service


def approve(args: Namespace) -> int:
    """Print what is asked and what the checks found, ask once, and answer exactly that.

    The checks that were printed are the ones that are answered: where another has come
    since, the service refuses.
    """
    service = Service(args.config)
    id = _id_of(service, args.approval)
    asked = next((one for one in service.get("approvals")["approvals"] if one["id"] == id), None)
    if asked is not None:  # what is not open any more the service words better
        _read_out(asked)
        if not args.yes:
            if not at_terminal():
                raise Misused("Nobody is here to be asked: say --yes to approve what is printed above.")
            if not confirmed("Approve?"):
                raise Failed("Nothing was approved.")
    checks = [str(one["check"]) for one in asked["checks"]] if asked else []
    given = {} if args.at is None else {"at": with_zone(args.at, args.config)}
    if args.amount:
        given["typed"] = args.amount
    done = service.post("approvals", id, answer="approve", comment=args.comment, checks=checks, **given)
    say(str(done["said"]))
    return 0


def _read_out(asked: dict[str, Any]) -> None:
    amount = asked["amount"]
    say(f"{asked['question']}" + (f"  {amount['amount']} {amount['currency']}" if amount else ""))
    say(f"{GAP}decide by {asked['decide_by']}, asked by rule {asked['rule']}")
    for one in asked["checks"]:
        say(f"{GAP}check: {one['title']}" + (f", {one['detail']}" if one["detail"] else ""))
    if not asked["checks"]:
        say(f"{GAP}no check found anything")
    if wanted := asked.get("asks_for"):
        say(f"{GAP}to be given with --at: {wanted['at']}. {wanted['help']}")
    if asked.get("type_amount"):
        say(f"{GAP}the amount is to be typed, with --amount")
    say()


def reject(args: Namespace) -> int:
    service = Service(args.config)
    id = _id_of(service, args.approval)
    done = service.post("approvals", id, answer="reject", comment=args.reason)
    say(str(done["said"]))
    return 0


def _id_of(service: Service, asked: str) -> str:
    """An approval's id: as given, or the one that waits about this pay run. Raises Failed."""
    if "/" not in asked:
        return asked
    waiting: list[dict[str, Any]] = service.get("approvals")["approvals"]
    about = [one["id"] for one in waiting if one["ref"] == asked]
    if not about:
        raise Failed(f"Nothing waits for an answer about {asked}.")
    if len(about) > 1:
        raise Failed(f"More than one thing is asked about {asked}: name one of {', '.join(about)}.")
    return str(about[0])
