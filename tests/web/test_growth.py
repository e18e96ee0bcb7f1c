"""What is stored makes no page slower: the database does as much for many pay runs as for a few.

Its own steps are counted, not time, so that this says the same on any machine. `make bench` has the
times, with a hundred thousand pay runs.
"""

from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot.engine import hand_over, look, perform, plan, post, sort, verify
from bot.engine.quiet import what_is_due
from bot.store import decisions, to_decide
from tests.bench.filled import Site, site
from tests.bench.pages import ask, every_path

FEW, MANY = 240, 2_400
EVERY = 50
"""Steps of the database between two counts."""
MORE, AND = 1.5, 40
"""So many times as much, and so many counts besides, for a tree that is one level higher."""


class Steps:
    """Counts what all connections of a service's database do."""

    def __init__(self, at: Site) -> None:
        self.count = 0
        for engine in (at.bot.db._reader, at.bot.db._writer):
            assert engine is not None
            event.listen(engine.sync_engine, "checkout", self._listen)

    def _listen(self, connection: Any, record: Any, _proxy: object) -> None:
        if not record.info.get("counted"):
            record.info["counted"] = True
            connection.run_async(lambda driver: driver.set_progress_handler(self._more, EVERY))

    def _more(self) -> int:
        self.count += 1
        return 0

    async def of(self, work: Callable[[], Awaitable[object]]) -> int:
        await work()
        before = self.count
        await work()
        return self.count - before


@contextmanager
def counted(*sites: Site) -> Any:
    yield tuple(Steps(one) for one in sites)


async def test_no_page_and_no_tick_does_more_for_many_pay_runs_than_for_a_few(tmp_path: Path) -> None:
    slower = {}
    async with site(tmp_path / "many", MANY) as many, site(tmp_path / "few", FEW) as few:
        with counted(many, few) as (of_many, of_few):
            work = {
                here: (lambda here=here: ask(many, here), lambda there=there: ask(few, there))
                for here, there in zip(await every_path(many), await every_path(few), strict=True)
            }
            work |= {name: (lambda s=step: s(many), lambda s=step: s(few)) for name, step in TICKS.items()}
            for name, (large, small) in work.items():
                most, least = await of_many.of(large), await of_few.of(small)
                if most > MORE * least + AND:
                    slower[name] = (most, least)

    assert slower == {}, slower


async def _due(at: Site) -> None:
    async with at.bot.db.read() as tx:
        await decisions.due(tx, at.bot.now(), at_most=25)
        await to_decide.first(tx, at_most=25)


TICKS: dict[str, Callable[[Site], Awaitable[object]]] = {
    "what is due": lambda at: what_is_due(at.bot),
    "decisions that are due": _due,
    "decide": lambda at: plan.decide_due(at.bot),
    "sort": lambda at: sort.sort_inbox(at.bot),
    "look": lambda at: look.look_once(at.bot),
    "perform": lambda at: perform.perform_once(at.bot),
    "hand over": lambda at: hand_over.hand_over_once(at.bot),
    "post": lambda at: post.post_once(at.bot),
    "verify": lambda at: verify.verify_once(at.bot),
}
