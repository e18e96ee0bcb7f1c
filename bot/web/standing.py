"""Where each rule stands: what runs, and the file's version that waits for a signature."""

from dataclasses import dataclass

from bot.core.guard import limits_in_words
from bot.core.rule import Rule
from bot.core.words import joined, say
from bot.engine.bot import Bot, Running
from bot.engine.may import Deed, why_not
from bot.engine.versions import about_signing, is_signed
from bot.settings import Person
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


async def standing_of(bot: Bot, tx: Tx, rule: str) -> Standing | None:
    """That of one rule; None where nothing of it runs or waits."""
    return next((one for one in await standings(bot, tx) if one.state.rule == rule), None)


def until_then(standing: Standing) -> str:
    """What runs while a version waits; empty where none does."""
    running = standing.running
    if standing.waiting is None or running is None:
        return ""
    if running.rule.hash == standing.waiting.hash:
        narrower = say("It runs already, being only narrower than what was signed.")
        return narrower if running.is_signed else say("Until then it only watches.")
    return say("Version {version} keeps running until you decide.", version=running.version)


def why_not_signed_by(bot: Bot, person: Person, version: Version | None) -> str:
    """Why this person does not sign a version; empty where they may, or where nothing waits."""
    if version is None:
        return ""
    return why_not(bot.settings, person, Deed.SIGN_OFF, about_signing(bot.settings, version)) or ""


def who_signs(bot: Bot, version: Version) -> str:
    """Who must still sign, as a sentence, or who sent it back and why."""
    if version.sent_back_by is not None:
        return say("{person} sent it back: {why}", person=version.sent_back_by, why=version.sent_back_why)
    if bot.settings.sole:
        return say("One approver signs.")
    if version.proposed_by is not None:
        return say("{person} proposed it, so one other person signs.", person=version.proposed_by)
    if version.signed_by:
        return say(
            "{people} signed it; one more person signs.", people=joined(version.signed_by, say(" and "))
        )
    return say("Nobody is named as its author, so two people sign.")


def guards_of(bot: Bot, rule: Rule | None) -> tuple[str, ...]:
    """The settings' limits that hold on each connection this rule acts on."""
    said: list[str] = []
    for account in bot.accounts.values():
        if rule is None or not rule.may_be_of(account.connector.vendor) or not rule.watches(account.id):
            continue
        limits = limits_in_words(account.guards)
        if limits:
            said.append(say("{connection}: {limits}", connection=account.id, limits=joined(limits, "; ")))
    return tuple(said)
