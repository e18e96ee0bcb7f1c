"""A file's text with some values of one rule changed, and nothing else.

The changed text is read again. Every key and every value of the whole file must be what it
was but for those that were changed: a value that is fine by itself may be two where it
stands between brackets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.rulebook.document import Document, Items, Part, Table, Text, read
from bot.rulebook.edit.values import Path, Value, expectations_of, rule_in, values_of
from bot.rulebook.rule_parts import EXPECTATIONS
from bot.rulebook.setup import Vocabulary


class NotEdited(Exception):
    """Nothing was changed. `wrong` has a sentence for each value that could not be; `says` all else."""

    def __init__(self, wrong: Mapping[str, str], says: str = "") -> None:
        super().__init__(says or "; ".join(wrong.values()))
        self.wrong, self.says = wrong, says


@dataclass(frozen=True, slots=True)
class Edited:
    """The text with what was changed: each value beside what is written in its place."""

    text: str
    changed: tuple[tuple[Value, str], ...]


@dataclass(frozen=True, slots=True)
class _Swap:
    start: int
    end: int
    text: str
    path: Path
    offset: int


def change(
    document: Document,
    rule: str,
    typed: Mapping[str, str],
    vocabulary: Vocabulary,
    *,
    expect: Mapping[int, str] | None = None,
) -> Edited:
    """Change the values that were typed; those that mean what is there already are left as they are.

    `expect` is what tests of the rule, by their number from 0, expect from now on. Raises
    NotEdited with everything that is wrong.
    """
    if document.problems or rule_in(document, rule) is None:
        raise NotEdited({}, f"There is no rule {rule} in {document.file}, or the file has a problem.")
    known = {value.key: value for value in values_of(document, rule, vocabulary)}
    wrong = {key: f'"{key[:60]}" is no value of this rule.' for key in typed if key not in known}
    changed: list[tuple[Value, str]] = []
    for key, value in known.items():
        if key not in typed:
            continue
        try:
            now = value.read(typed[key])
            if now.meaning != value.read(value.text).meaning:
                changed.append((value, now.text))
        except ValueError as error:
            wrong[key] = _sentence(str(error))
    if wrong:
        raise NotEdited(wrong)
    swaps = [_Swap(one.start, one.end, text, one.path, one.offset) for one, text in changed]
    swaps += _expecting(document, rule, expect or {})
    text = document.text
    for swap in sorted(swaps, key=lambda one: one.start, reverse=True):
        text = f"{text[: swap.start]}{swap.text}{text[swap.end :]}"
    _check_nothing_else(document, text, swaps)
    return Edited(text, tuple(changed))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def _expecting(document: Document, rule: str, expect: Mapping[int, str]) -> list[_Swap]:
    places = expectations_of(document, rule)
    swaps = []
    for number, verdict in expect.items():
        place = places[number] if 0 <= number < len(places) else None
        if place is None or verdict not in EXPECTATIONS:
            raise NotEdited({}, f"What test {number + 1} expects is changed in the file, not here.")
        end = place.start + len(place.text.value)
        swaps.append(_Swap(place.start, end, verdict, place.path, 0))
    return swaps


def _check_nothing_else(before: Document, text: str, swaps: list[_Swap]) -> None:
    """Raises NotEdited where the file would say anything else besides."""
    wanted = dict(_leaves(before.root, ()))
    for swap in sorted(swaps, key=lambda one: one.start, reverse=True):
        old, length = wanted[swap.path], swap.end - swap.start
        wanted[swap.path] = f"{old[: swap.offset]}{swap.text}{old[swap.offset + length :]}"
    after = read(before.file, text)
    if after.problems or list(_leaves(after.root, ())) != list(wanted.items()):
        raise NotEdited({}, "Where this value stands, it would be read as something else: edit the file.")


def _leaves(part: Part | None, path: Path) -> Iterator[tuple[Path, str]]:
    """Every value of a document, and that there is a list or a table."""
    match part:
        case Text(value):
            yield path, value
        case Items(items):
            yield path, f"a list of {len(items)}"
            for number, item in enumerate(items):
                yield from _leaves(item, (*path, number))
        case Table():
            yield path, "a table"
            for name, inner in part.values.items():
                yield from _leaves(inner, (*path, name))
        case None:
            return
