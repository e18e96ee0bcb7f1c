"""Amounts between those that rules handle: up to 50 000 SEK by one rule, above 60 000 by another.

Only rules that do the same and say the same but for the bounds of one field are taken to
belong together. An amount below or above all of them is what their author left to people;
one between two of them was most likely forgotten.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bot.core.condition import Claim, Compared, Condition, Op, claims
from bot.core.hint import listing
from bot.core.money import Money
from bot.core.prove import Example
from bot.core.prove.found import yes
from bot.core.resource import Field
from bot.core.rule import Rule
from bot.rulebook.lint.finding import Finding, Level
from bot.rulebook.lint.ground import Ground, lines_of

Number = Decimal | int | timedelta
Amount = Money | Decimal | int | timedelta
_UP_TO = (Op.AT_MOST, Op.LESS_THAN)
_TURNED = {
    Op.AT_MOST: Op.MORE_THAN,
    Op.LESS_THAN: Op.AT_LEAST,
    Op.AT_LEAST: Op.LESS_THAN,
    Op.MORE_THAN: Op.AT_MOST,
}
"""What is not so, as a bound of its own."""


@dataclass(frozen=True, slots=True)
class _Bound:
    field: Field
    op: Op
    value: Amount

    @property
    def measure(self) -> tuple[str, str]:
        return self.field.name, self.value.currency if isinstance(self.value, Money) else ""

    @property
    def number(self) -> Number:
        return self.value.amount if isinstance(self.value, Money) else self.value


@dataclass(frozen=True, slots=True)
class _Range:
    """What one rule handles, with None for no bound on that side."""

    rule: Rule
    others: tuple[Condition, ...]
    begin: _Bound | None
    end: _Bound | None


def unhandled(ground: Ground) -> Iterator[Finding]:
    """Each gap between two ranges of rules that belong together, with an amount in it."""
    together: dict[object, list[_Range]] = {}
    for rule in ground.rules:
        actions = ground.acts(rule)
        for measure in {bound.measure for bound in _bounds(rule)} if actions else ():
            one = _range(rule, measure)
            said = frozenset(_said(other) for other in one.others)
            key = (rule.watch, rule.connections, rule.calendar, actions, measure, said)
            together.setdefault(key, []).append(one)
    for ranges in together.values():
        yield from _gaps(ground, ranges)


def _gaps(ground: Ground, ranges: Sequence[_Range]) -> Iterator[Finding]:
    first = [one for one in ranges if one.begin is None]
    rest = sorted((one for one in ranges if one.begin is not None), key=lambda one: _number(one.begin))
    if any(one.end is None for one in first):
        return
    reached = max(first, key=lambda one: _number(one.end)) if first else None
    for one in rest:
        if reached is not None and reached.end and _number(one.begin) >= _number(reached.end):
            finding = _between(ground, reached, one)
            if finding is not None:
                yield finding
        if reached is None or (
            reached.end is not None and (one.end is None or _number(one.end) > _number(reached.end))
        ):
            reached = one


def _between(ground: Ground, lower: _Range, upper: _Range) -> Finding | None:
    """Asked of the proof: a count of 5 and a count of 6 have nothing between them."""
    assert lower.end is not None and upper.begin is not None, "they lie beside each other"
    outside = [_as_claim(lower.end), _as_claim(upper.begin)]
    rules = [lower.rule, upper.rule]
    found, example = ground.find(rules, [yes(one) for one in (*outside, *lower.others)])
    if not isinstance(found, Example):
        return None
    return ground.places.finding(
        "unhandled",
        Level.LOOK,
        (lower.rule, upper.rule),
        f"neither {lower.rule.id} nor {upper.rule.id} handles a {lower.end.field.name} between theirs",
        at=next(line.text for line in claims(lower.rule.when) if line.test == _test(lower.end)),
        example=example,
        mend=f"let one of them begin where the other ends; {upper.rule.id} is in "
        f"{upper.rule.file}:{upper.rule.line}",
    )


def _as_claim(bound: _Bound) -> Claim:
    """Everything beyond a bound."""
    test = Compared(_TURNED[bound.op], bound.value)
    return Claim(f"{bound.field.name} is {test.op} {bound.number}", bound.field, test)


def _test(bound: _Bound) -> Compared:
    return Compared(bound.op, bound.value)


def _number(bound: _Bound | None) -> Decimal:
    """For ordering bounds of one measure."""
    assert bound is not None, "only bounds that are there are compared"
    number = bound.number
    return Decimal(str(number.total_seconds())) if isinstance(number, timedelta) else Decimal(number)


def _bound(line: Condition) -> _Bound | None:
    match line:
        case Claim(field=of, test=Compared(op, value), negated=False):
            return _Bound(of, op, value)
        case _:
            return None


def _bounds(rule: Rule) -> Iterator[_Bound]:
    return (bound for line in lines_of(rule.when) if (bound := _bound(line)) is not None)


def _range(rule: Rule, measure: tuple[str, str]) -> _Range:
    """What a rule says of this measure, apart from what else it says."""
    others, begins, ends = list[Condition](), list[_Bound](), list[_Bound]()
    for line in lines_of(rule.when):
        bound = _bound(line)
        if bound is None or bound.measure != measure:
            others.append(line)
        else:
            (ends if bound.op in _UP_TO else begins).append(bound)
    begin = max(begins, key=_number, default=None)
    return _Range(rule, tuple(others), begin, min(ends, key=_number, default=None))


def _said(condition: Condition) -> str:
    """A line as it is told apart from others, whoever wrote it with how many spaces."""
    if isinstance(condition, Claim):
        return " ".join(condition.text.lower().split())
    return f"{condition.how}({listing([_said(part) for part in condition.parts])})"
