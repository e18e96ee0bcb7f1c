"""Ask: an effect that needs a person's yes gets a question, and waits for the answer.

A question covers a fingerprint of what was shown. What has changed since is another
question: the round ends, and a new one opens that shows the difference.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from json import loads
from typing import Any

from pydantic import TypeAdapter

from bot.connectors import Gone, VendorProblem
from bot.core.action import AskedInstant
from bot.core.explain import Node
from bot.core.fault import fault_point
from bot.core.guard import limits_in_words
from bot.core.said_json import HOW_MADE, saids_of, with_saids
from bot.core.words import say
from bot.engine.asked import make_asked
from bot.engine.away import tell_if_nobody_can_answer
from bot.engine.bot import Account, Bot
from bot.engine.case import Case, load_case
from bot.engine.clean import is_told_in_a_list, told_at
from bot.engine.ending import end, wait
from bot.engine.may import approvers
from bot.engine.remind import next_reminder
from bot.engine.rounds import plan_round
from bot.engine.seen import covered_in_words
from bot.engine.tell import tell
from bot.engine.turn import Turn
from bot.mail.asked import Asked
from bot.store import approvals, audit, decisions, effects, resources, rules
from bot.store.approvals import Approval, ApprovalState
from bot.store.codec import fingerprint, line_to_json
from bot.store.database import Tx
from bot.store.effects import Effect, State, Unexplained
from bot.store.resources import Resource

_ASKED = TypeAdapter(Asked)

DAYS_TO_DECIDE = 3
"""Working days after which no answer means no, where nothing ends it sooner."""


def asked_to_json(asked: Asked) -> Any:
    """As it was shown, with how its texts were made in `said`."""
    return {**loads(_ASKED.dump_json(asked)), HOW_MADE: saids_of(asked)}


def asked_from_json(stored: Any) -> Asked:
    """The question exactly as it was shown."""
    plain = {name: value for name, value in stored.items() if name != HOW_MADE}
    asked: Asked = _ASKED.validate_python(plain)
    return with_saids(asked, stored.get(HOW_MADE, {}))


async def is_allowed(bot: Bot, turn: Turn, reasons: Sequence[Node]) -> bool:
    """Whether enough people have approved exactly this; else the effect now waits, or has ended."""
    held, seen = turn.held, turn.seen
    async with bot.db.read() as tx:
        asked = await approvals.of_effect(tx, held.key, held.round)
    if asked is None:
        await _ask(bot, turn, reasons)
        return False
    if asked.fingerprint != seen:
        await _ask_anew(bot, turn, asked)
        return False
    if asked.state is ApprovalState.APPROVED:
        return True
    if asked.state is ApprovalState.OPEN and bot.now() < asked.expires_at:
        await wait(bot, held, asked.expires_at, say("waits for an approval"), waits_for="approval", seen=seen)
        return False
    reason = asked.why or say("nobody decided in time, so nothing was done")
    await end(bot, held, State.WITHDRAWN, reason, seen=seen, final=True, asking=ApprovalState.EXPIRED)
    return False


async def _ask(bot: Bot, turn: Turn, reasons: Sequence[Node]) -> None:
    """Open the question, and plan the mail that asks it, in one transaction."""
    account, action, running = turn.account, turn.action, turn.running
    held, found, seen = turn.held, turn.found, turn.seen
    now = bot.now()
    await _read_last_lines(bot, account, found, held.correlation)
    async with bot.db.read() as tx:
        case = await load_case(bot, tx, found.id, rule=running.rule.id)
        before = [one for one in await approvals.rounds_of(tx, held.key) if one.round < held.round]
        in_the_list = await _was_in_the_list(tx, turn)
    assert case is not None, "what was just read is there"
    expires_at = decide_by(case)
    amount = case.money(action.amount) if action.amount else None
    people = approvers(bot, running, amount)
    asked = make_asked(
        bot,
        case,
        action,
        running,
        expires_at=expires_at,
        reasons=reasons,
        people=people,
        people_needed=turn.decided.people_needed,
        before=[(one, asked_from_json(one.shown["asked"])) for one in before],
    )
    shown = {
        "asked": asked_to_json(asked),
        "lines": [line_to_json(line) for line in case.lines],
        "covered": covered_in_words(case.snapshot, action, case.facts.calendar),
        "resource": found.id,
        "action": action.name,
        "rule": running.rule.id,
        "rule_hash": running.rule.hash,
        "amount": amount.plain() if amount else None,
        "people": [person.id for person in people],
        "guards": list(limits_in_words(account.guards)),
    }
    in_a_list = is_told_in_a_list(bot.settings, shown, now, expires_at)
    approval_id = fingerprint(["approval", held.key, held.round])[:12]
    async with bot.db.write() as tx:
        await approvals.ask(
            tx,
            id=approval_id,
            effect_key=held.key,
            round=held.round,
            fingerprint=seen,
            shown=shown,
            now=now,
            expires_at=expires_at,
            people_needed=turn.decided.people_needed,
            # One list has told of many: nobody is reminded of each.
            remind_at=None if in_the_list else next_reminder(bot.calendar(account), now, expires_at, now),
        )
        await effects.write(
            tx,
            held,
            release=True,
            state=State.WAITING,
            reason=say("waits for an approval"),
            not_before=expires_at,
            attempts=0,
            changed_at=now,
            outcome_json=effects.outcome_to_json({**held.outcome, "waits_for": "approval", "seen": seen}),
        )
        if not in_the_list:
            await tell(
                tx,
                f"asked:{approval_id}",
                "approval_asked",
                now=now,
                correlation=held.correlation,
                connection=held.connection,
                resource=held.resource,
                rule=held.rule,
                rule_hash=held.rule_hash,
                not_before=told_at(now) if in_a_list else now,
                approval=approval_id,
            )
            await _say_if_nobody_can_answer(bot, tx, approval_id)
        await audit.note(
            tx,
            now,
            audit.BOT,
            "asked",
            resource=held.resource,
            effect=held.name,
            approval=approval_id,
            seen=seen,
            people=[person.id for person in people],
            amount=amount.plain() if amount else None,
        )
        await fault_point("approval.before_commit")
    await fault_point("approval.committed")
    bot.log.info("asked", approval=approval_id, people=len(people), decide_by=expires_at.isoformat())


async def _say_if_nobody_can_answer(bot: Bot, tx: Tx, approval_id: str) -> None:
    asked = await approvals.get(tx, approval_id)
    assert asked is not None, "it was just asked"
    await tell_if_nobody_can_answer(bot, tx, asked)


async def _was_in_the_list(tx: Tx, turn: Turn) -> bool:
    """Whether adoption has told of it: what was true before the rule began is one list, not mail by mail."""
    held, rule = turn.held, turn.running.rule.id
    adopted_at = await rules.adopted_at(tx, rule, turn.account.id)
    kept = await decisions.get(tx, rule, turn.found.id)
    if adopted_at is None or kept is None or kept.since > adopted_at:
        return False
    return held.round == 1 and held.planned_at - adopted_at < timedelta(minutes=1)


async def _read_last_lines(bot: Bot, account: Account, found: Resource, correlation: str) -> None:
    """Read the last run's lines where nobody has: who asks "why does it differ" must be able to say.

    Where they can't be read now, the checks that need them say so, and are ticked by a person.
    """
    async with bot.db.read() as tx:
        earlier = await resources.earlier(tx, found.snapshot, found.id, at_most=1)
    if not earlier or earlier[0].lines is not None or earlier[0].is_erased or not found.snapshot.lines:
        return
    try:
        last = await account.connection.read(earlier[0].kind, earlier[0].vendor_id, bot.now(), lines=True)
    except (VendorProblem, Gone):
        bot.log.warning("the last run's lines could not be read", ref=earlier[0].ref)
        return
    async with bot.db.write() as tx:
        await resources.save(tx, last, now=bot.now(), correlation=correlation)


def decide_by(case: Case) -> datetime:
    """The earliest of: the vendor does it by itself, the bank deadline, three working days."""
    calendar, now = case.facts.calendar, case.now
    last_day = calendar.working_days_after(calendar.today(now), DAYS_TO_DECIDE)
    closes = calendar.closes_at(last_day)
    latest = calendar.instant(last_day, closes) if closes is not None else calendar.end_of(last_day)
    ends = [latest, case.instant("closes by itself at"), case.instant("bank deadline")]
    return min(at for at in ends if at is not None and at > now)


async def _ask_anew(bot: Bot, turn: Turn, asked: Approval) -> None:
    """What was shown is no longer what is: end this round, open the next one, not too soon.

    A crash between the two leaves the round withdrawn; the next reading then opens the
    new one by itself.
    """
    now, held = bot.now(), turn.held
    await end(bot, held, State.WITHDRAWN, say("it has changed since it was shown"), seen=turn.seen)
    not_before = max(now, asked.asked_at + bot.settings.timing.reask)
    async with bot.db.write() as tx:
        latest = await effects.latest(tx, held.key)
        if latest is not None and latest.round == held.round:
            await plan_round(
                bot, tx, turn.running, turn.found, held.round + 1, turn.seen, not_before, held.correlation
            )


async def given(bot: Bot, held: Effect, wanted: AskedInstant) -> dict[str, str]:
    """What whoever approved gave, as the request has it. Raises Unexplained where there is nothing."""
    async with bot.db.read() as tx:
        asked = await approvals.of_effect(tx, held.key, held.round)
    if asked is None or asked.given_at is None:
        raise Unexplained(say("it was approved without “{label}”", label=wanted.label), held)
    return {wanted.name: wanted.sent(asked.given_at)}


def approved_by(asked: Approval | None) -> str:
    """`finance-1`, `finance-1 and finance-2`."""
    return " and ".join(asked.approved_by) if asked else ""
