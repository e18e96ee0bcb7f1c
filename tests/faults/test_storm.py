"""More news than anybody needs: none is lost, none counts twice, and the vendors are not flooded."""

import random
from pathlib import Path

from tests.faults.size import note, part, share_of, size
from tests.faults.storm import storm

EVENTS = share_of(size(whole=10_000, small=1_000))
PAYRUNS = size(whole=300, small=80)


async def test_a_storm_of_news_loses_nothing_doubles_nothing_and_keeps_the_budget(tmp_path: Path) -> None:
    draws = random.Random(f"storm {part()}")
    async with storm(tmp_path, PAYRUNS) as stand:
        events = stand.events(EVENTS, draws)
        await stand.send(events, draws)
        await stand.calm()

        lost, doubled, over = stand.lost(), stand.doubled(), stand.over_budget()
        closes = [one["target"] for one in stand.gigapay.ledger.entries if one["call"] == "close"]

    note(
        "storm",
        events=len(events),
        deliveries=stand.accepted.total(),
        lost=len(lost),
        double=len(doubled),
        over_budget=len(over),
    )
    assert len(stand.accepted) == EVENTS
    assert (lost, doubled, over) == ([], [], [])
    assert closes == [stand.closing]
