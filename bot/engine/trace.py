"""One correlation id from a webhook to the mail that it led to, on every log line and every span.

Spans are kept by whoever is told to (`keep_spans`); unless somebody is, there are none.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from structlog.contextvars import bound_contextvars


class Spans(Protocol):
    """Where it is kept how long each piece of work took, and in which order."""

    def work(self, name: str, correlation: str, about: Mapping[str, str]) -> AbstractContextManager[object]:
        """A piece of work, from entering to leaving; those with one correlation id belong together."""
        ...

    def call(self, connection: str, operation: str, outcome: str, took_s: float) -> None:
        """A call to a vendor that has just ended, as part of the work at hand."""
        ...


class _NoSpans:
    def work(self, name: str, correlation: str, about: Mapping[str, str]) -> AbstractContextManager[object]:
        return nullcontext()

    def call(self, connection: str, operation: str, outcome: str, took_s: float) -> None:
        pass


_spans: Spans = _NoSpans()


def keep_spans(spans: Spans | None) -> None:
    """From now on what this process does is told there; None ends it."""
    global _spans
    _spans = spans or _NoSpans()


def are_spans_kept() -> bool:
    return not isinstance(_spans, _NoSpans)


def new_correlation(origin: str) -> str:
    """A fresh id that says where it came from: `hook-4f2a91c0de`."""
    return f"{origin}-{secrets.token_hex(5)}"


@contextmanager
def correlated(work: str, correlation: str, **about: str) -> Iterator[None]:
    """Put the id, and what else names the work at hand, on every line and span inside."""
    with bound_contextvars(correlation=correlation, **about), _spans.work(work, correlation, about):
        yield


def called(connection: str, operation: str, outcome: str, took_s: float) -> None:
    """A vendor was called in the work at hand, and has answered or has not."""
    _spans.call(connection, operation, outcome, took_s)
