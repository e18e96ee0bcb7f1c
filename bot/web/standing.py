"""Where each rule stands: what runs, and the file's version that waits for a signature."""

from dataclasses import dataclass

from bot.core.rule import Rule
from bot.core.seen import round_money
from bot.engine.bot import Bot, Running
from bot.engine.versions import is_signed
from bot.store import rules
from bot.store.database import Tx
from bot.store.rules import RuleState, Version


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule as it runs, beside its file's version where that still waits for a signature."""

    state: RuleState
    running: Running | None
    waiting: Version | None


async def standings(bot: Bot, tx: Tx) -> tuple[Standing, ...]:
    found = []
    for state in (await rules.states(tx)).values():
        version = await rules.version(tx, state.file_hash) if state.file_hash else None
        waits = version is not None and not is_signed(bot.settings, version)
        found.append(Standing(state, bot.rules.get(state.rule), version if waits else None))
    return tuple(one for one in found if one.running is not None or one.waiting is not None)


def who_signs(bot: Bot, version: Version) -> str:
    """Who must still sign, as a sentence."""
    if bot.settings.sole:
        return "One approver signs."
    if version.proposed_by is not None:
        return f"{version.proposed_by} proposed it, so one other person signs."
    if version.signed_by:
        return f"{' and '.join(version.signed_by)} signed it; one more person signs."
    return "Nobody is named as its author, so two people sign."


def guards_of(bot: Bot, rule: Rule | None) -> tuple[str, ...]:
    """The settings' limits that hold on each connection this rule acts on."""
    said = []
    for account in bot.accounts.values():
        if rule is None or not rule.may_be_of(account.connector.vendor) or not rule.watches(account.id):
            continue
        guards = account.guards
        parts = [f"one at most {round_money(amount)}" for amount in guards.per_action.values()]
        parts += [f"a day at most {round_money(amount)}" for amount in guards.per_day.values()]
        if guards.change_from_median is not None:
            parts.append(f"asks when it differs {guards.change_from_median} % from the median")
        if parts:
            said.append(f"{account.id}: {'; '.join(parts)}")
    return tuple(said)
