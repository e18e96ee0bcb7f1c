"""One correlation id from a webhook to the mail that it led to, on every log line."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars


def new_correlation(origin: str) -> str:
    """A fresh id that says where it came from: `hook-4f2a91c0de`."""
    return f"{origin}-{secrets.token_hex(5)}"


@contextmanager
def correlated(correlation: str, **more: str) -> Iterator[None]:
    """Put the id, and what else names the work at hand, on every line logged inside."""
    with bound_contextvars(correlation=correlation, **more):
        yield
