"""Trees as stored, rules as read aloud."""

import json
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.core.condition import Answer, Block, How, Node
from bot.core.explain import as_lines, condition_in_words, sentence, tree_from_json, tree_to_json
from bot.core.money import Money
from bot.core.rule import AtMost, Limits, Mode, Rule, Step
from tests.core.calendars import at
from tests.core.words import claim

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


def test_blocks_are_read_aloud_with_brackets():
    block = Block(
        How.ALL,
        (
            claim("status is one of open, approved"),
            Block(How.ANY, (claim("payouts is none"), claim("run is missing"))),
            Block(How.NOT, (claim("automated is yes"),)),
        ),
    )

    assert condition_in_words(block) == (
        "status is open or approved, (payouts is none or run is missing) and not (automated is yes)"
    )


def test_a_rule_is_one_sentence():
    rule = Rule(
        id="a-rule",
        title="A rule",
        watch="gigapay.payrun",
        when=Block(How.ALL, (claim("status is open"), claim("payouts is at least 1"))),
        then=(
            Step("gigapay.close_payrun"),
            Step("send_mail", {"template": "payrun_closed", "to": "payroll"}),
        ),
        mode=Mode.ACT,
        hash="",
        text="",
        file="",
        line=1,
        connections=("gigapay-se",),
        limits=Limits(
            Money(Decimal(20_000), "SEK"),
            (claim("run is missing"),),
            Money(Decimal(100_000), "SEK"),
            True,
            AtMost(1, timedelta(days=7)),
        ),
    )

    assert sentence(rule) == (
        "For each gigapay.payrun of gigapay-se, when status is open and payouts is at least 1: "
        "gigapay.close_payrun, then send_mail payrun_closed to payroll; done at once; "
        "a person is asked first when the amount is above 20 000 SEK or run is missing; "
        "two people approve above 100 000 SEK; only during working hours; at most 1 in 7 days."
    )
