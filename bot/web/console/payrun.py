"""One pay run: did the right thing happen, why, and what is next?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from json import loads
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.core import words
from bot.core.money import Money
from bot.core.resource import Known, Unread, Value, reference
from bot.core.seen import seen
from bot.core.watched import CONNECTION
from bot.core.words import Said, joined, lower, part_in, say, upper
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case, title_of
from bot.engine.confirm import SOMEBODY_ELSE
from bot.engine.may import Deed, may_do
from bot.facts.gather import MOST_EARLIER
from bot.mail.parts import LineChange, change, line_changes, place, than_last_run
from bot.store import approvals, audit, brakes, decisions, effects, mails, parked, resources, rules
from bot.store.approvals import Approval
from bot.store.brakes import Hold
from bot.store.database import Tx
from bot.store.decisions import Kept
from bot.store.effects import Effect, State
from bot.store.mails import Mail
from bot.web.console.approvals import row_of
from bot.web.console.mails import row_of as mail_row
from bot.web.console.timeline import timeline
from bot.web.desk import frame_of, is_for, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of, not_there
from bot.web.shapes import Key, WhyRule
from bot.web.views import PayrunPage
from bot.web.wording import run_status, vendor_says, why_lines

_LINES = {"line": say("Lines"), "pay slip": say("Pay slips"), "payout": say("Payouts")}
"""What a vendor calls the lines of a pay run."""


async def resource_of(tx: Tx, request: web.Request) -> str:
    """The id of the resource that the address names. Raises Answer 404."""
    where = request.match_info
    found = await resources.by_vendor_id(tx, where["connection"], where["vendor_id"])
    known = found.id if found else await parked.named(tx, where["connection"], where["vendor_id"])
    if known is None:
        raise not_there(say("There is no such pay run, or it has not been read yet."))
    return known


def path_of(request: web.Request) -> str:
    """The page's own address, escaped as references are everywhere."""
    return f"/payruns/{reference(request.match_info['connection'], request.match_info['vendor_id'])}"


async def one(request: web.Request) -> web.Response:
    bot, person, here = bot_of(request), request[PERSON], path_of(request)
    forms = await forms_for(request, f"{here}/hold", f"{here}/release", f"{here}/settle")
    async with bot.db.read() as tx:
        case = await load_case(bot, tx, await resource_of(tx, request))
        if case is None:
            raise not_there(say("It has not been read yet, or its connection is no longer in the settings."))
        if case.kind.name == CONNECTION:
            raise not_there(say("That is a connection and no pay run: look at /connections."))
        done = await effects.of_resource(tx, case.found.id)
        asked = await approvals.of_resource(tx, case.found.id)
        mailed = await mails.of_resource(tx, case.found.id)
        hold = await brakes.held(tx, case.found.id, bot.now())
        apart = await parked.get(tx, case.found.id)
        why = [await _why(bot, tx, kept, done) for kept in await decisions.of_resource(tx, case.found.id)]
        events = await timeline(bot, tx, case, done, asked, mailed)
        frame = await frame_of(request, tx, forms)
        last = await _last(tx, case)
    may = partial(may_do, bot.settings, person)
    changed, unchanged = _lines(case)
    read = facts(case, bot.settings.timezone)
    yours = [it for it in asked if is_for(bot, person, it)]
    unsettled = any(effect.is_vendor and effect.state is State.PARKED for effect in done)
    view = PayrunPage(
        frame=frame,
        title=case.title,
        ref=case.found.ref,
        connection=case.account.id,
        status=run_status(
            bot,
            case,
            done,
            asked,
            hold,
            bool(yours),
            is_apart=apart is not None,
        ),
        vendor_says=vendor_says(case),
        lead=_lead(bot, case, done, asked),
        keys=keys(case),
        events=events,
        next=case.next_deadlines(),
        history=case.history(shown=MOST_EARLIER),
        last_title=last[0] if last else "",
        last_url=last[1] if last else "",
        changed=changed,
        changed_last=case.last.money("net pay") if case.last else None,
        changed_now=case.money("net pay"),
        unchanged=unchanged,
        unchanged_sum=_sum(unchanged),
        facts=tuple(one for one in read if _is_made_of(case, one[0])),
        more_facts=tuple(one for one in read if not _is_made_of(case, one[0])),
        unread=unread(case),
        why=tuple(why),
        approvals=tuple(row_of(bot, person, it) for it in reversed(asked)),
        decide_url=f"/approvals/{yours[0].id}" if yours else "",
        mails=tuple(mail_row(it) for it in _newest(mailed)),
        undo=_undo(bot, done),
        evidence_url=f"{here}/evidence",
        hold=forms[f"{here}/hold"] if may(Deed.HOLD) and hold is None else None,
        held=_held(bot, hold),
        apart=say("{text}.", text=upper(apart.why)) if apart else "",
        release=forms[f"{here}/release"] if may(Deed.RELEASE) and (hold or apart) else None,
        settle=forms[f"{here}/settle"] if unsettled and may(Deed.SETTLE) else None,
    )
    return shown(request, view)


def _newest(mailed: Sequence[Mail]) -> Sequence[Mail]:
    return list(reversed(mailed))[:50]


async def _last(tx: Tx, case: Case) -> tuple[str, str] | None:
    if case.last is None:
        return None
    return title_of(case.kind, case.last), f"/payruns/{case.last.ref}"


def _lead(bot: Bot, case: Case, done: Sequence[Effect], asked: Sequence[Approval]) -> str:
    """One sentence on what was done and by whose yes; what is found while nothing was."""
    zone = bot.settings.timezone
    for effect in reversed([one for one in done if one.is_vendor]):
        action = bot.actions.get(effect.action)
        if effect.state is State.VERIFIED and action is not None:
            yes = [one for one in asked if one.effect_key == effect.key and one.round == effect.round]
            at = words.moment(effect.sent_at or effect.changed_at, zone)
            said = _done(case, action.done_word, effect.done_by, at, yes[0].approved_by if yes else ())
            coming = _coming(case, zone)
            return joined((said, coming), " ") if coming else said
        if effect.state in (State.PARKED, State.REFUSED, State.WAITING):
            return say("{text}.", text=upper(effect.reason))
    found, _ = case.checks()
    if not found or not case.snapshot.is_open:
        return ""
    return say("To look at: {findings}.", findings=joined([Said(_Small(one.title)) for one in found]))


def _done(case: Case, done_word: str, by: str | None, at: str, approved_by: Sequence[str]) -> str:
    """`It was closed Fri 20 Nov 15:59 by payrunbot, after finance-1 approved, and read back.`"""
    if by == SOMEBODY_ELSE:
        vendor = case.account.connector.title
        return say("It was {done} at {vendor} already, not by payrunbot.", done=done_word, vendor=vendor)
    if by not in (None, audit.BOT):
        return say("{person} says that it was {done}.", person=by, done=done_word)
    if not approved_by:
        return say("It was {done} {when} by payrunbot and read back.", done=done_word, when=at)
    return say(
        "It was {done} {when} by payrunbot, after {people} approved, and read back.",
        done=done_word,
        when=at,
        people=joined(approved_by, say(" and ")),
    )


def _coming(case: Case, zone: ZoneInfo) -> str:
    """`Next: bank deadline Tue 24 Nov 16:00.`"""
    for one in case.next_deadlines():
        if isinstance(one.at, datetime):
            return say("Next: {what} {when}.", what=lower(one.what), when=words.moment(one.at, zone))
    return ""


@dataclass(frozen=True, slots=True)
class _Small:
    """A title among others in a sentence."""

    title: str

    def text(self, language: str) -> str:
        return part_in(self.title, language).lower()


def keys(case: Case) -> tuple[Key, ...]:
    found = []
    for name, label, note in (
        ("net pay", say("Net pay"), case.paid_to()),
        ("cost", say("Cost"), say("what you pay")),
    ):
        amount = case.money(name)
        if amount is not None:
            compared = than_last_run(change(case.last.money(name) if case.last else None, amount))
            found.append(Key(label, amount, compared or note))
    if case.snapshot.lines:
        has_last = case.last is not None and case.last.lines is not None
        last = say("{count} last run", count=len(case.last.lines or ())) if case.last and has_last else ""
        found.append(Key(_LINES[case.kind.line_title], str(len(case.snapshot.lines)), last))
    if case.pay_on is not None:
        found.append(Key(say("Paid"), case.pay_on, case.pay_on_note))
    start, end = case.day("period start"), case.day("period end")
    if start is not None and end is not None:
        period = say("{start} to {end}", start=words.day(start), end=words.day(end))
        found.append(Key(say("Period"), period))
    return tuple(found)


def _lines(case: Case) -> tuple[tuple[LineChange, ...], tuple[tuple[str, Money], ...]]:
    last = (case.last.lines if case.last else None) or ()
    changed = line_changes(last, case.lines)
    moved = {one.payee for one in changed}
    return changed, tuple((line.payee, line.net_pay) for line in case.lines if line.payee not in moved)


def _sum(lines: Sequence[tuple[str, Money]]) -> Money | None:
    """What they come to; None where they are in several currencies, or there are none."""
    if len({amount.currency for _, amount in lines}) != 1:
        return None
    return Money(sum((amount.amount for _, amount in lines), Decimal(0)), lines[0][1].currency)


def facts(case: Case, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Every value that was read or worked out, as a rule sees it.

    Rules live in the calendar's zone, pages in the reader's: where the two differ, the
    place is named.
    """
    calendar = case.facts.calendar
    named = () if calendar.zone == zone else (place(calendar.zone),)
    return tuple(
        (name, joined((seen(value, calendar, case.now), *(named if _is_instant(value) else ()))))
        for name, value in sorted(case.facts.values.items())
        if not isinstance(value, Unread)
    )


def _is_made_of(case: Case, name: str) -> bool:
    """Whether a value says what it is made of, as a count of errors says which they are."""
    value = case.facts.values[name]
    return isinstance(value, Known) and bool(value.detail and value.value)


def _is_instant(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.value, datetime)


def unread(case: Case) -> tuple[str, ...]:
    """`net pay: Gigapay has not answered since 16:12`"""
    return tuple(
        joined((name, value.why), ": ")
        for name, value in sorted(case.facts.values.items())
        if isinstance(value, Unread)
    )


async def _why(bot: Bot, tx: Tx, kept: Kept, done: Sequence[Effect]) -> WhyRule:
    """The decision by which something was done, where something was; else the latest."""
    now_lines = why_lines(kept.tree)
    acted = [one for one in done if one.rule == kept.rule and one.is_vendor and one.state is State.VERIFIED]
    if acted and kept.answer != "yes":
        then = [
            row
            for row in await decisions.changes_of(tx, kept.resource)
            if row.rule == kept.rule and row.answer == "yes" and row.at <= acted[-1].changed_at
        ]
        if then:
            row = then[-1]
            return WhyRule(
                rule=kept.rule,
                url=f"/rules/{kept.rule}",
                head=await _head(bot, tx, row.rule_hash, row.at),
                lines=why_lines(loads(row.tree_json)),
                note=say("This is the decision by which it was done."),
                now=now_lines,
                now_answer="no" if kept.answer == "no" else "unknown",
            )
    note = say("Yes, and the rule only watches, so nothing follows.") if kept.verdict == "watch" else ""
    if kept.answer == "unknown":
        note = say("Unknown never acts.")
    return WhyRule(
        rule=kept.rule,
        url=f"/rules/{kept.rule}",
        head=await _head(bot, tx, kept.rule_hash, kept.at),
        lines=now_lines,
        note=note,
    )


async def _head(bot: Bot, tx: Tx, rule_hash: str, at: datetime) -> str:
    version = await rules.version(tx, rule_hash)
    when = words.moment(at, bot.settings.timezone)
    if version is None:
        return say("as decided {when}", when=when)
    return say("version {version}, as decided {when}", version=version.number, when=when)


def _undo(bot: Bot, done: Sequence[Effect]) -> tuple[str, ...]:
    for effect in reversed(done):
        action = bot.actions.get(effect.action)
        if action is not None and effect.state is State.VERIFIED:
            return action.undo
    return ()


def _held(bot: Bot, hold: Hold | None) -> str:
    if hold is None:
        return ""
    until = words.moment(hold.until, bot.settings.timezone)
    return say("{person} holds it until {when}: {why}", person=hold.by, when=until, why=hold.why)
