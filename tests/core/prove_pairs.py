"""Pairs of rules made from a seed, and what trying every value of a small grid says of them.

The grid knows nothing of how the proof tells values apart: it has each constant, a little
below and above it, another currency, missing and unread, or times around the constants.
Each line is answered by the evaluator for each value; a set of points of the grid is a
whole number with a bit for each, so that blocks and limits are worked out for all points
at once, by their definition and not by the program's code.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from random import Random

from bot.core.answer import answer
from bot.core.condition import Answer, Block, Claim, Condition, How, claims, names
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread, Value
from bot.core.rule import Limits, Mode, Rule, Step
from bot.core.workdays import DAY
from tests.core.calendars import SE, at
from tests.core.words import claim

NOON = at("2026-11-10T12:00")
UNREAD = Unread("not read")
_ABSENT: tuple[Value, ...] = (MISSING, UNREAD)
_NUMBERS = ("at most", "at least", "more than", "less than")
_LENGTHS = ("1 hour", "61 minutes", "2 days")
_EITHER = ("", "not ")


def _amount(draw: Random) -> str:
    return f"{draw.choice(('10', '20', '20.01', '50'))} {draw.choice(('SEK', 'SEK', 'SEK', 'EUR'))}"


def _line(draw: Random, name: str) -> str:
    """One line about a field that is not a time."""
    negated = draw.choice(_EITHER)
    if draw.random() < 0.12:
        return f"{name} is {negated}{draw.choice(('none', 'missing', 'known'))}"
    match name:
        case "cost":
            return f"cost is {negated}{draw.choice((*_NUMBERS, ''))} {_amount(draw)}"
        case "payouts":
            return f"payouts is {negated}{draw.choice((*_NUMBERS, ''))} {draw.randrange(4)}"
        case "change in net pay":
            return (
                f"{name} is {negated}{draw.choice((*_NUMBERS, ''))} {draw.choice(('0', '5', '5.1', '10'))} %"
            )
        case "open for":
            return f"{name} is {negated}{draw.choice(_NUMBERS)} {draw.choice(_LENGTHS)}"
        case "status":
            words = draw.sample(("open", "approved", "closed"), draw.choice((1, 1, 2)))
            return f"status is {negated}one of {', '.join(words)}"
        case "automated":
            return f"automated is {negated}{draw.choice(('yes', 'no'))}"
        case "run":
            return f"run is {negated}one of {', '.join(draw.sample(('A1', 'a1', 'b', 'c d'), 2))}"
    raise AssertionError(name)


TIMELESS = ("cost", "payouts", "change in net pay", "open for", "status", "automated", "run")
DAYS = ("period end", "pay date")
MOMENTS = ("last payout", "input cut-off")


def _day_line(draw: Random, name: str) -> str:
    negated = draw.choice(_EITHER)
    fixed = f"{draw.randrange(9, 13)} Nov 2026"
    order = draw.choice(("before", "after"))
    return draw.choice(
        (
            f"{name} is {negated}{order} {fixed}",
            f"{name} is {negated}{order} {draw.choice(('now', *DAYS))}",
            f"{name} is {negated}in the next {draw.randrange(1, 4)} days",
            f"{name} was {draw.choice(('more', 'less'))} than {draw.randrange(1, 3)} days ago",
            f"{name} is {negated}one of {fixed}, {draw.randrange(9, 13)} Nov 2026",
            f"{name} is {negated}{draw.choice(('missing', 'known'))}",
            f"now is {negated}{order} {name}",
        )
    )


def _moment_line(draw: Random, name: str) -> str:
    negated = draw.choice(_EITHER)
    order = draw.choice(("before", "after"))
    length = draw.choice(("30 minutes", "60 minutes", "1 hours", "2 hours"))
    return draw.choice(
        (
            f"{name} is {negated}{order} 10 Nov 2026 {draw.choice(('11:30', '12:00', '13:00'))}",
            f"{name} is {negated}{order} {draw.choice(('11:00', '12:30'))}",
            f"{name} is {negated}{order} {draw.choice(('now', *MOMENTS))}",
            f"{name} is {negated}in the next {length}",
            f"{name} was {draw.choice(('more', 'less'))} than {length} ago",
            f"{name} is {negated}{draw.choice(('missing', 'known'))}",
            f"now is {negated}{order} {name}",
            f"now is {negated}{order} {draw.choice(('11:00', '11:01', '13:00'))}",
        )
    )


def _counted_line(draw: Random, name: str) -> str:
    negated, is_moment = draw.choice(_EITHER), name in MOMENTS
    if draw.random() < 0.5:
        return (_moment_line if is_moment else _day_line)(draw, name)
    if is_moment and draw.random() < 0.5:
        return f"{name} was {draw.choice(('more', 'less'))} than {draw.randrange(1, 4)} working hours ago"
    return f"{name} is {negated}in the next {draw.randrange(1, 4)} working days"


_LINES = {"timeless": _line, "days": _day_line, "moments": _moment_line, "counted": _counted_line}
_FIELDS = {"timeless": TIMELESS, "days": DAYS, "moments": MOMENTS, "counted": ("pay date", "last payout")}


def _condition(draw: Random, about: str, fields: list[str], depth: int) -> Condition:
    if depth == 0 or draw.random() < 0.4:
        return claim(_LINES[about](draw, draw.choice(fields)))
    how = draw.choice(tuple(How))
    parts = 1 if how is How.NOT else draw.randrange(1, 4)
    return Block(how, tuple(_condition(draw, about, fields, depth - 1) for _ in range(parts)))


def _rule(draw: Random, about: str, fields: list[str]) -> Rule:
    has_cost = about == "timeless" and "cost" in fields
    maybe = [
        None,
        Money.of("20", "SEK"),
        Money.of("20.01", "SEK"),
        Money.of("50", "SEK"),
        Money.of("20", "EUR"),
    ]
    return Rule(
        id="a-rule",
        title="A rule",
        watch="gigapay.payrun",
        when=Block(How.ALL, tuple(_condition(draw, about, fields, 2) for _ in range(draw.randrange(1, 4)))),
        then=(Step("gigapay.close_payrun"),),
        mode=draw.choice((Mode.ACT, Mode.ACT, Mode.ACT, Mode.ASK, Mode.WATCH)),
        hash="",
        text="",
        file="",
        line=1,
        limits=Limits(
            ask_above=draw.choice(maybe) if has_cost else None,
            two_people_above=draw.choice(maybe) if has_cost else None,
            ask_when=tuple(_condition(draw, about, fields, 1) for _ in range(draw.choice((0, 0, 1)))),
        ),
    )


def pair(about: str, seed: int) -> tuple[Rule, Rule]:
    """Two rules about the same few fields; in half of all pairs one is an edit of the other."""
    draw = Random(f"{about} {seed}")
    fields = draw.sample(_FIELDS[about], 2)
    one, other = _rule(draw, about, fields), _rule(draw, about, fields)
    if draw.random() < 0.5:
        keep = draw.choice(("when", "limits", "mode", "then"))
        other = (
            replace(other, **{keep: getattr(one, keep)}) if keep != "when" else replace(other, when=one.when)
        )
    return one, other


# -- the grid ------------------------------------------------------------------------


def _around(name: str, about: str, lines: list[Claim], draw: Random) -> tuple[Value, ...]:
    """Values of one field: below, at and above what the lines say, or times around them."""
    if name in DAYS:
        return (*(Known(date(2026, 11, 7) + number * DAY) for number in range(9)), *_ABSENT)
    if name == "now" and about == "days":
        return tuple(Known(NOON + number * DAY) for number in range(-3, 4))
    if name in (*MOMENTS, "now"):
        spread = timedelta(days=3) if about == "counted" else timedelta(hours=3)
        steps = [NOON + number * spread / 6 for number in range(-6, 7)]
        beside = [one + by * timedelta(seconds=1) for one in steps for by in (-1, 0, 1)]
        return (*map(Known, draw.sample(beside, 9)), *(_ABSENT if name != "now" else ()))
    constants = [
        value
        for line in lines
        if line.field.name == name
        for value in (
            *getattr(line.test, "values", ()),
            *([line.test.value] if hasattr(line.test, "value") else []),
        )
    ]
    return (
        *(Known(one) for value in dict.fromkeys(constants) for one in _beside(value)),
        *_others(name),
        *_ABSENT,
    )


def _beside(value) -> tuple:
    match value:
        case Money(amount, currency):
            return tuple(
                Money(amount + by, currency) for by in (Decimal("-0.001"), Decimal(0), Decimal("0.001"))
            )
        case bool() | str():
            return (value,)
        case Decimal():
            return value - Decimal("0.001"), value, value + Decimal("0.001")
        case int():
            return tuple(one for one in (value - 1, value, value + 1) if one >= 0)
        case timedelta():
            return value - timedelta(seconds=1), value, value + timedelta(seconds=1)
    raise AssertionError(value)


def _others(name: str) -> tuple[Value, ...]:
    match name:
        case "cost":
            return Known(Money.of("1", "SEK")), Known(Money.of("1", "USD"))
        case "status":
            return Known("open"), Known("approved"), Known("closed")
        case "automated":
            return Known(True), Known(False)
        case "run":
            return (Known("something else"),)
        case "payouts":
            return Known(0), Known(7)
        case "open for":
            return (Known(timedelta(0)),)
        case _:
            return (Known(Decimal(1)),)


@dataclass(frozen=True)
class Sides:
    """The points at which something is yes, no and unknown."""

    yes: int
    no: int
    unknown: int


class Grid:
    """Every combination of the values of the fields that two rules look at."""

    def __init__(self, about: str, one: Rule, other: Rule, seed: int) -> None:
        draw = Random(seed)
        conditions = [rule.when for rule in (one, other)]
        conditions += [condition for rule in (one, other) for condition in rule.limits.ask_when]
        used = set().union(*(names(condition) for condition in conditions))
        if any(rule.limits.ask_above or rule.limits.two_people_above for rule in (one, other)):
            used.add("cost")
        if about != "timeless":
            used.add("now")
        lines = [line for condition in conditions for line in claims(condition)]
        lines += [
            claim(f"cost is at most {limit.plain()}")
            for rule in (one, other)
            for limit in (rule.limits.ask_above, rule.limits.two_people_above)
            if limit is not None
        ]
        self.values = {name: _around(name, about, lines, draw) for name in sorted(used)}
        self.points = list(product(*self.values.values()))
        self.every = (1 << len(self.points)) - 1
        self.at: dict[str, dict[int, int]] = {}
        for place, name in enumerate(self.values):
            bits: dict[int, int] = {}
            which = {id(value): number for number, value in enumerate(self.values[name])}
            for number, point in enumerate(self.points):
                which_one = which[id(point[place])]
                bits[which_one] = bits.get(which_one, 0) | 1 << number
            self.at[name] = bits

    def point(self, number: int) -> tuple[dict[str, Value], datetime]:
        values = dict(zip(self.values, self.points[number], strict=True))
        now = values.pop("now", Known(NOON))
        assert isinstance(now, Known) and isinstance(now.value, datetime)
        return values, now.value

    def sides(self, condition: Condition) -> Sides:
        if isinstance(condition, Claim):
            return self._line(condition)
        parts = [self.sides(part) for part in condition.parts]
        match condition.how:
            case How.NOT:
                return Sides(parts[0].no, parts[0].yes, parts[0].unknown)
            case How.ALL:
                yes, no = self.every, 0
                for part in parts:
                    yes, no = yes & part.yes, no | part.no
            case How.ANY:
                yes, no = 0, self.every
                for part in parts:
                    yes, no = yes | part.yes, no & part.no
        return Sides(yes, no, self.every & ~yes & ~no)

    def _line(self, line: Claim) -> Sides:
        found = dict.fromkeys(Answer, 0)
        used = sorted(names(line) | ({"now"} & self.values.keys() if self._asks_the_time(line) else set()))
        for numbers in product(*(range(len(self.values[name])) for name in used)):
            values = {name: self.values[name][number] for name, number in zip(used, numbers, strict=True)}
            now = values.pop("now", Known(NOON))
            assert isinstance(now, Known) and isinstance(now.value, datetime)
            points = self.every
            for name, number in zip(used, numbers, strict=True):
                points &= self.at[name][number]
            found[answer(line, values, SE, now.value).answer] |= points
        return Sides(found[Answer.YES], found[Answer.NO], found[Answer.UNKNOWN])

    def _asks_the_time(self, line: Claim) -> bool:
        return line.field.type.value in ("instant", "date")

    def above(self, limit: Money) -> Sides:
        yes = no = 0
        for number, value in enumerate(self.values["cost"]):
            if (
                isinstance(value, Known)
                and isinstance(value.value, Money)
                and value.value.currency == limit.currency
            ):
                if value.value.amount > limit.amount:
                    yes |= self.at["cost"][number]
                else:
                    no |= self.at["cost"][number]
        return Sides(yes, no, self.every & ~yes & ~no)


def levels(rule: Rule, grid: Grid) -> list[int]:
    """The points at which a rule asks (two people or one), asks one, acts: by the definition."""
    does = grid.sides(rule.when).yes if rule.mode in (Mode.ASK, Mode.ACT) else 0
    limits = rule.limits
    asked = [grid.sides(condition) for condition in limits.ask_when]
    two = [grid.above(limits.two_people_above)] if limits.two_people_above else []
    over = [grid.above(limits.ask_above)] if limits.ask_above else []
    one, act = does, does if rule.mode is Mode.ACT else 0
    for sides in two:
        one &= sides.no
    for sides in (*asked, *over, *two):
        act &= sides.no
    return [does, one, act]


def brute_overlap(one: Rule, other: Rule, grid: Grid) -> int:
    return grid.sides(one.when).yes & grid.sides(other.when).yes


def brute_wider(new: Rule, old: Rule, grid: Grid) -> int:
    """The points at which the new rule goes further than the old one."""
    further = 0
    for mine, theirs in zip(levels(new, grid), levels(old, grid), strict=True):
        further |= mine & ~theirs
    return further
