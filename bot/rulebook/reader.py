"""Small readers of a document's parts: each gives a value, or reports and gives None."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from bot.core.hint import guess, listing
from bot.core.meant import in_our_words
from bot.rulebook.document import Document, Items, Part, Table, Text
from bot.rulebook.problem import Spot

T = TypeVar("T")

_QUOTED = 200
"""Characters of a word that is none; the rest of one so long helps nobody."""

_ALSO_CALLED: Mapping[str, str] = {
    "regler": "rules", "regel": "rules", "rule": "rules",
    "titel": "title", "name": "title", "namn": "title",
    "bevaka": "watch", "resource": "watch", "kind": "watch",
    "if": "when", "conditions": "when", "om": "when", "när": "when", "villkor": "when",
    "do": "then", "action": "then", "actions": "then", "gör": "then", "då": "then",
    "läge": "mode", "state": "mode", "gränser": "limits", "råd": "advice", "kalender": "calendar",
    "with": "given", "result": "expect",
}  # fmt: skip
"""What people call a key who think in another language, or of another program."""


class Reader:
    """Reads one document; everything wrong goes to its problems."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.refuse = document.refuse
        self._misnamed: set[tuple[Spot, str]] = set()
        """Keys that are there under a name that was probably meant to be theirs."""

    def table(self, part: Part, what: str, known: Iterable[str]) -> Table | None:
        """A mapping whose keys are all known; unknown ones are reported one by one."""
        if not isinstance(part, Table):
            self.refuse(part.spot, f"{what} is written as keys and values: {listing(known)}")
            return None
        known = tuple(known)
        for name, key in part.keys.items():
            called = _ALSO_CALLED.get(name.lower(), name)
            if name not in known:
                hint = guess(called, known)
                self._misnamed |= {(part.spot, one) for one in known if hint.endswith(f'"{one}"?')}
                self.refuse(
                    key.spot, f'"{name}" is not a part of {what}.{hint or f" It takes: {listing(known)}."}'
                )
        return part

    def needs(self, table: Table, name: str, what: str) -> None:
        """Refuse a table without a key that it must have, unless that was told as a misspelling."""
        if (table.spot, name) not in self._misnamed:
            self.refuse(table.spot, f'{what} needs "{name}"')

    def text(self, table: Table, name: str, what: str, *, required: bool = False) -> Text | None:
        part = table.values.get(name)
        if part is None:
            if required:
                self.needs(table, name, what)
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
            self.refuse(text.spot, str(error) + _as_meant(text.value, parse))
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
            # What is right comes last, and a message is cut there.
            said = text.value if len(text.value) <= _QUOTED else f"{text.value[:_QUOTED]}…"
            self.refuse(text.spot, f'"{said}" is not {what}.{hint}')
        return found


def _as_meant(text: str, parse: Callable[[str], object]) -> str:
    """A guess that ends a refusal; nothing where what is near can't be read either."""
    meant = in_our_words(text)
    try:
        parse(meant)
    except ValueError:
        return ""
    return f'. Did you mean "{meant}"?'
