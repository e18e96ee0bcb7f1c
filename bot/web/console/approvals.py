"""Approvals: what waits, what was decided, and the question exactly as it was asked.

The page shows the stored question, not what is true now: a yes covers what was shown.
Looking decides nothing; mail scanners follow links.
"""

from datetime import datetime

from aiohttp import web

from bot.core.words import joined, moment, say
from bot.engine.approve import NothingToDecide, find
from bot.engine.ask import asked_from_json, decide_by
from bot.engine.away import who_instead
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.engine.clean import is_clean
from bot.engine.may import Deed, asked_about, why_not
from bot.engine.typed import limit_for_typing
from bot.mail.asked import Asked
from bot.settings import Person
from bot.store import approvals
from bot.store.approvals import Approval, ApprovalState
from bot.store.away import now_away
from bot.web.cursor import NAME, links, place_in
from bot.web.desk import frame_of, is_for, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of, not_there
from bot.web.shapes import ApprovalRow, Pager
from bot.web.sought import A_PAGE
from bot.web.views import ApprovalPage, Approvals
from bot.web.wording import answer_status, closed_says, question


def row_of(bot: Bot, person: Person, asked: Approval) -> ApprovalRow:
    """One asking as a line of a list."""
    was = asked_from_json(asked.shown["asked"])
    yours = is_for(bot, person, asked)
    is_open = asked.state is ApprovalState.OPEN
    zone = bot.settings.timezone
    return ApprovalRow(
        title=question(was),
        url=f"/approvals/{asked.id}",
        asked_at=asked.asked_at,
        status=answer_status(asked, yours),
        covered=was.paid_to,
        amount=was.amount,
        decide_by=asked.expires_at if is_open else None,
        answered=", ".join(f"{one.person} {one.at.astimezone(zone):%H:%M}" for one in asked.answers)
        or ("" if is_open else asked.why),
        is_yours=yours,
    )


async def all_of_them(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    place, forms = place_in(request.query.get(NAME, ""), datetime, str), await forms_for(request)
    async with bot.db.read() as tx:
        waiting = await approvals.listed(tx, ApprovalState.OPEN)
        decided, listed = await approvals.page(tx, place, at_most=A_PAGE)
        frame = await frame_of(request, tx, forms)
    older, newer = links("/approvals", {}, listed)
    view = Approvals(
        frame=frame,
        waiting=tuple(
            row_of(bot, person, one) for one in sorted(waiting, key=lambda asked: asked.expires_at)
        ),
        decided=tuple(row_of(bot, person, one) for one in decided),
        pager=Pager(older=older, newer=newer),
        clean=sum(is_for(bot, person, one) and is_clean(bot.settings, one.shown) for one in waiting),
    )
    return shown(request, view)


async def one(request: web.Request) -> web.Response:
    return await question_page(request)


async def question_page(
    request: web.Request,
    *,
    missing: tuple[str, ...] = (),
    wrong: str = "",
    ticked: tuple[str, ...] = (),
    status: int = 200,
) -> web.Response:
    """The question, with the answers that this person may give.

    `missing` are unticked checks and `wrong` is what was typed, where Approve was pressed
    in vain; what had been `ticked` then stays so.
    """
    bot, person = bot_of(request), request[PERSON]
    approval_id = request.match_info["approval"]
    here = f"/approvals/{approval_id}"
    async with bot.db.read() as tx:
        try:
            asked, effect = await find(tx, approval_id)
        except NothingToDecide:
            raise not_there(say("There is no such approval.")) from None
        case = await load_case(bot, tx, effect.resource)
    closed = closed_says(bot, asked)
    may_not = "" if closed else _may_not(bot, person, asked)
    forms = await forms_for(
        request, *(() if closed or may_not else (f"{here}/approve", f"{here}/reject", f"{here}/hold"))
    )
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
        gone = {} if closed else await now_away(tx, bot.now(), asked.shown["people"])
    view = ApprovalPage(
        frame=frame,
        ask=_as_asked(asked).to(person.id),
        why_url=f"{case.path}#why" if case is not None else "/payruns",
        rule_url=f"/rules/{effect.rule}",
        approve=forms.get(f"{here}/approve"),
        reject=forms.get(f"{here}/reject"),
        hold=forms.get(f"{here}/hold"),
        hold_until=_until(bot, case) if case is not None else "",
        given_at=_field(bot, asked.given_at) if asked.given_at is not None else "",
        type_amount="" if closed or may_not else _type_amount(bot, asked),
        missing=missing,
        wrong=wrong,
        ticked=ticked,
        approved="" if closed else _approved(bot, asked),
        closed=say("{text}.", text=closed) if closed else "",
        may_not=may_not,
        away=who_instead(asked.shown["people"], gone, bot.settings.timezone),
    )
    return shown(request, view, status=status)


def _as_asked(asked: Approval) -> Asked:
    return asked_from_json(asked.shown["asked"])


def _type_amount(bot: Bot, asked: Approval) -> str:
    limit = limit_for_typing(bot.settings, asked.shown)
    if limit is None:
        return ""
    return say("Asked above {limit}. Spaces, comma and point are fine.", limit=limit)


def _approved(bot: Bot, asked: Approval) -> str:
    """Who has approved already what needs more than one."""
    zone = bot.settings.timezone
    said = [
        joined((one.person, moment(one.at, zone)), " ") for one in asked.answers if one.answer == "approve"
    ]
    return say("Approved already by {people}.", people=joined(said, say(" and "))) if said else ""


def _may_not(bot: Bot, person: Person, asked: Approval) -> str:
    return why_not(bot.settings, person, Deed.APPROVE, asked_about(bot, asked)) or ""


def _until(bot: Bot, case: Case) -> str:
    """What the field of a hold starts with: the deadline, on the reader's clocks."""
    return _field(bot, decide_by(case))


def _field(bot: Bot, at: datetime) -> str:
    """An instant as a page's field for one starts with it."""
    return f"{at.astimezone(bot.settings.timezone):%Y-%m-%dT%H:%M:%S}".removesuffix(":00")
