"""A simulated week of 2, 4 and 8 companies, counted, beside what the model of growth says of it.

No time is measured: what is counted does not depend on the machine. By itself it counts one company
of each vendor at two gaps between polls, and prints the prices for `growth_model`:

    python -m tests.bench.growth
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from json import loads
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.commands.out import say
from tests.bench.growth_model import VENDORS, WEEK, Companies, Cost, week
from tests.bench.measure import Figure

POLL = timedelta(hours=8)
OFTEN, SELDOM = timedelta(hours=3), timedelta(hours=12)
SIZES: Sequence[Companies] = (
    {"gigapay": 1, "staffology": 1, "xero": 0, "roubler": 0},
    {"gigapay": 1, "staffology": 1, "xero": 1, "roubler": 1},
    {"gigapay": 2, "staffology": 2, "xero": 2, "roubler": 2},
)
ASKED = 1.1
AT_ONCE = 2
"""Processes that count: they share nothing, and nothing is measured by the clock."""


async def counted(companies: Companies, poll: timedelta, turn: asyncio.Semaphore) -> Cost:
    """One week, in a process of its own, as the simulation needs one."""
    numbers = [str(companies[vendor]) for vendor in VENDORS]
    async with turn:
        with TemporaryDirectory(prefix="payrunbot-growth-") as folder:
            played = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.bench.growth_counted", folder, *numbers, str(poll / timedelta(hours=1))),
                stdout=asyncio.subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
            said, _ = await played.communicate()
    assert played.returncode == 0
    return Cost(**loads(said)["cost"])


def apart(one: Cost, other: Cost) -> Mapping[str, float]:
    """How many times the larger is the smaller, of each that is counted."""
    pairs = {name: (was, other.named()[name]) for name, was in one.named().items()}
    return {name: _ratio(*sorted(two)) for name, two in pairs.items()}


def _ratio(less: float, more: float) -> float:
    if less == 0:
        return 1.0 if more == 0 else inf
    return more / less


async def bench() -> list[Figure]:
    turn = asyncio.Semaphore(AT_ONCE)
    costs = await asyncio.gather(*(counted(companies, POLL, turn) for companies in SIZES))
    figures = []
    for companies, cost in zip(SIZES, costs, strict=True):
        found = apart(cost, week(companies, POLL))
        worst = max(found, key=found.__getitem__)
        what = f"a week of {sum(companies.values())} companies, beside what the model of growth says of it"
        larger = f"the larger beside the smaller: {worst}, the worst of {', '.join(found)}"
        figures.append(Figure(f"{what}, {larger}", ASKED, [found[worst]]))
    return figures


async def prices() -> Mapping[str, tuple[Cost, Cost]]:
    """By vendor what a poll costs, and all besides of a week with one company."""
    turn = asyncio.Semaphore(AT_ONCE)
    alone = [{one: int(one == vendor) for one in VENDORS} for vendor in VENDORS]
    asked = [counted(companies, poll, turn) for companies in alone for poll in (OFTEN, SELDOM)]
    found = await asyncio.gather(*asked)
    more = WEEK / OFTEN - WEEK / SELDOM
    made = {}
    for vendor, often, seldom in zip(VENDORS, found[::2], found[1::2], strict=True):
        poll = (often - seldom) * (1 / more)
        made[vendor] = (poll, seldom - poll * (WEEK / SELDOM))
    return made


async def main() -> None:
    for vendor, (poll, rest) in (await prices()).items():
        say(f"{vendor}: a poll {_rounded(poll)}, and the rest of the week {_rounded(rest)}")


def _rounded(cost: Cost) -> Mapping[str, float]:
    return {name: round(count, 1) for name, count in cost.named().items()}


if __name__ == "__main__":
    asyncio.run(main())
