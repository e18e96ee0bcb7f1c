"""Today: what needs this person, what is coming, what is unwell, what was done."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from aiohttp import web

from bot.core import words
from bot.core.words import joined, lower, say, say_many, upper
from bot.engine.ask import asked_from_json
from bot.engine.away import away_until, gaps, stand_ins
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.engine.may import Deed, ids, may_do
from bot.engine.versions import about_signing, is_signed
from bot.settings import Person
from bot.store import (
    approvals,
    away,
    brakes,
    effects,
    health,
    mail_servers,
    mails,
    mutes,
    parked,
    resources,
    rules,
)
from bot.store.approvals import ApprovalState
from bot.store.database import Tx
from bot.store.effects import Effect, State
from bot.store.mutes import Mute
from bot.web.console.payruns import status_of
from bot.web.desk import frame_of, is_for, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of
from bot.web.shapes import Deadline, Event, Frame, Need, Trouble
from bot.web.views import Today
from bot.web.wording import deed, question, state_of

DAYS_AHEAD = 10
MOST_RUNS = 60
DONE_SHOWN = 12
FAILED_LATELY = timedelta(days=7)
"""For so long a mail that did not arrive is a trouble of today."""


async def today(request: web.Request) -> web.Response:
    bot, person, forms = bot_of(request), request[PERSON], await forms_for(request)
    async with bot.db.read() as tx:
        view = await whole_day(bot, tx, person, await frame_of(request, tx, forms))
    return shown(request, view)


async def whole_day(bot: Bot, tx: Tx, person: Person, frame: Frame) -> Today:
    """All that the page shows this person, for the API too."""
    unsettled = [one for one in await effects.in_state(tx, State.PARKED) if one.is_vendor]
    needs = [
        *await _questions(bot, tx, person),
        *await _unsettled(bot, tx, person, unsettled),
        *await _apart(bot, tx, person),
        *await _unsigned(bot, tx, person),
    ]
    return Today(
        frame=frame,
        needs=tuple(sorted(needs, key=lambda need: (need.by is None, need.by))),
        deadlines=await _deadlines(bot, tx, person),
        troubles=await _troubles(bot, tx),
        done=await _done(bot, tx),
        answering=await _answering(bot, tx),
    )


async def _questions(bot: Bot, tx: Tx, person: Person) -> list[Need]:
    needs = []
    for asked in await approvals.listed(tx, ApprovalState.OPEN):
        if is_for(bot, person, asked):
            was = asked_from_json(asked.shown["asked"])
            count = len(was.to_tick)
            ticks = say_many(count, "{count} check to tick", "{count} checks to tick") if count else ""
            detail = joined([part for part in (was.paid_to, was.amount_note, ticks) if part])
            needs.append(
                Need(
                    say("Approve: {what}", what=lower(question(was))),
                    f"/approvals/{asked.id}",
                    asked.expires_at,
                    say("{text}.", text=detail) if detail else "",
                    was.amount,
                )
            )
    return needs


async def _unsettled(bot: Bot, tx: Tx, person: Person, parked: Sequence[Effect]) -> list[Need]:
    if not may_do(bot.settings, person, Deed.SETTLE):
        return []
    needs = []
    for effect in parked:
        case = await load_case(bot, tx, effect.resource)
        if case is not None:
            needs.append(
                Need(
                    say("Say what happened: {what}, {run}", what=deed(bot, effect), run=case.title),
                    case.path,
                    None,
                    say("{text}.", text=upper(effect.reason)),
                )
            )
    return needs


async def _apart(bot: Bot, tx: Tx, person: Person) -> list[Need]:
    """What nothing is done about until somebody has looked at it."""
    if not may_do(bot.settings, person, Deed.RELEASE):
        return []
    needs = []
    for one in await parked.listed(tx):
        case = await load_case(bot, tx, one.resource)
        name, why = one.resource.partition(":")[2], say("{text}.", text=upper(one.why))
        if case is None:
            by_hand = say("Look at it at the vendor, then: payrunbot release {name}", name=name)
            detail = joined((why, by_hand), " ")
            needs.append(Need(say("Needs you: {what}", what=name), "/connections", None, detail))
        else:
            needs.append(Need(say("Needs you: {what}", what=case.title), case.path, None, why))
    return needs


async def _unsigned(bot: Bot, tx: Tx, person: Person) -> list[Need]:
    """Rules that wait for this person's signature, or were sent back to them."""
    needs = []
    for state in (await rules.states(tx)).values():
        version = await rules.version(tx, state.file_hash) if state.file_hash else None
        if version is None or is_signed(bot.settings, version):
            continue
        if version.sent_back_by is not None and version.proposed_by == person.id:
            title = say(
                "Change it, or propose it again: {rule}, version {version}",
                rule=state.rule,
                version=version.number,
            )
            back = say("{person} sent it back: {why}", person=version.sent_back_by, why=version.sent_back_why)
            needs.append(Need(title, f"/rules/{state.rule}", None, back))
        if not may_do(bot.settings, person, Deed.SIGN_OFF, about_signing(bot.settings, version)):
            continue
        author = version.proposed_by
        by = say("By {person}.", person=author) if author else say("Nobody is named as its author.")
        title = say("Sign off: {rule}, version {version}", rule=state.rule, version=version.number)
        needs.append(Need(title, f"/rules/{state.rule}", None, by))
    return needs


async def _deadlines(bot: Bot, tx: Tx, person: Person) -> tuple[Deadline, ...]:
    """What is due for pay runs that are not over, in the next ten working days."""
    found: list[Deadline] = []
    live = await resources.all_of(tx, kind_ends=".payrun", only_live=True)
    for one in live[:MOST_RUNS]:
        case = await load_case(bot, tx, one.id)
        if case is not None:
            found += await _of_run(bot, tx, person, case)
    return tuple(sorted(found, key=lambda deadline: _instant(bot, deadline.at)))


async def _of_run(bot: Bot, tx: Tx, person: Person, case: Case) -> list[Deadline]:
    ahead = [(one.what, one.at, one.note) for one in case.next_deadlines() if not isinstance(one.at, str)]
    closes = case.instant("closes by itself at")
    if closes is not None and closes > case.now:
        vendor = case.account.connector.title
        ahead.append((say("{vendor} closes it by itself", vendor=vendor), closes, ""))
    calendar = case.facts.calendar
    last = calendar.working_days_after(calendar.today(case.now), DAYS_AHEAD)
    soon = [one for one in ahead if _day(bot, one[1]) <= last]
    if not soon:
        return []
    status = await status_of(bot, tx, person, case)
    return [Deadline(at, what, case.title, case.path, status, note) for what, at, note in soon]


def _day(bot: Bot, at: datetime | date) -> date:
    return at.astimezone(bot.settings.timezone).date() if isinstance(at, datetime) else at


def _instant(bot: Bot, at: datetime | date) -> tuple[date, bool, str]:
    """In order of days; a whole day comes after its hours."""
    return _day(bot, at), not isinstance(at, datetime), at.isoformat()


async def _troubles(bot: Bot, tx: Tx) -> tuple[Trouble, ...]:
    zone = bot.settings.timezone
    found = []
    for pause in await brakes.pauses(tx, bot.now()):
        title = say("{connection} is paused", connection=pause.scope)
        if pause.scope == brakes.EVERYTHING:
            title = say("Everything is paused")
        found.append(Trouble(title, _by(pause.by, pause.why), "wait", "/connections"))
    for mute in await mutes.standing(tx, bot.now()):
        title = say("{what} is muted until {when}", what=mute.name, when=words.moment(mute.until, zone))
        found.append(Trouble(title, _by(mute.by, mute.why), "wait", _page_of(mute)))
    found += await _away(bot, tx)
    for account in bot.accounts:
        known = await health.health(tx, account)
        if known.failing_since is not None:
            since = words.moment(known.failing_since, zone)
            title = say("{connection} cannot be read", connection=account)
            detail = say("Since {when}: {problem}.", when=since, problem=known.problem)
            found.append(Trouble(title, detail, "unknown", "/connections"))
    server = await mail_servers.known(tx, bot.mailer.server)
    if server is not None and server.failing_since is not None:
        since = words.moment(server.failing_since, zone)
        detail = say("Since {when}: {problem}.", when=since, problem=server.problem)
        found.append(Trouble(say("Mail cannot be sent"), detail, "mail", "/mails"))
    found += await _late(bot, tx)
    if bot.problems:
        title = say_many(
            len(bot.problems), "{count} problem in the rule files", "{count} problems in the rule files"
        )
        found.append(Trouble(title, say("What ran before runs on."), "fail", "/rules"))
    found += [
        Trouble(
            say("Mail not delivered: {subject}", subject=mail.subject),
            mail.outcome or mail.recipient,
            "mail",
            "/mails",
        )
        for mail in await mails.failed_since(tx, bot.now() - FAILED_LATELY, at_most=20)
    ]
    return tuple(found[:20])


def _by(person: str, why: str) -> str:
    return say("By {person}: {why}", person=person, why=why)


async def _away(bot: Bot, tx: Tx) -> list[Trouble]:
    """Who is away now, and what nobody is left to approve meanwhile or soon."""
    now, zone = bot.now(), bot.settings.timezone
    known = await away.known(tx, now)
    found = [
        Trouble(say("Nobody is left to approve"), one.in_words(zone, now), "fail", "/people")
        for one in gaps(bot.settings, known, now)
    ]
    for one in known:
        if one.covers(now):
            others = joined(ids(stand_ins(bot.settings, one.person)), say(" and "))
            instead = say("Nobody stands in by the settings.")
            if others:
                instead = say("{people} is asked as well.", people=others)
            found.append(Trouble(away_until(one, zone), instead, "wait", "/people"))
    return found


def _page_of(mute: Mute) -> str:
    """Where to read more of what is muted."""
    match mute.about.partition(":")[0]:
        case "rule":
            return f"/rules/{mute.name}"
        case "resource":
            return f"/payruns/{mute.name}"
        case _:
            return "/connections"


async def _done(bot: Bot, tx: Tx) -> tuple[Event, ...]:
    """What was done at vendors lately, newest first."""
    events = []
    for effect in await effects.recent_at_vendors(tx, at_most=MOST_RUNS):
        if effect.state in (State.VERIFIED, State.REFUSED, State.WITHDRAWN):
            case = await load_case(bot, tx, effect.resource)
            if case is None:
                continue
            state = state_of(bot, effect)
            note = "" if effect.state is State.VERIFIED else effect.reason
            events.append(
                Event(
                    effect.changed_at,
                    say("{what}: {state}", what=case.title, state=state.word),
                    state.icon,
                    note,
                    "hot" if effect.state is State.VERIFIED else "",
                    amount=case.money("net pay"),
                )
            )
        if len(events) == DONE_SHOWN:
            break
    return tuple(events)


async def _answering(bot: Bot, tx: Tx) -> str:
    """`gigapay-se and xero-uk answer. Last news 15:02.`"""
    well, heard = [], []
    for account in bot.accounts:
        known = await health.health(tx, account)
        if known.listed_at is not None and known.failing_since is None:
            well.append(account)
        heard += [at for at in (known.listed_at, known.hook_at) if at is not None]
    if not well:
        return ""
    names = joined(well, last=say("and"))
    answer = say_many(len(well), "{connections} answers.", "{connections} answer.", connections=names)
    if not heard:
        return answer
    last = words.clock(max(heard), bot.settings.timezone)
    return joined((answer, say("Last news {clock}.", clock=last)), " ")


async def _late(bot: Bot, tx: Tx) -> list[Trouble]:
    """Runs that are still open although the money can no longer arrive in time."""
    late = []
    still_open = [
        one
        for account in bot.accounts
        for one in await resources.all_of(tx, account, kind_ends=".payrun", only_open=True)
    ]
    for found in still_open:
        case = await load_case(bot, tx, found.id)
        deadline = case.instant("bank deadline") if case else None
        if case is not None and deadline is not None and deadline <= bot.now():
            was = words.moment(deadline, bot.settings.timezone)
            title = say("{run} is still open after its bank deadline", run=case.title)
            detail = say("That was {when}. Somebody has to see to it by hand.", when=was)
            late.append(Trouble(title, detail, "warn", case.path))
    return late
