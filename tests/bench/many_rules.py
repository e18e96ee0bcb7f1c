"""Deciding one resource beside 10,000 rules that watch others, and beside 10 such rules."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.engine import plan
from bot.engine.bot import RulesInForce, Running
from bot.store import resources
from tests.bench.measure import Figure, ratios
from tests.engine.stand import stand

RULE = "gigapay-weekly-close"
FEW, MANY = 10, 10_000
TIMES = 40


def with_others(own: RulesInForce, count: int) -> RulesInForce:
    """The rules that run, and so many copies that watch what is not decided here.

    Half of them are about the same kind of resource at other connections, half about another kind.
    """
    return RulesInForce({**own, **{one.rule.id: one for one in _others(own[RULE], count)}})


def _others(one: Running, count: int) -> Iterator[Running]:
    for number in range(count):
        if number % 2:
            about = {"connections": (f"gigapay-{number}",)}
        else:
            about = {"watch": "staffology.payrun"}
        yield replace(one, rule=replace(one.rule, id=f"other-{number}", **about))


async def bench() -> list[Figure]:
    with TemporaryDirectory() as folder:
        async with stand(Path(folder)) as made:
            payrun = await made.weekly()
            async with made.bot.db.read() as tx:
                found = await resources.by_vendor_id(tx, "gigapay-se", payrun)
            assert found is not None
            beside = {count: with_others(made.bot.rules, count) for count in (FEW, MANY)}

            async def decide(count: int) -> None:
                made.bot.rules = beside[count]
                async with made.bot.db.write() as tx:
                    for _ in range(TIMES):
                        await plan.decide_about(made.bot, tx, found.id, correlation="bench")

            seen = await ratios(lambda: decide(MANY), lambda: decide(FEW))
    return [Figure("deciding beside 10,000 rules that watch others, and beside 10 such rules", 1.2, seen)]
