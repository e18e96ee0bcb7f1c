"""The API about people and their time: who is away, tokens, a month of answers, the weeks ahead."""

from datetime import date
from typing import Annotated

from aiohttp import web
from pydantic import Field

from bot.core.money import Money
from bot.engine import answered, leave, tokens
from bot.engine.away import gaps
from bot.engine.deciders import bands
from bot.store import access, away
from bot.web.api_shapes import Body, Empty, Moment, Query, Text
from bot.web.api_shapes import Said as Words
from bot.web.console import calendar, people_month
from bot.web.console.calendar_words import clash
from bot.web.console.people import LONGEST_NOTE
from bot.web.deeds import refusals_as_answers
from bot.web.parts import PERSON, Answer, bot_of
from bot.web.replies import Amount, At, Reply, Said, amount_of


class Away(Body):
    """`person` is who is away, yourself where nobody is named; from now on, where `since` is not given."""

    until: Moment
    since: Moment | None = None
    person: Words | None = None
    note: Annotated[Text, Field(max_length=LONGEST_NOTE)] = ""


class Back(Body):
    """`person` is who is back, yourself where nobody is named."""

    person: Words | None = None


class Revoke(Body):
    """`which` is a token's id, or a person: then all of theirs."""

    which: Words


class Weeks(Query):
    """How many weeks from this one on, and of which work calendar where one is named."""

    weeks: Annotated[int, Field(ge=1, le=calendar.MOST_WEEKS)] = calendar.WEEKS
    calendar: Text | None = None


class Absence(Reply):
    since: At
    until: At
    note: str
    by: str


class Somebody(Reply):
    id: str
    roles: list[str]
    up_to: list[Amount] | None
    """Null where they have no limit of their own."""
    substitute_for: str | None
    signed_in_at: At | None
    away: list[Absence]


class Band(Reply):
    """Amounts above `above` and up to `up_to`: any one of `people` may approve them."""

    above: Amount | None
    up_to: Amount
    people: list[str]


class People(Reply):
    people: list[Somebody]
    groups: dict[str, list[str]]
    decide: list[Band]
    nobody_left: list[str]
    """What nobody is left to approve, and when."""


class Token(Reply):
    """A token without its secret. `last_used_at` is to within minutes."""

    id: str
    person: str
    issued_by: str
    issued_at: At
    expires_at: At
    last_used_at: At | None


class Tokens(Reply):
    tokens: list[Token]


class OfPerson(Reply):
    person: str
    approved: int
    rejected: int
    lapsed: int
    held: int
    median_seconds: int | None
    fast: int
    not_counted: int


class MonthOfAnswers(Reply):
    people: list[OfPerson]
    is_cut: bool
    """Whether there were more answers than are counted."""


class Due(Reply):
    """`at` is null for what is due on a whole day."""

    what: str
    whose: str
    on: date
    at: At | None
    ref: str | None
    moved_by_holiday: bool
    moved_from: date | None


class Collision(Reply):
    title: str
    says: str


class WeeksAhead(Reply):
    first_on: date
    last_on: date
    moved: int
    dues: list[Due]
    collisions: list[Collision]


async def people_listed(request: web.Request, given: Empty) -> People:
    bot, now = bot_of(request), bot_of(request).now()
    async with bot.db.read() as tx:
        absences = await away.known(tx, now)
        signed_in = await access.last_sign_ins(tx)
    return People(
        people=[
            Somebody(
                id=one.id,
                roles=[str(role) for role in one.roles],
                up_to=None if one.up_to is None else [_amount(limit) for limit in one.up_to.values()],
                substitute_for=one.substitute_for,
                signed_in_at=signed_in.get(one.id),
                away=[
                    Absence(since=other.since, until=other.until, note=other.note, by=other.by)
                    for other in absences
                    if other.person == one.id
                ],
            )
            for one in bot.settings.people
        ],
        groups={group: list(members) for group, members in bot.settings.groups.items()},
        decide=[
            Band(above=amount_of(band.above), up_to=_amount(band.up_to), people=list(band.people))
            for band in bands(bot.settings)
        ],
        nobody_left=[one.in_words(bot.settings.timezone, now) for one in gaps(bot.settings, absences, now)],
    )


async def go_away(request: web.Request, given: Away) -> Said:
    with refusals_as_answers():
        said = await leave.go(
            bot_of(request),
            request[PERSON],
            of=given.person,
            since=given.since,
            until=given.until,
            note=given.note,
        )
    return Said(said=said)


async def come_back(request: web.Request, given: Back) -> Said:
    with refusals_as_answers():
        return Said(said=await leave.back(bot_of(request), request[PERSON], of=given.person))


async def tokens_listed(request: web.Request, given: Empty) -> Tokens:
    bot = bot_of(request)
    async with bot.db.read() as tx:
        found = await tokens.listed(bot, tx, request[PERSON])
    return Tokens(
        tokens=[
            Token(
                id=one.id,
                person=one.person,
                issued_by=one.issued_by,
                issued_at=one.issued_at,
                expires_at=one.expires_at,
                last_used_at=one.last_used_at,
            )
            for one in found
        ]
    )


async def revoke_token(request: web.Request, given: Revoke) -> Said:
    with refusals_as_answers():
        return Said(said=await tokens.revoke(bot_of(request), request[PERSON], given.which))


async def month_of_answers(request: web.Request, given: Empty) -> MonthOfAnswers:
    bot = bot_of(request)
    begins, ends = people_month.edges(bot, request.match_info["month"])
    async with bot.db.read() as tx:
        rows, cut = await answered.month_rows(bot.settings, tx, begins, ends)
    return MonthOfAnswers(
        people=[
            OfPerson(
                person=one.person,
                approved=one.approved,
                rejected=one.rejected,
                lapsed=one.lapsed,
                held=one.held,
                median_seconds=None if one.median is None else int(one.median.total_seconds()),
                fast=one.fast,
                not_counted=one.not_counted,
            )
            for one in rows
        ],
        is_cut=cut,
    )


async def weeks_ahead(request: web.Request, given: Weeks) -> WeeksAhead:
    bot = bot_of(request)
    chosen = given.calendar or ""
    if chosen and chosen not in calendar.calendars_in_use(bot):
        known = ", ".join(calendar.calendars_in_use(bot))
        raise Answer(404, "There is no such work calendar", (f"In use are {known}.",))
    async with bot.db.read() as tx:
        agenda = await calendar.agenda_of(bot, tx, given.weeks, chosen)
    return WeeksAhead(
        first_on=agenda.first,
        last_on=agenda.last,
        moved=len(agenda.moved),
        dues=[
            Due(
                what=str(one.what),
                whose=one.whose,
                on=one.on,
                at=one.instant,
                ref=agenda.runs[one.group].ref if one.group in agenda.runs else None,
                moved_by_holiday=one.is_moved,
                moved_from=one.came_from_on,
            )
            for one in sorted(agenda.dues, key=calendar.order)
        ],
        collisions=[
            Collision(title=title, says=says)
            for title, says in (clash(one, bot.settings.timezone) for one in agenda.collisions)
        ],
    )


def _amount(known: Money) -> Amount:
    return Amount(amount=f"{known.amount:f}", currency=known.currency)
