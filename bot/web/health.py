"""Is it alive, and can news be stored? Two questions that proxies and watchdogs ask.

Readiness is about receiving only. Trouble at a vendor, with mail or in the rule files
is named in the body and leaves the answer at 200: an outage elsewhere must not take
webhooks away. The body names no person and no amount, since nobody signs in for it.
"""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.bot import Bot
from bot.store import brakes, effects, health
from bot.store.database import Tx
from bot.store.mails import OPEN
from bot.store.tables import mail
from bot.web.parts import bot_of

ANSWERS_WITHIN_S = 3.0
"""Longer than this for a read and a write lock means that news cannot be stored in time."""

MAIL_IS_LATE = timedelta(minutes=5)


async def alive(_request: web.Request) -> web.Response:
    """The loop turns, or this would not be answered."""
    return web.Response(text="ok\n")


async def ready(request: web.Request) -> web.Response:
    """Whether a write can begin now: the lock is taken and given back, nothing is written.

    The troubles of everything else are listed beside it.
    """
    bot = bot_of(request)
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            async with bot.db.write() as tx:
                await tx.execute(text("SELECT 1"))
            async with bot.db.read() as tx:
                troubles = await _troubles(bot, tx)
    except (TimeoutError, SQLAlchemyError, OSError) as problem:
        bot.log.error("not ready: news cannot be stored", problem=type(problem).__name__)
        return web.json_response({"ready": False, "troubles": ["database"]}, status=503)
    return web.json_response({"ready": True, **troubles})


async def _troubles(bot: Bot, tx: Tx) -> dict[str, Any]:
    failing = [
        account for account in bot.accounts if (await health.health(tx, account)).failing_since is not None
    ]
    paused = [pause.scope for pause in await brakes.pauses(tx, bot.now())]
    # A mail that is just being sent is no trouble; one that cannot be sent for a while is.
    late = mail.c.created_at < bot.now() - MAIL_IS_LATE
    waiting = select(func.count()).select_from(mail).where(mail.c.state.in_(OPEN), late)
    mails_waiting = (await tx.execute(waiting)).scalar_one()
    parked = len(await effects.in_state(tx, effects.State.PARKED))
    named = {
        "vendors": bool(failing),
        "rules": bool(bot.problems),
        "mail": mails_waiting > 0,
        "paused": bool(paused),
        "needs a person": parked > 0,
    }
    return {
        "troubles": [name for name, is_so in named.items() if is_so],
        "vendors_failing": failing,
        "rules_refused": len(bot.problems),
        "mails_waiting": mails_waiting,
        "paused": paused,
        "not_confirmed": parked,
    }
