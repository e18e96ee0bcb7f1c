"""The rulebook: rules/*.yaml to `Rule`s, or every problem with its place.

All files are read before anything is said, and one bad rule never disables another.
What a file's syntax leaves unreadable is the only thing that takes its neighbours
with it. Nothing here decides anything, and nothing reads the settings: `Setup` brings
what of them matters to rules.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.rule import Rule
from bot.core.workdays import WorkCalendar
from bot.rulebook.calendars import (
    FILE,
    Calendars,
    calendars_of_the_year,
    parse_calendars,
    stored_calendars,
)
from bot.rulebook.document import MOST_BYTES, Document, Items, Table, read
from bot.rulebook.guarded import unguarded
from bot.rulebook.problem import Problem, Spot
from bot.rulebook.reader import Reader
from bot.rulebook.rule_reader import ReadRule, read_rule
from bot.rulebook.setup import (
    UNKNOWN_SETUP,
    ConnectionSetup,
    Setup,
    Surroundings,
    Vocabulary,
    vocabulary,
)

__all__ = [
    "ConnectionSetup",
    "Problem",
    "Rulebook",
    "Setup",
    "Vocabulary",
    "calendars_of_the_year",
    "load",
    "parse_calendars",
    "parse_rule_text",
    "vocabulary",
]

_RULE = {"id", "title", "watch", "when", "then"}
_DASH = 'each rule begins with "- " before its first key, and its other keys stand below that one'


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What a folder of rules came to.

    `rules` are those without a problem, by id. `bases` has each rule's hash without its
    mode: two versions with one basis differ in nothing but the mode. `calendars_text`
    is kept with a version, so that it can be read again as it was.
    """

    rules: Mapping[str, Rule]
    calendars: Mapping[str, WorkCalendar]
    problems: tuple[Problem, ...]
    bases: Mapping[str, str]
    calendars_text: str
    vocabulary: Vocabulary
    failed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Rules of which a test of their own fails, with a sentence for each; empty while nobody ran them."""
    skipped: tuple[str, ...] = ()
    """Checks that were not made, because the set-up they need is not known."""

    def report(self) -> str:
        """All problems, as an author reads them; empty when there are none."""
        return "\n\n".join(str(problem) for problem in self.problems)


def load(folder: Path, *, vocabulary: Vocabulary, setup: Setup = UNKNOWN_SETUP) -> Rulebook:
    """Read every *.yaml of a folder. Raises nothing for what is in it.

    Problems come in the order of files and lines.
    """
    documents: list[Document] = []
    calendars_file = folder / FILE
    calendars_text = _text(calendars_file) if calendars_file.is_file() else None
    calendars, rules, bases = Calendars({}, {}), dict[str, Rule](), dict[str, str]()
    if calendars_text is not None:
        calendars, document = parse_calendars(calendars_text, _shown(calendars_file))
        documents.append(document)
        _check_calendars(document, setup, calendars)
    around = _surroundings(vocabulary, setup, calendars)
    files = sorted(path for path in folder.glob("*.y*ml") if path.name != FILE) if folder.is_dir() else []
    for path in files:
        document = read(_shown(path), _text(path))
        documents.append(document)
        for one in _rules(document, around):
            if one.rule.id in rules:
                first = rules[one.rule.id]
                document.refuse(
                    one.spot,
                    f'"{one.rule.id}" is already a rule, in {first.file}:{first.line}',
                )
                continue
            rules[one.rule.id], bases[one.rule.id] = one.rule, one.basis
    if not files:
        documents.append(Document(folder.name, ""))
        documents[-1].refuse(Spot(0, 0), "there is no rule file (*.yaml) in this folder")
    problems = [problem for document in documents for problem in document.told()]
    problems.sort(key=lambda problem: (problem.file, problem.spot.line, problem.spot.column))
    return Rulebook(
        rules,
        calendars.by_name,
        tuple(problems),
        bases,
        calendars_text or "",
        vocabulary,
        skipped=setup.skipped(),
    )


def parse_rule_text(
    text: str,
    calendars_text: str,
    *,
    vocabulary: Vocabulary,
    setup: Setup = UNKNOWN_SETUP,
    file: str = "stored",
) -> tuple[Rule | None, tuple[Problem, ...]]:
    """Read a stored version again from its own text, with the calendars of its day."""
    calendars = stored_calendars(calendars_text)
    document = read(file, text)
    if document.root is None:
        return None, document.told()
    found = read_rule(Reader(document), document.root, _surroundings(vocabulary, setup, calendars))
    return (found.rule if found is not None else None), document.told()


def _rules(document: Document, around: Surroundings) -> list[ReadRule]:
    reader = Reader(document)
    if isinstance(document.root, Table) and len(_RULE & document.root.keys.keys()) > 1:
        reader.refuse(
            document.root.spot, f'this is a rule by itself: a file begins with "rules:", and {_DASH}'
        )
        return []
    top = reader.table(document.root, "a rule file", ("rules",)) if document.root is not None else None
    if top is None:
        return []
    listed = top.values.get("rules")
    if not isinstance(listed, Items):
        if listed is None and top.values:  # told already: none of its keys is known
            return []
        hint = f": {_DASH}" if isinstance(listed, Table) and _RULE & listed.keys.keys() else ""
        reader.refuse(top.spot, 'a rule file has "rules", with a list of them' + hint)
        return []
    found = []
    for part in listed.items:
        one = read_rule(reader, part, around)
        if one is None:
            continue
        missing = unguarded(one.rule, around)
        for sentence in missing:
            reader.refuse(part.spot, sentence)
        if not missing:
            found.append(one)
    return found


def _check_calendars(document: Document, setup: Setup, calendars: Calendars) -> None:
    """Every connection's calendar is one of those that could be read."""
    for name, connection in sorted((setup.connections or {}).items()):
        if connection.calendar not in calendars.by_name:
            known = f'connection {name} has the calendar "{connection.calendar}"'
            document.refuse(Spot(0, 0), f"{known}, which is not here or was refused")


def _surroundings(vocabulary: Vocabulary, setup: Setup, calendars: Calendars) -> Surroundings:
    contents = {name: json.dumps(one, sort_keys=True) for name, one in calendars.contents.items()}
    return Surroundings(vocabulary, setup, contents)


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _text(path: Path) -> str:
    """A file as text; bytes that are no UTF-8 show as such in the problem they make.

    Of one that is too large comes just enough to be refused.
    """
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1).decode("utf-8", errors="replace")
