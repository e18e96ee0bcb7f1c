"""What lint finds, with a resource on which it is so; and what it is silent about, because it was proved."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app import shipped
from bot.core.guard import Guards
from bot.core.money import Money
from bot.rulebook import ConnectionSetup, Rulebook, Setup, load
from bot.rulebook.lint import Finding, Level, Linted, lint
from bot.rulebook.lint.apart import may_meet
from tests.rules.test_shipped import WORDS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEK = Guards(
    per_action={"SEK": Money(Decimal(250_000), "SEK")}, per_day={"SEK": Money(Decimal(1_000_000), "SEK")}
)
SETUP = Setup(
    connections={
        "gigapay-se": ConnectionSetup("gigapay", "se", "SEK", SEK),
        "gigapay-two": ConnectionSetup("gigapay", "se", "SEK", SEK),
    }
)
LOOKS_AHEAD = """\
  - id: closes-soon
    title: Closes by itself soon
    watch: gigapay.payrun
    when: [closes by itself at is in the next 2 hours]
    then: {alert: {to: ops}}
"""
"""So that no rule below races Gigapay."""


def rule(id: str, *lines: str, then: str = "gigapay.close_payrun", more: str = "mode: ask") -> str:
    watch = then.partition(".")[0] + ".payrun"
    when = "".join(f"\n      - {line}" for line in lines)
    keys = "".join(f"    {line}\n" for line in more.splitlines())
    return f"  - id: {id}\n    title: A rule\n    watch: {watch}\n    when:{when}\n    then: {then}\n{keys}"


def book_of(tmp_path: Path, rules: tuple[str, ...], setup: Setup) -> tuple[Rulebook, Path]:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "calendars.yaml").write_text((shipped("rules") / "calendars.yaml").read_text())
    (folder / "a.yaml").write_text("rules:\n" + "".join(rules) + LOOKS_AHEAD)
    book = load(folder, vocabulary=WORDS, setup=setup)
    assert not book.problems, book.report()
    return book, folder


def linted(tmp_path: Path, *rules: str, setup: Setup = SETUP) -> Linted:
    book, folder = book_of(tmp_path, rules, setup)
    return lint(book, setup, folder, NOW)


def found(tmp_path: Path, *rules: str, setup: Setup = SETUP) -> list[Finding]:
    return list(linted(tmp_path, *rules, setup=setup).findings)


def test_the_shipped_rules_are_clean() -> None:
    folder = shipped("rules")
    book = load(folder, vocabulary=WORDS)

    assert [str(one) for one in lint(book, Setup(), folder, NOW).findings] == []


# Two rules that meet


def test_two_rules_that_do_the_same_on_one_resource_are_wrong_with_a_resource_as_the_proof(
    tmp_path: Path,
) -> None:
    (one,) = found(
        tmp_path,
        rule("small", "status is open", "cost is at most 50 000 SEK"),
        rule("all", "status is open", "payouts is at least 1"),
    )

    assert (one.kind, one.level, one.rules) == ("overlap", Level.WRONG, ("small", "all"))
    assert str(one) == (
        "rules/a.yaml:2:9  wrong: small and all both do gigapay.close_payrun on one resource: "
        "whichever comes first does it, and the limits of the other are not asked\n"
        "    2 |   - id: small\n"
        "      |         ^^^^^\n"
        "      example: {status: open, cost: 50 000 SEK, payouts: 1, now: Fri 20 Nov 2026 13:00}\n"
        "      mend: add a line to one of them by which it is never so; all is in rules/a.yaml:10"
    )


def test_two_rules_with_another_action_each_are_to_look_at(tmp_path: Path) -> None:
    (one,) = found(
        tmp_path,
        rule("close", "status is open"),
        rule("tag", "status is open", then="{gigapay.tag_payrun: {metadata: {by: us}}}").replace(
            "{gigapay.payrun", "gigapay.payrun"
        ),
    )

    assert (one.level, one.sentence) == (Level.LOOK, "close and tag act on one resource at one moment")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(["cost is at most 50 000 SEK"], ["cost is more than 50 000 SEK"], id="amounts"),
        pytest.param(["cost is at most 1 SEK"], ["cost is at most 1 EUR"], id="currencies"),
        pytest.param(["payouts is less than 5"], ["payouts is at least 5"], id="counts"),
        pytest.param(["pay date is ours is yes"], ["pay date is ours is no"], id="yes and no"),
        pytest.param(["now is after input cut-off"], ["now is not after input cut-off"], id="times"),
        pytest.param(["closed at is missing"], ["closed at is known"], id="there or not"),
    ],
)
def test_rules_that_cannot_meet_are_proved_apart_and_counted(
    tmp_path: Path, first: list[str], second: list[str]
) -> None:
    done = linted(tmp_path, rule("a", "status is open", *first), rule("b", "status is open", *second))

    assert [one for one in done.findings if one.kind == "overlap"] == []
    assert (done.pairs, done.apart) == (1, 1)


def test_rules_of_other_connections_or_that_do_nothing_are_no_pair_that_meets(tmp_path: Path) -> None:
    done = linted(
        tmp_path,
        rule("a", "status is open", more="connections: [gigapay-se]\nmode: ask"),
        rule("b", "status is open", more="connections: [gigapay-two]\nmode: ask"),
        rule("c", "status is open", more="mode: watch"),
    )

    assert (list(done.findings), done.pairs, done.apart) == ([], 1, 1)


def test_rules_of_other_work_calendars_are_told_apart_by_nothing_about_time(tmp_path: Path) -> None:
    (one,) = found(
        tmp_path,
        rule("a", "status is open", "now is after input cut-off", more="calendar: se\nmode: ask"),
        rule("b", "status is open", "now is not after input cut-off", more="calendar: au-nsw\nmode: ask"),
    )

    assert one.level is Level.CANNOT_TELL
    assert one.sentence == (
        "whether a and b can act on one resource: a and b are read with different calendars"
    )


def test_of_many_that_meet_five_are_told_and_the_rest_is_counted(tmp_path: Path) -> None:
    done = linted(tmp_path, *(rule(f"r{number}", "status is open") for number in range(9)))

    of_first = [one for one in done.findings if one.rules[0] == "r0"]
    assert [one.level for one in of_first] == [*[Level.WRONG] * 5, Level.CANNOT_TELL]
    assert of_first[-1].sentence == (
        "whether r0 and 3 other rules can act on one resource: they were not compared"
    )
    assert (done.pairs, done.apart) == (36, 0)


def test_what_is_apart_at_a_glance_is_exactly_what_one_field_tells_apart(tmp_path: Path) -> None:
    book, _ = book_of(
        tmp_path,
        tuple(
            rule(f"r{n}", f"cost is more than {n}00 SEK", f"cost is at most {n + 1}00 SEK") for n in range(6)
        ),
        SETUP,
    )
    acting = [one for one in book.rules.values() if one.id.startswith("r")]

    # Ranges that share an end are left to the proof.
    assert may_meet(acting) == [1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        pytest.param("payouts is 1", "payouts is 2", 0, id="two numbers"),
        pytest.param("payouts is one of 1, 2", "payouts is one of 2, 3", 1, id="numbers in common"),
        pytest.param("payouts is 1", "payouts is at least 2", 0, id="a number below a range"),
        pytest.param("payouts is 2", "payouts is at least 2", 1, id="a number on the edge of a range"),
        pytest.param("cost is 5 SEK", "cost is 5 EUR", 0, id="two currencies"),
        pytest.param("cost is 5 SEK", "cost is 5.00 SEK", 1, id="one amount written twice"),
        pytest.param("bank reference is A1", "bank reference is a1", 1, id="a word in another case"),
        pytest.param("payouts is not 1", "payouts is 1", 1, id="not is left to the proof"),
    ],
)
def test_what_must_be_one_of_a_few_is_apart_at_a_glance(
    tmp_path: Path, one: str, other: str, meet: int
) -> None:
    book, _ = book_of(tmp_path, (rule("r1", one), rule("r2", other)), SETUP)
    acting = [one for one in book.rules.values() if one.id.startswith("r")]

    assert may_meet(acting) == [meet, 0]


# One rule by itself


def test_a_rule_that_never_says_yes_is_wrong_and_names_the_lines_that_clash(tmp_path: Path) -> None:
    (one,) = found(tmp_path, rule("a", "payouts is at least 1", "status is open", "status is closed"))

    assert (one.kind, one.level, one.place.line) == ("never", Level.WRONG, 8)
    assert one.sentence == 'a can never say yes: "status is open" and "status is closed" are never so at once'


def test_a_line_that_is_never_so_is_named_alone(tmp_path: Path) -> None:
    (one,) = found(tmp_path, rule("a", "status is open", "payouts is less than 0"))

    assert one.sentence == 'a can never say yes: "payouts is less than 0" is never so'


def test_times_that_cannot_both_be_are_found(tmp_path: Path) -> None:
    (one,) = found(
        tmp_path,
        rule("a", "last payout was more than 3 hours ago", "last payout was less than 90 minutes ago"),
    )

    assert one.kind == "never"


@pytest.mark.parametrize(("limit", "says"), [("10 000 SEK", True), ("10 000.01 SEK", False)])
def test_a_rule_whose_limits_ask_about_everything_is_told_to_ask(
    tmp_path: Path, limit: str, says: bool
) -> None:
    one = rule("a", "cost is more than 10 000 SEK", more=f"mode: act\nlimits: {{ask_above: {limit}}}")
    told = found(tmp_path, one)

    assert [(each.kind, each.level) for each in told] == ([("always asks", Level.LOOK)] if says else [])


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["payouts is at least 2", "payouts is at least 1"],
            'a needs no line "payouts is at least 1": "payouts is at least 2" says as much',
        ),
        (
            ["closed at was more than 1 hour ago", "closed at is known"],
            'a needs no line "closed at is known": "closed at was more than 1 hour ago" says as much',
        ),
        (
            ["any: [payouts is at least 1, payouts is at least 5]"],
            'in a the branch "payouts is at least 5" is swallowed by "payouts is at least 1"',
        ),
    ],
)
def test_a_line_that_changes_no_answer_is_to_look_at(tmp_path: Path, lines: list[str], sentence: str) -> None:
    (one,) = found(tmp_path, rule("a", *lines))

    assert (one.kind, one.level, one.sentence) == ("no effect", Level.LOOK, sentence)


def test_of_two_equal_lines_one_is_told(tmp_path: Path) -> None:
    (one,) = found(tmp_path, rule("a", "status is open", "status is open"))

    assert (one.kind, one.place.line) == ("no effect", 6)


def test_lines_that_each_say_something_are_not_told(tmp_path: Path) -> None:
    assert found(tmp_path, rule("a", "payouts is at least 1", "payouts is at most 5", "cost is known")) == []


# Amounts


def between(tmp_path: Path, lower: str, upper: str) -> list[Finding]:
    return found(
        tmp_path,
        rule("low", "status is open", lower),
        rule("high", upper, "status is open", more="mode: ask"),
    )


def test_an_amount_between_two_rules_is_told_with_one(tmp_path: Path) -> None:
    (one,) = between(tmp_path, "cost is at most 50 000 SEK", "cost is more than 60 000 SEK")

    assert (one.kind, one.level) == ("unhandled", Level.LOOK)
    assert one.sentence == "neither low nor high handles a cost between theirs"
    assert "cost: 60 000 SEK" in one.example


@pytest.mark.parametrize(
    ("lower", "upper", "gap"),
    [
        ("cost is at most 50 000 SEK", "cost is more than 50 000 SEK", False),
        ("cost is less than 50 000 SEK", "cost is at least 50 000 SEK", False),
        ("cost is less than 50 000 SEK", "cost is more than 50 000 SEK", True),
        ("cost is at most 50 000 SEK", "cost is at least 50 000.01 SEK", True),
        ("payouts is at most 5", "payouts is at least 6", False),
        ("payouts is at most 5", "payouts is at least 7", True),
        ("cost is at most 50 000 SEK", "cost is more than 60 000 EUR", False),
    ],
)
def test_rules_that_join_leave_nothing_out(tmp_path: Path, lower: str, upper: str, gap: bool) -> None:
    assert [one.kind for one in between(tmp_path, lower, upper)] == (["unhandled"] if gap else [])


# Guards and the vendor's own automation


@pytest.mark.parametrize(("limit", "says"), [("250 000 SEK", False), ("250 000.01 SEK", True)])
def test_a_limit_above_a_guard_is_told(tmp_path: Path, limit: str, says: bool) -> None:
    keys = f"connections: [gigapay-se]\nmode: act\nlimits: {{ask_above: {limit}}}"
    told = found(tmp_path, rule("a", "status is open", more=keys))

    assert [one.kind for one in told] == (["guard"] if says else [])
    if says:
        assert told[0].sentence == (
            "ask_above of a is 250 000.01 SEK, and on gigapay-se guards.per_action stops what is above "
            "250 000 SEK: nobody is ever asked because of it"
        )


@pytest.mark.parametrize(
    ("line", "says"), [("status is open", True), ("also automated by vendor is no", False)]
)
def test_a_rule_that_races_autopilot_is_told(tmp_path: Path, line: str, says: bool) -> None:
    one = rule("a", "run type is main", line, then="staffology.finalise_payrun")
    told = found(tmp_path, one, setup=Setup())

    assert [(each.kind, each.mend) for each in told] == (
        [("race", 'add the line "also automated by vendor is no"')] if says else []
    )


def test_a_rule_that_closes_beside_a_batching_term_needs_one_that_looks_at_it(tmp_path: Path) -> None:
    book, folder = book_of(tmp_path, (rule("a", "status is open"),), SETUP)
    (folder / "a.yaml").write_text("rules:\n" + rule("a", "status is open"))
    alone = load(folder, vocabulary=WORDS, setup=SETUP)

    assert [one.kind for one in lint(book, SETUP, folder, NOW).findings] == []
    assert [one.kind for one in lint(alone, SETUP, folder, NOW).findings] == ["race"]
