"""Everything that conditions may ask about one resource, put together once.

This is no fact itself; it asks every one of the kind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core import connection
from bot.core.deadline import DEADLINES, NOW, deadlines, has_deadlines
from bot.core.decide import Facts
from bot.core.resource import Field, Kind, Known, Snapshot, Value
from bot.core.rule import Rule
from bot.core.watched import CONNECTION
from bot.core.workdays import WorkCalendar
from bot.facts import Fact, FactInput, facts_of
from bot.facts import facts as all_facts

MOST_EARLIER = 12


def gather(
    snapshot: Snapshot,
    earlier: Sequence[Snapshot],
    calendar: WorkCalendar,
    now: datetime,
    generation: int = 1,
) -> Facts:
    """The vendor's values, the calendar's dates and the facts of one resource.

    `earlier` are the earlier closed runs of the same kind, connection and run type,
    newest first. A name is never two things: a date of the calendar stands in the place
    of the vendor's, having started from it.
    """
    values: dict[str, Value] = dict(snapshot.values)
    changes: dict[str, datetime] = {}
    if has_deadlines(snapshot.kind):
        values |= deadlines(snapshot, calendar, now)
        coming = values["next deadline"]
        if isinstance(coming, Known) and isinstance(coming.value, datetime):
            changes["next deadline"] = coming.value
    elif snapshot.kind == CONNECTION:
        changes |= connection.changes(snapshot, now)
    given = FactInput(snapshot, tuple(earlier)[:MOST_EARLIER], calendar, now, generation)
    for name, fact in facts_of(snapshot.kind).items():
        values[name] = fact.compute(given)
        if fact.turns is not None:
            changes[name] = fact.turns(given)
    return Facts(values, calendar, changes)


def vocabulary_of(kind: Kind, asked: Mapping[str, Fact] | None = None) -> Mapping[str, Field]:
    """Every word that a rule may use about a kind of resource, `now` included.

    `asked` are its facts where those are not the ones declared for it by name.
    """
    own = dict(DEADLINES) if has_deadlines(kind.name) else {}
    found = facts_of(kind.name) if asked is None else asked
    facts = {name: fact.field for name, fact in found.items()}
    clash = facts.keys() & (kind.fields.keys() | own.keys())
    assert not clash, f"{kind.name} has {sorted(clash)} twice"
    return {NOW.name: NOW} | own | dict(kind.fields) | facts


def needs_lines(rule: Rule) -> bool:
    """Whether a rule asks for a fact that stays unknown until the lines are read."""
    return any(
        fact.needs_lines and fact.field.name in rule.names and fact.is_of(rule.watch) for fact in all_facts()
    )
