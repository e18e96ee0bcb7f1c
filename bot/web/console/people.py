"""People: who may what, who is away, whose tokens there are; and what each says of themselves here."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from aiohttp import web

from bot.core.seen import round_money
from bot.core.words import joined, say
from bot.engine import leave, tokens
from bot.engine.away import back_on, gaps
from bot.engine.bot import Bot
from bot.engine.deciders import bands, rules_that_say_more
from bot.engine.may import About, Deed, may_do
from bot.settings import Person, Settings
from bot.store import access, answering, away
from bot.store.access import Token
from bot.store.away import Absence
from bot.store.database import Tx
from bot.web.deeds import refusals_as_answers
from bot.web.desk import done, frame_of, shown
from bot.web.forms import Fields, first, forms_for, instant_of, posted
from bot.web.parts import PERSON, Answer, bot_of
from bot.web.persons import NewToken, People, PersonRow, TokenRow
from bot.web.shapes import Form

HERE = "/people"
ISSUE, REVOKE, GO, BACK = (f"{HERE}/{deed}" for deed in ("token", "revoke", "away", "back"))
LANGUAGES = {"en": say("English"), "sv": say("Swedish")}
LONGEST_NOTE = 200
_ROLES: Mapping[str, str] = {
    "approver": say("approver"),
    "operator": say("operator"),
    "viewer": say("viewer"),
}


async def page(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    forms = await forms_for(request, ISSUE, REVOKE, GO, BACK)
    async with bot.db.read() as tx:
        view = await _view(bot, tx, person, forms, request)
    return shown(request, view)


async def _view(bot: Bot, tx: Tx, person: Person, forms: Mapping[str, Form], request: web.Request) -> People:
    now, settings = bot.now(), bot.settings
    month = month_of(bot, now)
    absences = await away.known(tx, now)
    by_person = {one.id: [other for other in absences if other.person == one.id] for one in settings.people}
    own_tokens = await tokens.listed(bot, tx, person)
    answered = await answering.count_answers(tx, month[0], now)
    signed_in = await access.last_sign_ins(tx)
    may_for = _may_for(bot, person)
    return People(
        frame=await frame_of(request, tx, dict(forms)),
        rows=tuple(
            PersonRow(
                id=one.id,
                roles=joined([_ROLES.get(role, role) for role in one.roles]),
                limits=_limits(settings, one),
                stands_in_for=one.substitute_for or "",
                language=LANGUAGES.get(one.language, one.language),
                signed_in_at=signed_in.get(one.id),
                answered=answered.get(one.id, 0),
                away=tuple(_away(bot, other) for other in by_person[one.id]),
                back_on=next(
                    (
                        back_on(other.until, settings.timezone)
                        for other in by_person[one.id]
                        if other.covers(now)
                    ),
                    "",
                ),
                tokens=_rows(own_tokens, one, forms[REVOKE])
                if may_do(settings, person, Deed.REVOKE, About(person=one.id))
                else None,
                is_you=one.id == person.id,
            )
            for one in settings.people
        ),
        gaps=tuple(one.in_words(settings.timezone, now) for one in gaps(settings, absences, now)),
        groups=tuple((group, ", ".join(members)) for group, members in settings.groups.items()),
        decide=tuple((band.amounts, _enough(band.people)) for band in bands(settings)),
        rules=rules_that_say_more(bot),
        month_url=f"{HERE}/{now.astimezone(settings.timezone):%Y-%m}",
        issue=forms[ISSUE],
        go=forms[GO],
        back=forms[BACK] if any(by_person[one] for one in may_for) else None,
        may_for=may_for,
        may_return=tuple(one for one in may_for if by_person[one]),
        is_by_proxy=settings.http.proxy is not None,
    )


def month_of(bot: Bot, now: datetime) -> tuple[datetime, datetime]:
    """The first instant of this month, and of the next, on the clocks of the settings' zone."""
    local = now.astimezone(bot.settings.timezone)
    begins = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(begins.year * 12 + begins.month, 12)
    return begins, begins.replace(year=year, month=month + 1)


def _may_for(bot: Bot, person: Person) -> tuple[str, ...]:
    """Of whom this person may say that they are away, themselves first."""
    others = [
        one.id
        for one in bot.settings.people
        if one.id != person.id and may_do(bot.settings, person, Deed.SAY_AWAY, About(person=one.id))
    ]
    return (person.id, *others)


def _limits(settings: Settings, person: Person) -> tuple[str, ...]:
    if not person.is_approver:
        return ()
    stood_in = settings.person(person.substitute_for) if person.substitute_for else None
    if person.up_to is not None:
        return tuple(round_money(one) for one in person.up_to.values())
    if stood_in is not None and stood_in.up_to is not None:
        return tuple(
            say("{limit}, as {person}", limit=round_money(one), person=stood_in.id)
            for one in stood_in.up_to.values()
        )
    return (say("no limit of their own"),)


def _away(bot: Bot, one: Absence) -> str:
    zone = bot.settings.timezone
    said = say("away until {until}", until=back_on(one.until, zone))
    if not one.covers(bot.now()):
        since, until = back_on(one.since, zone), back_on(one.until, zone)
        said = say("away from {since} until {until}", since=since, until=until)
    if one.by != one.person:
        said = say("{away}, says {person}", away=said, person=one.by)
    return say("{away}: {note}", away=said, note=one.note) if one.note else said


def _rows(known: Iterable[Token], person: Person, revoke: Form) -> tuple[TokenRow, ...]:
    return tuple(
        TokenRow(one.id, one.issued_at, one.issued_by, one.expires_at, one.last_used_at, revoke)
        for one in known
        if one.person == person.id
    )


def _enough(people: tuple[str, ...]) -> str:
    """Who is enough to say yes: any one of them."""
    if not people:
        return say("nobody may approve it")
    if len(people) == 1:
        return say("{person} alone, and nobody else", person=people[0])
    return joined(people, last=say("or"))


async def issue(request: web.Request) -> web.Response:
    """A token for oneself. It is on this one page, which nobody keeps, and nowhere else."""
    await posted(request)
    bot, person = bot_of(request), request[PERSON]
    with refusals_as_answers(HERE):
        token, ends_at = await tokens.issue(bot, person)
    forms = await forms_for(request)
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
    return shown(request, NewToken(frame=frame, token=token, expires_at=ends_at))


async def revoke(request: web.Request) -> web.Response:
    fields = await posted(request)
    with refusals_as_answers(HERE):
        said = await tokens.revoke(bot_of(request), request[PERSON], first(fields, "token"))
    return done(request, HERE, said)


async def go(request: web.Request) -> web.Response:
    """Say that somebody is away; from now on where the field was left empty."""
    fields = await posted(request)
    since, note = first(fields, "since"), _note(fields)
    with refusals_as_answers(HERE):
        said = await leave.go(
            bot_of(request),
            request[PERSON],
            of=first(fields, "person") or None,
            since=instant_of(request, since) if since else None,
            until=instant_of(request, first(fields, "until")),
            note=note,
        )
    return done(request, HERE, said)


def _note(fields: Fields) -> str:
    note = " ".join(first(fields, "note").split())
    if len(note) > LONGEST_NOTE:
        raise Answer(
            422, say("Nothing was done: the note is longer than {most} characters", most=LONGEST_NOTE)
        )
    return note


async def back(request: web.Request) -> web.Response:
    fields = await posted(request)
    with refusals_as_answers(HERE):
        said = await leave.back(bot_of(request), request[PERSON], of=first(fields, "person") or None)
    return done(request, HERE, said)
