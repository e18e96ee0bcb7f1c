"""More news than anybody needs: none is lost, none counts twice, and the vendors are not flooded."""

import logging
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from tests.databases import Migrated
from tests.faults.size import part, share_of, size
from tests.faults.storm import storm
from tests.faults.tally import note

EVENTS = share_of(size(whole=10_000, small=1_000))
OVERTAKEN = 8
PAYRUNS = size(whole=300, small=40)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Ten log lines for each webhook are of no use to anybody here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@pytest.mark.in_every_share
async def test_a_storm_of_news_loses_nothing_doubles_nothing_and_keeps_the_budget(
    tmp_path: Path, migrated: Migrated
) -> None:
    draws = random.Random(f"storm {part()}")
    async with storm(tmp_path, PAYRUNS, migrated) as stand:
        events = stand.events(EVENTS, draws)
        await stand.send(events, draws)
        await stand.calm()
        await stand.drizzle(timedelta(seconds=4))
        await stand.overtake(OVERTAKEN)
        await stand.calm()

        lost, doubled, over = stand.lost(), stand.doubled(), stand.over_budget()
        closes = [one["target"] for one in stand.gigapay.ledger.entries if one["call"] == "close"]

    note(
        "storm",
        events=len(stand.accepted),
        deliveries=stand.accepted.total(),
        lost=len(lost),
        double=len(doubled),
        over_budget=len(over),
    )
    assert len(stand.accepted) > EVENTS + 2 * OVERTAKEN
    assert (lost, doubled, over) == ([], [], [])
    assert closes == [stand.closing]
