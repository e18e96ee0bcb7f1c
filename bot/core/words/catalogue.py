"""What each message is in another language, from the catalogues beside this file.

They are gettext's `.po` files, in `sv/` by the part of the program whose messages they
hold, so that a translator's tools can edit them. A message that is in none is said in
English: `make lint` and a test name those.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language, in its forms for one and for many."""

    messages: dict[str, tuple[str, ...]]

    def message(self, one: str, many: str, count: int) -> str:
        found = self.messages.get(one)
        if not found or not all(found):
            return many if many and count != 1 else one
        return found[0] if not many or count == 1 else found[-1]


@cache
def catalogue(language: str) -> Catalogue:
    """All messages of a language; none for one that has no folder here."""
    messages: dict[str, tuple[str, ...]] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        messages.update(_read(path, language))
    return Catalogue(messages)


def _read(path: Path, language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    from babel.messages.pofile import read_po  # slow to import, and English has no file

    with path.open("rb") as file:
        for message in read_po(file, locale=language):
            id, said = message.id, message.string
            if id and isinstance(said, str):
                yield str(id), (said,)
            elif id:
                yield str(id[0]), tuple(str(one) for one in said or ())
