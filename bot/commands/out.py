"""The one place that writes to the terminal: answers to stdout, complaints to stderr.

Plain text goes into a pipe, so that it can be searched and compared; only a terminal
gets tables with lines and colours. What a terminal would obey is taken out of all of it: ids and
sentences of vendors are printed here, and may hold its escape codes.
"""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.mail.render import printable

GAP = "  "
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may hold as it is, and a terminal is not to be given: it is escaped, and reads the same."""


def say(text: str = "") -> None:
    """One answer, at once: whoever reads a pipe must not wait for a full buffer.

    Ends the command where nobody reads any more, as after `payrunbot check | head`.
    """
    try:
        sys.stdout.write(printable(text) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def say_json(value: Mapping[str, Any], *, indent: int | None = 2) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    say(_UNSEEN.sub(lambda one: f"\\u{ord(one[0]):04x}", text))


def complain(text: str) -> None:
    sys.stderr.write(printable(text) + "\n")
    sys.stderr.flush()


def say_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: in columns of spaces in a pipe, drawn on a terminal."""
    if sys.stdout.isatty():
        _draw(columns, rows)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(GAP.join(cells).rstrip())


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")  # a name cut short names nothing
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))  # not markup: an id may hold brackets
    Console().print(table)


def confirmed(question: str) -> bool:
    """Ask the person at the terminal; anything but a yes is no."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def asked_for(question: str) -> str:
    """What the person at the terminal types or pastes, on one line."""
    sys.stderr.write(f"{question}\n")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def at_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()
