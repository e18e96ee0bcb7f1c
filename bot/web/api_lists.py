"""The API's long lists: the filters and the cursors of the pages, and as many on one.

A cursor is what the reply before named as `older` or `newer`; it goes with the same filter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from bot.engine.case import load_case
from bot.engine.payruns import payrun_json
from bot.engine.verify import verify_all
from bot.store import approvals, mails, parked, payruns, record
from bot.store.approvals import ApprovalState
from bot.store.paging import Listed
from bot.web import replies
from bot.web.api import asked_of
from bot.web.api_looks import mail_sent
from bot.web.api_shapes import Empty, Page
from bot.web.console.audit import chain_of
from bot.web.cursor import beside, looked_to, place_in
from bot.web.deeds import refusals_as_answers
from bot.web.parts import PERSON, Answer, bot_of
from bot.web.sought import (
    A_PAGE,
    AUDIT_FIELDS,
    LONGEST,
    MAIL_FIELDS,
    PAYRUN_FIELDS,
    audit_sought,
    fields_of,
    mails_sought,
    payruns_wanted,
)

Text = Annotated[str, StringConstraints(max_length=LONGEST, pattern=r"^[^\x00]*$")]


class OfPayruns(Page):
    """Which pay runs; days are included at both ends."""

    connection: Annotated[Text, Field(description="A connection of the settings.")] = ""
    vendor: Annotated[Text, Field(description="Such as gigapay.")] = ""
    status: Annotated[Text, Field(description="In our words, such as open.")] = ""
    state: Annotated[Text, Field(description="open or closed.")] = ""
    paid_from: Annotated[
        Text, Field(description="A day such as 2026-11-26. The list is by pay date then.")
    ] = ""
    paid_to: Annotated[Text, Field(description="A day such as 2026-11-26.")] = ""
    needs: Annotated[Text, Field(description="somebody: only what waits for a person.")] = ""
    q: Annotated[
        Text, Field(description="A reference, how an id begins, an invoice, or a period such as 2026-11.")
    ] = ""


class OfApprovals(Page):
    """Approvals in one state: those that wait for an answer, where none is named."""

    state: ApprovalState = ApprovalState.OPEN


class OfMails(Page):
    """Which mails."""

    state: Annotated[Text, Field(description="sent, waiting or failed.")] = ""
    q: Annotated[Text, Field(description="A pay run, a person, an address, or a text of the subject.")] = ""


class OfAudit(Page):
    """Which lines of the record; days are included at both ends, in the settings' time zone."""

    person: Annotated[Text, Field(description="Who did it, such as finance-1 or payrunbot.")] = ""
    what: Annotated[Text, Field(description="What was done, such as approved.")] = ""
    payrun: Annotated[Text, Field(description="A pay run, as in its list.")] = ""
    rule: Annotated[Text, Field(description="A rule that the line names.")] = ""
    since: Annotated[Text, Field(description="A day such as 2026-11-26.")] = ""
    until: Annotated[Text, Field(description="A day such as 2026-11-26.")] = ""


def _given(asked: Page, names: tuple[str, ...]) -> Mapping[str, str]:
    return fields_of(asked.model_dump(), names)


def _cursors(listed: Listed) -> dict[str, str | None]:
    older, newer = beside(listed)
    return {"older": older or None, "newer": newer or None}


async def payruns_listed(request: web.Request, asked: OfPayruns) -> replies.Payruns:
    bot, given = bot_of(request), _given(asked, PAYRUN_FIELDS)
    if asked.connection and asked.connection not in bot.accounts:
        known = ", ".join(bot.accounts)
        raise Answer(404, "There is no such connection", (f"The connections are {known}.",))
    place = place_in(asked.cursor, str, str)
    async with bot.db.read() as tx:
        listed = await payruns.listed(tx, await payruns_wanted(bot, tx, given), place, at_most=A_PAGE)
        apart = await parked.among(tx, [row.id for row in listed.rows])
        rows = []
        for row in listed.rows:
            case = await load_case(bot, tx, row.id)
            if case is not None:
                needs_you = {"needs_you": apart[row.id].why} if row.id in apart else {}
                rows.append({**payrun_json(case), **needs_you})
    return replies.Payruns.model_validate({"payruns": rows, **_cursors(listed)})


async def approvals_listed(request: web.Request, asked: OfApprovals) -> replies.Approvals:
    bot, person = bot_of(request), request[PERSON]
    place = place_in(asked.cursor, datetime, str)
    async with bot.db.read() as tx:
        found, listed = await approvals.page(tx, place, state=asked.state, at_most=A_PAGE)
        rows = [await asked_of(bot, tx, person, one) for one in found]
    return replies.Approvals(approvals=rows, **_cursors(listed))


async def mails_listed(request: web.Request, asked: OfMails) -> replies.Mails:
    bot, place = bot_of(request), place_in(asked.cursor, datetime, str)
    async with bot.db.read() as tx:
        sought = await mails_sought(bot, tx, _given(asked, MAIL_FIELDS))
        found, listed = await mails.page(
            tx,
            place,
            states=sought.states,
            about=sought.about,
            recipient=sought.recipient,
            subject=sought.subject,
            at_most=A_PAGE,
        )
    return replies.Mails(
        mails=[mail_sent(one) for one in found], looked_to=looked_to(listed.looked_to), **_cursors(listed)
    )


async def audit_listed(request: web.Request, asked: OfAudit) -> replies.Audit:
    bot, place = bot_of(request), place_in(asked.cursor, datetime, int)
    async with bot.db.read() as tx:
        sought = await audit_sought(bot, tx, _given(asked, AUDIT_FIELDS))
        found, listed = await record.page(tx, sought, place, at_most=A_PAGE)
        chain, note = await chain_of(bot, tx)
    lines = [
        replies.AuditLine(
            seq=one.seq,
            at=one.at,
            actor=one.actor,
            what=one.what,
            resource=one.resource,
            more=dict(one.more),
            hash=one.hash,
        )
        for one in found
    ]
    return replies.Audit(lines=lines, chain=chain.word, chain_note=note, **_cursors(listed))


async def verify_record(request: web.Request, _: Empty) -> replies.Said:
    with refusals_as_answers():
        return replies.Said(said=await verify_all(bot_of(request), request[PERSON]))
