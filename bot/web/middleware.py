"""Around every handler besides what `traced` does: errors as answers, and what a stop refuses.

Logs name of an exception its type and place, never its text: a statement that failed quotes
its parameters, and those are somebody's body.
"""

from traceback import extract_tb

from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import SQLAlchemyError

from bot.core.words import say
from bot.web.parts import API, NOTHING_HERE, Answer, bot_of, refuse_compressed
from bot.web.problems import answer_of
from bot.web.traced import WATCHED, route_of


@web.middleware
async def refuse_while_stopping(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A service that was asked to end begins nothing new: senders try again, and find the next one."""
    if bot_of(request).is_stopping and request.path not in WATCHED:
        again = {"Retry-After": "30"}
        refused = web.Response(status=503, headers=again)
        if request.path.startswith(API):
            says = ("It is asked to end. Try again in half a minute.",)
            refused = answer_of(
                request, Answer(503, "Nothing was done: the service is ending", says, headers=again)
            )
        refused.force_close()
        return refused
    return await handler(request)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong becomes an answer that says what was not done."""
    try:
        refuse_compressed(request)
        return await handler(request)
    except Answer as said:
        return answer_of(request, said)
    except web.HTTPException as raised:
        if raised.status < 400:
            raise
        return answer_of(request, _of_http(raised))
    except (SQLAlchemyError, OSError) as problem:
        _log(request, problem)
        return answer_of(
            request,
            Answer(
                503,
                say("Nothing was done: the database does not answer"),
                (say("Try again in half a minute."),),
                headers={"Retry-After": "30"},
            ),
        )
    except Exception as bug:
        _log(request, bug)
        return answer_of(
            request,
            Answer(
                500,
                say("This is a fault of payrunbot"),
                (say("Whether anything was done is shown on the pay run's page."), say("It is in the log.")),
                say("To what needs you today"),
                "/",
            ),
        )


def _of_http(raised: web.HTTPException) -> Answer:
    match raised.status:
        case 404:
            return Answer(404, say("Not found"), (NOTHING_HERE,), say("To today"), "/")
        case 405:
            allowed = {"Allow": raised.headers["Allow"]} if "Allow" in raised.headers else {}
            says = (say("This address does not take that."),)
            return Answer(405, say("Nothing was done"), says, headers=allowed)
        case status:
            return Answer(status, raised.reason)


def _log(request: web.Request, problem: BaseException) -> None:
    frames = extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if "/bot/" in frame.filename] or frames[-1:]
    bot_of(request).log.error(
        "a request failed",
        route=route_of(request),
        problem=type(problem).__name__,
        places=[f"{frame.filename.rpartition('/bot/')[2]}:{frame.lineno}" for frame in ours[-4:]],
    )
