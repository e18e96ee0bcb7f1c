"""What was done, confirmed by reading back: the mails that a rule's `send_mail` asks for."""

from typing import Any
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.action import Action
from bot.core.resource import Snapshot
from bot.core.words import Said, joined, say
from bot.engine.ask import approved_by
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.engine.confirm import SOMEBODY_ELSE
from bot.engine.letters import connection
from bot.engine.letters.parts import Addressed, NotReady, as_sentence, in_group, reason, to_group, zone_of
from bot.mail.letters import CalendarCreated, Letter, Notice, PayrunDone, PayrunFinalised
from bot.mail.parts import Next, change, differs, than_last_run
from bot.store import approvals, audit, effects, resources
from bot.store.approvals import Approval
from bot.store.database import Tx
from bot.store.effects import Effect


async def sent(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To the group that the rule names."""
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    assert case is not None, "the resource of a planned mail is never deleted"
    group = str(effect.args["to"])
    deed = await _deed(tx, effect)
    action = bot.actions.get(deed.action) if deed else None
    because = await reason(bot, tx, effect, in_group(group), case=case)
    common: dict[str, Any] = {
        "made_at": bot.now(),
        "zone": zone_of(bot),
        "reason": because,
        "url": bot.link(case.path),
    }
    letter: Letter
    if deed is None or action is None:
        letter = _only_tells(bot, effect, case, common)
    else:
        approval = await approvals.of_effect(tx, deed.key, deed.round)
        rounds = await approvals.rounds_of(tx, deed.key)
        if effect.args["template"] == CalendarCreated.template:
            made = await _calendar(bot, tx, case, action, deed, approval, common)
            if isinstance(made, str):
                raise NotReady(made, to_group(bot, group, _unread(bot, case, action, deed, approval, common)))
            letter = made
        else:
            kind = PayrunFinalised if effect.args["template"] == PayrunFinalised.template else PayrunDone
            letter = kind(**common, **_done(bot, case, action, deed, approval, rounds))
    return to_group(bot, group, letter)


async def _deed(tx: Tx, effect: Effect) -> Effect | None:
    """The vendor action of the chain that this mail is about."""
    vendor = [one for one in await effects.of_chain(tx, effect.chain) if one.is_vendor]
    return vendor[0] if vendor else None


def _only_tells(bot: Bot, effect: Effect, case: Case, common: dict[str, Any]) -> Letter:
    """What a rule tells that does nothing."""
    common = {**common, "title": case.title, "connection": case.account.id}
    if not connection.is_connection(case):
        return Notice(**common, says=(_says(case),))
    running = bot.rules.get(effect.rule)
    title = as_sentence(running.rule.title if running is not None else effect.rule)
    return Notice(**common, says=(title,), rows=connection.rows_of(case, zone_of(bot)))


def _says(case: Case) -> str:
    vendor, status = case.account.connector.title, case.snapshot.vendor_status
    if not status:
        return say("{vendor} says: nothing of its status.", vendor=vendor)
    return say("{vendor} says: {status}.", vendor=vendor, status=status)


def _how(bot: Bot, case: Case, action: Action, deed: Effect, approval: Approval | None) -> str:
    """Who did it, when, and by whose yes."""
    vendor, zone = case.account.connector.title, zone_of(bot)
    if deed.done_by == SOMEBODY_ELSE:
        return say(
            "It was {done} at {vendor} already, not by payrunbot, which has read it.",
            done=action.done_word,
            vendor=vendor,
        )
    if deed.done_by not in (None, audit.BOT):
        return say("{who} says that it was {done}.", who=deed.done_by, done=action.done_word)
    did, at = action.did, words.clock(deed.sent_at or deed.changed_at, zone)
    lines = case.paid_to() if case.snapshot.lines else ""
    yes = _yes(action, approval, zone)
    if lines and yes:
        said = say(
            "payrunbot {did} at {at} and read it back, with the {lines} that {approved}.",
            did=did,
            at=at,
            lines=lines,
            approved=yes,
        )
    elif lines:
        said = say("payrunbot {did} at {at} and read it back, with the {lines}.", did=did, at=at, lines=lines)
    elif yes:
        said = say("payrunbot {did} at {at} and read it back, as {approved}.", did=did, at=at, approved=yes)
    else:
        said = say("payrunbot {did} at {at} and read it back.", did=did, at=at)
    differs_ = deed.outcome.get("differences") or []
    if not differs_:
        return said
    but = say("What was read back differs: {differences}.", differences=joined(differs_, "; "))
    return joined((said, but), " ")


def _yes(action: Action, approval: Approval | None, zone: ZoneInfo) -> Said | None:
    """`finance-1 approved at 15:58`, inside a sentence; None where nobody did."""
    if approval is None or not approval.approved_by:
        return None
    who = joined(approval.approved_by, say(" and "))
    at = words.clock(approval.answers[-1].at, zone)
    if not (approval.given_at and action.asks_for):
        return say("{who} approved at {clock}", who=who, clock=at)
    return say(
        "{who} approved at {clock} with “{label}” {given}",
        who=who,
        clock=at,
        label=action.asks_for.label,
        given=words.moment(approval.given_at, zone),
    )


def _done(
    bot: Bot,
    case: Case,
    action: Action,
    deed: Effect,
    approval: Approval | None,
    rounds: tuple[Approval, ...],
) -> dict[str, Any]:
    vendor = case.account.connector.title
    as_seen = deed.done_by == audit.BOT and not deed.outcome.get("differences")
    then = ""
    if action.vendor_then:
        then = say("{vendor}, by itself, {then}.", vendor=vendor, then=action.vendor_then)
    return {
        "title": case.title,
        "vendor": vendor,
        "connection": case.account.id,
        "done_word": action.done_word,
        "done_at": deed.sent_at or deed.changed_at,
        "how": _how(bot, case, action, deed, approval),
        "as_approved": as_seen and bool(approved_by(approval)),
        "vendor_then": then,
        "amount": case.money("net pay"),
        "people": case.people,
        "paid_to": case.paid_to(),
        "pay_on": case.pay_on,
        "pay_on_note": case.pay_on_note,
        "next": _next(case),
        "history": case.history(),
        "compared": compared(case.last, case),
        "good_to_know": _good_to_know(bot, rounds, deed),
        "undo": action.undo,
    }


def _next(case: Case) -> tuple[Next, ...]:
    """Pay the invoice where there is one, then the pay date."""
    invoice, by = case.money("invoice total"), case.instant("bank deadline")
    ahead = list(case.next_deadlines())
    if invoice is not None and by is not None and by > case.now:
        ahead = [one for one in ahead if one.what != "Bank deadline"]
        reference = case.text("bank reference")
        note = say("bank reference {reference}", reference=reference) if reference else ""
        ahead.insert(0, Next(say("Pay the invoice"), by, note, invoice))
    return tuple(one for one in ahead if one.what not in ("Input cut-off", "Approval deadline"))


def compared(last: Snapshot | None, case: Case) -> str:
    """`29.3 % more than last run: 3 joined, 1 left, 2 get more.`"""
    now, before = case.money("net pay"), last.money("net pay") if last else None
    size = than_last_run(change(before, now)) if now is not None else ""
    if not size:
        return ""
    groups = differs(last.lines, case.lines) if last and last.lines and case.lines else ()
    return as_sentence(joined((size, joined(one.what for one in groups)), ": ") if groups else size)


def _good_to_know(bot: Bot, rounds: tuple[Approval, ...], deed: Effect) -> tuple[str, ...]:
    """That it was asked more than once, and why."""
    zone = zone_of(bot)
    return tuple(
        say(
            "It was first asked {at}. That was withdrawn, because {why}.",
            at=words.moment(one.asked_at, zone),
            why=one.why,
        )
        for one in rounds
        if one.round < deed.round
    )


async def _calendar(
    bot: Bot,
    tx: Tx,
    case: Case,
    action: Action,
    deed: Effect,
    approval: Approval | None,
    common: dict[str, Any],
) -> Letter | str:
    """What was made, as the vendor computed it: read off the new calendar, not off our request.

    Why that cannot be said yet, where it has not been read.
    """
    new_id = case.text("next period calendar")
    made = await resources.by_vendor_id(tx, case.account.id, new_id) if new_id else None
    if made is None:
        return "the new calendar has not been read yet"
    start, end, paid = (made.snapshot.day(name) for name in ("period start", "period end", "pay date"))
    if start is None or end is None or paid is None:
        return "the new calendar's dates have not been read yet"
    return CalendarCreated(
        **common,
        vendor=case.account.connector.title,
        connection=case.account.id,
        after=say("{name} ({id})", name=case.snapshot.text("name") or case.title, id=case.snapshot.vendor_id),
        name=made.snapshot.text("name") or "",
        calendar_id=made.snapshot.vendor_id,
        calendar_type=made.snapshot.text("calendar type") or "",
        period_start_on=start,
        period_end_on=end,
        pay_on=paid,
        created_at=deed.sent_at or deed.changed_at,
        how=_how(bot, case, action, deed, approval),
        as_approved=bool(approval and approval.approved_by),
        undo=action.undo,
    )


def _unread(
    bot: Bot, case: Case, action: Action, deed: Effect, approval: Approval | None, common: dict[str, Any]
) -> Letter:
    """That it was done, where what came of it is never read."""
    return Notice(
        **common,
        title=say(
            "{title} was {done}, which could not be read since", title=case.title, done=action.done_word
        ),
        connection=case.account.id,
        says=(_how(bot, case, action, deed, approval), say("What came of it has not been read.")),
        do=(
            say("Look at it at {vendor}: its dates are not known here.", vendor=case.account.connector.title),
        ),
    )
