"""In which ways a block has the wanted answers: what must then be true of its parts.

`not` turns the wanted answers round, so nothing is left of it when a line is reached.
"""

from bot.core.condition import Answer, Block, How
from bot.core.prove.found import Wanted

ANY_ANSWER = frozenset(Answer)
Way = tuple[Wanted, ...]
"""What must hold together."""
_TURNED = {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}


def ways(block: Block, wanted: frozenset[Answer]) -> list[Way]:
    """Every way in which a block has one of these answers; together they leave none out."""
    if wanted == ANY_ANSWER:
        return [()]
    if block.how is How.NOT:
        return [(Wanted(block.parts[0], frozenset(_TURNED[one] for one in wanted)),)]
    # One part that answers `decisive` answers for the block; each must answer `shared` for that.
    decisive, shared = (Answer.NO, Answer.YES) if block.how is How.ALL else (Answer.YES, Answer.NO)
    parts = block.parts
    open_ = wanted - {decisive}
    found: list[Way] = []
    if open_ == {Answer.UNKNOWN} and decisive in wanted:
        return [(Wanted(part, wanted),) for part in parts]
    if open_ == {Answer.UNKNOWN}:
        undecided = frozenset({Answer.UNKNOWN, shared})
        for place, one in enumerate(parts):
            others = (*parts[:place], *parts[place + 1 :])
            found.append((Wanted(one, open_), *(Wanted(part, undecided) for part in others)))
    elif open_:
        found.append(tuple(Wanted(part, open_) for part in parts))
    if decisive in wanted:
        found += [(Wanted(part, frozenset({decisive})),) for part in parts]
    return found
