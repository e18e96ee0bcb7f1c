"""Telling people something is an effect like any other: planned with its cause, done once.

The row is written in the transaction of what it tells about; the letter is made and
rendered later, by whoever performs it. The key is the cause, so that one cause is
told once however often it is seen.
"""

from datetime import datetime
from typing import Any

from bot.core.words import say
from bot.store import effects
from bot.store.codec import fingerprint
from bot.store.database import Tx

TELL = "tell"


async def tell(
    tx: Tx,
    cause: str,
    letter: str,
    *,
    now: datetime,
    correlation: str,
    connection: str = "",
    resource: str = "",
    generation: int = 0,
    rule: str = "",
    rule_hash: str = "",
    not_before: datetime | None = None,
    **about: Any,
) -> None:
    """Plan one letter for one cause, for now or for later; nothing where that was planned before.

    `letter` is the name in `engine.letters`, `about` what its maker needs to know.
    """
    key = f"{TELL}:{cause}"
    if await effects.latest(tx, key) is not None:
        return
    what = effects.Plan(
        key=key,
        action=TELL,
        connection=connection,
        resource=resource,
        generation=generation,
        rule=rule,
        rule_hash=rule_hash,
        is_vendor=False,
        not_before=not_before or now,
        args={"letter": letter, **about},
    )
    await effects.plan(tx, what, round=1, chain=f"{key}#1", now=now, correlation=correlation)


async def tell_of_template(
    tx: Tx, template: str, problem: str, *, now: datetime, correlation: str, connection: str = ""
) -> None:
    """Tell operations once of one mistake in a mail template."""
    await tell(
        tx,
        f"template:{template}:{fingerprint(problem)}",
        "notice",
        now=now,
        correlation=correlation,
        connection=connection,
        title=say("A mail template has a mistake"),
        about=f"templates/{template}",
        says=[
            say(
                "the mail template {template} cannot be used, so mails go without it: {problem}",
                template=template,
                problem=problem,
            )
        ],
        do=say("Mend the template at that line; its mails go plain until then."),
    )
