"""Running until somebody says stop: SIGTERM from whoever runs us, SIGINT from the keyboard."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_ENDING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_asked() -> Iterator[asyncio.Event]:
    """An event that is set by the first such signal. The second does nothing: stopping is bounded."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for one in _ENDING:
        loop.add_signal_handler(one, asked.set)
    try:
        yield asked
    finally:
        for one in _ENDING:
            loop.remove_signal_handler(one)
