"""Everything that conditions may ask about one resource, put together once.

This is no fact itself; it asks every one of the kind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.condition import names
from bot.core.deadline import DEADLINES, NOW, deadlines, has_deadlines
from bot.core.decide import Facts
from bot.core.resource import Field, Kind, Known, Snapshot, Value
from bot.core.rule import Rule
from bot.core.workdays import WorkCalendar
from bot.facts import FactInput, facts_of

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
    given = FactInput(snapshot, tuple(earlier)[:MOST_EARLIER], calendar, now, generation)
    values |= {name: fact.compute(given) for name, fact in facts_of(snapshot.kind).items()}
    return Facts(values, calendar, changes)


def vocabulary_of(kind: Kind) -> Mapping[str, Field]:
    """Every word that a rule may use about a kind of resource, `now` included."""
    own = dict(DEADLINES) if has_deadlines(kind.name) else {}
    facts = {name: fact.field for name, fact in facts_of(kind.name).items()}
    clash = facts.keys() & (kind.fields.keys() | own.keys())
    assert not clash, f"{kind.name} has {sorted(clash)} twice"
    return {NOW.name: NOW} | own | dict(kind.fields) | facts


def needs_lines(rule: Rule) -> bool:
    """Whether a rule asks for a fact that stays unknown until the lines are read."""
    asked = names(rule.when).union(*(names(condition) for condition in rule.limits.ask_when))
    return any(name in asked and fact.needs_lines for name, fact in facts_of(rule.watch).items())
