"""What a mail about a connection says of it: its health in a few rows, and no more than is known."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.resource import Known
from bot.core.sentence import field_title
from bot.core.watched import CONNECTION
from bot.engine.case import Case
from bot.engine.letters.measured import status

_SHOWN = (
    "status",
    "failing since",
    "paused by",
    "last poll",
    "last webhook",
    "open pay runs",
    "first deadline",
)


def is_connection(case: Case) -> bool:
    return case.snapshot.kind == CONNECTION


def rows_of(case: Case, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """`("Failing since", "Fri 13 Nov 12:05")` and the like, for what there is."""
    found: list[tuple[str, str]] = []
    for name in _SHOWN:
        match case.value(name):
            case Known(datetime() as at):
                found.append((field_title(name), words.moment(at, zone)))
            case Known(str() as word) if name == "status":
                found.append((field_title(name), status(word)))
            case Known(value):
                found.append((field_title(name), str(value)))
    return tuple(found)
