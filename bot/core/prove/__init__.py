"""Proofs about rules: is there a resource, and a moment, on which they answer so?

`find` is the proof, `overlap` and `wider` are the two questions that are asked of rules,
and `given_line` writes what was found as a rule's test. Nothing here decides anything
about a pay run, and whatever is given out as an example the evaluator has agreed to.

- `cells`: the few values that stand for all values of a field that is not a time.
- `points`, `bounds`, `zones`, `timeline`, `times`: what lines about time allow.
- `ways`, `search`: blocks taken apart, and every way tried.
- `edges`, `place`: times for an example.
- `reach`, `wider`, `overlap`, `given`: rules.
"""

from bot.core.prove.found import CannotTell, Example, Found, Impossible, Wanted
from bot.core.prove.given import given_line
from bot.core.prove.overlap import overlap
from bot.core.prove.reach import amount_of
from bot.core.prove.search import find
from bot.core.prove.wider import NotWider, Wider, Would, wider

__all__ = [
    "CannotTell",
    "Example",
    "Found",
    "Impossible",
    "NotWider",
    "Wanted",
    "Wider",
    "Would",
    "amount_of",
    "find",
    "given_line",
    "overlap",
    "wider",
]
