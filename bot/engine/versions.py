"""Which version of each rule is in force, in which mode, and why.

A version that was signed off runs. One that was not, runs only where it is proved to do
nothing that the signed one would not do; else the signed one runs on, or, where there is
none, the new one in `watch`. All of it is in the database, so that a restart, or a
second copy of the service, comes to the same answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.rule import Mode, Rule
from bot.core.words import say
from bot.engine import alerts, ask_again, connection_health, in_step
from bot.engine.adopt import adopt_signed
from bot.engine.bot import Bot, RulesInForce, Running
from bot.engine.choose import Choice, shown, signatures_needed, signed_before, steps
from bot.engine.choose import is_signed as is_signed
from bot.engine.may import NOTHING, About, Deed, why_not
from bot.engine.read_back import changes_of, rule_of, sentence_of
from bot.engine.refused import as_kept, has_its_calendars, standing_calendars, tell_gone, tell_refused
from bot.engine.rounds import withdraw
from bot.engine.schedule import place
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.rulebook import Rulebook, Setup
from bot.settings import Person, Settings
from bot.store import audit, decisions, effects, health, in_force, rules
from bot.store.codec import fingerprint
from bot.store.database import Tx
from bot.store.rules import Version
from bot.store.unhurried import unhurried

NOT_ITS_TEXT = "its text, read by itself, is not the same rule; write it plainly, one key a line"

Reload = Callable[[], Awaitable[None]]
"""Read the files again and put in force what they and the signatures say."""


class NotSigned(Exception):
    """This person may not sign this version, or has signed it. The text says why."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule as the file has it, beside what runs. `needs` is who must still sign, in words."""

    rule: Rule
    version: Version
    running: Running
    needs: str


async def put_in_force(bot: Bot, book: Rulebook, setup: Setup) -> None:
    """Take a rulebook as the files' state: number its versions, and choose what runs.

    What a changed rule is about is only marked here. It is decided again in the background,
    by `plan.decide_due`; until then nothing is done by the old answer, since each action asks
    its rule once more. What takes long is worked out before the transaction, in a thread.
    """
    choice = Choice(bot.settings, book, setup, bot.now())
    async with bot.db.read() as tx:
        ahead = await choice.work_out(tx)
    await asyncio.to_thread(ahead.all)
    files = await asyncio.to_thread(in_step.files_of, book)
    before = bot.rules, bot.calendars, bot.in_force, bot.files
    try:
        async with bot.db.write() as tx:
            now = await in_force.read(tx)
            if await in_step.is_of_older_files(bot, now, files):
                await in_force.write(tx, replace(now, is_reread=True))
                bot.files, bot.calendars = files, standing_calendars(bot, book, bot.rules.values())
                bot.log.warning("these rule files are older than those in force, which it follows")
                return
            states = await rules.states(tx)
            running, problems = await _chosen(tx, bot, choice, states)
            await _take_back(tx, bot, states, running, are_all_read=not problems)
            await place(bot, tx, running)
            # Not after the commit: whoever writes next must find them together with the marks.
            bot.rules, bot.calendars = RulesInForce(running), standing_calendars(bot, book, running.values())
            await connection_health.place(bot, tx)
            await ask_again.mark_changed(bot, tx, states)
            for connection in bot.accounts:
                await adopt_signed(bot, tx, connection)
            if now.files != files or in_step.what_runs(states) != in_step.what_runs(await rules.states(tx)):
                now = now.followed_by(files)
                await in_force.write(tx, now)
            bot.in_force, bot.files = now, files
    except BaseException:
        bot.rules, bot.calendars, bot.in_force, bot.files = before
        raise
    bot.behind = ""
    bot.problems = tuple(problems)
    await tell_refused(bot)
    bot.wake()


async def _chosen(
    tx: Tx, bot: Bot, choice: Choice, states: Mapping[str, rules.RuleState]
) -> tuple[dict[str, Running], list[str]]:
    """What runs of each rule from now on, written down, and every problem of the files."""
    book, may_run = choice.book, list[Rule]()
    no_wider: dict[str, Mode] = {}
    problems = [str(problem) for problem in book.problems]
    for rule in book.rules.values():
        if rule.id in book.failed:
            problems += book.failed[rule.id]
            no_wider[rule.id] = rule.mode
        elif not has_its_calendars(bot, rule, book.calendars):
            pass  # of which calendars.yaml has its own problem
        elif not choice.is_its_text(rule):
            problems.append(f"{rule.file}:{rule.line}  {rule.id}: {NOT_ITS_TEXT}")
        else:
            may_run.append(rule)
    versions = await rules.see(tx, shown(book, may_run, bot.now()))
    before = await signed_before(tx, bot.settings, list(versions.values()))
    running: dict[str, Running] = {}
    async for rule in unhurried(may_run):
        running[rule.id] = _narrowed(choice.of(rule, versions[rule.hash], before), states.get(rule.id))
    await rules.set_states(
        tx, [_state(one, book.rules[id].hash, one.rule.hash, bot.now()) for id, one in running.items()]
    )
    if problems:
        running |= await _keep_refused(tx, bot, choice, states, running, no_wider)
    return running, problems


def _state(one: Running, file_hash: str | None, running_hash: str, now: datetime) -> rules.RuleState:
    return rules.RuleState(
        rule=one.rule.id,
        file_hash=file_hash,
        running_hash=running_hash,
        mode_now=one.mode,
        why=one.why,
        at=now,
        is_signed=one.is_signed,
        proposed_by=one.proposed_by,
        wider=one.wider,
    )


async def _take_back(
    tx: Tx,
    bot: Bot,
    states: Mapping[str, rules.RuleState],
    running: Mapping[str, Running],
    *,
    are_all_read: bool,
) -> None:
    """Withdraw what rules had planned that do no more than watch now, or are no longer there."""
    now, correlation = bot.now(), new_correlation("rules")
    ended = [one for one in states if one not in running]
    off = [id for id, one in running.items() if one.mode is Mode.OFF]
    planned = await effects.rules_with_open(tx)
    alerting = await health.with_open_episodes(tx, [*off, *ended])
    for rule_id, one in running.items():
        if one.mode.steps < Mode.ASK.steps and rule_id in planned:
            await withdraw(bot, tx, rule_id, say("the rule is in {mode} now", mode=one.mode), correlation)
        if one.mode is Mode.OFF and rule_id in alerting:
            await alerts.end_of_rule(bot, tx, rule_id, say("the rule is switched off"), correlation)
    if are_all_read:
        await tell_gone(tx, [one for one in ended if states[one].running_hash], now)
    why = say("the rule is no longer in the files")
    for gone in ended:
        if gone in planned:
            await withdraw(bot, tx, gone, why, correlation)
        if gone in alerting:
            await alerts.end_of_rule(bot, tx, gone, why, correlation)
    await decisions.forget_rules(tx, ended)
    said = say("not in the files")
    await rules.set_states(tx, [rules.RuleState(one, None, None, Mode.OFF, said, now) for one in ended])


async def _keep_refused(
    tx: Tx,
    bot: Bot,
    choice: Choice,
    states: Mapping[str, rules.RuleState],
    running: Mapping[str, Running],
    no_wider: Mapping[str, Mode],
) -> dict[str, Running]:
    """Rules whose file is now refused run on as they ran, and no wider."""
    ran = [one for id, one in states.items() if id not in running and one.running_hash is not None]
    versions = await rules.of_hashes(tx, [one.running_hash or "" for one in ran])
    before = await signed_before(tx, bot.settings, list(versions.values()))
    kept: dict[str, Running] = {}
    async for state in unhurried(ran):
        version = versions.get(state.running_hash or "")
        old = choice.read(version) if version is not None else None
        if version is None or old is None:
            continue
        if not is_signed(bot.settings, version):
            old = replace(choice.of(old.rule, version, before), calendars=old.calendars)
        # The file may have lowered the mode before it broke, or as it did: that holds all the same.
        mode = min(old.mode, Mode(state.mode_now), no_wider.get(state.rule, Mode.ACT), key=steps)
        kept[state.rule] = _narrowed(as_kept(replace(old, mode=mode)), state)
    await rules.set_states(
        tx,
        [
            _state(one, states[id].file_hash, states[id].running_hash or "", bot.now())
            for id, one in kept.items()
        ],
    )
    return kept


def _narrowed(chosen: Running, state: rules.RuleState | None) -> Running:
    """The version no further than it was narrowed to, where it was."""
    to = state.narrowed_to if state is not None else None
    if to is None or Mode(to).steps >= chosen.mode.steps:
        return chosen
    return replace(chosen, mode=Mode(to), why=say("{why}; narrowed to {mode}", why=chosen.why, mode=to))


async def narrow(bot: Bot, tx: Tx, rule_id: str, to: Mode) -> None:
    """Hold a rule at a mode, at once and until somebody has signed it off again."""
    await in_step.ensure(bot, tx)
    await rules.narrow(tx, rule_id, to)
    running = bot.rules.get(rule_id)
    if running is not None and to.steps < running.mode.steps:
        held = replace(running, mode=to, why=say("{why}; narrowed to {mode}", why=running.why, mode=to))
        bot.rules = RulesInForce({**bot.rules, rule_id: held})
        await rules.hold_at(tx, rule_id, to, held.why)
        await in_force.grow(tx)  # which this replica, too, then reads: it may not be committed


async def propose(
    bot: Bot, person: Person, *, only: str | None = None, is_change: bool = False
) -> tuple[str, ...]:
    """Be the author of every version that has none, or was sent back: then one other person signs.

    `only` is the one rule that it is about; `is_change`, that this person has just made it
    what it is, so that they are the author of a version that somebody else had proposed before.
    """
    _check(bot, person, Deed.PROPOSE)
    now = bot.now()
    async with bot.db.write() as tx:
        states = await rules.states(tx)
        open_hashes = []
        for state in states.values():
            if only not in (None, state.rule):
                continue
            version = await rules.version(tx, state.file_hash) if state.file_hash else None
            if version is not None and not is_signed(bot.settings, version):
                open_hashes.append(version.hash)
        proposed = await rules.propose(tx, open_hashes, person.id, now, is_change=is_change)
        for rule in proposed:
            await audit.note(tx, now, person.id, "proposed", rule=rule, version=states[rule].file_hash)
        if proposed:
            await _tell_waiting(tx, bot, person, proposed, states)
    bot.wake()
    return tuple(sorted(proposed))


async def _tell_waiting(
    tx: Tx, bot: Bot, person: Person, proposed: tuple[str, ...], states: Mapping[str, rules.RuleState]
) -> None:
    now = bot.now()
    waiting, hashes = [], []
    for rule_id in sorted(proposed):
        version = await rules.version(tx, states[rule_id].file_hash or "")
        running = bot.rules.get(rule_id)
        if version is None or running is None:
            continue
        hashes.append(version.hash)
        runs = await rules.version(tx, running.rule.hash)
        waiting.append(
            {
                "id": rule_id,
                "version": str(version.number),
                "sentence": sentence_of(rule_of(version)),
                "changes": list(changes_of(bot, running, runs, version)),
                "mode": version.mode,
                "proposed_by": person.id,
                "proposed_at": now.isoformat(),
                "signatures": say("one other person"),
                "wider": running.wider,
                "wrong": list(bot.wrong.get(rule_id, ())),
                "until_then": _until_then(running, version),
            }
        )
    await tell(
        tx,
        f"rules-waiting:{fingerprint([*hashes, now.isoformat()])}",  # the same may be proposed once more
        "rules_waiting",
        now=now,
        correlation=new_correlation("rules"),
        rules=waiting,
    )


def _until_then(running: Running, waiting: Version) -> str:
    if running.rule.hash != waiting.hash:
        return say("version {number} runs", number=running.version)
    return say("it runs as it is, being only narrower") if running.is_signed else say("it only watches")


async def sign_off(
    bot: Bot, person: Person, rule_id: str, reload: Reload, *, number: int | None = None
) -> str:
    """One approver's signature under the file's version of a rule. Raises NotSigned.

    `number` is the version that was read: where the file has another by now, nothing is signed.
    """
    _check(bot, person, Deed.SIGN_OFF)
    now = bot.now()
    async with bot.db.write() as tx:
        state = (await rules.states(tx)).get(rule_id)
        version = await rules.version(tx, state.file_hash) if state and state.file_hash else None
        if version is None:
            raise NotSigned(say("There is no rule {rule_id}.", rule_id=rule_id))
        if number is not None and number != version.number:
            raise NotSigned(
                say(
                    "You read version {read}, and the file has version {now} now.",
                    read=number,
                    now=version.number,
                )
            )
        if is_signed(bot.settings, version) and (state is None or state.narrowed_to is None):
            raise NotSigned(say("{rule_id} is signed off already.", rule_id=rule_id))
        _check(bot, person, Deed.SIGN_OFF, about_signing(bot.settings, version))
        await rules.sign(tx, version.hash, person.id, now)
        again = await rules.version(tx, version.hash)
        assert again is not None
        if is_signed(bot.settings, again):
            # The first of two signatures must not widen what runs meanwhile.
            await rules.narrow(tx, rule_id, None)
            await rules.void_others(tx, rule_id, version.hash)
        missing = signatures_needed(bot.settings, again) - len(again.signed_by)
        await audit.note(
            tx, now, person.id, "signed off", rule=rule_id, version=version.hash, sole=bot.settings.sole
        )
    await reload()
    if missing > 0:
        return say("Signed. One more person signs before it runs.")
    return say("Signed. It runs from now on.")


def about_signing(settings: Settings, version: Version) -> About:
    """What matters for who may sign a version. One that was narrowed is signed again by whom it was."""
    signed_by = () if is_signed(settings, version) else tuple(version.signed_by)
    return About(proposed_by=version.proposed_by, signed_by=signed_by, sent_back_by=version.sent_back_by)


def _check(bot: Bot, person: Person, deed: Deed, about: About = NOTHING) -> None:
    """Raises NotSigned."""
    refusal = why_not(bot.settings, person, deed, about)
    if refusal is not None:
        raise NotSigned(refusal)
