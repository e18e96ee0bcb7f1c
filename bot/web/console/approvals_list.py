"""The clean questions as one dated list: each is ticked, and all that are ticked go with one form."""

from aiohttp import web

from bot.core.words import joined, say, say_many
from bot.engine.ask import asked_from_json
from bot.engine.clean import is_clean
from bot.engine.clean_list import Answered, approve_listed
from bot.store import approvals
from bot.store.approvals import ApprovalState
from bot.web.desk import done, frame_of, is_for, shown
from bot.web.forms import forms_for, posted
from bot.web.listed import CleanList, ListedRow
from bot.web.parts import PERSON, Answer, bot_of

PATH = "/approvals/list"
APPROVE = f"{PATH}/approve"
_NAMED = 5
"""How many of those left out are named with their reason; what is said travels in a cookie."""


async def page(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    forms = await forms_for(request, APPROVE)
    async with bot.db.read() as tx:
        waiting = [
            one
            for one in await approvals.listed(tx, ApprovalState.OPEN)
            if is_for(bot, person, one) and is_clean(bot.settings, one.shown)
        ]
        frame = await frame_of(request, tx, forms)
    rows = tuple(
        ListedRow(one.id, f"/approvals/{one.id}", asked_from_json(one.shown["asked"]).to(person.id))
        for one in sorted(waiting, key=lambda asked: (asked.expires_at, asked.id))
    )
    day = bot.now().astimezone(bot.settings.timezone).date()
    return shown(
        request, CleanList(frame=frame, day=day, rows=rows, approve=forms[APPROVE] if rows else None)
    )


async def approve(request: web.Request) -> web.Response:
    chosen = (await posted(request)).get("run", ())
    if not chosen:
        raise Answer(
            422,
            say("Nothing was approved: nothing is ticked"),
            (say("Tick each pay run that you say yes to."),),
            say("Back to the list"),
            PATH,
        )
    answered = await approve_listed(bot_of(request), request[PERSON], chosen)
    return done(request, PATH, _said(answered))


def _said(answered: Answered) -> str:
    """What was done and what was not, in whole sentences."""
    count, left = len(answered.approved), answered.left_out
    said = [
        say(
            "You approved {count}. payrunbot reads each again and does it if nothing has changed.",
            count=count,
        )
    ]
    if not count:
        said = [say("Nothing was approved.")]
    said += [say("Left out: {run}. {why}", run=one.title, why=one.why) for one in left[:_NAMED]]
    if len(left) > _NAMED:
        said.append(
            say_many(
                len(left) - _NAMED,
                "{count} more were left out; each says why on its own page.",
                "{count} more were left out; each says why on its own page.",
            )
        )
    return joined(said, " ")
