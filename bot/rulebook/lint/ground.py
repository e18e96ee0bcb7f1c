"""The rules that are asked about, with what they are read with, and questions to the proof.

A rule is read with the work calendar of each connection that it watches. Something is
proved of it only where that holds with each of them; an example is of one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.condition import Block, Condition, How, claims
from bot.core.prove import CannotTell, Example, Found, Impossible, amount_of, find, given_line
from bot.core.prove.found import Wanted
from bot.core.prove.times import is_time
from bot.core.resource import Field
from bot.core.rule import Mode, Rule
from bot.core.workdays import CalendarSpec, WorkCalendar
from bot.rulebook import Rulebook, Setup
from bot.rulebook.lint.finding import Places

_PLAIN = WorkCalendar(CalendarSpec("UTC", "UTC"))
"""For a folder without calendars, in which no rule can ask about one."""


@dataclass(frozen=True, slots=True)
class Ground:
    rules: tuple[Rule, ...]
    book: Rulebook
    setup: Setup
    now: datetime
    places: Places

    def connections(self, rule: Rule) -> tuple[str, ...]:
        """Those of the settings that it is about; empty also where the settings are not known."""
        return tuple(
            name
            for name, one in sorted((self.setup.connections or {}).items())
            if rule.watches(name) and rule.may_be_of(one.vendor)
        )

    def calendars(self, rules: Sequence[Rule]) -> tuple[WorkCalendar, ...]:
        """Each that these rules may be read with at one connection; any, where the settings are not known."""
        connections = self.setup.connections or {}
        shared = set.intersection(*(set(self.connections(rule)) for rule in rules))
        names = {rule.calendar_for(connections[name].calendar) for rule in rules for name in shared}
        names |= {rule.calendar for rule in rules if rule.calendar is not None}
        known = self.book.calendars
        used = [known[name] for name in sorted(names) if name in known]
        return tuple(used or known.values()) or (_PLAIN,)

    def fields(self, rule: Rule) -> dict[str, Field]:
        return dict(self.book.vocabulary.fields[rule.watch])

    def amount(self, rule: Rule) -> Field | None:
        return amount_of(list(self.fields(rule).values()))

    def acts(self, rule: Rule) -> tuple[str, ...]:
        """What it does at the vendor by itself or asks for, when something changes."""
        if rule.mode.steps < Mode.ASK.steps or rule.is_at_times:
            return ()
        known = self.book.vocabulary.vendor_actions
        return tuple(step.action for step in rule.then if step.action in known)

    def find(self, rules: Sequence[Rule], wanted: Sequence[Wanted]) -> tuple[Found, str]:
        """As the proof's own `find`, for every calendar that matters; with the example as a line."""
        calendars = self.calendars(rules)
        if not any(is_time(line.field) for one in wanted for line in claims(one.condition)):
            calendars = calendars[:1]
        return first_example((calendar, find(wanted, calendar, self.now)) for calendar in calendars)


def first_example(asked: Iterable[tuple[WorkCalendar, Found]]) -> tuple[Found, str]:
    """One answer for several calendars: an example of any, else a proof only where all have one."""
    unsettled: Found = Impossible()
    for calendar, found in asked:
        if isinstance(found, Example):
            return found, given_line(found, calendar)
        if isinstance(found, CannotTell):
            unsettled = found
    return unsettled, ""


def lines_of(condition: Condition) -> tuple[Condition, ...]:
    """What must all be so: the parts of an `all` at the top, or the condition itself."""
    match condition:
        case Block(How.ALL, parts):
            return parts
        case _:
            return (condition,)
