"""Webhooks in: bounded, verified, stored, and only then answered.

A sender learns nothing from a refusal but its number. What would have been right goes
to the log, where whoever set up the webhook reads it; the path never does, because
its last part may be a secret.
"""

from aiohttp import web

from bot.connectors import HookRefused
from bot.engine.receive import UnknownHook, find_hook, receive
from bot.engine.receiver import Account, Receiver
from bot.store.failure import is_failure
from bot.web.parts import BODY_WITHIN, CORRELATION, Answer, receiver_of, whole_body

AT_MOST = 256 * 1024
"""Bytes of a webhook's body."""

RETRY_AFTER_S = 30

STORED = 200


async def hook(request: web.Request) -> web.Response:
    """Take one delivery that came by way of the application: 200 is owed once it is committed."""
    bot = receiver_of(request)
    found = request.match_info
    try:
        account, event = find_hook(bot, found["connection"], found["event"])
    except UnknownHook as unknown:
        bot.log.warning(
            "webhook for nobody", connection=_known(found["connection"], bot.accounts), known=unknown.known
        )
        return web.Response(status=404)
    status = await take(
        bot,
        account,
        event,
        request,
        token=found.get("token"),
        correlation=request[CORRELATION],
        within_s=request.app[BODY_WITHIN],
    )
    return web.Response(status=status, headers=headers_of(status))


async def take(
    bot: Receiver,
    account: Account,
    event: str,
    request: web.BaseRequest,
    *,
    token: str | None,
    correlation: str,
    within_s: float,
) -> int:
    """Take one delivery; says which number it is answered with. STORED is given only after the commit."""
    if bot.backlog.is_full:
        bot.measures.hook(account.id, "put off")
        bot.log.warning(
            "webhook put off: too much waits", connection=account.id, hook=event, correlation=correlation
        )
        return 503
    content = request.content
    try:
        # Most come in one piece, and are here before anybody has asked for them.
        came = content.is_eof() and (request.content_length or AT_MOST) < AT_MOST
        body = content.read_nowait() if came else await whole_body(request, AT_MOST, within_s)
    except Answer as refused:
        bot.measures.hook(account.id, "refused")
        bot.log.warning(
            "webhook refused",
            connection=account.id,
            hook=event,
            why=refused.title,
            correlation=correlation,
        )
        return refused.status
    try:
        await receive(
            bot,
            account,
            event,
            token=token,
            headers=request.headers,
            body=body,
            correlation=correlation,
        )
    except HookRefused:
        bot.measures.hook(account.id, "refused")
        return 401
    except Exception as problem:
        if not is_failure(problem):
            raise
        bot.measures.hook(account.id, "not stored")
        bot.log.error(
            "webhook not stored",
            connection=account.id,
            hook=event,
            problem=_named(problem),
            correlation=correlation,
        )
        return 503
    return STORED


def headers_of(status: int) -> dict[str, str]:
    """What a sender is told besides the number."""
    return {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}


def _named(problem: Exception) -> str:
    """The kind of what went wrong: the driver's own, where it is known."""
    return type(problem.__cause__ or problem).__name__


def _known(name: str, accounts: object) -> str:
    """The name where it is one of ours; a stranger's may hold anything."""
    return name if isinstance(accounts, dict) and name in accounts else "none of ours"


ROUTES = (
    web.post("/hooks/{connection}/{event}", hook),
    web.post("/hooks/{connection}/{event}/{token}", hook),
)
