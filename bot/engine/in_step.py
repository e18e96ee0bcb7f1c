"""Every replica decides by the rules that are in force, whoever put them there.

What runs is in the database. A replica that finds another number there than its own reads it
before it decides anything, in the transaction in which it decides. One that cannot read it,
being of an older version, says so and acts no more; it still takes webhooks, which others
work on. A service on a file is alone, and has nobody to keep step with.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.exc import OperationalError

from bot.core.rule import Mode
from bot.core.words import say
from bot.engine.bot import Bot, RulesInForce, Running
from bot.engine.rule_folder import setup_now, words_now
from bot.rulebook import Rulebook, parse_calendars, parse_rule_text
from bot.store import in_force, rules
from bot.store.codec import fingerprint
from bot.store.database import Tx
from bot.store.in_force import InForce
from bot.store.rules import RuleState


class Behind(OperationalError):
    """What is in force cannot be read by this program. That is no trouble of what was to be decided."""

    def __init__(self, why: str) -> None:
        super().__init__(None, None, Exception(why))


async def ensure(bot: Bot, tx: Tx) -> None:
    """Have the rules that are in force as of this transaction. Raises Behind."""
    if not bot.db.is_shared:
        return
    now = await in_force.read(tx)
    if now.number != bot.in_force.number:
        await _follow(bot, tx, now)
    if bot.behind:
        raise Behind(bot.behind)


async def catch_up(bot: Bot) -> bool:
    """Follow what another replica has changed; and read the files again where one has asked for that."""
    async with bot.db.read() as tx:
        now = await in_force.read(tx)
        if now.number != bot.in_force.number:
            await _follow(bot, tx, now)
    if now.is_reread and now.files == bot.files:
        async with bot.db.write() as tx:
            await in_force.write(tx, replace(await in_force.read(tx), is_reread=False))
        await bot.reload()
    return False


def is_behind(bot: Bot, now: InForce) -> bool:
    """Whether there is something for `catch_up` to do."""
    return bot.db.is_shared and (
        now.number != bot.in_force.number or (now.is_reread and now.files == bot.files)
    )


def files_of(book: Rulebook) -> str:
    """What tells these files from others, whatever is wrong with them."""
    hashes = sorted((id, rule.hash) for id, rule in book.rules.items())
    return fingerprint([hashes, book.calendars_text, [str(problem) for problem in book.problems]])


def what_runs(states: Mapping[str, rules.RuleState]) -> dict[str, tuple[object, ...]]:
    """All that says what runs, by rule."""
    return {id: state.runs for id, state in states.items()}


async def is_of_older_files(bot: Bot, now: InForce, files: str) -> bool:
    """Whether other replicas run newer files than these, which were not changed here since they were read.

    While a replica starts, its files may be those of before: one that is alone is believed,
    since that is how people go back to what they had.
    """
    if not bot.db.is_shared or files == now.files:
        return False
    if bot.files == files:
        return True
    return bot.files == "" and files in now.earlier and await bot.db.others() > 0


async def _follow(bot: Bot, tx: Tx, now: InForce) -> None:
    """Run what stands in the database. What was read before and runs on is not read again."""
    running = {}
    for state in (await rules.states(tx)).values():
        if state.running_hash is None:
            continue
        held = bot.rules.get(state.rule)
        rule = held if held is not None and held.rule.hash == state.running_hash else None
        rule = rule or await _read(bot, tx, state)
        if rule is None:
            why = f"this version of payrunbot cannot read rule {state.rule} as it is in force"
            if bot.behind != why:
                bot.log.error("acts no more until it is replaced", why=why)
            bot.behind = why
            return
        running[state.rule] = _as_stated(rule, state)
    bot.rules, bot.in_force, bot.behind = RulesInForce(running), now, ""
    bot.log.info("rules followed", number=now.number, rules=len(running))


def _as_stated(rule: Running, state: RuleState) -> Running:
    return replace(
        rule,
        mode=Mode(state.mode_now),
        is_signed=state.is_signed,
        proposed_by=state.proposed_by,
        why=state.why,
        wider=state.wider,
    )


async def _read(bot: Bot, tx: Tx, state: RuleState) -> Running | None:
    """The version that runs, from the text that was signed and with the calendars of its day."""
    version = await rules.version(tx, state.running_hash or "")
    if version is None:
        return None
    rule, problems = parse_rule_text(
        version.text,
        version.calendars_text,
        vocabulary=words_now(),
        setup=setup_now(bot),
        file=version.file,
    )
    if rule is None or problems:
        return None
    calendars, _ = parse_calendars(version.calendars_text)
    return Running(
        rule=replace(rule, hash=version.hash),
        mode=Mode(state.mode_now),
        version=version.number,
        calendars=calendars.by_name,
        is_signed=state.is_signed,
        proposed_by=state.proposed_by,
        why=say("signed off"),
    )
