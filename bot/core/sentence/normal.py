"""One form for conditions that mean the same, whatever brackets they were written with.

"All of a, and all of b and c" is all of a, b and c; a block of one line is that line.
The author's own way to write a line goes: what is left is what the line does.
"""

from dataclasses import replace

from bot.core.condition import Block, Claim, Condition, How


def normal(condition: Condition) -> Condition:
    match condition:
        case Claim():
            return replace(condition, text="")
        case Block(How.NOT, parts):
            return Block(How.NOT, tuple(normal(part) for part in parts))
        case Block(how, parts):
            flat = tuple(inner for part in parts for inner in _inner(how, normal(part)))
            return flat[0] if len(flat) == 1 else Block(how, flat)


def _inner(how: How, part: Condition) -> tuple[Condition, ...]:
    return part.parts if isinstance(part, Block) and part.how is how else (part,)


def lines(condition: Condition) -> tuple[Condition, ...]:
    """The lines that must all hold: those of a list, or the one that there is."""
    whole = normal(condition)
    return whole.parts if isinstance(whole, Block) and whole.how is How.ALL else (whole,)
