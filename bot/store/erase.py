"""What is taken out of stored JSON when people's lines are erased: pure.

Totals, counts and dates stay, since accounts and the comparison with later runs need them.
Each function answers the content without what is to go, or None where nothing of it is
there. With a `payee` only what is about that one goes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.core.said_json import HOW_MADE

ERASED = "erased"


def without_lines(snapshot: Mapping[str, Any], payee: str | None = None) -> dict[str, Any] | None:
    """A stored reading. It says of itself that lines of it were erased."""
    lines = snapshot["lines"]
    if payee is None:
        left = None
        values = {
            name: {key: one for key, one in value.items() if key != "detail"}
            for name, value in snapshot["values"].items()
        }
    else:
        left = None if lines is None else others(lines, payee)
        values = without_mention(snapshot["values"], payee)
    if (left, values) == (lines, snapshot["values"]):
        return None
    kept = without_how_made(snapshot, payee) if payee is not None else snapshot
    return {**kept, "lines": left, "values": values, "erased": True}


def without_shown_lines(shown: Mapping[str, Any], payee: str | None = None) -> dict[str, Any] | None:
    """What an approver was shown. Its fingerprint still proves which lines it had."""
    asked, before = without_how_made(shown["asked"], payee), shown["asked"]
    if payee is None:
        asked["findings"] = [{**one, "detail": "", "amount": None} for one in asked["findings"]]
        asked["differs"], lines = [], []
        if asked["difference"] is not None:
            asked["difference"] = {**asked["difference"], "lines": []}
    else:
        lines = others(shown["lines"], payee)
        asked["differs"] = [one for one in asked["differs"] if payee not in str(one["who"]).split(", ")]
        if asked["difference"] is not None:
            left = others(asked["difference"]["lines"], payee)
            asked["difference"] = {**asked["difference"], "lines": left}
        asked = without_mention(asked, payee)
    if (asked, lines) == (before, shown["lines"]):
        return None
    return {**shown, "asked": asked, "lines": lines, "erased": True}


def others(lines: Sequence[Mapping[str, Any]], payee: str) -> list[Mapping[str, Any]]:
    """The lines of everybody else."""
    return [one for one in lines if one["payee"] != payee]


def without_how_made(content: Mapping[str, Any], payee: str | None = None) -> dict[str, Any]:
    """Texts without how they were made, which names again whom they name; with a payee only where it does.

    What is left is said in English.
    """
    made = content.get(HOW_MADE)
    is_kept = made is not None and payee is not None and not names(made, payee)
    return {name: one for name, one in content.items() if is_kept or name != HOW_MADE}


def without_mention(content: Any, payee: str) -> Any:
    """The same content, where every text that names this payee names nobody.

    Texts of ours say `payee 1078` and `employee 1078`; a bare number may be anything.
    """
    naming = re.compile(rf"\b(payee|employee) {re.escape(payee)}(?![\w-])")
    return _each_text(content, lambda text: naming.sub(rf"\1 {ERASED}", text))


def _each_text(content: Any, change: Callable[[str], str]) -> Any:
    match content:
        case str():
            return change(content)
        case list():
            return [_each_text(one, change) for one in content]
        case dict():
            return {key: _each_text(one, change) for key, one in content.items()}
        case _:
            return content


def names(content: Any, payee: str) -> bool:
    """Whether somebody else's JSON, as a webhook's body, holds this id as a value anywhere."""
    match content:
        case str() | int():
            return str(content) == payee
        case list():
            return any(names(one, payee) for one in content)
        case dict():
            return any(names(one, payee) for one in content.values())
        case _:
            return False
