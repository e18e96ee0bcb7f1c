"""A rule asked about everything it watches, at once: what its mail at a set time lists.

Nothing is read from a vendor for it. A reading that is too old to act on answers
nothing, and is named as such: what cannot be answered is never simply left out. Words
about an amount say the rule's line only, since they may be about one person's pay.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.core.condition import Answer, claims
from bot.core.decide import Facts, decide
from bot.core.explain import Node
from bot.core.resource import Known, Type
from bot.core.rule import Rule
from bot.core.seen import moment
from bot.core.watched import CONNECTION
from bot.core.words import joined, say
from bot.engine.bot import Account, Bot, Running
from bot.engine.connection_health import as_of_now
from bot.engine.plan import fresh_or_unread, is_stale
from bot.facts.gather import gather
from bot.store import health, resources
from bot.store.database import Tx
from bot.store.resources import Resource

MOST_LISTED = 50
_DEADLINES = ("next deadline", "bank deadline")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing to tell of: the resource's own id, or a connection's, and why."""

    about: str
    why: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a rule says yes to, the soonest deadline first, and what nobody could answer."""

    matched: tuple[Found, ...]
    unanswered: tuple[Found, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.matched or self.unanswered)

    def to_json(self) -> dict[str, Any]:
        """What a planned mail keeps of it: no more than can be read in a mail, and how many there were."""
        return {
            "matched": [[one.about, one.why] for one in self.matched[:MOST_LISTED]],
            "matched_total": len(self.matched),
            "unanswered": [[one.about, one.why] for one in self.unanswered[:MOST_LISTED]],
            "unanswered_total": len(self.unanswered),
        }


def watched(bot: Bot, rule: Rule) -> tuple[Account, ...]:
    """The connections that a rule watches."""
    return tuple(
        account
        for account in bot.accounts.values()
        if rule.may_be_of(account.connector.vendor) and rule.watches(account.id)
    )


async def ask_about_all(bot: Bot, tx: Tx, running: Running, now: datetime) -> Listing:
    """Decide a rule about everything it watches, as it was last read."""
    matched: list[tuple[tuple[bool, datetime, str], Found]] = []
    unanswered: list[Found] = []
    amounts = frozenset(one.text for one in claims(running.rule.when) if one.field.type is Type.MONEY)
    for account in watched(bot, running.rule):
        unanswered += await _list_too_old(bot, tx, running.rule, account, now)
        for found in await _all_watched(bot, tx, running.rule, account):
            if found.is_broken:
                unanswered.append(Found(found.id, say("what was last read of it cannot be used")))
                continue
            facts = await _facts(bot, tx, running, account, found, now)
            decided = decide(running.rule, facts, now, running.mode)
            says = joined(deciding_lines(decided.tree, decided.answer, amounts), "; ")
            if decided.answer is Answer.YES:
                matched.append((_soonest(facts, found, now), Found(found.id, says)))
            elif decided.answer is Answer.UNKNOWN:
                unanswered.append(Found(found.id, says))
    matched.sort(key=lambda one: one[0])
    return Listing(tuple(one for _, one in matched), tuple(unanswered))


async def _all_watched(bot: Bot, tx: Tx, rule: Rule, account: Account) -> list[Resource]:
    """What a rule watches at a connection, as it was last read; how the connection does, as of now."""
    # A kind's name ends with what watches it: `gigapay.payrun` with itself, and with `payrun`.
    known = await resources.all_of(tx, account.id, kind_ends=rule.watch)
    if rule.watch != CONNECTION:
        return list(known)
    return [replace(one, snapshot=await as_of_now(bot, tx, account)) for one in known]


async def _list_too_old(bot: Bot, tx: Tx, rule: Rule, account: Account, now: datetime) -> list[Found]:
    """Where a connection's list was not read lately there may be more than we know of."""
    if rule.watch == CONNECTION:
        return []
    listed_at = (await health.health(tx, account.id)).listed_at
    if listed_at is None:
        return [Found(account.id, say("it has not been read yet"))]
    if not is_stale(listed_at, account, bot, now):
        return []
    since = moment(listed_at, bot.calendar(account), now)
    why = say("its list has not been read since {since}, so newer ones may be missing here", since=since)
    return [Found(account.id, why)]


async def _facts(
    bot: Bot, tx: Tx, running: Running, account: Account, found: Resource, now: datetime
) -> Facts:
    snapshot = found.snapshot
    if snapshot.is_live:
        # What is no longer live does not change unseen, so that its last reading stays true.
        snapshot = fresh_or_unread(snapshot, account, bot, now)
    earlier = await resources.earlier(tx, snapshot, found.id)
    return gather(snapshot, earlier, running.calendar(account), now, found.generation)


def deciding_lines(node: Node, answer: Answer, amounts: frozenset[str]) -> Iterator[str]:
    """The lines that make the answer what it is, with what was seen."""
    if node.answer is not answer:
        return
    if not node.children:
        repeats = node.text.endswith(f" {node.saw}")
        yield node.text if repeats or node.text in amounts else node.says
    elif all(child.answer is not answer for child in node.children):
        yield node.text  # a "not": what is in it holds no longer
    for child in node.children:
        yield from deciding_lines(child, answer, amounts)


def _soonest(facts: Facts, found: Resource, now: datetime) -> tuple[bool, datetime, str]:
    """What to order by: the next deadline; what has none comes last."""
    for name in _DEADLINES:
        value = facts.values.get(name)
        if isinstance(value, Known) and isinstance(value.value, datetime):
            return False, value.value, found.id
    return True, now, found.id
