"""Which version of a rule runs: the one in the files, or the last that was signed off.

To read a rule's text again, or to prove that it does no more than the signed one, takes
milliseconds. A thousand of them in the transaction that puts rules in force would keep every
other writer out for seconds, webhooks too. So all of it is worked out before, in a thread, and
remembered; in the transaction only what has changed since then is worked out anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core.rule import Mode, Rule
from bot.core.words import say
from bot.core.workdays import WorkCalendar
from bot.engine.bot import Running
from bot.engine.compared import Reading, why_wider
from bot.rulebook import Rulebook, Setup, parse_calendars, parse_rule_text
from bot.settings import Settings
from bot.store import rules
from bot.store.database import Tx
from bot.store.rules import Version

SignedBefore = Mapping[str, Sequence[Version]]
"""By rule, the versions that were signed off, newest first."""


def signatures_needed(settings: Settings, version: Version) -> int:
    """One other person where the author is known, two for a bare file change."""
    if settings.sole or version.proposed_by is not None:
        return 1
    return 2


def is_signed(settings: Settings, version: Version) -> bool:
    counted = [person for person in version.signed_by if settings.sole or person != version.proposed_by]
    return len(counted) >= signatures_needed(settings, version)


def steps(mode: Mode) -> int:
    return mode.steps


def shown(book: Rulebook, of_it: Iterable[Rule], now: datetime) -> list[Version]:
    """Rules of the files as versions that nobody has numbered or signed yet."""
    return [
        Version(
            hash=rule.hash,
            rule=rule.id,
            number=0,
            basis=book.bases[rule.id],
            mode=rule.mode,
            text=rule.text,
            calendars_text=book.calendars_text,
            file=rule.file,
            seen_at=now,
            proposed_by=None,
            signed_by=(),
        )
        for rule in of_it
    ]


async def signed_before(tx: Tx, settings: Settings, versions: Sequence[Version]) -> SignedBefore:
    """Of the rules that have a version here without its signatures, those that were signed."""
    unsigned = [one.rule for one in versions if not is_signed(settings, one)]
    found = await rules.signed_of(tx, unsigned)
    return {rule: [one for one in older if is_signed(settings, one)] for rule, older in found.items()}


@dataclass
class Choice:
    """Chooses among the versions of a rulebook's rules, and remembers what it has worked out."""

    settings: Settings
    book: Rulebook
    setup: Setup
    now: datetime
    _is_its_text: dict[str, bool] = field(default_factory=dict)
    _wider: dict[tuple[str, str], str] = field(default_factory=dict)
    _read: dict[str, tuple[Rule, Mapping[str, WorkCalendar]] | None] = field(default_factory=dict)

    async def work_out(self, tx: Tx) -> "Ahead":
        """What is known now of these rules, for `Ahead.all` to work out in a thread."""
        versions = {one.hash: one for one in shown(self.book, self.book.rules.values(), self.now)}
        versions |= await rules.of_hashes(tx, list(versions))
        return Ahead(self, versions, await signed_before(tx, self.settings, list(versions.values())))

    def is_its_text(self, rule: Rule) -> bool:
        """Whether the text that people are shown and sign, read again, is the rule that would run."""
        known = self._is_its_text.get(rule.id)
        if known is None:
            again, problems = parse_rule_text(
                rule.text,
                self.book.calendars_text,
                vocabulary=self.book.vocabulary,
                setup=self.setup,
                file=rule.file,
            )
            known = again is not None and not problems and again.hash == rule.hash
            self._is_its_text[rule.id] = known
        return known

    def read(self, version: Version) -> Running | None:
        """A stored version from its own text, with the calendars of its day."""
        if version.hash not in self._read:
            self._read[version.hash] = self._read_again(version)
        if (found := self._read[version.hash]) is None:
            return None
        rule, calendars = found
        return _running(rule, Mode(version.mode), version, calendars, True, say("signed off"))

    def of(self, rule: Rule, version: Version, before: SignedBefore) -> Running:
        """What runs of a rule of which this is the version. `before` has those that were signed."""
        if is_signed(self.settings, version):
            by = " and ".join(version.signed_by)
            return _running(rule, rule.mode, version, self.book.calendars, True, f"signed off by {by}")
        for older in before.get(rule.id, ()):
            only_mode = older.basis == version.basis and rule.mode.steps < Mode(older.mode).steps
            wider = "" if only_mode else self._why_wider(rule, version, older)
            if not wider:
                why = say("only narrower than version {number}", number=older.number)
                narrower = _running(rule, rule.mode, version, self.book.calendars, True, why)
                # Whoever proposed what it rests on still may not approve what it does.
                return replace(narrower, proposed_by=older.proposed_by)
            old = self.read(older)
            if old is not None:
                # Lowering the mode takes effect at once, whatever else the file changes.
                return replace(
                    old,
                    mode=min(old.mode, rule.mode, key=steps),
                    why=say("version {number} waits for sign-off", number=version.number),
                    wider=wider,
                )
        mode = min(rule.mode, Mode.WATCH, key=steps)
        return _running(rule, mode, version, self.book.calendars, False, say("not signed off yet"))

    def _why_wider(self, rule: Rule, version: Version, older: Version) -> str:
        which = version.hash, older.hash
        if which not in self._wider:
            reading = Reading(self.book.vocabulary, self.setup, self.now)
            self._wider[which] = why_wider(rule, version, older, reading)
        return self._wider[which]

    def _read_again(self, version: Version) -> tuple[Rule, Mapping[str, WorkCalendar]] | None:
        rule, problems = parse_rule_text(
            version.text,
            version.calendars_text,
            vocabulary=self.book.vocabulary,
            setup=self.setup,
            file=version.file,
        )
        if rule is None or problems:
            return None
        calendars, _ = parse_calendars(version.calendars_text)
        return replace(rule, hash=version.hash), calendars.by_name


@dataclass(frozen=True, slots=True)
class Ahead:
    """Everything there is to choose of a rulebook, as the database had it a moment ago."""

    choice: Choice
    versions: Mapping[str, Version]
    before: SignedBefore

    def all(self) -> None:
        for rule in self.choice.book.rules.values():
            if rule.id not in self.choice.book.failed and self.choice.is_its_text(rule):
                self.choice.of(rule, self.versions[rule.hash], self.before)


def _running(
    rule: Rule,
    mode: Mode,
    version: Version,
    calendars: Mapping[str, WorkCalendar],
    signed: bool,
    why: str,
) -> Running:
    return Running(
        rule=rule,
        mode=mode,
        version=version.number,
        calendars=calendars,
        is_signed=signed,
        proposed_by=version.proposed_by,
        why=why,
    )
