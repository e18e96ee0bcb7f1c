"""Trees as stored, and as lines."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answer import answer
from bot.core.condition import Answer
from bot.core.explain import Node, as_lines, explain, tree_from_json, tree_to_json
from tests.core.calendars import SE, at
from tests.core.prove_pairs import Grid, pair

LEAF = st.builds(
    Node,
    st.sampled_from(list(Answer)),
    st.text(),
    st.text(),
    st.none() | st.just(at("2026-11-20T15:00:00.123456")),
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda node, children: Node(node.answer, node.text, node.saw, node.until, tuple(children)),
        LEAF,
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@given(TREE)
def test_a_stored_tree_reads_back_equal(tree):
    assert tree_from_json(json.loads(json.dumps(tree_to_json(tree)))) == tree


def test_lines_are_indented_by_their_blocks_without_the_root():
    inner = Node(Answer.NO, "any of these holds", "1 no", None, (Node(Answer.NO, "c", "d"),))
    tree = Node(Answer.NO, "all of these hold", "", None, (Node(Answer.YES, "a", "b"), inner))

    lines = as_lines(tree)

    assert [(line.indent, line.answer, line.text, line.saw) for line in lines] == [
        (0, Answer.YES, "a", "b"),
        (0, Answer.NO, "any of these holds", "1 no"),
        (1, Answer.NO, "c", "d"),
    ]


def test_a_tree_of_one_line_is_that_line():
    assert [line.text for line in as_lines(Node(Answer.YES, "a"))] == ["a"]


@pytest.mark.parametrize("about", ["timeless", "days", "moments", "counted"])
def test_the_explanation_is_of_the_answer_that_was_given(about):
    """Two ways through a condition: the one stops where all is decided, the other has every line."""
    for seed in range(100):
        one, other = pair(about, seed)
        grid = Grid(about, one, other, seed)
        for number in Random(seed).sample(range(len(grid.points)), min(25, len(grid.points))):
            values, now = grid.point(number)
            given = answer(one.when, values, SE, now)
            tree = explain(one.when, values, SE, now)

            assert (given.answer, given.until) == (tree.answer, tree.until), (seed, number)
