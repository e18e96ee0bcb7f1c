"""Whatever changes between the page and the deed: nothing is done that was not shown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from bot.core.money import Money
from bot.core.resource import Known, Line, Snapshot
from bot.engine import approve
from tests.faults.size import size

from .stand import APPROVER, RUN, sek, stand

SEEDS = size(whole=200, small=14)
Change = Callable[[Random, Snapshot], Snapshot]


def _with(run: Snapshot, lines: list[Line]) -> Snapshot:
    """The run with these lines, and with the totals that follow from them."""
    net = sum((line.net_pay.amount for line in lines), Decimal(0))
    totals = {"net pay": Known(Money(net, "SEK")), "payouts": Known(len(lines))}
    return replace(run, lines=tuple(lines), values={**run.values, **totals})


def _added(random: Random, run: Snapshot) -> Snapshot:
    lines = list(run.lines or ())
    return _with(
        run, [*lines, replace(lines[0], id="p9", payee="1099", net_pay=sek(str(random.randint(1, 900))))]
    )


def _removed(random: Random, run: Snapshot) -> Snapshot:
    lines = list(run.lines or ())
    lines.pop(random.randrange(len(lines)))
    return _with(run, lines)


def _swapped(random: Random, run: Snapshot) -> Snapshot:
    """Another payee with the same amount: every total stays."""
    lines = list(run.lines or ())
    at = random.randrange(len(lines))
    lines[at] = replace(lines[at], payee="1099")
    return _with(run, lines)


def _moved(random: Random, run: Snapshot) -> Snapshot:
    """An amount from one payee to the other: every total stays."""
    one, two, *rest = run.lines or ()
    by = sek(str(Decimal(random.randint(1, 10_000)) / 100))
    more = replace(one, net_pay=one.net_pay + by), replace(two, net_pay=two.net_pay - by)
    return _with(run, [*more, *rest])


def _set_otherwise(random: Random, run: Snapshot) -> Snapshot:
    """What else the vendor will do by itself, or when it pays."""
    name, value = random.choice(
        [
            ("finalising also", Known("sends the payslips")),
            ("also automated by vendor", Known(True)),
            ("pay date", Known(date(2026, 11, 30))),
            ("cost", Known(sek("27000.01"))),
        ]
    )
    return replace(run, values={**run.values, name: value})


def _the_same(random: Random, run: Snapshot) -> Snapshot:
    """Only listed in another order."""
    return replace(run, lines=tuple(reversed(run.lines or ())))


def _unread(random: Random, run: Snapshot) -> Snapshot:
    """The totals are as they were, and nobody could read whom they are for."""
    return replace(run, lines=None)


CHANGES: tuple[Change, ...] = (_added, _removed, _swapped, _moved, _set_otherwise, _the_same, _unread)


def _paid(run: Snapshot) -> object:
    """What would make a person say no if it were another."""
    lines = None if run.lines is None else sorted((one.id, one.payee, str(one.net_pay)) for one in run.lines)
    names = ("net pay", "cost", "pay date", "finalising also", "also automated by vendor")
    return lines, [run.values.get(name) for name in names]


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_nothing_is_done_but_what_was_shown(seed: int, tmp_path: Path) -> None:
    random, change = Random(seed), CHANGES[seed % len(CHANGES)]
    async with stand(tmp_path) as site:
        asked = await site.asked()
        person = site.bot.settings.person(APPROVER)
        assert person is not None
        shown = site.vendor.runs[RUN]
        await approve.approve(site.bot, person, asked.id, channel="test", checks=approve.checks_of(asked))
        site.vendor.runs[RUN] = now = change(random, shown)
        await site.work()
        acted = site.vendor.acted

    assert bool(acted) is (_paid(now) == _paid(shown))
