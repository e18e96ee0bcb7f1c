"""What this process counts while it works: its calls, its readings, its webhooks, its decisions.

Everything that the database knows is not counted here but read there when somebody asks
(`store.measured`), so that it is right after a restart too. The registry is this object's
own; two services in one process do not meet in it. No label holds anything that a stranger
can make up, or that grows with the number of pay runs.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)


class Measures:
    """The counters and durations of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._hooks = self._counter("webhooks", "Webhooks that came.", "connection", "outcome")
        self._polls = self._counter("polls", "Readings of a connection's list.", "connection", "outcome")
        self._calls = self._counter("calls", "Calls to vendors.", "connection", "operation", "outcome")
        self._decisions = self._counter("decisions", "Answers of rules.", "rule", "answer")
        self._call_s = self._duration("call_seconds", "How long a vendor took to answer.", "connection")
        self._decision_s = self._duration(
            "decision_seconds", "How long it took to ask all rules about one resource."
        )
        self._write_s = self._duration(
            "db_write_seconds", "How long one transaction took that wrote, its turn and its commit included."
        )

    def hook(self, connection: str, outcome: str, count: int = 1) -> None:
        self._hooks.labels(connection, outcome).inc(count)

    def poll(self, connection: str, outcome: str) -> None:
        self._polls.labels(connection, outcome).inc()

    def called(self, connection: str, operation: str, outcome: str, took_s: float) -> None:
        self._calls.labels(connection, operation, outcome).inc()
        self._call_s.labels(connection).observe(took_s)

    def decided(self, answers: Mapping[str, str], took_s: float) -> None:
        """One resource was decided: what each rule answered, by its id."""
        for rule, answer in answers.items():
            self._decisions.labels(rule, answer).inc()
        self._decision_s.observe(took_s)

    def wrote(self, took_s: float) -> None:
        self._write_s.observe(took_s)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"payrunbot_{name}", says, labels, registry=self.registry)

    def _duration(self, name: str, says: str, *labels: str) -> Histogram:
        return Histogram(f"payrunbot_{name}", says, labels, registry=self.registry, buckets=SECONDS)
