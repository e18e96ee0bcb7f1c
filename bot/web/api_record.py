"""The API of what is set up and taken away: webhooks, a connection, what is kept about somebody."""

from aiohttp import web

from bot.engine import registering
from bot.engine.forget import forget as forget_somebody
from bot.engine.remove import remove_connection, withdrawn_says
from bot.web import replies
from bot.web.api_shapes import Empty, Forget
from bot.web.deeds import refusals_as_answers
from bot.web.parts import PERSON, bot_of


async def remove(request: web.Request, _: Empty) -> replies.Removed:
    with refusals_as_answers():
        done = await remove_connection(bot_of(request), request[PERSON], request.match_info["connection"])
    withdrawn = withdrawn_says(done.withdrawn)
    return replies.Removed(
        said=f"Removed; {withdrawn}. What is known of it is in {done.file} on the service's machine.",
        withdrawn=done.withdrawn,
        webhooks=list(done.hooks),
        left=list(done.left),
        file=str(done.file),
    )


async def sync_webhooks(request: web.Request, _: Empty) -> replies.Synced:
    with refusals_as_answers():
        done = await registering.sync_webhooks(bot_of(request), request[PERSON])
    return replies.Synced(
        connections=[
            replies.Registered(connection=one.connection, done=list(one.done), failed=one.failed)
            for one in done
        ]
    )


async def forget(request: web.Request, body: Forget) -> replies.Forgotten:
    with refusals_as_answers():
        done = await forget_somebody(bot_of(request), request[PERSON], body.employee, body.connection)
    erased = ", ".join(f"{count} {what}" for what, count in done.counted.items())
    said = f"Erased in {erased}." if erased else "Nothing of them is kept in pay runs at their end."
    return replies.Forgotten(said=said, counted=done.counted, left=list(done.left))
