"""What the pages about rules show: the list, one rule, a trial of it, a change of its values."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from bot.core.money import Money
from bot.core.rule import Mode
from bot.web.shapes import Answer, Form, Proposal, RuleRow, Status, WhyLine
from bot.web.views import Page

Mark = Literal[" ", "-", "+"]
Lines = tuple[tuple[Mark, str], ...]
"""Lines of a rule file, each with whether it goes, comes or stays."""


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test of a rule's file. `number` counts from 1, `line` in the rule's own text."""

    number: int
    line: int
    given: str
    expected: str
    got: str
    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.expected == self.got


@dataclass(frozen=True, slots=True)
class Checks:
    """The tests of a rule, and the cases made of its own numbers. `failed` are of the latter."""

    written: tuple[TestRow, ...]
    made: int
    failed: tuple[tuple[str, str, str], ...] = ()
    """(what was put in place of what, what was expected, what came)"""

    @property
    def wrong(self) -> int:
        return sum(not one.ok for one in self.written) + len(self.failed)

    @property
    def total(self) -> int:
        return len(self.written) + self.made


@dataclass(frozen=True, slots=True)
class Figure:
    """One count of a trial, with its money in each currency."""

    label: str
    count: int
    money: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One pay run of a trial. `before` is empty where nothing is compared."""

    at: datetime
    run: str
    url: str
    before: str
    after: str
    amount: Money | None
    lines: tuple[tuple[str, WhyLine], ...]
    """Whose line it is (`now`, `new`; empty where nothing is compared), and the line."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a replay over the record came to; with `trouble` there was none."""

    period: str = ""
    readings: int = 0
    figures: tuple[Figure, ...] = ()
    rows: tuple[TrialRow, ...] = ()
    cut: int = 0
    short: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a rule, with what people did about it."""

    number: int
    at: datetime
    mode: Mode
    state: str
    """`runs`, `waits for sign-off`, `sent back`; empty for one of the past."""
    noted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueField:
    """One value in the form. `label` and `after` stand around it in its line."""

    key: str
    id: str
    label: str
    after: str
    text: str
    hint: str
    options: tuple[str, ...] = ()
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Muting:
    """Whether nobody is alerted of it, and the form to begin or to end that."""

    says: str = ""
    mute: Form | None = None
    until: str = ""
    """What the field starts with: `2026-11-23T12:00`."""
    unmute: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules(Page):
    template: ClassVar[str] = "rules.html"
    nav: ClassVar[str] = "rules"

    proposals: tuple[Proposal, ...]
    rules: tuple[RuleRow, ...]
    problems: tuple[str, ...] = ()
    """Rule files that were refused, as `check` prints it."""
    lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage(Page):
    """One rule: what it says and did, and the version of it that waits for somebody's signature."""

    template: ClassVar[str] = "rule.html"
    nav: ClassVar[str] = "rules"

    id: str
    version: str
    title: str
    sentence: str
    mode: Mode
    text: str
    """The rule's own lines of the file, as they stand."""
    file: str
    status: Status
    proposed: str = ""
    until_then: str = ""
    """`Version 7 keeps running until you decide.`"""
    guards: tuple[str, ...] = ()
    changed: Lines = ()
    """Line by line against the version that runs."""
    changes: tuple[str, ...] = ()
    """The same as one would say it."""
    wider: str = ""
    """In what it goes further than the version that runs."""
    narrower: str = ""
    """In what it does less."""
    wrong: tuple[str, ...] = ()
    """What is proved to be wrong with the version that waits."""
    trial: Trial | None = None
    """The version that waits beside the one that runs, over what was recorded."""
    checks: Checks | None = None
    """None where its text can't be read with today's words."""
    answers: tuple[tuple[str, str, Answer, str], ...] = ()
    """(pay run, its url, answer, since when or why)"""
    counted: str = ""
    """`over 1 000 no, 3 yes`: of which `answers` are the last."""
    did: tuple[tuple[str, str], ...] = ()
    """What came of it in the last 30 days, each with its number."""
    history: tuple[VersionRow, ...] = ()
    muting: Muting | None = None
    """None for a rule that alerts of nothing."""
    edit_url: str = ""
    """Where this person changes its values; empty where they may not."""
    try_url: str = ""
    """Where it is tried on what was recorded; empty where nothing of it is."""
    sent_back: str = ""
    """`finance-1 sent it back, Fri 20 Nov 15:03: too high`"""
    propose_again: Form | None = None
    sign_off: Form | None = None
    send_back: Form | None = None
    who: str = ""
    """`payroll-1 proposed it, so one other person signs: you or finance-2.`"""
    may_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTry(Page):
    """One rule over what was recorded last, in its own mode or another one."""

    template: ClassVar[str] = "rule-try.html"
    nav: ClassVar[str] = "rules"

    id: str
    version: str
    sentence: str
    mode: Mode
    modes: tuple[Mode, ...]
    trial: Trial
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEdit(Page):
    """The values of a rule in fields; what was typed, and what is wrong with it."""

    template: ClassVar[str] = "rule-edit.html"
    nav: ClassVar[str] = "rules"

    id: str
    sentence: str
    fields: tuple[ValueField, ...]
    file: str
    """The fingerprint of the file that the fields were made of."""
    file_name: str
    preview: Form | None
    may_be_written: bool = True
    wrong: str = ""
    """What is wrong with all of it, as `check` prints it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange(Page):
    """What a change of values comes to, before anything happens, and the form that proposes it."""

    template: ClassVar[str] = "rule-change.html"
    nav: ClassVar[str] = "rules"

    id: str
    rows: tuple[tuple[str, str, str], ...]
    """(where it stands, as it is, as it would be)"""
    changes: tuple[str, ...]
    wider: str
    narrower: str
    signed: str
    """`version 7`, that it is compared with; empty where none was signed."""
    lines: Lines
    file_name: str
    tests: tuple[tuple[TestRow, bool, bool], ...]
    """Those that fail with it; whether it is ticked, and whether it can be."""
    tests_run: int
    trial: Trial
    typed: tuple[tuple[str, str], ...]
    """(key, what was typed), to be sent again."""
    file: str
    result: str
    preview: Form | None = None
    """Where what its tests expect can change with it; None where none fails."""
    propose: Form | None = None
    """None while a test would fail, and where the folder can't be written to."""
    text: str = ""
    """The whole file, to hand over where it can't be written to."""
    edit_url: str = ""
