"""Today: what needs this person, what is coming, what is unwell, what was done."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from aiohttp import web

from bot.core import words
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
            ticks = f"{count} check{'' if count == 1 else 's'} to tick" if count else ""
            detail = ", ".join(part for part in (was.paid_to, was.amount_note, ticks) if part)
            needs.append(
                Need(
                    f"Approve: {question(was)[:1].lower()}{question(was)[1:]}",
                    f"/approvals/{asked.id}",
                    asked.expires_at,
                    f"{detail}." if detail else "",
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
                    f"Say what happened: {deed(bot, effect)}, {case.title}",
                    case.path,
                    None,
                    f"{effect.reason[:1].upper()}{effect.reason[1:]}.",
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
        name, why = one.resource.partition(":")[2], f"{one.why[:1].upper()}{one.why[1:]}."
        if case is None:
            by_hand = f" Look at it at the vendor, then: payrunbot release {name}"
            needs.append(Need(f"Needs you: {name}", "/connections", None, f"{why}{by_hand}"))
        else:
            needs.append(Need(f"Needs you: {case.title}", case.path, None, why))
    return needs


async def _unsigned(bot: Bot, tx: Tx, person: Person) -> list[Need]:
    """Rules that wait for this person's signature, or were sent back to them."""
    needs = []
    for state in (await rules.states(tx)).values():
        version = await rules.version(tx, state.file_hash) if state.file_hash else None
        if version is None or is_signed(bot.settings, version):
            continue
        if version.sent_back_by is not None and version.proposed_by == person.id:
            title = f"Change it, or propose it again: {state.rule}, version {version.number}"
            back = f"{version.sent_back_by} sent it back: {version.sent_back_why}"
            needs.append(Need(title, f"/rules/{state.rule}", None, back))
        if not may_do(bot.settings, person, Deed.SIGN_OFF, about_signing(bot.settings, version)):
            continue
        by = f"By {version.proposed_by}." if version.proposed_by else "Nobody is named as its author."
        title = f"Sign off: {state.rule}, version {version.number}"
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
        ahead.append((f"{case.account.connector.title} closes it by itself", closes, ""))
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
        what = "Everything is" if pause.scope == brakes.EVERYTHING else f"{pause.scope} is"
        found.append(Trouble(f"{what} paused", f"By {pause.by}: {pause.why}", "wait", "/connections"))
    for mute in await mutes.standing(tx, bot.now()):
        title = f"{mute.name} is muted until {words.moment(mute.until, zone)}"
        found.append(Trouble(title, f"By {mute.by}: {mute.why}", "wait", _page_of(mute)))
    found += await _away(bot, tx)
    for account in bot.accounts:
        known = await health.health(tx, account)
        if known.failing_since is not None:
            since = words.moment(known.failing_since, zone)
            found.append(
                Trouble(
                    f"{account} cannot be read",
                    f"Since {since}: {known.problem}.",
                    "unknown",
                    "/connections",
                )
            )
    server = await mail_servers.known(tx, bot.mailer.server)
    if server is not None and server.failing_since is not None:
        since = words.moment(server.failing_since, zone)
        found.append(Trouble("Mail cannot be sent", f"Since {since}: {server.problem}.", "mail", "/mails"))
    found += await _late(bot, tx)
    if bot.problems:
        count = len(bot.problems)
        title = f"{count} problem{'' if count == 1 else 's'} in the rule files"
        found.append(Trouble(title, "What ran before runs on.", "fail", "/rules"))
    found += [
        Trouble(f"Mail not delivered: {mail.subject}", mail.outcome or mail.recipient, "mail", "/mails")
        for mail in await mails.failed_since(tx, bot.now() - FAILED_LATELY, at_most=20)
    ]
    return tuple(found[:20])


async def _away(bot: Bot, tx: Tx) -> list[Trouble]:
    """Who is away now, and what nobody is left to approve meanwhile or soon."""
    now, zone = bot.now(), bot.settings.timezone
    known = await away.known(tx, now)
    found = [
        Trouble("Nobody is left to approve", one.in_words(zone, now), "fail", "/people")
        for one in gaps(bot.settings, known, now)
    ]
    for one in known:
        if one.covers(now):
            others = " and ".join(ids(stand_ins(bot.settings, one.person)))
            instead = f"{others} is asked as well." if others else "Nobody stands in by the settings."
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
                    f"{case.title}: {state.word}",
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
    names = f"{', '.join(well[:-1])} and {well[-1]}" if len(well) > 1 else well[0]
    last = f" Last news {words.clock(max(heard), bot.settings.timezone)}." if heard else ""
    return f"{names} answer{'s' if len(well) == 1 else ''}.{last}"


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
            title = f"{case.title} is still open after its bank deadline"
            late.append(
                Trouble(title, f"That was {was}. Somebody has to see to it by hand.", "warn", case.path)
            )
    return late
