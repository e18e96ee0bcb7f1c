"""What a week costs, as a sum: so much for each poll of a connection, so much for each pay run.

Nothing here is measured; `growth` counts a simulated week and holds the sum against it, and
`docs/growth.md` is what this module says of sizes that nobody plays. The prices were
counted with one company alone, at two gaps between polls, by `python -m tests.bench.growth`:
after a change of what the service does, that prints those to be written here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

WEEK = timedelta(weeks=1)
VENDORS = ("gigapay", "staffology", "xero", "roubler")

Companies = Mapping[str, int]
"""How many have their account at which vendor. Each has one, and one pay run a week."""


@dataclass(frozen=True)
class Cost:
    """What is counted. `rows` are those left at the end; `writes` are commits that changed something."""

    calls: float = 0
    events: float = 0
    rows: float = 0
    writes: float = 0
    mails: float = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(one + two for one, two in zip(self.each(), other.each(), strict=True)))

    def __sub__(self, other: "Cost") -> "Cost":
        return self + other * -1

    def __mul__(self, times: float) -> "Cost":
        return Cost(*(one * times for one in self.each()))

    def each(self) -> tuple[float, ...]:
        return tuple(self.named().values())

    def named(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class Price:
    """Of one vendor. `together` is spent once a week, however many companies it has there."""

    poll: Cost
    pay_run: Cost
    together: Cost = Cost()


PRICES: Mapping[str, Price] = {
    "gigapay": Price(Cost(calls=4.7, writes=6.8), Cost(calls=26, events=8, rows=54, writes=90, mails=3)),
    "staffology": Price(
        Cost(calls=18, writes=8.2),
        Cost(calls=66, events=3, rows=36, writes=70, mails=1),
        # Runs without a remark that are due on one day are asked about in one mail to each approver.
        Cost(rows=2, mails=2),
    ),
    "xero": Price(Cost(calls=4.1, writes=5.3), Cost(calls=1, rows=16, writes=20)),
    "roubler": Price(Cost(calls=2.3, writes=7.6), Cost(calls=1, rows=15, writes=16)),
}
SERVICE = Cost(rows=2)
"""What a week leaves behind where nothing is watched at all."""


def week(companies: Companies, poll: timedelta) -> Cost:
    """The whole of a week, with so long between two polls of a connection."""
    total = SERVICE
    for vendor, count in companies.items():
        if count:
            price = PRICES[vendor]
            total += price.together + (price.poll * (WEEK / poll) + price.pay_run) * count
    return total


def alike(count: int) -> Companies:
    """So many companies: four in ten at Gigapay, two in ten at each other vendor."""
    others = count // 5
    return {"gigapay": count - 3 * others, "staffology": others, "xero": others, "roubler": others}
