"""Values of a rule, changed by a person in its own file: shown first, then written and proposed.

What is shown is worked out whole, beside the folder: the changed file, what `check` says of
the folder with it, and the rule's own tests. It is worked out again when it is proposed, and
written only where it comes to the very text that was shown and the file is still the one
that it was made of.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from bot.core.rule import Rule
from bot.core.words import Said, say
from bot.engine import versions
from bot.engine.bot import Bot
from bot.engine.compared import Reading, why_narrower, why_wider
from bot.engine.may import Deed, check
from bot.engine.read_back import in_words
from bot.engine.rule_folder import setup_now, words_now
from bot.rulebook import Rulebook, Setup, load
from bot.rulebook.document import MOST_BYTES, Document, read
from bot.rulebook.edit import (
    CannotWrite,
    Moved,
    NotEdited,
    Value,
    can_write,
    change,
    fingerprint,
    save,
    values_of,
)
from bot.rulebook.rule_tests import TestResult, calendars_of, run_tests
from bot.settings import Person
from bot.store import audit, rules
from bot.store.rules import Version

AROUND = 2
"""Lines shown on each side of one that changes."""
_MENDABLE = ("act", "ask", "watch", "nothing", "unknown")

Mark = Literal[" ", "-", "+"]


class NotThere(NotEdited):
    """The files have no such rule, or its file has a problem that comes first."""


@dataclass(frozen=True, slots=True)
class Editable:
    """A rule's values as its file has them now. `file` is the fingerprint of what was read."""

    rule: Rule
    values: tuple[Value, ...]
    file: str
    may_be_written: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants: values by their keys, as typed.

    `tests` are the numbers of those that change with them. `file` is the fingerprint of the
    file that was shown.
    """

    values: Mapping[str, str]
    file: str
    tests: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangedTest:
    """A test of the rule that the change makes fail. `number` counts from 0."""

    number: int
    result: TestResult
    is_ticked: bool

    @property
    def may_change(self) -> bool:
        return self.result.got in _MENDABLE


@dataclass(frozen=True, slots=True)
class Shown:
    """What a change comes to, before anything happens."""

    old: Rule
    new: Rule
    changed: tuple[tuple[Value, str], ...]
    in_words: tuple[Said, ...]
    lines: tuple[tuple[Mark, str], ...]
    tests: tuple[ChangedTest, ...]
    tests_run: int
    before: str
    """The file's text as it is."""
    text: str
    """As it would be."""
    file: str
    """The fingerprint of the file that it is made of."""
    result: str
    """The fingerprint of the text that it comes to."""
    path: Path
    calendars_text: str

    @property
    def waits_for_tests(self) -> bool:
        return any(not one.is_ticked for one in self.tests)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a change goes beside the version that was signed off last."""

    signed: Version | None
    wider: str = ""
    narrower: str = ""


async def editable(bot: Bot, rule: str) -> Editable | None:
    """None where the files have no such rule, or its file has a problem."""
    return await asyncio.to_thread(_editable, bot.settings.rules, setup_now(bot), rule)


async def show(bot: Bot, person: Person, rule: str, wanted: Wanted) -> Shown:
    """What a change would come to. Raises NotAllowed, NotThere, NotEdited, Moved."""
    check(bot.settings, person, Deed.PROPOSE)
    shown = await asyncio.to_thread(_show, bot, bot.settings.rules, setup_now(bot), rule, wanted)
    async with bot.db.read() as tx:
        before = await rules.version(tx, shown.old.hash)
    if before is None or (before.proposed_by is None and not versions.is_signed(bot.settings, before)):
        # Who changes a value is the author of all that the version says, which needs one signature less.
        raise NotEdited(
            {}, say("The file has a change of this rule that nobody has proposed: propose that one first.")
        )
    return shown


async def reach_of(bot: Bot, shown: Shown) -> Reach:
    """Whether it is wider than what was signed, and whether it is narrower somewhere."""
    async with bot.db.read() as tx:
        known = await rules.versions_of(tx, shown.new.id)
    signed = next((one for one in known if versions.is_signed(bot.settings, one)), None)
    if signed is None:
        return Reach(None)
    reading = Reading(words_now(), setup_now(bot), bot.now())
    of = replace(signed, calendars_text=shown.calendars_text)

    def both() -> Reach:
        return Reach(
            signed,
            why_wider(shown.new, of, signed, reading),
            why_narrower(shown.new, of, signed, reading),
        )

    return await asyncio.to_thread(both)


async def propose(
    bot: Bot, person: Person, rule: str, wanted: Wanted, result: str, reload: versions.Reload
) -> Version | None:
    """Write what was shown (`result` is its fingerprint), and be its author.

    The version, or None where the files with it are refused after all. Raises NotAllowed,
    NotEdited, Moved, CannotWrite.
    """
    shown = await show(bot, person, rule, wanted)
    if shown.waits_for_tests:
        raise NotEdited({}, say("Tests of the rule would fail: say that they change with it, or edit them."))
    if shown.result != result:
        raise Moved
    await asyncio.to_thread(save, shown.path, shown.text, instead_of=shown.file)
    try:
        await _be_the_author(bot, person, wanted, shown, reload)
    except BaseException:
        with suppress(Moved, CannotWrite):
            await asyncio.to_thread(save, shown.path, shown.before, instead_of=shown.result)
        raise
    async with bot.db.read() as tx:
        return await rules.version(tx, shown.new.hash)


async def _be_the_author(
    bot: Bot, person: Person, wanted: Wanted, shown: Shown, reload: versions.Reload
) -> None:
    async with bot.db.write() as tx:
        await audit.note(
            tx,
            bot.now(),
            person.id,
            "changed a rule's values",
            rule=shown.new.id,
            file=shown.new.file,
            version=shown.new.hash,
            values={one.key: [one.text, now] for one, now in shown.changed},
            tests=sorted(wanted.tests),
        )
    await reload()
    await versions.propose(bot, person, only=shown.new.id, is_change=True)


def _editable(folder: Path, setup: Setup, rule: str) -> Editable | None:
    found = _find(folder, setup, rule)
    if found is None:
        return None
    own, path, content, document = found
    return Editable(own, values_of(document, rule, words_now()), fingerprint(content), can_write(path))


def _find(folder: Path, setup: Setup, rule: str) -> tuple[Rule, Path, bytes, Document] | None:
    """The rule as its file has it, the file and its content: one of the folder's, whoever asks for what."""
    own = load(folder, vocabulary=words_now(), setup=setup).rules.get(rule)
    if own is None:
        return None
    path = folder / Path(own.file).name
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        return own, path, content, read(own.file, content.decode())
    except (OSError, UnicodeDecodeError):
        return None


def _show(bot: Bot, folder: Path, setup: Setup, rule: str, wanted: Wanted) -> Shown:
    found = _find(folder, setup, rule)
    if found is None:
        raise NotThere({}, say("There is no rule {rule} in the files, or its file has a problem.", rule=rule))
    old, path, content, document = found
    if fingerprint(content) != wanted.file:
        raise Moved
    edited = change(document, rule, wanted.values, words_now())
    if not edited.changed:
        raise NotEdited({}, say("Every value is what it was."))
    book = _aside(folder, path, edited.text, setup)
    failing = _failing(book, rule, setup, wanted.tests)
    ticked = {one.number: one.result.got for one in failing if one.is_ticked}
    if ticked:
        edited = change(document, rule, wanted.values, words_now(), expect=ticked)
        book = _aside(folder, path, edited.text, setup)
        still = [one for one in _failing(book, rule, setup, wanted.tests) if one.is_ticked]
        if still:
            raise NotEdited({}, say("A test that was changed would still fail: edit the file."))
    new = book.rules[rule]
    return Shown(
        old=old,
        new=new,
        changed=edited.changed,
        in_words=in_words(old, new),
        lines=lines_between(document.text, edited.text),
        tests=tuple(failing),
        tests_run=len(new.tests),
        before=document.text,
        text=edited.text,
        file=wanted.file,
        result=fingerprint(edited.text.encode()),
        path=path,
        calendars_text=book.calendars_text,
    )


def _aside(folder: Path, changed: Path, text: str, setup: Setup) -> Rulebook:
    """The whole folder with one file changed, read elsewhere. Raises NotEdited with every problem."""
    with TemporaryDirectory(prefix="payrunbot-rules-") as made:
        # Of the same name, since problems say it.
        aside = Path(made) / folder.name
        aside.mkdir()
        for path in folder.glob("*.y*ml"):
            with path.open("rb") as file:
                content = text.encode() if path == changed else file.read(MOST_BYTES + 1)
            (aside / path.name).write_bytes(content)
        book = load(aside, vocabulary=words_now(), setup=setup)
    if book.problems:
        raise NotEdited({}, book.report())
    return book


def _failing(book: Rulebook, rule: str, setup: Setup, ticked: frozenset[int]) -> list[ChangedTest]:
    own = replace(book, rules={rule: book.rules[rule]})
    results = run_tests(own, calendars_of(setup))
    return [
        ChangedTest(number, one, number in ticked and one.got in _MENDABLE)
        for number, one in enumerate(results)
        if not one.ok
    ]


def lines_between(before: str, after: str) -> tuple[tuple[Mark, str], ...]:
    """The lines that change, with those around them; `…` stands for lines that do not."""
    marks: dict[str, Mark] = {" ": " ", "-": "-", "+": "+"}
    found = unified_diff(before.splitlines(), after.splitlines(), n=AROUND, lineterm="")
    lines = [line for line in found if not line.startswith(("---", "+++"))]
    return tuple((marks[line[0]], line[1:]) if line[:1] in marks else (" ", "…") for line in lines)


__all__ = [
    "CannotWrite",
    "ChangedTest",
    "Editable",
    "Moved",
    "NotEdited",
    "NotThere",
    "Reach",
    "Shown",
    "Wanted",
    "editable",
    "lines_between",
    "propose",
    "reach_of",
    "show",
]
