"""The values of one field, told apart only as far as the lines at hand tell them apart.

A line about money knows less than, exactly and more than its amount, and nothing finer.
So one value on each side of each constant, one of another currency, one that is missing
and one that is unread stand for all that there are: what is true of none of them is true
of no value. Nothing here says what a line means; the evaluator is asked about each.

The order is that of preference for an example: what the author wrote first, then one
more than that, and what nobody has read last.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal, localcontext
from itertools import chain, count, pairwise, product
from string import ascii_uppercase
from typing import TypeVar

from bot.core.condition import Claim, Compared, OneOf
from bot.core.money import Money
from bot.core.resource import MISSING, Field, Known, Scalar, Type, Unread, Value

UNREAD = Unread("not read yet")
_CURRENCIES = ("SEK", "EUR", "GBP", "AUD")
_SHORT = (timedelta(minutes=1), timedelta(seconds=1), timedelta.resolution)
T = TypeVar("T", Decimal, timedelta)


def cells(field: Field, claims: Iterable[Claim]) -> tuple[Value, ...]:
    """Values of which one stands for any value of the field, as far as these lines go."""
    constants = list(_constants(claims))
    return (*map(Known, _known(field, constants)), MISSING, UNREAD)


def _constants(claims: Iterable[Claim]) -> Iterator[Scalar]:
    for claim in claims:
        match claim.test:
            case OneOf(values):
                yield from values
            case Compared(_, value):
                yield value


def _known(field: Field, constants: list[Scalar]) -> Iterable[Scalar]:
    match field.type:
        case Type.MONEY:
            return _amounts([one for one in constants if isinstance(one, Money)])
        case Type.COUNT:
            return _counts([one for one in constants if isinstance(one, int)])
        case Type.PERCENT:
            return _decimals([one for one in constants if isinstance(one, Decimal)], 0)
        case Type.DURATION:
            lengths = [one for one in constants if isinstance(one, timedelta)]
            return _around(lengths or [timedelta(0)], lambda: iter(_SHORT))
        case Type.FLAG:
            return True, False
        case Type.STATUS:
            return dict.fromkeys([*constants, *field.words])
        case Type.TEXT:
            return _texts([one for one in constants if isinstance(one, str)])
        case Type.INSTANT | Type.DATE:
            raise AssertionError(f"{field.name} is a time, and no few values stand for all times")


def _amounts(constants: list[Money]) -> Iterator[Money]:
    currencies = list(dict.fromkeys(one.currency for one in constants))
    for currency in currencies:
        amounts = [one.amount for one in constants if one.currency == currency]
        yield from (Money(amount, currency) for amount in _decimals(amounts, 2))
    every = chain(_CURRENCIES, ("".join(code) for code in product(ascii_uppercase, repeat=3)))
    yield Money(Decimal(0), next(code for code in every if code not in currencies))


def _counts(constants: list[int]) -> Iterable[int]:
    """Nothing is counted below none, and none is always told apart, by `is none`."""
    edges = [*constants, 0]
    near = [*edges, *(one + 1 for one in edges), *(one - 1 for one in edges)]
    return dict.fromkeys(one for one in near if one >= 0)


def _decimals(constants: list[Decimal], places: int) -> list[Decimal]:
    """`places` is how fine one step beside a constant is, where there is room for it."""
    with localcontext() as exact:
        exact.prec = sum(len(f"{one:f}") for one in constants) + 30
        return list(
            _around(constants or [Decimal(0)], lambda: (Decimal(1).scaleb(-finer) for finer in count(places)))
        )


def _around(constants: list[T], steps: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Each constant, a value between each two of them, one above all and one below."""
    ordered = sorted(set(constants))
    yield from ordered
    for low, high in pairwise(ordered):
        room = high - low
        yield from (low + step for step in _first(step for step in steps() if step < room))
    first = next(steps())
    yield ordered[-1] + first
    yield ordered[0] - first


def _first(found: Iterator[T]) -> list[T]:
    """The first of them; none where two lengths of time have no other between them."""
    step = next(found, None)
    return [] if step is None else [step]


def _texts(constants: list[str]) -> Iterator[str]:
    yield from constants
    folded = {one.casefold() for one in constants}
    yield next(
        text for number in count(1) if (text := f"text {number}" if number > 1 else "text") not in folded
    )
