"""One rule: what it says and may do, what it did, and the version that waits for a signature.

For whoever signs it is the question in full: what would be different, in words, in lines
and in what was recorded.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.backtest.inforce import InForce, is_replayed
from bot.core import words
from bot.core.rule import Mode, Rule
from bot.core.seen import with_note
from bot.core.words import Said, joined, say
from bot.engine import versions
from bot.engine.bot import Bot
from bot.engine.case import page_of, title_of
from bot.engine.compared import Reading, why_narrower
from bot.engine.edits import lines_between
from bot.engine.may import Deed, may_do
from bot.engine.mutes import LONGEST
from bot.engine.read_back import changes_of, rule_of, sentence_of
from bot.engine.rule_folder import setup_now, words_now
from bot.settings import Person
from bot.store import decisions, mutes, resources, rules
from bot.store.database import Tx
from bot.store.mutes import Mute
from bot.store.rules import Version
from bot.web import rule_reads
from bot.web.console.rule_checks import checks_of
from bot.web.console.rule_trial import in_force, trial_of
from bot.web.console.rules import LATELY, answers_say, proposed_says, sent_back_says
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of, not_there
from bot.web.rule_views import Lines, Muting, RulePage, RuleTry, VersionRow
from bot.web.shapes import Answer, Form, Status
from bot.web.standing import Standing, guards_of, standing_of, until_then, who_signs, why_not_signed_by
from bot.web.wording import why_lines

ANSWERS_SHOWN = 20
VERSIONS_SHOWN = 30
BEFORE_SIGNING = timedelta(days=90)
"""How far back a version that waits is compared with what runs."""
MONTH = timedelta(days=31)
_ANSWERS: tuple[Answer, ...] = ("unknown", "yes", "no")
_USUAL_MUTE = timedelta(days=1)
_NOTED: Mapping[str, Callable[[str], Said]] = {
    "proposed": lambda who: say("{person} proposed it", person=who),
    "signed off": lambda who: say("{person} signed it", person=who),
    "sent back": lambda who: say("{person} sent it back", person=who),
    "changed a rule's values": lambda who: say("{person} changed its values", person=who),
}


async def one(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    standing = await _standing(request, bot)
    rule_id, waiting, running = standing.state.rule, standing.waiting, standing.running
    # The version is part of the address, so that a signature is under what was read.
    here = f"/rules/{rule_id}"
    sign, back = (f"{here}/{waiting.number if waiting else 0}/{deed}" for deed in ("sign-off", "send-back"))
    again, mute, unmute = (f"{here}/{deed}" for deed in ("propose-again", "mute", "unmute"))
    forms = await forms_for(request, sign, back, again, mute, unmute)
    async with bot.db.read() as tx:
        runs = await rules.version(tx, running.rule.hash) if running else None
        version = waiting or runs
        assert version is not None, "what runs or waits has a version"
        rule = running.rule if running and running.rule.hash == version.hash else rule_of(version)
        history = await rules.latest_of(tx, rule_id, at_most=VERSIONS_SHOWN)
        view = RulePage(
            frame=await frame_of(request, tx, forms),
            id=rule_id,
            version=str(version.number),
            title=(rule.title if rule else rule_id).rstrip("."),
            sentence=sentence_of(rule),
            mode=Mode(version.mode) if waiting or running is None else running.mode,
            text=version.text,
            file=version.file,
            status=_status(waiting),
            proposed=proposed_says(bot, version) if waiting else "",
            until_then=until_then(standing),
            guards=guards_of(bot, rule),
            changed=_changed(runs, waiting),
            changes=changes_of(bot, running, runs, waiting) if waiting else (),
            wider=running.wider if running else "",
            wrong=bot.wrong.get(rule_id, ()) if waiting else (),
            answers=await _answers(bot, tx, rule_id),
            counted=answers_say(await rule_reads.answers(tx, rule_id)),
            did=(await rule_reads.did(tx, rule_id, bot.now() - LATELY)).words(),
            history=await _history(bot, tx, standing, history),
            muting=await _muting(bot, tx, person, rule, forms[mute], forms[unmute]),
            edit_url=f"{here}/edit" if may_do(bot.settings, person, Deed.PROPOSE) else "",
            try_url=f"{here}/try" if rule is not None and is_replayed(rule) else "",
            who=who_signs(bot, waiting) if waiting else "",
        )
    view = _with_forms(bot, person, waiting, view, forms[sign], forms[back], forms[again])
    view = replace(view, checks=await checks_of(bot, version))
    if waiting is not None:
        view = await _compared(request, bot, view, standing, waiting, rule, history)
    return shown(request, view)


async def try_it(request: web.Request) -> web.Response:
    """The rule over what was recorded last, in its own mode or in another one."""
    bot, standing = bot_of(request), await _standing(request, bot_of(request))
    forms = await forms_for(request)
    async with bot.db.read() as tx:
        running = standing.running
        version = standing.waiting or (await rules.version(tx, running.rule.hash) if running else None)
        frame = await frame_of(request, tx, forms)
    assert version is not None, "what runs or waits has a version"
    own = in_force(bot, version)
    asked = request.query.get("mode", version.mode)
    mode = Mode(asked) if asked in list(Mode) else Mode(version.mode)
    new = replace(own, mode=mode, rule=replace(own.rule, mode=mode)) if own else None
    view = RuleTry(
        frame=frame,
        id=standing.state.rule,
        version=str(version.number),
        sentence=sentence_of(own.rule if own else None),
        mode=mode,
        modes=(Mode.WATCH, Mode.ASK, Mode.ACT),
        trial=await trial_of(request, bot, MONTH, new),
        days=MONTH.days,
    )
    return shown(request, view)


async def _standing(request: web.Request, bot: Bot) -> Standing:
    async with bot.db.read() as tx:
        found = await standing_of(bot, tx, request.match_info["rule"])
    if found is None:
        raise not_there(say("There is no such rule in the files."))
    return found


def _status(waiting: Version | None) -> Status:
    if waiting is None:
        return Status(say("runs"), "done")
    if waiting.sent_back_by is not None:
        return Status(say("sent back"), "wait", "calm")
    return Status(say("waits for sign-off"), "need", "need")


def _with_forms(
    bot: Bot, person: Person, waiting: Version | None, view: RulePage, sign: Form, back: Form, again: Form
) -> RulePage:
    """What this person may do about the version that waits."""
    if waiting is None:
        return view
    may = may_do(bot.settings, person, Deed.PROPOSE)
    if waiting.sent_back_by is not None:
        return replace(view, sent_back=sent_back_says(bot, waiting), propose_again=again if may else None)
    may_not = why_not_signed_by(bot, person, waiting)
    return replace(
        view,
        may_not=may_not,
        sign_off=None if may_not else sign,
        send_back=back if may_do(bot.settings, person, Deed.SEND_BACK) else None,
        propose_again=again if may and waiting.proposed_by is None else None,
    )


async def _compared(
    request: web.Request,
    bot: Bot,
    view: RulePage,
    standing: Standing,
    waiting: Version,
    rule: Rule | None,
    history: tuple[Version, ...],
) -> RulePage:
    """With what it would have done beside the version before it, and where it does less than that."""
    signed = next((one for one in history if versions.is_signed(bot.settings, one)), None)
    running = standing.running
    if running is None or running.rule.hash == waiting.hash:
        before = in_force(bot, signed)
    else:
        before = InForce(running.rule, running.mode, running.calendars)
    trial = await trial_of(request, bot, BEFORE_SIGNING, in_force(bot, waiting), before)
    if rule is None or signed is None:
        return replace(view, trial=trial)
    reading = Reading(words_now(), setup_now(bot), bot.now())
    narrower = await asyncio.to_thread(why_narrower, rule, waiting, signed, reading)
    return replace(view, trial=trial, narrower=narrower)


def _changed(runs: Version | None, waiting: Version | None) -> Lines:
    if runs is None or waiting is None or runs.hash == waiting.hash:
        return ()
    return lines_between(runs.text, waiting.text)


async def _history(
    bot: Bot, tx: Tx, standing: Standing, history: tuple[Version, ...]
) -> tuple[VersionRow, ...]:
    """The last versions, newest first, each with who did what about it."""
    zone, noted = bot.settings.timezone, await rule_reads.noted(tx, standing.state.rule)
    running = standing.running.rule.hash if standing.running else None
    rows = []
    for version in history:
        state: str = say("runs") if version.hash == running else ""
        if standing.waiting is not None and version.hash == standing.waiting.hash:
            state = say("sent back") if version.sent_back_by else say("waits for sign-off")
        rows.append(
            VersionRow(
                number=version.number,
                at=version.seen_at,
                mode=Mode(version.mode),
                state=state,
                noted=tuple(_noted(version, [one for one in noted if one.version == version.hash], zone)),
            )
        )
    return tuple(rows)


def _noted(version: Version, noted: Sequence[rule_reads.Noted], zone: ZoneInfo) -> Iterator[str]:
    """Who did what about a version. Of an old one the record may not say all that is kept beside it."""
    said = {(one.actor, one.what) for one in noted}
    if version.proposed_by is not None and (version.proposed_by, "proposed") not in said:
        yield _NOTED["proposed"](version.proposed_by)
    for one in noted:
        what, when = _NOTED[one.what](one.actor), words.moment(one.at, zone)
        if one.why:
            yield say("{what}, {when}: {why}", what=what, when=when, why=one.why)
        else:
            yield say("{what}, {when}", what=what, when=when)
    for person in version.signed_by:
        if (person, "signed off") not in said:
            yield _NOTED["signed off"](person)


async def _muting(
    bot: Bot, tx: Tx, person: Person, rule: Rule | None, mute: Form, unmute: Form
) -> Muting | None:
    """None for a rule that alerts of nothing: there is nothing to hold back."""
    general = words_now().general_actions
    if rule is None or not any(
        step.action in general and general[step.action].is_alert for step in rule.then
    ):
        return None
    now, zone = bot.now(), bot.settings.timezone
    may = may_do(bot.settings, person, Deed.MUTE)
    found: Mute | None = await mutes.longest(tx, [f"rule:{rule.id}"], now)
    if found is not None:
        until = words.moment(found.until, zone)
        said = say("{person} muted it until {when}: {why}", person=found.by, when=until, why=found.why)
        return Muting(said, unmute=unmute if may else None)
    end = (now + min(_USUAL_MUTE, LONGEST)).astimezone(zone)
    return Muting(mute=mute if may else None, until=f"{end:%Y-%m-%dT%H:%M}")


async def _answers(bot: Bot, tx: Tx, rule_id: str) -> tuple[tuple[str, str, Answer, str], ...]:
    """(pay run, its url, answer, since when or why): the last ones, what is unknown first."""
    rows: list[tuple[str, str, Answer, str]] = []
    for answer in _ANSWERS:
        for kept in await decisions.latest_answering(tx, rule_id, answer, at_most=ANSWERS_SHOWN - len(rows)):
            found = await resources.get(tx, kept.resource)
            account = bot.accounts.get(found.snapshot.connection) if found else None
            if found is None or account is None:
                continue
            deciding = [line for line in why_lines(kept.tree) if line.answer == kept.answer]
            since = words.moment(kept.since, bot.settings.timezone)
            note = (
                since
                if answer == "yes"
                else joined((with_note(line.says, line.saw) for line in deciding), "; ")
            )
            title = title_of(account.kind(found.snapshot.kind), found.snapshot)
            rows.append((title, page_of(found.snapshot), answer, note))
    return tuple(rows)
