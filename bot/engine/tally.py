"""What is counted while the service starts, before there is anything to count with."""

from collections import Counter
from typing import Protocol


class Counts(Protocol):
    """What is counted of webhooks and of writing."""

    def hook(self, connection: str, outcome: str, count: int = 1) -> None: ...
    def wrote(self, took_s: float) -> None: ...


class Tally:
    """Kept until the measures are there, and told to them then: no webhook is missing in their numbers."""

    def __init__(self) -> None:
        self._hooks: Counter[tuple[str, str]] = Counter()
        self._wrote: list[float] = []

    def hook(self, connection: str, outcome: str, count: int = 1) -> None:
        self._hooks[connection, outcome] += count

    def wrote(self, took_s: float) -> None:
        self._wrote.append(took_s)

    def tell(self, measures: Counts) -> None:
        for (connection, outcome), count in self._hooks.items():
            measures.hook(connection, outcome, count)
        for took_s in self._wrote:
            measures.wrote(took_s)
