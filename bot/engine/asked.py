"""Make the question that an approver is shown, from the case as it is now."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.action import Action
from bot.core.explain import Node
from bot.core.guard import without_guard
from bot.core.money import Money
from bot.core.resource import Line
from bot.core.words import joined, lower, say, upper
from bot.engine.bot import Bot, Running
from bot.engine.case import Case
from bot.engine.seen import covered_in_words
from bot.engine.ticked import still_ticked
from bot.mail.asked import Asked
from bot.mail.parts import (
    AmountRow,
    Change,
    Difference,
    Finding,
    change,
    differs,
    line_changes,
    place,
    than_last_run,
    when,
)
from bot.settings import Person
from bot.store.approvals import Approval
from bot.store.codec import line_from_json


def make_asked(
    bot: Bot,
    case: Case,
    action: Action,
    running: Running,
    *,
    expires_at: datetime,
    reasons: Sequence[Node],
    people: Sequence[Person],
    people_needed: int,
    before: Sequence[tuple[Approval, Asked]],
) -> Asked:
    """All that the page and the mail show. `before` are the earlier askings, oldest first."""
    net_pay = case.money("net pay")
    last_pay = case.last.money("net pay") if case.last else None
    percent = change(last_pay, net_pay) if net_pay is not None else None
    found, clean = case.checks()
    found += tuple(_guard_finding(node) for node in reasons if node.text.startswith("guard:"))
    zone = bot.settings.timezone
    is_calendar = case.snapshot.kind.endswith(".calendar")
    return Asked(
        title=case.title,
        verb=action.verb,
        vendor=case.account.connector.title,
        connection=case.account.id,
        asked_at=case.now,
        decide_by=expires_at,
        decide_by_there=_there(case, expires_at, zone),
        rule=running.rule.id,
        version=str(running.version),
        amount=net_pay,
        amount_note=than_last_run(percent),
        people=case.people,
        paid_to=case.paid_to(),
        pay_on=None if is_calendar else case.pay_on,
        pay_on_note="" if is_calendar else case.pay_on_note,
        facts=_facts(case, action),
        amounts=_amounts(case),
        history=case.history(),
        differs=_differs(case),
        differs_not=_differs_not(case),
        findings=still_ticked(found, before, case.lines, net_pay, people_needed, zone),
        clean=clean,
        not_checked=action.not_checked,
        then=_then(case, action, running),
        final=action.undo[0] if action.undo else "",
        final_more=action.undo[1] if len(action.undo) > 1 else "",
        people_needed=people_needed,
        deputies=tuple(person.id for person in people),
        silence=_silence(bot, case),
        if_rejected=_if_rejected(bot, case),
        prepared=_prepared(case, reasons, running.rule.advice),
        difference=_difference(case, action, before),
        asks_for=action.asks_for.label if action.asks_for else "",
        asks_help=action.asks_for.help if action.asks_for else "",
        first_asked_at=before[0][0].asked_at if before else None,
    )


def _there(case: Case, at: datetime, zone: ZoneInfo) -> str:
    """The same moment on the clocks of the work calendar, where those differ from the reader's."""
    local, here = case.facts.calendar.local(at), at.astimezone(zone)
    if local.utcoffset() == here.utcoffset():
        return ""
    there = case.facts.calendar.zone
    clock = words.clock(at, there) if local.date() == here.date() else words.moment(at, there)
    return say("{clock} {place}", clock=clock, place=place(there))


def _differs(case: Case) -> tuple[Change, ...]:
    return differs(case.last.lines, case.lines) if case.lines and case.last and case.last.lines else ()


def _differs_not(case: Case) -> str:
    """Why nothing is said of joiners and leavers. Nothing where lines are not what it is about."""
    if case.money("net pay") is None or _differs(case):
        return ""
    if case.last is None:
        return say("There is no earlier run to compare it with.")
    if not case.lines or not case.last.lines:
        return say("It cannot be said: not every line of both runs is known.")
    return say("It does not: every payee gets what they got last run.")


def _amounts(case: Case) -> tuple[AmountRow, ...]:
    rows = []
    for name, label, hint in (
        ("net pay", say("Net pay"), say("what payees receive")),
        ("cost", say("Cost"), say("what you pay")),
        ("invoice total", say("Invoice"), say("what you are billed")),
    ):
        now = case.money(name)
        if now is not None:
            rows.append(AmountRow(label, now, case.last.money(name) if case.last else None, hint))
    return tuple(rows)


def _facts(case: Case, action: Action) -> tuple[tuple[str, str], ...]:
    """What there is to see beside amounts: for a calendar, the one that would be made."""
    shown: list[tuple[str, str]] = []
    start, end = case.day("period start"), case.day("period end")
    if start and end:
        label = say("It still shows") if case.snapshot.kind.endswith(".calendar") else say("Period")
        shown.append((label, say("{start} to {end}", start=words.day(start), end=words.day(end))))
    asked_for = {
        "name": say("The next one"),
        "periodStartDate": say("Its period from"),
        "paymentDate": say("Its pay date"),
    }
    if case.snapshot.kind.endswith(".calendar"):
        request = action.request(case.snapshot)
        shown += [(label, _readable(request[name])) for name, label in asked_for.items() if name in request]
    also = case.text("finalising also")
    if also:
        shown.append((say("Finalising also"), also))
    if action.asks_for is not None:
        told = joined((action.asks_for.label, action.asks_for.help), ". ")
        shown.append((say("You say"), told))
    return tuple(shown)


def _readable(sent: str) -> str:
    """A value of a request as people read it: days as days."""
    try:
        return words.day(date.fromisoformat(sent[:10]))
    except ValueError:
        return sent


def _guard_finding(node: Node) -> Finding:
    return Finding("guard-median", upper(without_guard(node.text)), node.saw)


def _then(case: Case, action: Action, running: Running) -> tuple[str, ...]:
    """What happens after a yes, the vendor's own part included."""
    vendor = case.account.connector.title
    said = [
        say(
            "payrunbot reads it again and goes on only if nothing changed: {verb} {title}.",
            verb=lower(action.verb),
            title=case.title,
        )
    ]
    if action.vendor_then:
        said.append(say("{vendor}, by itself, {then}.", vendor=vendor, then=action.vendor_then))
    also = case.text("finalising also")
    if also:
        said.append(
            say("{vendor} is also set to do this when it finalises: {also}.", vendor=vendor, also=also)
        )
    told = [step.args["to"] for step in running.rule.then[1:] if "to" in step.args]
    if told:
        whom = joined(told, say(" and "))
        said.append(say("payrunbot confirms by reading back and mails {whom}.", whom=whom))
    else:
        said.append(say("payrunbot confirms by reading back."))
    return tuple(said)


def _silence(bot: Bot, case: Case) -> str:
    """What nobody's answer leads to, the vendor's own doings included."""
    closes = case.instant("closes by itself at")
    if closes is None:
        return say("payrunbot does nothing, and somebody has to do it by hand.")
    vendor = case.account.connector.title
    at = when(closes, case.now, bot.settings.timezone)
    stop = case.account.connector.how_to_stop
    said = say("payrunbot does nothing and {vendor} does it by itself at {at} anyway.", vendor=vendor, at=at)
    return joined((said, stop), " ") if stop else said


def _if_rejected(bot: Bot, case: Case) -> str:
    """What a no leads to: it ends this asking, and what the vendor does by itself goes on."""
    again = words.moment(case.now + bot.settings.timing.reask, bot.settings.timezone)
    asked = say(
        "You are asked again only where what you see here has changed, and not before {again}.", again=again
    )
    closes = case.instant("closes by itself at")
    if closes is None:
        by_hand = say("payrunbot does nothing with it, and somebody does it by hand where it is needed.")
        return joined((by_hand, asked), " ")
    vendor, at = case.account.connector.title, words.moment(closes, bot.settings.timezone)
    said = say(
        "payrunbot does nothing with it. {vendor} does it by itself {at} anyway.", vendor=vendor, at=at
    )
    return joined([one for one in (said, case.account.connector.how_to_stop, asked) if one], " ")


def _prepared(case: Case, reasons: Sequence[Node], advice: str) -> str:
    # What was seen of a count is a check of its own, above; an amount is said here.
    why = joined((node.text if "(" in node.saw else node.says for node in reasons), "; ")
    said: list[str] = [case.account.connector.who_prepared]
    said += [say("You are asked because: {why}.", why=why)] if why else []
    said += [say("The rule advises: {advice}", advice=advice)] if advice else []
    return joined(said, " ")


def _difference(case: Case, action: Action, before: Sequence[tuple[Approval, Asked]]) -> Difference | None:
    """What is not as it was when they were last asked."""
    if not before:
        return None
    approval, shown = before[-1]
    then = tuple(line_from_json(line) for line in approval.shown["lines"])
    now = case.lines
    others: list[str] = []
    if shown.pay_on != case.pay_on:
        others.append(say("pay date {now}, was {before}", now=_day(case.pay_on), before=_day(shown.pay_on)))
    for name, value in covered_in_words(case.snapshot, action, case.facts.calendar).items():
        earlier = approval.shown.get("covered", {}).get(name, value)
        if earlier != value:
            others.append(say("{name} {value}, was {earlier}", name=name, value=value, earlier=earlier))
    return Difference(
        shown_at=approval.asked_at,
        lines=line_changes(then, now, joined=say("added"), left=say("taken out")),
        before=shown.amount,
        now=case.money("net pay"),
        same=_same(then, now),
        said=_said(approval),
        others=tuple(others),
    )


def _said(approval: Approval) -> str:
    if not approval.answers:
        return say("Nobody had answered yet, and nothing was done.")
    who = joined([one.person for one in approval.answers], say(" and "))
    return say("{who} had answered; it changed, so nothing was done.", who=who)


def _same(then: Sequence[Line], now: Sequence[Line]) -> int:
    before: dict[str, tuple[str, Money]] = {line.id: (line.payee, line.net_pay) for line in then}
    return sum(1 for line in now if before.get(line.id) == (line.payee, line.net_pay))


def _day(value: object) -> str:
    return words.day(value) if isinstance(value, date) else say("none")
