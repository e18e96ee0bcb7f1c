"""Lists as Gigapay gives them: pages, timestamp filters, and a `next` that forgets the page size.

The documents' own example of `next` has no `page_size`, so whoever follows it
after asking for 100 gets 25 and other pages. That is kept.
"""

import re
from datetime import UTC, datetime

from yarl import URL

from bot.sandbox.exact import Json

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?(Z|[+ -]\d\d:?\d\d)?)?$"
)
_LARGEST_PAGE = 100  # the limit is not documented; assumed


class BadFilter(ValueError):
    """A query that cannot be understood; `field` is the parameter."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def parsed(text: str) -> datetime:
    """Read an instant, also one with a single digit for the hour or seven of a second."""
    found = _INSTANT.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no instant")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    at = (
        f"{year}-{month}-{day}T{int(hour or 0):02d}:{minute or '00'}:{second or '00'}"
        f".{(fraction or '0').ljust(6, '0')}"
    )
    offset = "+00:00" if zone in (None, "Z") else zone.replace(" ", "+")
    return datetime.fromisoformat(at + offset).astimezone(UTC)


def filtered(items: list[Json], query: dict[str, str], fields: tuple[str, ...]) -> list[Json]:
    """Apply `<field>_null`, `_before` and `_after` for each field."""
    for field in fields:
        if (null := query.get(f"{field}_null")) is not None:
            items = [i for i in items if (i[field] is None) == _truth(f"{field}_null", null)]
        for end, sign in (("before", 1), ("after", -1)):
            if (text := query.get(f"{field}_{end}")) is None:
                continue
            try:
                edge = parsed(text)
            except ValueError as error:
                raise BadFilter(f"{field}_{end}", "Enter a valid date/time.") from error
            items = [
                i
                for i in items
                if i[field] is not None and (edge - parsed(i[field])).total_seconds() * sign > 0
            ]
    return items


def is_open(items: list[Json], query: dict[str, str]) -> list[Json]:
    """Apply `open=true` or `open=false`."""
    if (text := query.get("open")) is None:
        return items
    return [i for i in items if i["open"] == _truth("open", text)]


def page(items: list[Json], url: URL, query: dict[str, str], drift: int) -> Json | None:
    """Return one page with its envelope, None for a page past the end.

    `drift` items have come (or gone, if negative) before this page since the page
    before it was read.
    """
    number, size = _number(query, "page", 1), min(_number(query, "page_size", 25), _LARGEST_PAGE)
    start = (number - 1) * size
    if number > 1 and start >= len(items):
        return None
    shown = max(start - drift, 0)
    rest = {k: v for k, v in query.items() if k not in ("page", "page_size")}
    here = url.with_query(rest)

    def link(n: int) -> str:
        return str(here.update_query(page=n))

    return {
        "count": len(items),
        "next": link(number + 1) if start + size < len(items) else None,
        "previous": link(number - 1) if number > 1 else None,
        "results": items[shown : shown + size],
    }


def _number(query: dict[str, str], name: str, usual: int) -> int:
    text = query.get(name, str(usual))
    return int(text) if text.isdecimal() and int(text) > 0 else usual


def _truth(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadFilter(name, "Must be true or false.")
    return text.lower() == "true"
