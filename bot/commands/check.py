"""`check`: every problem of rule files and mail templates, what proofs find, each rule as one sentence.

The work calendars' days are printed because nobody notices in a rule file that a
library knows a holiday less: people who do payroll notice it in a list.
"""

from argparse import Namespace
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.app import SystemClock
from bot.commands.lint import as_json, lint_of, say_findings, wrong
from bot.commands.out import GAP, complain, say, say_json
from bot.commands.rules_read import RulesRead, rules_asked_for
from bot.commands.templates_read import TemplatesRead, templates_of
from bot.core.clock import Clock
from bot.core.sentence import sentence
from bot.core.words import LANGUAGES
from bot.rulebook import calendars_of_the_year
from bot.rulebook.lint import Finding, Linted
from bot.rulebook.shared import words_of_some


def run(args: Namespace) -> int:
    return check(args, SystemClock())


def check(args: Namespace, clock: Clock) -> int:
    """1 where anything is wrong, with the rules or with the settings they are checked against."""
    read = rules_asked_for(args.folder, args.config)
    if args.language:
        read = replace(read, language=args.language)
    days = _days(read, clock)
    linted, absences = lint_of(read, clock, args.config)
    findings = (*absences, *linted.findings)
    templates = templates_of(read.settings)
    is_right = not (read.book.problems or read.trouble) and not wrong(findings)
    is_right = is_right and not (templates and templates.problems)
    if args.json:
        _say_json(read, days, linted, findings, templates, is_right)
    else:
        _say(read, days, linted, findings)
        if templates is not None:
            _say_templates(templates)
    if read.trouble:
        complain(read.trouble)
    return 0 if is_right else 1


def _days(read: RulesRead, clock: Clock) -> dict[str, tuple[int, list[str]]]:
    """Each work calendar's present year and the days of it that are not like others."""
    found = {}
    for name, calendar in read.book.calendars.items():
        year = clock.now().astimezone(ZoneInfo(calendar.spec.zone)).year
        found[name] = year, list(calendars_of_the_year(calendar, year))
    return found


def _say(
    read: RulesRead,
    days: dict[str, tuple[int, list[str]]],
    linted: Linted,
    findings: tuple[Finding, ...],
) -> None:
    book = read.book
    for rule in book.rules.values():
        say(f"{rule.id} ({rule.mode}), {rule.file}:{rule.line}")
        say(f"{GAP}{sentence(rule, read.language)}")
        for note in words_of_some(rule, book.vocabulary.kinds):
            say(f"{GAP}Note: {note}.")
        say()
    for name, (year, lines) in days.items():
        say(f"work calendar {name}, {year}")
        for line in lines or ["no closed or half days besides weekends"]:
            say(f"{GAP}{line}")
        say()
    if book.skipped:
        say(f"Not checked, for want of settings: {'; '.join(book.skipped)}.")
    if book.problems:
        say(book.report())
        say()
    say_findings(linted, findings)
    say()
    count = len(book.problems) + wrong(findings)
    told = "nothing is wrong" if not count else f"{count} {'problem' if count == 1 else 'problems'}"
    say(f"{len(book.rules)} {'rule' if len(book.rules) == 1 else 'rules'} in {read.folder}: {told}.")


def _say_templates(templates: TemplatesRead) -> None:
    if templates.problems:
        say()
        say("\n\n".join(map(str, templates.problems)))
        say()
    count = len(templates.problems)
    told = "nothing is wrong" if not count else f"{count} {'problem' if count == 1 else 'problems'}"
    say(f"{templates.mails} mail templates, each example in {' and '.join(LANGUAGES)}: {told}.")


def _say_json(
    read: RulesRead,
    days: dict[str, tuple[int, list[str]]],
    linted: Linted,
    findings: tuple[Finding, ...],
    templates: TemplatesRead | None,
    is_right: bool,
) -> None:
    say_json(
        {
            "ok": is_right,
            "rules": [
                {
                    "id": rule.id,
                    "file": rule.file,
                    "line": rule.line,
                    "mode": rule.mode.value,
                    "sentence": sentence(rule, read.language),
                    "notes": list(words_of_some(rule, read.book.vocabulary.kinds)),
                }
                for rule in read.book.rules.values()
            ],
            "calendars": [
                {"name": name, "year": year, "days": lines} for name, (year, lines) in days.items()
            ],
            "problems": [
                {
                    "file": one.file,
                    "line": one.line,
                    "column": one.column,
                    "message": one.message,
                    "source": one.source,
                }
                for one in (*read.book.problems, *(templates.problems if templates is not None else ()))
            ],
            **as_json(linted, findings),
            "skipped": list(read.book.skipped),
        }
    )
