"""The API of what is set up and taken away: webhooks, a connection, what is kept about somebody."""

from aiohttp import web

from bot.engine import registering
from bot.engine.forget import forget as forget_somebody
from bot.engine.remove import remove_connection, withdrawn_says
from bot.web.api_shapes import Empty, Forget, body_of
from bot.web.deeds import refusals_as_answers
from bot.web.parts import PERSON, bot_of


async def remove(request: web.Request) -> web.Response:
    """Remove a connection. Webhooks it took away, what is left to a person, and where the export is."""
    await body_of(request, Empty)
    with refusals_as_answers():
        done = await remove_connection(bot_of(request), request[PERSON], request.match_info["connection"])
    withdrawn = withdrawn_says(done.withdrawn)
    return web.json_response(
        {
            "said": f"Removed; {withdrawn}. What is known of it is in {done.file} on the service's machine.",
            "withdrawn": done.withdrawn,
            "webhooks": list(done.hooks),
            "left": list(done.left),
            "file": str(done.file),
        }
    )


async def sync_webhooks(request: web.Request) -> web.Response:
    """Make the webhooks at every vendor what they should be, and say what was done."""
    await body_of(request, Empty)
    with refusals_as_answers():
        done = await registering.sync_webhooks(bot_of(request), request[PERSON])
    return web.json_response(
        {
            "connections": [
                {"connection": one.connection, "done": list(one.done), "failed": one.failed} for one in done
            ]
        }
    )


async def forget(request: web.Request) -> web.Response:
    """Erase what is kept about somebody in pay runs that are at their end."""
    body = await body_of(request, Forget)
    with refusals_as_answers():
        done = await forget_somebody(bot_of(request), request[PERSON], body.employee, body.connection)
    erased = ", ".join(f"{count} {what}" for what, count in done.counted.items())
    said = f"Erased in {erased}." if erased else "Nothing of them is kept in pay runs at their end."
    return web.json_response({"said": said, "counted": done.counted, "left": list(done.left)})
