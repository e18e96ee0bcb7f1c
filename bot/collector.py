"""Python's cyclic collector, so that a service does not stand still for it.

As it is by default it goes through everything that was ever imported whenever enough is new: a
third of a second in the middle of a long list, and again and again while requests that wait for
a commit are alive with all they hold. What a service has when it stands stays until it ends, so
that it is set aside once; of the rest, each round is of few enough to be over within some
milliseconds, and nearly all garbage is freed by counting references anyway.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (2_000, 10, 50)


def set_aside() -> None:
    """Whatever is there now is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


@contextmanager
def aside() -> Iterator[None]:
    """As a service has it, for as long as this lasts."""
    before = gc.get_threshold()
    set_aside()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
