"""What Gigapay says about an error, field by field and item by item.

Three shapes: `{"detail": "…"}`; `{"<field>": ["…"], "non_field_errors": ["…"]}` for what
was sent wrong; and an array of the second, one for each item of an array that was sent,
empty for those that were right.
"""

from bot.connectors.client import Reply
from bot.connectors.problem import VendorProblem

_WHOLE = "non_field_errors"
_MOST = 5


def said(reply: Reply) -> str:
    """The vendor's own words in one line without our secrets; nothing where it has none."""
    try:
        told = reply.json()
    except VendorProblem:
        return ""
    return reply.scrub("; ".join(_lines(told, "")[:_MOST]))


def _lines(told: object, where: str, depth: int = 0) -> list[str]:
    if depth > 4:
        return []
    match told:
        case str():
            return [f"{where}: {told}" if where else told]
        case list() if all(isinstance(one, str) for one in told):
            return [f"{where}: {' '.join(told)}" if where else " ".join(told)] if told else []
        case list():
            return [
                line
                for number, one in enumerate(told, 1)
                for line in _lines(one, _joined(where, f"number {number}"), depth + 1)
            ]
        case {"detail": str(detail), **others} if not others:
            return _lines(detail, where, depth + 1)
        case dict():
            return [
                line
                for name, one in told.items()
                for line in _lines(one, where if name == _WHOLE else _joined(where, str(name)), depth + 1)
            ]
        case _:
            return []


def _joined(where: str, name: str) -> str:
    return f"{where}, {name}" if where else name
