"""Running until somebody says stop: SIGTERM from whoever runs us, SIGINT from the keyboard."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_asked() -> Iterator[asyncio.Event]:
    """An event that is set by the first such signal. The second ends the process at once.

    Ending at once loses nothing: what is under way is taken up at the next start, like
    after a crash.
    """
    loop, asked = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        asked.set()
        for one in _ENDING:
            loop.remove_signal_handler(one)
            # Not the loop's: it may be what does not end.
            signal.signal(one, _at_once)

    for one in _ENDING:
        loop.add_signal_handler(one, stop)
    try:
        yield asked
    finally:
        for one in _ENDING:
            loop.remove_signal_handler(one)
            signal.signal(one, _at_once if asked.is_set() else signal.SIG_DFL)


def _at_once(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)
