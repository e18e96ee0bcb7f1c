"""Every pay run that is known, the newest first, with what comes next for each."""

from collections.abc import Container

from aiohttp import web

from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.settings import Person
from bot.store import approvals, brakes, effects, parked, resources
from bot.store.database import Tx
from bot.web.desk import frame_of, is_for, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of
from bot.web.shapes import PayrunRow, Status
from bot.web.views import Payruns
from bot.web.wording import run_status, vendor_says

SHOWN = 100


async def all_of_them(request: web.Request) -> web.Response:
    bot, person, forms = bot_of(request), request[PERSON], await forms_for(request)
    statuses = _statuses(bot)
    connection = _one_of(request.query.get("connection", ""), bot.accounts)
    status = _one_of(request.query.get("status", ""), statuses)
    async with bot.db.read() as tx:
        known = await resources.all_of(tx, connection or None, kind_ends=".payrun")
        wanted = [one for one in known if status in ("", one.snapshot.text("status") or "unknown")]
        rows = []
        for found in wanted[:SHOWN]:
            case = await load_case(bot, tx, found.id)
            if case is not None:
                rows.append(await row_of(bot, tx, person, case))
        frame = await frame_of(request, tx, forms)
    view = Payruns(
        frame=frame,
        rows=tuple(rows),
        connections=tuple(bot.accounts),
        statuses=statuses,
        connection=connection,
        status=status,
        cut=max(0, len(wanted) - SHOWN),
    )
    return shown(request, view)


def _one_of(asked: str, known: Container[str]) -> str:
    """What was asked for, where there is such a thing; else no filter."""
    return asked if asked in known else ""


def _statuses(bot: Bot) -> tuple[str, ...]:
    """Every status that a pay run of these vendors can have, in our words."""
    kinds = [kind for account in bot.accounts.values() for kind in account.connector.kinds.values()]
    known = {word for kind in kinds if kind.name.endswith(".payrun") for word in kind.fields["status"].words}
    return (*sorted(known), "unknown")


async def row_of(bot: Bot, tx: Tx, person: Person, case: Case) -> PayrunRow:
    ahead = case.next_deadlines()
    return PayrunRow(
        title=case.title,
        url=case.path,
        connection=case.account.id,
        status=await status_of(bot, tx, person, case),
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
