"""Errors as answers: a page for people, problem+json for programs, a number for vendors."""

from aiohttp import web

from bot.core import words
from bot.core.words import say
from bot.web import problem_kinds
from bot.web.desk import bare_frame, shown
from bot.web.parts import API, CORRELATION, Answer, bot_of
from bot.web.problem_kinds import PROBLEM_JSON, Wrong, type_of
from bot.web.shapes import Status
from bot.web.views import Problem

FOR_MACHINES = ("/hooks/", "/healthz", "/readyz", "/metrics", "/static/")


def answer_of(request: web.Request, said: Answer) -> web.Response:
    """What is sent for an Answer, in the way that its asker reads. Needs no database."""
    if request.path.startswith(FOR_MACHINES):
        return web.Response(status=said.status, headers=said.headers)
    if request.path.startswith(API):
        return _json(request, said)
    bot = bot_of(request)
    title, *says = said.says if said.status == 404 and said.says else (said.title, *said.says)
    view = Problem(
        frame=bare_frame(request),
        status=Status(say("not done"), "fail", "bad")
        if said.status != 404
        else Status(say("not found"), "unknown"),
        title=title,
        says=tuple(says),
        button=said.button,
        url=said.url,
        for_ops=f"{said.status}, {request[CORRELATION]}, {words.clock(bot.now(), bot.settings.timezone)}",
    )
    response = shown(request, view, status=said.status)
    response.headers.update(said.headers)
    return response


def _json(request: web.Request, said: Answer) -> web.Response:
    """RFC 9457, with the id under which the log tells more; never what was sent, but its fields' names."""
    correlation = request[CORRELATION]
    faults = [Wrong(where=one.where, at=one.at, says=one.says) for one in said.faults]
    problem = problem_kinds.Problem(
        type=type_of(said.status, bot_of(request).settings.http.public_url),
        title=said.title,
        status=said.status,
        detail=" ".join(said.says),
        instance=f"{request.rel_url.raw_path}#{correlation}",
        correlation=correlation,
        **({"errors": faults} if faults else {}),
    )
    return web.Response(
        status=said.status,
        headers=said.headers,
        content_type=PROBLEM_JSON,
        body=problem.model_dump_json(exclude_unset=True).encode(),
    )
