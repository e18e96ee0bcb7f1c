"""Alerts of rules, and what people should know of the bot itself."""

import re
from datetime import date, datetime
from typing import Any

from bot.core import words
from bot.core.resource import Known
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case, page_of, title_of
from bot.engine.letters import alerted
from bot.engine.letters.again import about, note_of, still_of
from bot.engine.letters.measured import period, span
from bot.engine.letters.parts import (
    OPS,
    Addressed,
    group_of_rule,
    in_group,
    reason,
    text_of,
    to_group,
    to_people,
    zone_of,
)
from bot.engine.letters.scheduled import holiday_letter
from bot.mail.deadlines import HolidayAhead
from bot.mail.letters import (
    Adopted,
    AdoptedRun,
    LeftAlone,
    Letter,
    RoublerErrors,
    RoublerErrorsCleared,
    RuleRefused,
    RulesWaiting,
    RunError,
    TokenIssued,
    WaitingRule,
)
from bot.store import health, resources
from bot.store.database import Tx
from bot.store.effects import Effect

_EMPLOYEE = re.compile(r"employee (?P<id>[^:]+): (?P<message>.+)", re.DOTALL)


def errors_of(case: Case) -> tuple[RunError, ...]:
    """A run's errors, employee ids only, in the vendor's own words."""
    value = case.value("errors")
    found = value.detail if isinstance(value, Known) else ()
    return tuple(error_of(one) for one in found)


def error_of(text: str) -> RunError:
    match = _EMPLOYEE.fullmatch(text)
    return RunError(match["id"], match["message"]) if match else RunError("", text)


async def alert(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """What a rule alerts of, or that it is over."""
    case = await load_case(bot, tx, await about(bot, tx, effect), rule=effect.rule)
    assert case is not None, "the resource of a planned alert is never deleted"
    group = str(effect.args["to"])
    running = bot.rules.get(effect.rule)
    note = note_of(running.rule if running else None)
    still = await still_of(bot, tx, effect, case)
    episode = await health.last_episode(tx, effect.rule, str(effect.args["group"]))
    common: dict[str, Any] = {
        "made_at": bot.now(),
        "zone": zone_of(bot),
        "reason": await reason(bot, tx, effect, in_group(group), case=case, note=note),
        "url": bot.link(case.path),
        "title": case.title,
        "connection": case.account.id,
    }
    letter: Letter
    match effect.args.get("template"):
        case RoublerErrorsCleared.template if episode is not None:
            letter = RoublerErrorsCleared(
                **common,
                since=episode.since,
                cleared_at=episode.cleared_at or bot.now(),
                errors=tuple(error_of(one) for one in effect.args.get("told", [])),
                vendor_says=case.snapshot.vendor_status,
                next=case.next_deadlines(),
            )
        case RoublerErrors.template if episode is not None:
            letter = RoublerErrors(
                **common,
                since=episode.since,
                errors=errors_of(case),
                period=_period(case),
                vendor_says=case.snapshot.vendor_status,
                pay_on=case.pay_on,
                pay_on_note=case.pay_on_note,
                pay_zone=case.facts.calendar.zone if case.facts.calendar.zone != zone_of(bot) else None,
                until=tuple(one for one in case.next_deadlines() if one.what != "Pay date"),
                poll=span(case.account.poll),
                still=still,
            )
        case _:
            over = bool(effect.args.get("cleared"))
            rule = running.rule if running else None
            letter = alerted.notice(case, rule, common, over=over, still=still)
            if effect.args.get("template") == HolidayAhead.template and not over:
                letter = holiday_letter(common, case, rule.advice if rule else "", still=still) or letter
    return to_group(bot, group, letter)


def _period(case: Case) -> str:
    start, end = case.day("period start"), case.day("period end")
    if start is None or end is None:
        return ""
    return period(start, end)


async def left_alone(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """The vendor's own automation does this one."""
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    assert case is not None
    running = bot.rules.get(effect.rule)
    action = bot.actions.get(running.rule.then[0].action) if running else None
    vendor = case.account.connector.title
    closes = case.instant("closes by itself at")
    acts = ""
    if closes:
        acts = say(
            "{vendor} does it by itself on {at}.", vendor=vendor, at=words.moment(closes, zone_of(bot))
        )
    letter = LeftAlone(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(group_of_rule(bot, effect.rule)), case=case),
        url=bot.link(case.path),
        title=case.title,
        verb=action.verb if action else say("Act on"),
        vendor=vendor,
        connection=case.account.id,
        automation=case.account.connector.automation,
        why=say(
            "Two robots on one pay run do things twice, so payrunbot keeps off while {vendor}'s "
            "{automation} is on.",
            vendor=vendor,
            automation=case.account.connector.automation,
        ),
        vendor_acts=acts,
        pay_on=case.pay_on,
        pay_on_note=case.pay_on_note,
        undo=(
            say(
                "Switch {vendor}'s own automation off, and the rule asks as for any other run.",
                vendor=vendor,
            ),
        ),
    )
    return to_group(bot, group_of_rule(bot, effect.rule), letter)


async def adopted(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """One bounded list of what was there before the rule began."""
    account = bot.accounts[effect.connection]
    runs = []
    for resource_id in effect.args["resources"]:
        found = await resources.get(tx, resource_id)
        if found is not None:
            kind = account.kind(found.snapshot.kind)
            runs.append(
                AdoptedRun(
                    title_of(kind, found.snapshot),
                    found.snapshot.vendor_status,
                    bot.link(page_of(found.snapshot)),
                )
            )
    running = bot.rules.get(effect.rule)
    action = bot.actions.get(running.rule.then[0].action) if running else None
    letter = Adopted(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(
            bot, tx, effect, in_group(group_of_rule(bot, effect.rule)), note=say("told once")
        ),
        url=bot.link("/approvals" if action else "/payruns"),
        rule=effect.rule,
        connection=effect.connection,
        would=say("would be {done}", done=action.done_word) if action else say("would be told of at once"),
        runs=tuple(runs),
        total=int(effect.args["total"]),
    )
    return to_group(bot, group_of_rule(bot, effect.rule), letter)


async def rule_refused(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    letter = RuleRefused(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(OPS)),
        url=bot.link("/rules"),
        problems=tuple(effect.args["problems"]),
        running=tuple(effect.args["running"]),
        others=int(effect.args["others"]),
    )
    return to_group(bot, OPS, letter)


async def rules_waiting(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To every approver: any of them but the proposer may sign."""
    waiting = tuple(
        WaitingRule(
            **{
                **one,
                "proposed_at": datetime.fromisoformat(one["proposed_at"]),
                "url": bot.link(f"/rules/{one['id']}"),
                "changes": tuple(one["changes"]),
                "wrong": tuple(one["wrong"]),
            }
        )
        for one in effect.args["rules"]
    )
    letter = RulesWaiting(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, say("you may sign off rules")),
        url=bot.link("/rules"),
        rules=waiting,
    )
    authors = {one.proposed_by for one in waiting}
    may_sign = [
        one for one in bot.settings.people if one.is_approver and (bot.settings.sole or {one.id} != authors)
    ]
    return to_people(may_sign, letter)


async def token_issued(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To the person and to every approver, so that nobody gets one unseen."""
    told = []
    for person in bot.settings.people:
        own = person.id == effect.args["person"]
        if not own and not person.is_approver:
            continue
        letter = TokenIssued(
            made_at=bot.now(),
            zone=zone_of(bot),
            reason=await reason(bot, tx, effect, say("it is yours") if own else say("you are an approver")),
            url=bot.link("/"),
            person=str(effect.args["person"]),
            issued_by=text_of(effect.args["issued_by"]),
            issued_at=datetime.fromisoformat(str(effect.args["issued_at"])),
            expires_on=date.fromisoformat(str(effect.args["expires_on"])),
            to_you=own,
        )
        told += to_people([person], letter)
    return told
