"""Rule files that are refused, or gone: what stands meanwhile, and who is told.

A file that can't be read changes nothing of what runs. A rule that is no longer in any
file ends, which is a narrowing and takes effect at once; but nobody should find out by
a pay run that stayed open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.rule import Rule
from bot.core.words import say
from bot.core.workdays import CalendarSpec, WorkCalendar
from bot.engine.bot import Bot, Running
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.rulebook import Rulebook
from bot.store.codec import fingerprint
from bot.store.database import Tx

REFUSED = say("its file is refused")


def as_kept(running: Running) -> Running:
    """A version that runs on although its file is refused, and says so."""
    if running.is_signed:
        return replace(running, why=say("{refused}, so the signed version runs on", refused=REFUSED))
    return replace(running, why=say("{refused}, so the version before runs on", refused=REFUSED))


def kept(bot: Bot) -> tuple[str, ...]:
    """The rules that run on although their file is refused."""
    return tuple(sorted(id for id, one in bot.rules.items() if one.why.startswith(REFUSED)))


def has_its_calendars(bot: Bot, rule: Rule, calendars: Mapping[str, WorkCalendar]) -> bool:
    """Whether every connection that the rule watches has its work calendar among these."""
    return all(
        rule.calendars_for(account.calendar) <= calendars.keys()
        for account in bot.accounts.values()
        if rule.watches(account.id) and rule.may_be_of(account.connector.vendor)
    )


def standing_calendars(bot: Bot, book: Rulebook, running: Iterable[Running]) -> Mapping[str, WorkCalendar]:
    """The work calendars by name; where the file's is refused, the one before stands.

    At a first start there is none before: then the plain week, which closes for no holiday.
    Nothing acts by it, since a rule without its calendar is refused.
    """
    found: dict[str, WorkCalendar] = {}
    for account in bot.accounts.values():
        found[account.calendar] = WorkCalendar(CalendarSpec(account.calendar, bot.settings.timezone.key))
    for one in running:
        found |= one.calendars
    return found | dict(bot.calendars) | dict(book.calendars)


async def tell_refused(bot: Bot) -> None:
    """Tell operations once of the same problems."""
    if not bot.problems:
        return
    ids = kept(bot)
    async with bot.db.write() as tx:
        await tell(
            tx,
            f"rules-refused:{fingerprint(list(bot.problems))}",
            "rule_refused",
            now=bot.now(),
            correlation=new_correlation("rules"),
            problems=list(bot.problems),
            running=[
                say("{rule} runs on in version {number}", rule=id, number=bot.rules[id].version) for id in ids
            ],
            others=len(bot.rules) - len(ids),
        )


async def tell_gone(tx: Tx, gone: Iterable[str], now: datetime) -> None:
    """Tell operations of rules that ran and are in no file any more."""
    names = sorted(gone)
    if not names:
        return
    await tell(
        tx,
        f"rules-gone:{fingerprint(names)}:{now.isoformat()}",
        "notice",
        now=now,
        correlation=new_correlation("rules"),
        title=say("A rule is no longer in the files"),
        about=", ".join(names),
        says=[
            say("No rule file has {name} any more, so it does nothing from now on.", name=name)
            for name in names
        ],
        do=say(
            "Where that was not meant, put it back: a version that was signed off needs no new signature."
        ),
    )
