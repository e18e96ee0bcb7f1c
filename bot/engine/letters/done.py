"""What was done, confirmed by reading back: the mails that a rule's `send_mail` asks for."""

from typing import Any

from bot.core import words
from bot.core.action import Action
from bot.core.resource import Snapshot
from bot.engine.ask import approved_by
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.engine.confirm import SOMEBODY_ELSE
from bot.engine.letters import connection
from bot.engine.letters.parts import Addressed, NotReady, as_sentence, reason, to_group, zone_of
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
    because = await reason(bot, tx, effect, f"you are in {group}", case=case)
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
    return f"{case.account.connector.title} says: {case.snapshot.vendor_status or 'nothing of its status'}."


def _how(bot: Bot, case: Case, action: Action, deed: Effect, approval: Approval | None) -> str:
    """Who did it, when, and by whose yes."""
    vendor, zone = case.account.connector.title, zone_of(bot)
    if deed.done_by == SOMEBODY_ELSE:
        return f"It was {action.done_word} at {vendor} already, not by payrunbot, which has read it."
    if deed.done_by not in (None, audit.BOT):
        return f"{deed.done_by} says that it was {action.done_word}."
    at = words.clock(deed.sent_at or deed.changed_at, zone)
    lines = f", with the {case.paid_to()}" if case.snapshot.lines else ""
    who = approved_by(approval)
    yes = f"{who} approved at {words.clock(approval.answers[-1].at, zone)}" if approval and who else ""
    if yes and approval and approval.given_at and action.asks_for:
        yes += f" with “{action.asks_for.label}” {words.moment(approval.given_at, zone)}"
    if yes:
        yes = f" that {yes}" if lines else f", as {yes}"
    differs_ = deed.outcome.get("differences") or []
    but = f" What was read back differs: {'; '.join(differs_)}." if differs_ else ""
    return f"payrunbot {action.did} it at {at} and read it back{lines}{yes}.{but}"


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
    then = f"{vendor}, by itself, {action.vendor_then}." if action.vendor_then else ""
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
        ahead.insert(
            0, Next("Pay the invoice", by, f"bank reference {reference}" if reference else "", invoice)
        )
    return tuple(one for one in ahead if one.what not in ("Input cut-off", "Approval deadline"))


def compared(last: Snapshot | None, case: Case) -> str:
    """`29.3 % more than last run: 3 joined, 1 left, 2 get more.`"""
    now, before = case.money("net pay"), last.money("net pay") if last else None
    size = than_last_run(change(before, now)) if now is not None else ""
    if not size:
        return ""
    groups = differs(last.lines, case.lines) if last and last.lines and case.lines else ()
    said = f"{size[0].upper()}{size[1:]}"
    return f"{said}: {', '.join(one.what for one in groups)}." if groups else f"{said}."


def _good_to_know(bot: Bot, rounds: tuple[Approval, ...], deed: Effect) -> tuple[str, ...]:
    """That it was asked more than once, and why."""
    zone = zone_of(bot)
    return tuple(
        f"It was first asked {words.moment(one.asked_at, zone)}. That was withdrawn, because {one.why}."
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
        after=f"{case.snapshot.text('name') or case.title} ({case.snapshot.vendor_id})",
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
        title=f"{case.title} was {action.done_word}, which could not be read since",
        connection=case.account.id,
        says=(_how(bot, case, action, deed, approval), "What came of it has not been read."),
        do=(f"Look at it at {case.account.connector.title}: its dates are not known here.",),
    )
