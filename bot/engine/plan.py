"""Plan: decide every rule about a resource, and hand what follows to whoever plans it.

All of it happens in the transaction that saved the reading, so that nobody can see a
decision without its effects.
"""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.exc import DBAPIError

from bot.core.condition import Answer
from bot.core.deadline import deadlines, has_deadlines
from bot.core.decide import Decision, Verdict, decide, gone
from bot.core.explain import as_lines, tree_to_json
from bot.core.fault import fault_point
from bot.core.resource import Known, Snapshot, Unread
from bot.core.rule import Mode
from bot.core.seen import moment
from bot.core.watched import CONNECTION
from bot.core.words import say
from bot.engine import alerts, connection_health, in_step
from bot.engine.adopt import adopt_signed
from bot.engine.bot import Account, Bot, Running
from bot.engine.park import DECIDING_FAILED, park_effect, park_resource, take_up_by_reading
from bot.engine.rounds import leave_alone, no_lines, plan_chain, withdraw
from bot.engine.tell import tell
from bot.engine.trace import correlated, new_correlation
from bot.facts.gather import gather, needs_lines
from bot.store import decisions, health, news, resources, to_decide
from bot.store.database import Tx, set_apart
from bot.store.effects import Unexplained
from bot.store.resources import Resource
from bot.store.unexplained import LAST_READING

FRESH_POLLS = 2
"""A reading older than this many polls answers nothing."""
AT_ONCE = 25
"""How many are decided in one round because of the time, and as many because of rules that changed."""


async def decide_due(bot: Bot) -> bool:
    """Decide again where time alone may have changed an answer, or a rule has changed; False where nowhere.

    Some of each in one round: a cut-off that has come waits for no hundred thousand resources
    that a changed rule is to be asked about, nor these for every cut-off.
    """
    async with bot.db.read() as tx:
        by_time = await decisions.due(tx, bot.now(), at_most=AT_ONCE)
        marked = await to_decide.first(tx, at_most=AT_ONCE)
    why = dict.fromkeys((*by_time, *marked), "rules") | dict.fromkeys(by_time, "time")
    for resource_id, cause in why.items():
        correlation = new_correlation(cause)
        with correlated("decide", correlation, resource=resource_id):
            await _decide_again(bot, resource_id, correlation)
    if why:
        bot.wake()
    return bool(why)


async def _decide_again(bot: Bot, resource_id: str, correlation: str) -> None:
    async with bot.db.write() as tx:
        # Before anything is asked: rules that change after this mark it anew.
        connection = await to_decide.take(tx, resource_id)
        await decide_and_ask(bot, tx, resource_id, correlation=correlation)
        if connection is not None:
            await adopt_signed(bot, tx, connection)
        await fault_point("decide.before_commit")
    await fault_point("decide.committed")


async def decide_and_ask(bot: Bot, tx: Tx, resource_id: str, *, correlation: str) -> None:
    """Decide all rules about one resource, and have it read with its lines where an answer needs them."""
    if not await decide_about(bot, tx, resource_id, correlation=correlation):
        return
    found = await resources.get(tx, resource_id)
    assert found is not None, "lines are wanted of what is there"
    await news.ask_to_look(
        tx,
        connection=found.snapshot.connection,
        kind=found.snapshot.kind,
        key=found.snapshot.vendor_id,
        due_at=bot.now(),
        correlation=correlation,
        # No list has lines, so none may stand in for this reading.
        fingerprint=found.fingerprint or "",
    )


async def may_want_lines(bot: Bot, tx: Tx, resource_id: str) -> bool:
    """Whether a rule that asks about lines did not say no the last time, so that they are worth reading."""
    return any(
        kept.answer != Answer.NO and kept.rule in bot.rules and needs_lines(bot.rules[kept.rule].rule)
        for kept in await decisions.of_resource(tx, resource_id)
    )


async def decide_about(bot: Bot, tx: Tx, resource_id: str, *, correlation: str) -> bool:
    """Decide all rules about one resource; True where its lines are wanted and unread.

    What cannot be decided, for an error of ours or because a record says what cannot be,
    is set apart and holds up no other: nothing is raised for it, and the reading is kept.
    """
    await in_step.ensure(bot, tx)
    found = await resources.get(tx, resource_id)
    account = bot.accounts.get(found.snapshot.connection) if found else None
    if found is None or account is None:
        await decisions.forget_others(tx, resource_id, ())
        return False
    if found.snapshot.kind == CONNECTION:
        found = await connection_health.renew(bot, tx, account)
    if found.is_broken:
        await park_resource(bot, tx, resource_id, LAST_READING, ends_by_reading=True)
        return False
    try:
        async with set_apart(tx):
            wants_lines = await _decide(bot, tx, found, account, correlation)
    except DBAPIError:
        raise  # not about this resource
    except Unexplained as odd:
        if odd.effect is None:
            await park_resource(bot, tx, resource_id, odd.why)
        else:
            await park_effect(bot, tx, odd.effect, odd.why)
        return False
    except Exception:
        bot.log.exception("a decision failed", resource=resource_id)
        await park_resource(bot, tx, resource_id, DECIDING_FAILED, ends_by_reading=True)
        return False
    await take_up_by_reading(bot, tx, resource_id)
    return wants_lines


async def _decide(bot: Bot, tx: Tx, found: Resource, account: Account, correlation: str) -> bool:
    now, resource_id = bot.now(), found.id
    await _keep_pay_date(bot, tx, found, account)
    snapshot = fresh_or_unread(found.snapshot, account, bot, now)
    asking = bot.rules.asked_about(snapshot.kind, account.id)
    # An answer of a rule that no longer asks would fall due for ever, and nobody would renew it.
    for rule in await decisions.forget_others(tx, resource_id, [running.rule.id for running in asking]):
        await _end_of_watch(bot, tx, rule, found, correlation)
    earlier = await resources.earlier(tx, snapshot, resource_id)
    wants_lines, began_s = False, asyncio.get_running_loop().time()
    answers: list[tuple[Running, Decision]] = []
    for running in asking:
        facts = gather(snapshot, earlier, running.calendar(account), now, found.generation)
        decided = decide(running.rule, facts, now, running.mode)
        if found.gone_at is not None:
            decided = gone(decided)
        answers.append((running, decided))
        if decided.answer is not Answer.NO and snapshot.lines is None and needs_lines(running.rule):
            wants_lines = True
    given = [
        decisions.Given(
            running.rule.id,
            running.rule.hash,
            decided.answer,
            decided.verdict,
            tree_to_json(decided.tree),
            _next_at(decided, snapshot, account, now),
        )
        for running, decided in answers
    ]
    await decisions.keep_all(tx, resource_id, given, now=now, correlation=correlation)
    for running, decided in answers:
        if decided.answer is Answer.UNKNOWN:
            await _tell_undecided(bot, tx, running, account, found, decided, correlation)
        await _follow(bot, tx, running, account, found, decided, correlation)
    bot.measures.decided(
        {running.rule.id: decided.answer.value for running, decided in answers},
        asyncio.get_running_loop().time() - began_s,
    )
    return wants_lines


async def _keep_pay_date(bot: Bot, tx: Tx, found: Resource, account: Account) -> None:
    """Let lists find a pay run by the day on which it is paid, which may be the calendar's alone."""
    calendar = bot.calendars.get(account.calendar)
    if calendar is None or not has_deadlines(found.snapshot.kind):
        return
    paid = deadlines(found.snapshot, calendar, bot.now())["effective pay date"]
    if isinstance(paid, Known) and isinstance(paid.value, date) and paid.value != found.pay_on:
        await resources.set_pay_on(tx, found.id, paid.value)


async def _end_of_watch(bot: Bot, tx: Tx, rule: str, found: Resource, correlation: str) -> None:
    """A rule that runs on no longer watches this: what it had planned or told here ends."""
    await withdraw(bot, tx, rule, say("the rule no longer watches it"), correlation, resource=found.id)
    if (running := bot.rules.get(rule)) is not None:
        await alerts.end_of_watch(bot, tx, running, found, correlation)


async def _tell_undecided(
    bot: Bot,
    tx: Tx,
    running: Running,
    account: Account,
    found: Resource,
    decided: Decision,
    correlation: str,
) -> None:
    """Say once that a rule has been without an answer for too long.

    Not while the vendor can't be read: that is one mail of its own, not one for each run.
    """
    now = bot.now()
    kept = await decisions.get(tx, running.rule.id, found.id)
    assert kept is not None
    if kept.told_unknown_at is not None or now - kept.since <= account.poll * FRESH_POLLS:
        return
    is_down = (await health.health(tx, account.id)).failing_since is not None
    if (is_down and found.snapshot.kind != CONNECTION) or running.mode is Mode.WATCH:
        return
    await decisions.told_unknown(tx, running.rule.id, found.id, now)
    await tell(
        tx,
        f"undecided:{running.rule.id}:{found.id}:{kept.since.isoformat()}",
        "undecided",
        now=now,
        correlation=correlation,
        connection=account.id,
        resource=found.id,
        rule=running.rule.id,
        rule_hash=running.rule.hash,
        since=kept.since.isoformat(),
        unknown=[[line.text, line.saw] for line in as_lines(decided.tree) if line.answer is Answer.UNKNOWN],
    )


def is_stale(observed_at: datetime, account: Account, bot: Bot, now: datetime) -> bool:
    return now - observed_at > account.poll * FRESH_POLLS + bot.settings.timing.call_time_out


def fresh_or_unread(snapshot: Snapshot, account: Account, bot: Bot, now: datetime) -> Snapshot:
    """The reading, or one in which everything is unread because it is too old to act on."""
    if not is_stale(snapshot.observed_at, account, bot, now):
        return snapshot
    why = say("not read since {when}", when=moment(snapshot.observed_at, bot.calendar(account), now))
    return replace(snapshot, values={name: Unread(why) for name in snapshot.values}, lines=None)


def _next_at(decided: Decision, snapshot: Snapshot, account: Account, now: datetime) -> datetime | None:
    """When to decide again without news: time changes an answer, or the reading grows old."""
    candidates = [decided.next_at] if decided.next_at else []
    stale_at = snapshot.observed_at + account.poll * FRESH_POLLS + timedelta(minutes=1)
    if snapshot.is_live and stale_at > now:
        candidates.append(stale_at)
    return min((at for at in candidates if at > now), default=None)


async def _follow(
    bot: Bot,
    tx: Tx,
    running: Running,
    account: Account,
    found: Resource,
    decided: Decision,
    correlation: str,
) -> None:
    first = running.rule.then[0]
    if first.action not in bot.actions:
        await alerts.follow(bot, tx, running, found, decided, correlation)
        return
    match decided.answer:
        case Answer.YES if decided.verdict in (Verdict.ASK, Verdict.ACT):
            await plan_chain(bot, tx, running, account, found, correlation)
        case Answer.NO:
            reason = say("the rule no longer says yes: {lines}", lines="; ".join(no_lines(decided.tree)))
            await withdraw(
                bot,
                tx,
                running.rule.id,
                reason,
                correlation,
                resource=found.id,
                read=found.snapshot,
                for_now=decided.next_at is not None,
            )
            await leave_alone(bot, tx, running, found, decided.tree, correlation)
        case Answer.UNKNOWN | Answer.YES:
            pass  # unknown never acts and never takes back; watching plans nothing
