"""Which pairs of many rules may have a resource in common, without asking about each pair.

Every rule is laid out by what its lines allow of single fields: words of a status,
yes or no, from which to which number. Two rules that allow nothing in common of one field
have no resource in common: that is a proof by itself. For a thousand rules that is done
with a few numbers of a thousand bits each, one bit a rule; only what is left is compared.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from operator import or_
from typing import Any

from bot.core.condition import Claim, Compared, Condition, Empty, HasValue, OneOf, Op
from bot.core.money import Money
from bot.core.resource import Scalar, Type
from bot.core.rule import Rule
from bot.rulebook.lint.ground import lines_of

Number = Decimal | int | timedelta
_NUMBERS = (Type.MONEY, Type.COUNT, Type.PERCENT, Type.DURATION)


@dataclass(slots=True)
class _Box:
    """What a rule allows: of some aspects these words, of some numbers so much; ends included."""

    words: dict[str, frozenset[Scalar]] = field(default_factory=dict)
    least: dict[str, Number] = field(default_factory=dict)
    most: dict[str, Number] = field(default_factory=dict)

    def allow(self, aspect: str, words: frozenset[Scalar]) -> None:
        self.words[aspect] = self.words.get(aspect, words) & words

    def at_most(self, name: str, value: Scalar) -> None:
        aspect, number = self._number(name, value)
        self.most[aspect] = min(self.most.get(aspect, number), number)

    def at_least(self, name: str, value: Scalar) -> None:
        aspect, number = self._number(name, value)
        self.least[aspect] = max(self.least.get(aspect, number), number)

    def _number(self, name: str, value: Scalar) -> tuple[str, Any]:
        """Amounts are compared within a currency, and are of no other."""
        if not isinstance(value, Money):
            return f"{name}: ", value
        self.allow(f"{name}: currency", frozenset({value.currency}))
        return f"{name}: {value.currency}", value.amount


def may_meet(rules: Sequence[Rule]) -> list[int]:
    """For each rule those after it of which nothing is proved yet, a bit each; the lowest is the next one."""
    boxes = [_box(rule) for rule in rules]
    found = [(1 << len(rules)) - 1] * len(rules)
    for aspect in {aspect for box in boxes for aspect in box.words}:
        _by_words(aspect, boxes, found)
    for aspect in {aspect for box in boxes for aspect in (*box.least, *box.most)}:
        _by_numbers(aspect, boxes, found)
    return [mask >> place + 1 for place, mask in enumerate(found)]


def _by_words(aspect: str, boxes: Sequence[_Box], found: list[int]) -> None:
    silent, saying = 0, dict[Scalar, int]()
    for place, box in enumerate(boxes):
        if aspect not in box.words:
            silent |= 1 << place
        for word in box.words.get(aspect, ()):
            saying[word] = saying.get(word, 0) | 1 << place
    for place, box in enumerate(boxes):
        if aspect in box.words:
            mask = silent
            for word in box.words[aspect]:
                mask |= saying[word]
            found[place] &= mask


def _by_numbers(aspect: str, boxes: Sequence[_Box], found: list[int]) -> None:
    """Two ranges meet where each begins no later than the other ends."""
    begins = sorted((box.least[aspect], 1 << place) for place, box in enumerate(boxes) if aspect in box.least)
    ends = sorted((box.most[aspect], 1 << place) for place, box in enumerate(boxes) if aspect in box.most)
    no_begin = sum(1 << place for place, box in enumerate(boxes) if aspect not in box.least)
    no_end = sum(1 << place for place, box in enumerate(boxes) if aspect not in box.most)
    begun = list(accumulate((bit for _, bit in begins), or_, initial=no_begin))
    still = list(accumulate((bit for _, bit in reversed(ends)), or_, initial=no_end))
    for place, box in enumerate(boxes):
        if aspect in box.most:
            found[place] &= begun[bisect_right(begins, box.most[aspect], key=lambda one: one[0])]
        if aspect in box.least:
            over = bisect_left(ends, box.least[aspect], key=lambda one: one[0])
            found[place] &= still[len(ends) - over]


def _box(rule: Rule) -> _Box:
    box = _Box()
    if rule.connections:
        box.allow("connections", frozenset(rule.connections))
    for line in lines_of(rule.when):
        _take(box, line)
    return box


def _folded(words: Iterable[Scalar]) -> frozenset[Scalar]:
    return frozenset(one.casefold() if isinstance(one, str) else one for one in words)


def _take(box: _Box, line: Condition) -> None:
    """Narrow the box to what one line allows; a line that is not about one plain field narrows nothing."""
    if not isinstance(line, Claim):
        return
    name = line.field.name
    match line.test:
        case OneOf(values) if not line.negated:
            box.allow(name, _folded(values))
            if len(values) == 1 and line.field.type in _NUMBERS:
                box.at_most(name, values[0])
                box.at_least(name, values[0])
        case OneOf(values) if line.field.type is Type.STATUS:
            box.allow(name, _folded(line.field.words) - _folded(values))
        case Compared(Op.AT_MOST | Op.LESS_THAN, value) if not line.negated:
            box.at_most(name, value)
        case Compared(value=value) if not line.negated:
            box.at_least(name, value)
        case Empty(counts_zero=False) if not line.negated:
            box.allow(f"{name}: is there", frozenset({False}))
        case HasValue() if not line.negated:
            box.allow(f"{name}: is there", frozenset({True}))
        case _:
            pass
