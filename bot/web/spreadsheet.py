"""Tables for spreadsheets, as CSV that cannot become a formula.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break is worked out by a spreadsheet
when the file is opened, whatever its quotes. Such a text gets an apostrophe in front, which
a spreadsheet takes as "this is text". Numbers of ours are numbers, and stay as they are. A byte
order mark says that it is UTF-8, which some spreadsheets do not assume.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from aiohttp import web

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212")
"""What begins a formula; in full width, and with a true minus, somewhere too."""

Cell = str | int | Decimal | None


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The whole file. What is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_safe(one) for one in columns])
    writer.writerows([_safe(one) for one in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def _safe(cell: Cell) -> str | int | Decimal:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def download(name: str, content: bytes) -> web.Response:
    """The answer that a browser keeps as a file. `name` is ours, and plain."""
    return web.Response(
        body=content,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
