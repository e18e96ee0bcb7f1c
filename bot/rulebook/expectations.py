"""Rules with `expect`: how many of a kind are to come by when, and who is told that they did not.

Such a rule only tells. There is nothing that it could act on, and it is asked once for
each of its times, so that what belongs to acting or to an alert that stays open has no
place in it.
"""

from bot.core.expect import Expectation, parse_expectation
from bot.core.hint import listing
from bot.core.rule import Mode, RuleTest, Step
from bot.rulebook.document import Part, Table, Text
from bot.rulebook.reader import Reader
from bot.rulebook.setup import Surroundings

MAIL = "too_few_came"
"""The template of what such a rule tells."""
CAME = "came"
"""What a test of such a rule gives: how many came."""
ANSWERS = ("act", "watch", "nothing", "unknown")
_TELLS_BY = ("alert", "send_mail")
_NO_PLACE = {
    "every": "it has times of its own: make them two rules",
    "if_missed": "what came is counted late where payrunbot was not running",
    "watch": "it says itself what is counted",
    "limits": "limits are for a rule that acts",
    "ask": "nobody is asked before a mail",
    "group_by": "each connection is counted and told of by itself",
    "wait": "it is told at its time",
    "remind": "it is told once for each of its times",
    "escalate": "it is told once for each of its times",
}


def read_expectation(reader: Reader, table: Table, around: Surroundings) -> tuple[str, Expectation] | None:
    """What is counted, and how many are expected by when; None where that can't be read."""
    text = reader.plain(table.values["expect"], '"expect"')
    read = reader.parsed(text, parse_expectation)
    if text is None or read is None:
        return None
    word = Text(read.kind, text.part(read.offset, len(read.kind)))
    known = [*around.vocabulary.parts, *(name for name in around.vocabulary.kinds if "." in name)]
    kind = reader.choice(word, sorted(known), "something that is counted")
    return (kind, read.expectation) if kind is not None else None


def check_only_expects(reader: Reader, table: Table, then: tuple[Step, ...], around: Surroundings) -> None:
    """Refuse in a rule with `expect` all that is not telling people once."""
    for key, why in _NO_PLACE.items():
        if key in table.keys:
            reader.refuse(table.keys[key].spot, f'"{key}" has no place in a rule with "expect": {why}')
    mode = table.values.get("mode")
    if isinstance(mode, Text) and mode.value.casefold() == Mode.ASK:
        reader.refuse(
            table.keys["mode"].spot, "nobody is asked before a mail: write mode: act, or mode: watch"
        )
    spot = table.keys["then"].spot if "then" in table.keys else table.spot
    vendor = [step.action for step in then if step.action in around.vocabulary.vendor_actions]
    if vendor:
        reader.refuse(spot, f'a rule with "expect" only tells, and {listing(vendor)} acts on what is there')
    for step in then:
        if step.action in vendor:
            continue
        if step.action not in _TELLS_BY:
            reader.refuse(
                spot, f'a rule with "expect" tells by alert: {{to: …}} or send_mail, not by {step.action}'
            )
        elif step.args.get("template", MAIL) != MAIL:
            reader.refuse(spot, f'the template of a rule with "expect" is {MAIL}')
        elif "when_cleared" in step.args:
            reader.refuse(
                spot, '"when_cleared" has no place in a rule with "expect": what came late, came late'
            )


def check_not_its_mail(reader: Reader, table: Table, then: tuple[Step, ...]) -> None:
    """Refuse the mail of such a rule in any other."""
    if any(step.args.get("template") == MAIL for step in then):
        reader.refuse(
            table.keys["then"].spot, f'"{MAIL}" is the mail of a rule with "expect", which this is not'
        )


def read_came_tests(reader: Reader, part: Part | None) -> tuple[RuleTest, ...]:
    """`given: {came: 0}` with what the rule then does; `came: unknown` where it could not be read."""
    read = (_test(reader, item) for item in reader.several(part))
    return tuple(test for test in read if test is not None)


def _test(reader: Reader, part: Part) -> RuleTest | None:
    table = reader.table(part, "a test", ("given", "expect"))
    if table is None:
        return None
    expected = reader.choice(
        reader.text(table, "expect", "a test", required=True), ANSWERS, "something this test can expect"
    )
    given = table.values.get("given")
    values = reader.table(given, '"given"', (CAME,)) if isinstance(given, Table) else None
    came = reader.text(values, CAME, '"given"', required=True) if values is not None else None
    if given is None or not isinstance(given, Table):
        reader.refuse(part.spot, f'a test of a rule with "expect" gives how many came: given: {{{CAME}: 0}}')
    reader.parsed(came, given_came)
    if came is None or expected is None:
        return None
    return RuleTest({CAME: came.value}, expected, part.spot.line + 1)


def given_came(text: str) -> int | None:
    """How many came in a test; None for unknown. Raises ValueError with a sentence for the author."""
    word = text.strip().lower()
    if word == "unknown":
        return None
    if word == "none":
        return 0
    if not word.isascii() or not word.isdecimal() or len(word) > 4:
        raise ValueError(f'"{text}" is not how many came: a whole number, none or unknown')
    return int(word)
