"""A rule file before anything in it is understood: what is refused, and how much is read."""

import pytest

from bot.rulebook.document import MOST_BYTES, MOST_NODES, MOST_TOLD, Items, Table, read
from tests.rules.test_rulebook import book


@pytest.mark.parametrize("style", [">", ">-", ">+"])
def test_a_folded_text_has_a_space_at_each_fold_and_nothing_else(style):
    document = read("rules/a.yaml", f"advice: {style}\n  Look at it\n  first.\n")

    assert isinstance(document.root, Table)
    assert document.root.values["advice"].value == "Look at it first."


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\x00", "U+0000 (a control character)"),
        ("\x08", "U+0008 (a control character)"),
        ("\x0b", "U+000B (a control character)"),
        ("\x0c", "U+000C (a control character)"),
        ("\x1b", "U+001B (a control character)"),
        ("\x7f", "U+007F (a control character)"),
        ("\x85", "U+0085 (a control character)"),
        ("\x9f", "U+009F (a control character)"),
        ("\u2028", "U+2028 (line separator)"),
        ("\u2029", "U+2029 (paragraph separator)"),
        ("\u200e", "U+200E (left-to-right mark)"),
        ("\u200f", "U+200F (right-to-left mark)"),
        ("\u202a", "U+202A (left-to-right embedding)"),
        ("\u202e", "U+202E (right-to-left override)"),
        ("\u2066", "U+2066 (left-to-right isolate)"),
        ("\u2069", "U+2069 (pop directional isolate)"),
    ],
)
def test_a_character_nobody_sees_is_refused_with_its_place(sign, name):
    document = read("rules/a.yaml", f"rules:\r\n  - id: a{sign}b\n")

    assert document.root is None
    assert [str(problem) for problem in document.problems] == [
        f"rules/a.yaml:2:10  the character {name} cannot be seen, and is not read here: take it out\n"
        "    2 |   - id: a\ufffdb\n"
        "      |          ^"
    ]


def test_tabs_ends_of_lines_and_words_of_any_language_are_read():
    document = read("a.yaml", "a: 'räksmörgås\tلا'\r\nb: 1\rc: 2\n")

    assert document.problems == []
    assert isinstance(document.root, Table)
    assert [document.root.values[key].spot.line for key in "abc"] == [0, 1, 2]


def test_a_file_of_many_values_is_read_up_to_a_bound():
    within = read("a.yaml", "- a\n" * (MOST_NODES - 1))
    beyond = read("a.yaml", "- a\n" * MOST_NODES)

    assert isinstance(within.root, Items)
    assert len(within.root.items) == MOST_NODES - 1
    assert beyond.root is None
    assert [problem.message for problem in beyond.problems] == [
        "the file has more than 20000 values: divide it into several"
    ]


def test_a_large_file_tells_its_first_problems_and_how_many_more(tmp_path):
    each = "  - aaaa\n"
    count = 100_000 // len(each)

    found = book(tmp_path, "rules:\n" + each * count)

    assert len(found.problems) == MOST_TOLD + 1
    assert [problem.line for problem in found.problems] == list(range(2, MOST_TOLD + 3))
    assert found.problems[-1].message == f"from here on this file has {count - MOST_TOLD} more problems"


def test_one_problem_beyond_the_bound_is_one_problem_more():
    told = read("a.yaml", "\x00" * (MOST_TOLD + 1)).told()

    assert told[-1].message == "from here on this file has 1 more problem"
    assert len(read("a.yaml", "\x00" * MOST_TOLD).told()) == MOST_TOLD


def test_a_rule_whose_problem_is_not_told_is_refused_all_the_same(tmp_path):
    good = """
  - id: {id}
    title: Tell
    watch: gigapay.payrun
    when: [status is paid]
    then: {{alert: {{to: ops}}}}
    {last}: off
"""
    bad = "  - aaaa\n" * (MOST_TOLD + 1)
    last = good.format(id="whole", last="mode") + good.format(id="broken", last="moed")

    found = book(tmp_path, "rules:\n" + bad + last)

    assert set(found.rules) == {"whole"}


def test_of_a_file_that_is_too_large_only_as_much_is_read_as_shows_it(tmp_path):
    found = book(tmp_path, "#" * (3 * MOST_BYTES))

    assert [(problem.message, len(problem.source)) for problem in found.problems] == [
        ("the file is larger than 1 MB", MOST_BYTES + 1)
    ]


def test_many_problems_on_one_long_line_show_what_is_around_each(tmp_path):
    found = book(tmp_path, "rules: [" + "aaaa, " * 15_000 + "]")

    shown = str(found.problems[3]).splitlines()[1:]
    assert len(found.report()) < 200_000
    assert [len(line) for line in shown] == [408, 38]
    assert shown[0][shown[1].index("^") :].startswith("aaaa")
