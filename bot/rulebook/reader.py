"""Small readers of a document's parts: each gives a value, or reports and gives None."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from bot.core.hint import guess, listing
from bot.rulebook.document import Document, Items, Part, Table, Text

T = TypeVar("T")

NOT_YET: Mapping[str, str] = {
    "expect": "a rule cannot notice what did not come",
    "remind": "an alert is told once",
    "escalate": "an alert stays with its group",
}
"""What is planned and would be dangerous to ignore."""


class Reader:
    """Reads one document; everything wrong goes to its problems."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.refuse = document.refuse

    def table(self, part: Part, what: str, known: Iterable[str]) -> Table | None:
        """A mapping whose keys are all known; unknown ones are reported one by one."""
        if not isinstance(part, Table):
            self.refuse(part.spot, f"{what} is written as keys and values: {listing(known)}")
            return None
        known = tuple(known)
        for name, key in part.keys.items():
            if name in NOT_YET and name not in known:
                self.refuse(key.spot, f'"{name}" is not there yet: in this version {NOT_YET[name]}')
            elif name not in known:
                hint = guess(name, known) or f" It takes: {listing(known)}."
                self.refuse(key.spot, f'"{name}" is not a part of {what}.{hint}')
        return part

    def text(self, table: Table, name: str, what: str, *, required: bool = False) -> Text | None:
        part = table.values.get(name)
        if part is None:
            if required:
                self.refuse(table.spot, f'{what} needs "{name}"')
            return None
        return self.plain(part, f'"{name}"')

    def plain(self, part: Part, what: str) -> Text | None:
        if not isinstance(part, Text):
            self.refuse(part.spot, f"{what} is one value, not a list or a block")
            return None
        if part.is_null or not part.value:
            self.refuse(part.spot, f"{what} has no value")
            return None
        return part

    def parsed(self, text: Text | None, parse: Callable[[str], T]) -> T | None:
        """The parsed value; a ValueError's sentence is reported at the text."""
        if text is None:
            return None
        try:
            return parse(text.value)
        except ValueError as error:
            self.refuse(text.spot, str(error))
            return None

    def several(self, part: Part | None) -> tuple[Part, ...]:
        """A list's items; one value alone is a list of one."""
        if part is None:
            return ()
        return part.items if isinstance(part, Items) else (part,)

    def words(self, part: Part | None, what: str) -> tuple[Text, ...]:
        read = (self.plain(item, what) for item in self.several(part))
        return tuple(text for text in read if text is not None)

    def choice(self, text: Text | None, known: Iterable[str], what: str) -> str | None:
        """One of the known words, in any case."""
        if text is None:
            return None
        known = tuple(known)
        by_fold = {word.casefold(): word for word in known}
        found = by_fold.get(text.value.casefold())
        if found is None:
            hint = guess(text.value, known) or f" Known are: {listing(known) or 'none'}."
            self.refuse(text.spot, f'"{text.value}" is not {what}.{hint}')
        return found
