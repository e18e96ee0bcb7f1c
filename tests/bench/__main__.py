"""Run the benchmarks and print their table: all of them, which is kept in docs/benchmarks.md, or some.

python -m tests.bench
python -m tests.bench intake reaction
"""

import asyncio
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from types import ModuleType

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
    quarter,
    reaction,
    resident,
    rulebooks,
    stalls,
    starting,
    sync,
)
from tests.bench.measure import Figure
from tests.bench.size import IS_FULL

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BENCHES: Sequence[ModuleType] = (
    decision,
    many_rules,
    backtests,
    rulebooks,
    growth,
    quarter,
    starting,
    pages,
    intake,
    sync,
    reaction,
    mailing,
    stalls,
    idle,
    resident,
)
HEAD = """\
# Benchmarks

What `{command}` said when it was last run for this page: on {machine}, load {load:.1f} as it began.

A figure is of two ways of doing something in one run, which take turns: it says more than a time
would, since every machine has its own. The middle of all rounds counts. What waits for a disk, a
vendor or another process (webhooks, polls, reactions, mails, starts) is measured by the clock, all
else by the time of the processors in the process.

What the figures don't say: servers, their load and the database are on one machine, over loopback,
and share its processors, so that a rate here is none of yours. Vendors answer after the 50 ms they
are told to, all mails have the same recipient, and the disk is whatever the machine has. A row
with few rounds tells less than one with many; least and most show how far they were apart.

| what | asked | middle | least | most |
|---|---|---|---|---|
"""


def machine() -> str:
    """What it is run on, as far as the system says."""
    said = Path("/proc/cpuinfo")
    lines = said.read_text().splitlines() if said.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    kind = f" ({models[0]})" if models else ""
    return f"{os.cpu_count()} processors{kind}, {platform.system()}, Python {platform.python_version()}"


def row(figure: Figure) -> str:
    least, middle, most = (
        f"{one:,.{figure.decimals}f}" for one in (min(figure.seen), figure.middle, max(figure.seen))
    )
    asked = "" if figure.asked is None else f"{'at least' if figure.at_least else 'at most'} {figure.asked:,}"
    missed = "" if figure.is_reached else " **missed**"
    return f"| {figure.what} | {asked} | {middle}{missed} | {least} | {most} |"


async def table(benches: Sequence[ModuleType]) -> list[str]:
    """Its rows, each said as soon as it is known. How long a benchmark took is said beside them."""
    rows = []
    for bench in benches:
        began = monotonic()
        for figure in await bench.bench():
            rows.append(row(figure))
            say(rows[-1])
        sys.stderr.write(f"{_name(bench)}: {monotonic() - began:.0f} s\n")
    return rows


def _name(bench: ModuleType) -> str:
    return bench.__name__.rpartition(".")[2]


async def main(names: Sequence[str]) -> None:
    if names:
        known = {_name(bench): bench for bench in BENCHES}
        if unknown := [name for name in names if name not in known]:
            raise SystemExit(f"there is no benchmark {unknown[0]}: {', '.join(known)}")
        await table([known[name] for name in names])
        return
    load = os.getloadavg()[0]
    rows = await table(BENCHES)
    command = "make bench-full" if IS_FULL else "make bench"
    PAGE.write_text(HEAD.format(command=command, machine=machine(), load=load) + "\n".join(rows) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
