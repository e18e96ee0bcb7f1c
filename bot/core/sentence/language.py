"""A language: its words, and the phrases that sentences are put together from.

What has no word of its own is said as the rule file says it. So a new vendor works
before anybody has translated it, and a test names what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.condition import Unit
from bot.core.resource import Field, Type


@dataclass(frozen=True, slots=True)
class StepWords:
    """An action as one says it, and how each of its args joins on, in the order of saying."""

    says: str
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """`phrases` hold what is said in their place in braces; the words are by our own names."""

    code: str
    phrases: Mapping[str, str]
    kinds: Mapping[str, str]
    fields: Mapping[str, str]
    statuses: Mapping[str, str]
    steps: Mapping[str, StepWords]
    units: Mapping[str, tuple[str, str]]
    """One of it, and several."""
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    """Short, as a date has them. A date's weekday is the first three letters of its name."""
    decimal_mark: str

    def say(self, phrase: str, /, **said: object) -> str:
        return self.phrases[phrase].format_map(said)

    def kind(self, name: str) -> str:
        return self.kinds.get(name, name)

    def field(self, field: Field) -> str:
        return self.fields.get(field.name, field.name)

    def subject(self, field: Field) -> str:
        """A field where something is said of it: `antalet utbetalningar`."""
        form = {Type.COUNT: "subject count", Type.FLAG: "subject flag"}.get(field.type, "subject")
        return self.say(form, field=self.field(field))

    def status(self, word: str) -> str:
        return self.statuses.get(word, word)

    def step(self, action: str) -> StepWords:
        return self.steps.get(action, StepWords(action, {}))

    def length(self, count: int, unit: Unit | str) -> str:
        """`1 working day`, `30 minuter`."""
        one, several = self.units[str(unit)]
        return f"{count} {one if count == 1 else several}"
