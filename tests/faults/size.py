"""How much of each suite is run.

`make test` runs a small part of each. PAYRUNBOT_FAULTS=whole makes it the whole, and
PAYRUNBOT_SHARD=2/5 takes the second of five shares of its cases: all shares together are
the whole.
"""

import os
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")

IS_WHOLE = os.environ.get("PAYRUNBOT_FAULTS") == "whole"


def size(*, whole: int, small: int) -> int:
    """How many of something this session tries."""
    return whole if IS_WHOLE else small


def part() -> tuple[int, int]:
    """Which share of how many: (0, 1) where nothing was said. Raises ValueError."""
    text = os.environ.get("PAYRUNBOT_SHARD", "1/1")
    number, _, of = text.partition("/")
    share = int(number) - 1, int(of)
    if not 0 <= share[0] < share[1]:
        raise ValueError(f"PAYRUNBOT_SHARD is {text}; write for example 2/5")
    return share


def shard(cases: Sequence[T]) -> list[T]:
    """This session's share of the cases, by their place in the list."""
    number, of = part()
    return list(cases[number::of])


def share_of(count: int) -> int:
    """This session's share of a number of alike cases; all shares add up to it."""
    number, of = part()
    return count // of + (number < count % of)


def is_ours(name: str) -> bool:
    """Whether a test that has no share of its own is among this session's: each is in one share."""
    number, of = part()
    return crc32(name.encode()) % of == number
