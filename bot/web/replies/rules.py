"""Replies about rules, their versions, and what a change of one would come to."""

from bot.web.replies.base import Answer, At, Reply, Said


class Waiting(Reply):
    """A version that waits for a signature."""

    version: int
    mode: str
    proposed_by: str | None
    signed_by: list[str]


class Rule(Reply):
    """A rule as it runs. Sentence and guards are those of what waits, where something does."""

    id: str
    mode: str
    version: int | None
    is_signed: bool
    why: str
    sentence: str
    changes: list[str]
    wider: str
    wrong: list[str]
    guards: list[str]
    who: str
    waiting: Waiting | None


class Rules(Reply):
    """`problems` are those of the rule files, as `check` prints them."""

    rules: list[Rule]
    problems: list[str]


class Answered(Reply):
    ref: str
    answer: Answer
    since: At


class OneRule(Rule):
    """A rule with its own text, and what it answers now."""

    text: str
    file: str
    answers: list[Answered]
    may_not: str
    """Why you may not sign what waits; empty where you may, or where nothing waits."""


class RuleValue(Reply):
    """`key` is how it is changed; `value` is as it stands in the file."""

    key: str
    sort: str
    label: str
    value: str


class RuleValues(Reply):
    """The values of a rule that can be changed. `file` is the fingerprint of the file they were read from."""

    rule: str
    file: str
    file_name: str
    may_be_written: bool
    values: list[RuleValue]


class RuleValueChange(Reply):
    key: str
    label: str
    value: str
    proposed: str


class RuleTestChange(Reply):
    """A test of the rule that fails with a change; `changes` where what it expects changes with it."""

    number: int
    given: dict[str, str]
    expected: str
    got: str
    changes: bool


class RuleChange(Reply):
    """What a change would come to. `file` and `result` go with its proposal."""

    rule: str
    file_name: str
    file: str
    result: str
    values: list[RuleValueChange]
    changes: list[str]
    wider: str
    """In what it goes further than what was signed, with an example; empty where it does not."""
    narrower: str
    lines: list[str]
    """Of the file, each with a minus, a plus or a space before it."""
    tests: list[RuleTestChange]


class RuleEdited(Said):
    """`version` is null where the file with the change is refused after all."""

    version: int | None


class Proposed(Said):
    rules: list[str]
