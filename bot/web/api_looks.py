"""The API's looks: at one thing, and at what pages show of everything."""

from collections.abc import Iterable

from aiohttp import web

from bot.connectors.budget import Purpose
from bot.core.said_json import HOW_MADE
from bot.engine import may
from bot.engine.approve import NothingToDecide, find
from bot.engine.bot import Account, Bot
from bot.engine.case import Case, load_case, page_of
from bot.engine.payruns import payrun_json
from bot.engine.versions import about_signing
from bot.mail.parts import line_changes
from bot.store import approvals, brakes, decisions, effects, health, mails, parked, resources, rules
from bot.store.brakes import EVERYTHING, Pause
from bot.store.database import Tx
from bot.store.mails import Mail
from bot.web import reads, replies
from bot.web.api import asked_of, rule_as_it_stands
from bot.web.api_shapes import Empty
from bot.web.console.mails import content, find_mail, parsed
from bot.web.console.payrun import facts, resource_of, unread
from bot.web.console.timeline import said_of, timeline
from bot.web.console.today import whole_day
from bot.web.desk import bare_frame, is_for
from bot.web.parts import PERSON, bot_of, not_there
from bot.web.replies import amount_of
from bot.web.shapes import Event
from bot.web.standing import standings
from bot.web.wording import closed_says, run_status

A_PAGE = 100
_ANSWERS: tuple[replies.Answer, ...] = ("unknown", "yes", "no")


async def me(request: web.Request, _: Empty) -> replies.Me:
    bot, person = bot_of(request), request[PERSON]
    settings = bot.settings
    limits = [may.limit_of(settings, person, currency) for currency in _currencies(bot)]
    known = [amount for limit in limits if (amount := amount_of(limit)) is not None]
    return replies.Me(
        person=person.id,
        roles=[role.value for role in person.roles],
        up_to=known or None,
        may=[deed.value for deed in may.Deed if may.may_do(settings, person, deed)],
    )


def _currencies(bot: Bot) -> list[str]:
    """Every currency that somebody's limit or a guard is in."""
    limits = [one.up_to or {} for one in bot.settings.people]
    guards = [account.guards.per_action for account in bot.accounts.values()]
    return sorted({currency for part in (*limits, *guards) for currency in part})


async def today(request: web.Request, _: Empty) -> replies.Today:
    bot, person = bot_of(request), request[PERSON]
    async with bot.db.read() as tx:
        page = await whole_day(bot, tx, person, bare_frame(request))
    return replies.Today(
        needs=[
            replies.Need(
                title=one.title, url=one.url, by=one.by, detail=one.detail, amount=amount_of(one.amount)
            )
            for one in page.needs
        ],
        deadlines=[
            replies.DeadlineAhead(
                what=one.what, at=one.at, note=one.note, payrun=one.run, url=one.url, state=one.status.word
            )
            for one in page.deadlines
        ],
        troubles=[replies.Trouble(title=one.title, detail=one.detail, url=one.url) for one in page.troubles],
        done=_happened(page.done),
        answering=page.answering,
    )


def _happened(events: Iterable[Event]) -> list[replies.Happened]:
    return [
        replies.Happened(at=one.at, what=one.what, note=one.note, amount=amount_of(one.amount))
        for one in events
    ]


async def payrun(request: web.Request, _: Empty) -> replies.OnePayrun:
    bot, person = bot_of(request), request[PERSON]
    async with bot.db.read() as tx:
        case = await load_case(bot, tx, await resource_of(tx, request))
        if case is None or not case.kind.name.endswith(".payrun"):
            raise not_there("There is no such pay run, or it has not been read yet.")
        resource = case.found.id
        done = await effects.of_resource(tx, resource)
        asked = await approvals.of_resource(tx, resource)
        mailed = await mails.of_resource(tx, resource)
        hold = await brakes.held(tx, resource, bot.now())
        apart = await parked.get(tx, resource)
        events = await timeline(bot, tx, case, done, asked, mailed)
        questions = [await asked_of(bot, tx, person, one) for one in reversed(asked)]
    is_yours = any(is_for(bot, person, one) for one in asked)
    state = run_status(bot, case, done, asked, hold, is_yours, is_apart=apart is not None)
    deeds = [may.Deed.HOLD] if hold is None else [may.Deed.RELEASE]
    deeds += [may.Deed.RELEASE] if apart is not None and hold is None else []
    deeds += [may.Deed.SETTLE] if any(one.is_vendor and one.state == "parked" for one in done) else []
    return replies.OnePayrun.model_validate(
        {
            **payrun_json(case),
            **({"needs_you": apart.why} if apart else {}),
            "title": case.title,
            "state": state.word,
            "facts": dict(facts(case, bot.settings.timezone)),
            "unread": list(unread(case)),
            "deadlines": [
                replies.Coming(what=one.what, at=one.at, note=one.note)
                for one in case.next_deadlines()
                if not isinstance(one.at, str)
            ],
            "earlier": _earlier(case),
            "changed": _changed(case),
            "timeline": _happened(events),
            "approvals": questions,
            "mails": [mail_sent(one) for one in reversed(mailed)],
            "hold": replies.Held(by=hold.by, why=hold.why, until=hold.until) if hold else None,
            "may": [one.value for one in deeds if may.may_do(bot.settings, person, one)],
        }
    )


def _earlier(case: Case) -> list[replies.Earlier]:
    """Net pay of the runs before, newest first, where it is known."""
    found = []
    for run in case.earlier:
        amount, on = amount_of(run.money("net pay")), case.day_of(run)
        if amount is not None and on is not None:
            found.append(replies.Earlier(on=on, amount=amount))
    return found


def _changed(case: Case) -> list[replies.Changed]:
    last = (case.last.lines if case.last else None) or ()
    return [
        replies.Changed(payee=one.payee, last=amount_of(one.before), now=amount_of(one.now))
        for one in line_changes(last, case.lines)
    ]


async def approval(request: web.Request, _: Empty) -> replies.OneApproval:
    bot, person = bot_of(request), request[PERSON]
    async with bot.db.read() as tx:
        try:
            asked, _effect = await find(tx, request.match_info["approval"])
        except NothingToDecide:
            raise not_there("There is no such approval.") from None
        question = await asked_of(bot, tx, person, asked)
    closed = closed_says(bot, asked)
    refusal = may.why_not(bot.settings, person, may.Deed.APPROVE, may.asked_about(bot, asked))
    return replies.OneApproval(
        **dict(question),
        asked={name: one for name, one in asked.shown["asked"].items() if name != HOW_MADE},
        answers=[
            replies.Given(
                person=one.person, answer=one.answer, comment=one.comment, channel=one.channel, at=one.at
            )
            for one in asked.answers
        ],
        closed=f"{closed}." if closed else "",
        may_not="" if closed else refusal or "",
    )


async def rule(request: web.Request, _: Empty) -> replies.OneRule:
    bot, person, name = bot_of(request), request[PERSON], request.match_info["rule"]
    async with bot.db.read() as tx:
        found = next((one for one in await standings(bot, tx) if one.state.rule == name), None)
        if found is None:
            raise not_there("There is no such rule in the files.")
        running = found.running
        version = found.waiting or (await rules.version(tx, running.rule.hash) if running else None)
        assert version is not None, "what runs or waits has a version"
        stands = await rule_as_it_stands(bot, tx, found)
        answers = await _answers(tx, name)
    refusal = None
    if found.waiting is not None:
        about = about_signing(bot.settings, found.waiting)
        refusal = may.why_not(bot.settings, person, may.Deed.SIGN_OFF, about)
    return replies.OneRule(
        **dict(stands), text=version.text, file=version.file, answers=answers, may_not=refusal or ""
    )


async def _answers(tx: Tx, rule: str) -> list[replies.Answered]:
    """What is unknown first; no more than a page of them."""
    found: list[replies.Answered] = []
    for answer in _ANSWERS:
        for kept in (await decisions.answering(tx, rule, answer))[: A_PAGE - len(found)]:
            about = await resources.get(tx, kept.resource)
            if about is not None:
                found.append(replies.Answered(ref=about.ref, answer=answer, since=kept.since))
    return found


async def connections(request: web.Request, _: Empty) -> replies.Connections:
    bot = bot_of(request)
    async with bot.db.read() as tx:
        pauses = {one.scope: one for one in await brakes.pauses(tx, bot.now())}
        rows = [await _connection(bot, tx, one, pauses.get(one.id)) for one in bot.accounts.values()]
    return replies.Connections(connections=rows, paused=_paused(pauses.get(EVERYTHING)))


async def _connection(bot: Bot, tx: Tx, account: Account, pause: Pause | None) -> replies.Connection:
    known = await health.health(tx, account.id)
    return replies.Connection(
        id=account.id,
        vendor=account.connector.vendor,
        listed_at=known.listed_at,
        hook_at=known.hook_at,
        takes_hooks=bool(account.connector.hook_events),
        failing_since=known.failing_since,
        problem=known.problem,
        rest_until=known.rest_until,
        unreadable_webhooks=await reads.count_unparsed(tx, account.id),
        paused=_paused(pause),
        calls_left=[
            replies.CallsLeft(
                window=one.name, limit=one.limit, looks=left[Purpose.LOOKS], effects=left[Purpose.EFFECTS]
            )
            for one, left in await bot.calls.left(tx, account.id)
        ],
    )


def _paused(pause: Pause | None) -> replies.Paused | None:
    if pause is None:
        return None
    return replies.Paused(scope=pause.scope, by=pause.by, why=pause.why, at=pause.at, until=pause.until)


def mail_sent(mail: Mail) -> replies.MailSent:
    return replies.MailSent(
        id=mail.message_id.strip("<>"),
        subject=mail.subject,
        recipient=mail.recipient,
        state=mail.state.value,
        said=said_of(mail),
        at=mail.settled_at or mail.created_at,
    )


async def mail(request: web.Request, _: Empty) -> replies.OneMail:
    found = await find_mail(request)
    async with bot_of(request).db.read() as tx:
        about = await resources.get(tx, found.resource) if found.resource else None
    message = parsed(found)
    return replies.OneMail(
        **dict(mail_sent(found)),
        text=content(message, "plain"),
        html=content(message, "html"),
        about=page_of(about.snapshot) if about is not None else "",
    )
