"""Webhooks in: bounded, verified, stored, and only then answered.

A sender learns nothing from a refusal but its number. What would have been right goes
to the log, where whoever set up the webhook reads it; the path never does, because
its last part may be a secret.
"""

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.connectors import HookRefused
from bot.engine.receive import UnknownHook, find_hook, receive
from bot.web.parts import CORRELATION, Answer, bot_of, bounded_body

AT_MOST = 256 * 1024
"""Bytes of a webhook's body."""

RETRY_AFTER_S = 30


async def hook(request: web.Request) -> web.Response:
    """Take one delivery. 200 is owed and given only after it is committed to disk."""
    bot = bot_of(request)
    found = request.match_info
    try:
        account, event = find_hook(bot, found["connection"], found["event"])
    except UnknownHook as unknown:
        bot.log.warning(
            "webhook for nobody", connection=_known(found["connection"], bot.accounts), known=unknown.known
        )
        return web.Response(status=404)
    if bot.backlog.is_full:
        bot.measures.hook(account.id, "put off")
        bot.log.warning("webhook put off: too much waits", connection=account.id, hook=event)
        return _come_again()
    try:
        body = await bounded_body(request, AT_MOST)
    except Answer as refused:
        bot.measures.hook(account.id, "refused")
        bot.log.warning("webhook refused", connection=account.id, hook=event, why=refused.title)
        return web.Response(status=refused.status)
    try:
        await receive(
            bot,
            account,
            event,
            token=found.get("token"),
            headers=request.headers,
            body=body,
            correlation=request[CORRELATION],
        )
    except HookRefused:
        bot.measures.hook(account.id, "refused")
        return web.Response(status=401)
    except (SQLAlchemyError, OSError) as problem:
        bot.measures.hook(account.id, "not stored")
        bot.log.error("webhook not stored", connection=account.id, hook=event, problem=_named(problem))
        return _come_again()
    return web.Response()


def _named(problem: SQLAlchemyError | OSError) -> str:
    """The kind of what went wrong: the driver's own, where it is known."""
    return type(problem.__cause__ or problem).__name__


def _come_again() -> web.Response:
    return web.Response(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})


def _known(name: str, accounts: object) -> str:
    """The name where it is one of ours; a stranger's may hold anything."""
    return name if isinstance(accounts, dict) and name in accounts else "none of ours"
