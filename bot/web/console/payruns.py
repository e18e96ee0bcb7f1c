"""Every pay run that is known, a page at a time, with what comes next for each."""

from collections.abc import Sequence

from aiohttp import web

from bot.core.sentence import status_word
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.case import Case, listed_case
from bot.settings import Person
from bot.store import approvals, brakes, effects, parked, payruns, resources
from bot.store.database import Tx
from bot.web.cursor import NAME, links, place_in
from bot.web.desk import frame_of, is_for, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of
from bot.web.shapes import Pager, PayrunRow, Status
from bot.web.sought import A_PAGE, PAYRUN_FIELDS, fields_of, payruns_wanted, statuses_of, vendors_of
from bot.web.views import Payruns
from bot.web.wording import run_status, vendor_says


async def all_of_them(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    given, place = fields_of(request.query, PAYRUN_FIELDS), place_in(request.query.get(NAME, ""), str, str)
    forms = await forms_for(request)
    async with bot.db.read() as tx:
        listed = await payruns.listed(tx, await payruns_wanted(bot, tx, given), place, at_most=A_PAGE)
        cases = [listed_case(bot, resources.resource_of(row)) for row in listed.rows]
        rows = await _rows(bot, tx, person, [case for case in cases if case is not None])
        frame = await frame_of(request, tx, forms)
    older, newer = links("/payruns", given, listed)
    view = Payruns(
        frame=frame,
        rows=rows,
        connections=tuple(bot.accounts),
        vendors=vendors_of(bot),
        statuses=statuses_of(bot),
        status_words={**{one: status_word(one) for one in statuses_of(bot)}, "unknown": say("unknown")},
        asked=given,
        pager=Pager(older=older, newer=newer),
    )
    return shown(request, view)


async def _rows(bot: Bot, tx: Tx, person: Person, cases: Sequence[Case]) -> tuple[PayrunRow, ...]:
    """A page of rows: what stands beside each is asked for all of them at once."""
    ids = [case.found.id for case in cases]
    stuck, asked = await effects.stuck(tx, ids), await approvals.open_about(tx)
    held, apart = await brakes.held_of(tx, ids, bot.now()), await parked.among(tx, ids)
    rows = []
    for case, id in zip(cases, ids, strict=True):
        open_about = asked.get(id, [])
        status = run_status(
            bot,
            case,
            stuck.get(id, []),
            open_about,
            held.get(id),
            any(is_for(bot, person, one) for one in open_about),
            is_apart=id in apart,
        )
        rows.append(_row(case, status))
    return tuple(rows)


def _row(case: Case, status: Status) -> PayrunRow:
    ahead = case.next_deadlines()
    return PayrunRow(
        title=case.title,
        url=case.path,
        connection=case.account.id,
        status=status,
        vendor_says=vendor_says(case),
        amount=case.money("net pay"),
        pay_on=case.pay_on,
        next=ahead[0] if ahead else None,
        note=case.paid_to(),
    )


async def status_of(bot: Bot, tx: Tx, person: Person, case: Case) -> Status:
    """The one state of a pay run, as this person sees it."""
    asked = await approvals.of_resource(tx, case.found.id)
    return run_status(
        bot,
        case,
        await effects.of_resource(tx, case.found.id),
        asked,
        await brakes.held(tx, case.found.id, bot.now()),
        any(is_for(bot, person, one) for one in asked),
        is_apart=await parked.get(tx, case.found.id) is not None,
    )
