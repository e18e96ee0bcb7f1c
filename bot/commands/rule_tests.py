"""`test`: the tests that stand in the rule files, and the boundary cases made of the rules."""

from argparse import Namespace
from dataclasses import asdict

from bot.commands.out import complain, say, say_json, say_table
from bot.commands.rules_read import rules_asked_for
from bot.rulebook.boundaries import run_boundaries
from bot.rulebook.rule_tests import TestResult, calendars_of, run_tests


def run(args: Namespace) -> int:
    """1 where a test fails, or where a rule can't be read and so can't be tested."""
    read = rules_asked_for(args.folder, args.config)
    results = run_tests(read.book, calendars_of(read.setup))
    made = run_boundaries(read.book, calendars_of(read.setup))
    failed = [one for one in results if not one.ok]
    fallen = [one for one in made if not one.ok]
    is_right = not (failed or fallen or read.book.problems or read.trouble)
    if args.json:
        say_json(
            {
                "ok": is_right,
                "tests": [_as_json(one) for one in results],
                "generated": [{**asdict(one), "ok": one.ok} for one in made],
                "problems": [str(one) for one in read.book.problems],
            }
        )
    else:
        for one in failed:
            say(f"{one.file}:{one.line}{'':2}{one.rule}")
            say_table(("expected", "got"), [(one.expected, one.got), *(("", line) for line in one.reasons())])
            say()
        for made_up in fallen:
            say(f"{made_up.file}:{made_up.line}{'':2}{made_up.rule}, generated: {made_up.about}")
            say_table(("expected", "got"), [(made_up.expected, made_up.got)])
            say()
        if read.book.problems:
            say(read.book.report())
            say()
        count = len(failed) + len(fallen)
        tests = "test" if len(results) == 1 else "tests"
        say(f"{len(results)} {tests} in the files, {len(made)} generated: {count} failed.")
    if read.trouble:
        complain(read.trouble)
    return 0 if is_right else 1


def _as_json(one: TestResult) -> dict[str, object]:
    return {
        "rule": one.rule,
        "file": one.file,
        "line": one.line,
        "expected": one.expected,
        "got": one.got,
        "ok": one.ok,
        "reasons": one.reasons(),
    }
