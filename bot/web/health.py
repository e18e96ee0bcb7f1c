"""Is it alive, and can news be stored? Two questions that proxies and watchdogs ask.

Readiness is about receiving only. Trouble at a vendor, with mail or in the rule files
is named in the body and leaves the answer at 200: an outage elsewhere must not take
webhooks away. The body names no person and no amount, since nobody signs in for it.
"""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.bot import Bot
from bot.engine.fit import ANSWERS_WITHIN_S
from bot.engine.refused import kept
from bot.engine.templates import refused
from bot.store import brakes, effects, health, parked
from bot.store.database import Tx
from bot.store.mails import OPEN
from bot.store.tables import mail
from bot.web.parts import FITNESS, bot_of

MAIL_IS_LATE = timedelta(minutes=5)


async def alive(_request: web.Request) -> web.Response:
    """The loop turns, or this would not be answered."""
    return web.Response(text="ok\n")


async def ready(request: web.Request) -> web.Response:
    """Whether news could be stored a moment ago: something was written, and is on the disk.

    A service that was asked to stop says so first of all, while it still listens. The
    troubles of everything else are listed beside it.
    """
    bot = bot_of(request)
    if bot.is_stopping:
        return _not_ready("stopping")
    if await request.app[FITNESS].problem() is not None:
        return _not_ready("database")
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S), bot.db.read() as tx:
            troubles = await _troubles(bot, tx)
    except (TimeoutError, SQLAlchemyError, OSError):
        return _not_ready("database")
    return web.json_response({"ready": True, **troubles})


def _not_ready(trouble: str) -> web.Response:
    return web.json_response({"ready": False, "troubles": [trouble]}, status=503)


async def _troubles(bot: Bot, tx: Tx) -> dict[str, Any]:
    failing = [
        account for account in bot.accounts if (await health.health(tx, account)).failing_since is not None
    ]
    resting = [one for one in await health.resting(tx) if one in bot.accounts]
    paused = [pause.scope for pause in await brakes.pauses(tx, bot.now())]
    # A mail that is just being sent is no trouble; one that cannot be sent for a while is.
    late = mail.c.created_at < bot.now() - MAIL_IS_LATE
    waiting = select(func.count()).select_from(mail).where(mail.c.state.in_(OPEN), late)
    mails_waiting = (await tx.execute(waiting)).scalar_one()
    unsettled = len(await effects.in_state(tx, effects.State.PARKED))
    apart = len(await parked.listed(tx))
    named = {
        "vendors": bool(failing),
        "too much news": bot.backlog.is_full,
        "rules": bool(bot.problems),
        "behind": bool(bot.behind),
        "templates": bool(refused(bot)),
        "mail": mails_waiting > 0,
        "paused": bool(paused),
        "needs a person": unsettled + apart > 0,
    }
    return {
        "troubles": [name for name, is_so in named.items() if is_so],
        "vendors_failing": failing,
        "vendors_resting": resting,
        "news_put_off": bot.backlog.is_full,
        "rules_refused": len(bot.problems),
        "behind": bot.behind,
        "rules_kept": list(kept(bot)),
        "templates_refused": list(refused(bot)),
        "mails_waiting": mails_waiting,
        "paused": paused,
        "not_confirmed": unsettled,
        "needs_you": apart,
    }
