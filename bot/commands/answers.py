"""`approve` and `reject`: a person's answer to what is asked."""

from argparse import Namespace
from typing import Any

from bot.commands.failed import Failed
from bot.commands.out import say
from bot.commands.service import Service


def approve(args: Namespace) -> int:
    """Every check that was asked for is answered with yes: whoever runs this has made them."""
    service = Service(args.config)
    id = _id_of(service, args.approval)
    done = service.post("approvals", id, answer="approve", comment=args.comment, checks="all")
    say(str(done["said"]))
    return 0


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
