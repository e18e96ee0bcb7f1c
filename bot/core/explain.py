"""A tree of answers, line by line and as stored JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.condition import Answer, Node


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One line of "why?". `indent` counts the blocks it stands in."""

    indent: int
    answer: Answer
    text: str
    saw: str
    until: datetime | None


def tree_to_json(node: Node) -> dict[str, Any]:
    """What `tree_from_json` reads back equal, years later: absent parts are left out."""
    stored: dict[str, Any] = {"answer": node.answer.value, "text": node.text}
    if node.saw:
        stored["saw"] = node.saw
    if node.until is not None:
        stored["until"] = node.until.isoformat()
    if node.children:
        stored["children"] = [tree_to_json(child) for child in node.children]
    return stored


def tree_from_json(stored: Mapping[str, Any]) -> Node:
    """Raises KeyError or ValueError for what `tree_to_json` never wrote."""
    until = stored.get("until")
    return Node(
        Answer(stored["answer"]),
        stored["text"],
        stored.get("saw", ""),
        datetime.fromisoformat(until) if until is not None else None,
        tuple(tree_from_json(child) for child in stored.get("children", ())),
    )


def as_lines(node: Node, *, skip_root: bool = True) -> tuple[ExplainedLine, ...]:
    """The tree line by line. The root, which only says "all of these hold", is left out."""
    if skip_root and node.children:
        return tuple(line for child in node.children for line in _lines(child, 0))
    return tuple(_lines(node, 0))


def _lines(node: Node, indent: int) -> Iterator[ExplainedLine]:
    yield ExplainedLine(indent, node.answer, node.text, node.saw, node.until)
    for child in node.children:
        yield from _lines(child, indent + 1)
