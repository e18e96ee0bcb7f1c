"""What every letter needs: its readers, its reasons, its links."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.core.words import Said, part_in, say
from bot.engine.bot import Bot
from bot.engine.case import Case
from bot.mail.letters import Letter
from bot.mail.parts import Reason
from bot.settings import Person
from bot.store import rules
from bot.store.database import Tx
from bot.store.effects import Effect

OPS = "ops"


@dataclass(frozen=True, slots=True)
class Addressed:
    """One letter to one mail address. `thread` groups mails about one question."""

    to: str
    language: str
    letter: Letter
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A clause with its capital and its full stop."""

    clause: str

    def text(self, language: str) -> str:
        said = part_in(self.clause, language)
        return f"{said[0].upper()}{said[1:]}{'' if said.endswith('.') else '.'}"


def as_sentence(clause: str) -> Said:
    """A clause with its capital and its full stop."""
    return Said(Whole(clause))


def text_of(value: object) -> str:
    """A text of an effect; one that can be said in other languages stays so."""
    return value if isinstance(value, str) else str(value)


def in_group(group: str) -> Said:
    """Why somebody gets a mail, where a group is told."""
    return say("you are in {group}", group=group)


def zone_of(bot: Bot) -> ZoneInfo:
    return bot.settings.timezone


def language_of(bot: Bot, address: str) -> str:
    return next((one.language for one in bot.settings.people if one.mail == address), "en")


def to_group(bot: Bot, group: str, letter: Letter, *, thread: str = "") -> list[Addressed]:
    """The letter to each member of a group of the settings."""
    addresses = bot.settings.members(group) if group in bot.settings.groups else bot.settings.members(OPS)
    return [Addressed(address, language_of(bot, address), letter, thread) for address in addresses]


def to_people(people: Iterable[Person], letter: Letter, *, thread: str = "") -> list[Addressed]:
    return [Addressed(one.mail, one.language, letter, thread) for one in people]


class NotReady(Exception):
    """Something the letter tells about has not been read yet: it is made a little later.

    `instead` goes to the same people where it never is.
    """

    def __init__(self, why: str, instead: list[Addressed]) -> None:
        super().__init__(why)
        self.instead = instead


async def version_of(tx: Tx, rule_hash: str) -> str:
    """The number of a rule's version, as people know it."""
    version = await rules.version(tx, rule_hash)
    return str(version.number) if version else ""


async def reason(
    bot: Bot, tx: Tx, effect: Effect, because: str, *, case: Case | None = None, note: str = ""
) -> Reason:
    """Why somebody gets this mail, with the way to ask why it was sent at all."""
    path = f"{case.path}#why" if case is not None else "/"
    return Reason(
        because=because,
        why_url=bot.link(path),
        rule=effect.rule,
        version=await version_of(tx, effect.rule_hash) if effect.rule_hash else "",
        note=note,
    )


def group_of_rule(bot: Bot, rule: str) -> str:
    """Whom a rule tells; operations where it tells nobody."""
    running = bot.rules.get(rule)
    groups = [step.args["to"] for step in running.rule.then if "to" in step.args] if running else []
    return groups[0] if groups else OPS
