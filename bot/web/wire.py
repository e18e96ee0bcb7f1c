"""How the HTTP server itself is set up, below every handler.

Two of its habits are switched off here: it inflates compressed bodies before anybody
has looked at them, and it logs what it could not parse word for word, headers and the
secrets in them included.
"""

import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web


class _NamesOnly(logging.Filter):
    """Of an exception only its type is logged: its text quotes what a stranger sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg = f"{record.msg}: {record.exc_info[0].__name__}"
            record.exc_info = record.exc_text = None
        return True


def _logger() -> logging.Logger:
    logger = logging.getLogger("payrunbot.wire")
    if not logger.filters:
        logger.addFilter(_NamesOnly())
    return logger


def server_options() -> Mapping[str, Any]:
    """What the server is told besides the application."""
    return {
        "access_log": None,  # paths hold tokens; every answer is logged by its route instead
        "auto_decompress": False,
        "keepalive_timeout": 75,
        "logger": _logger(),
    }


def make_runner(app: web.Application) -> web.AppRunner:
    """A runner for the application of `make_web_app`. Whoever makes it handles the signals."""
    return web.AppRunner(app, handle_signals=False, **server_options())
