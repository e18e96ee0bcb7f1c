"""`test`: the tests that stand in the rule files."""

from argparse import Namespace

from bot.commands.out import complain, say, say_json, say_table
from bot.commands.rules_read import RulesRead, rules_asked_for
from bot.core.condition import Answer
from bot.core.explain import as_lines
from bot.rulebook.rule_tests import TestResult, run_tests


def run(args: Namespace) -> int:
    """1 where a test fails, or where a rule can't be read and so can't be tested."""
    read = rules_asked_for(args.folder, args.config)
    results = run_tests(read.book, _calendars(read))
    failed = [one for one in results if not one.ok]
    is_right = not (failed or read.book.problems or read.trouble)
    if args.json:
        say_json(
            {
                "ok": is_right,
                "tests": [_as_json(one) for one in results],
                "problems": [str(one) for one in read.book.problems],
            }
        )
    else:
        for one in failed:
            say(f"{one.file}:{one.line}{'':2}{one.rule}")
            say_table(("expected", "got"), [(one.expected, one.got), *(("", line) for line in _reasons(one))])
            say()
        if read.book.problems:
            say(read.book.report())
            say()
        say(f"{len(results)} {'test' if len(results) == 1 else 'tests'}, {len(failed)} failed.")
    if read.trouble:
        complain(read.trouble)
    return 0 if is_right else 1


def _calendars(read: RulesRead) -> dict[str, str]:
    """A vendor's work calendar: that of its first connection."""
    found: dict[str, str] = {}
    for one in (read.setup.connections or {}).values():
        found.setdefault(one.vendor, one.calendar)
    return found


def _reasons(one: TestResult) -> list[str]:
    """What kept a rule from saying yes, and for what a person would be asked."""
    if one.decision is None:
        return []
    lines = [line for line in as_lines(one.decision.tree) if line.answer is not Answer.YES]
    lines += [line for node in one.decision.reasons for line in as_lines(node)]
    return [f"{line.text}: {line.answer}" + (f", saw {line.saw}" if line.saw else "") for line in lines]


def _as_json(one: TestResult) -> dict[str, object]:
    return {
        "rule": one.rule,
        "file": one.file,
        "line": one.line,
        "expected": one.expected,
        "got": one.got,
        "ok": one.ok,
        "reasons": _reasons(one),
    }
