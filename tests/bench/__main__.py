"""Run all benchmarks, print their table, and keep it in docs/benchmarks.md."""

import asyncio
import os
import platform
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot.commands.out import say
from tests.bench import (
    backtests,
    decision,
    growth,
    idle,
    intake,
    mailing,
    many_rules,
    pages,
    reaction,
    resident,
    rulebooks,
    stalls,
    starting,
    sync,
)
from tests.bench.measure import Figure

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BENCHES: Sequence[Callable[[], Awaitable[list[Figure]]]] = (
    decision.bench,
    many_rules.bench,
    backtests.bench,
    rulebooks.bench,
    growth.bench,
    starting.bench,
    pages.bench,
    intake.bench,
    sync.bench,
    reaction.bench,
    mailing.bench,
    stalls.bench,
    idle.bench,
    resident.bench,
)
HEAD = """\
# Benchmarks

What `make bench` said when it was last run for this page, on {machine}. A ratio is of two
ways of doing something in one run, in turns, by the time of the processors in the process; it says
more than a time would, since every machine has its own. The middle of all rounds counts.

| what | asked | middle | least | most |
|---|---|---|---|---|
"""


def row(figure: Figure) -> str:
    least, middle, most = (
        f"{one:,.{figure.decimals}f}" for one in (min(figure.seen), figure.middle, max(figure.seen))
    )
    asked = "" if figure.asked is None else f"{'at least' if figure.at_least else 'at most'} {figure.asked:,}"
    missed = "" if figure.is_reached else " **missed**"
    return f"| {figure.what} | {asked} | {middle}{missed} | {least} | {most} |"


async def main() -> None:
    rows = []
    for bench in BENCHES:
        for figure in await bench():
            rows.append(row(figure))
            say(rows[-1])
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}"
    PAGE.write_text(HEAD.format(machine=machine) + "\n".join(rows) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
