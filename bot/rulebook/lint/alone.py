"""What is odd about one rule by itself: it never says yes, never acts, or has idle lines."""

from collections.abc import Iterator, Sequence

from bot.core.condition import Block, Condition, How, claims, names
from bot.core.prove import CannotTell, Impossible
from bot.core.prove.found import not_yes, yes
from bot.core.prove.reach import Reach, reaches
from bot.core.prove.times import is_time
from bot.core.rule import Mode, Rule
from bot.core.watched import PAYRUN
from bot.rulebook.lint.finding import Finding, Level, all_of, first_line, said
from bot.rulebook.lint.ground import Ground, lines_of


def never_fires(ground: Ground, rule: Rule) -> Finding | None:
    """A rule that no resource makes say yes, with the fewest of its lines that clash."""
    parts = lines_of(rule.when)
    found, _ = ground.find([rule], [yes(part) for part in parts])
    if isinstance(found, CannotTell):
        sentence = f"whether {rule.id} can ever say yes: {found.why}"
        return ground.places.finding("never", Level.CANNOT_TELL, (rule,), sentence)
    if not isinstance(found, Impossible):
        return None
    clash = _clash(ground, rule, parts)
    lines = [said(one) for one in clash]
    why = f"{lines[0]} is never so" if len(lines) == 1 else f"{all_of(lines)} are never so at once"
    return ground.places.finding(
        "never",
        Level.WRONG,
        (rule,),
        f"{rule.id} can never say yes: {why}",
        at=first_line(clash[-1]),
        mend="change one of these lines, or take the rule out",
    )


def _clash(ground: Ground, rule: Rule, parts: Sequence[Condition]) -> list[Condition]:
    """As few as can be of what can't be together: each is asked for once whether it goes without."""
    clash = list(parts)
    for part in parts:
        others = [one for one in clash if one is not part]
        if others and isinstance(ground.find([rule], [yes(one) for one in others])[0], Impossible):
            clash = others
    return clash


def never_acts(ground: Ground, rule: Rule) -> Iterator[Finding]:
    """A rule in `act` whose own limits always ask: it says one thing and does another."""
    limits = rule.limits
    has_amounts = limits.ask_above is not None or limits.two_people_above is not None
    if rule.mode is not Mode.ACT or not (has_amounts or limits.ask_when):
        return
    if has_amounts and rule.watch == PAYRUN:
        return  # whose amount is another one at each vendor
    amount = ground.amount(rule)
    needed = reaches(rule, Reach.ACT, amount)
    assert needed is not None, "it is in act"
    if not isinstance(ground.find([rule], needed)[0], Impossible):
        return
    why = "its limits ask about everything that it says yes to"
    if has_amounts and amount is None:
        why = f"a limit is about an amount, and a {rule.watch} has none"
    yield ground.places.finding(
        "always asks",
        Level.LOOK,
        (rule,),
        f"{rule.id} never acts by itself, although its mode is act: {why}",
        at="limits:",
        mend="write mode: ask, or loosen the limit",
    )


def without_effect(ground: Ground, rule: Rule) -> Iterator[Finding]:
    """Lines that change no answer: what another branch says already, or what other lines imply."""
    for block in (one for whole in (rule.when, *rule.limits.ask_when) for one in _blocks(whole)):
        if block.how is not How.NOT and len(block.parts) > 1:
            yield from _idle(ground, rule, block)


def _idle(ground: Ground, rule: Rule, block: Block) -> Iterator[Finding]:
    can_be = block is rule.when or not isinstance(ground.find([rule], [yes(block)])[0], Impossible)
    if block.how is How.ALL and not can_be:
        return  # of lines that clash each says what any other does
    kept = list(block.parts)
    for part in reversed(block.parts):
        others = [one for one in kept if one is not part]
        wider = _implied_by(ground, rule, block.how, part, others)
        if not wider:
            continue
        kept = others
        if block.how is How.ALL:
            why = f"{all_of([said(one) for one in wider])} says as much"
            sentence = f"{rule.id} needs no line {said(part)}: {why}"
        else:
            sentence = f"in {rule.id} the branch {said(part)} is swallowed by {said(wider[0])}"
        yield ground.places.finding(
            "no effect",
            Level.LOOK,
            (rule,),
            sentence,
            at=first_line(part),
            mend="take it out, or change what it was meant to say",
        )


def _implied_by(
    ground: Ground, rule: Rule, how: How, part: Condition, others: Sequence[Condition]
) -> list[Condition]:
    """The others because of which a part says nothing more; empty where it does say more."""
    near = [one for one in others if _are_near(part, one)]
    if how is How.ANY:
        return [one for one in near if _proved(ground, rule, [part], one)][:1]
    if not near or not _proved(ground, rule, near, part):
        return []
    for one in list(near):
        fewer = [other for other in near if other is not one]
        if fewer and _proved(ground, rule, fewer, part):
            near = fewer
    return near


def _proved(ground: Ground, rule: Rule, so: Sequence[Condition], then: Condition) -> bool:
    """Whether whatever says yes to all of `so` says yes to `then`."""
    return isinstance(ground.find([rule], [*(yes(one) for one in so), not_yes(then)])[0], Impossible)


def _are_near(one: Condition, other: Condition) -> bool:
    """Whether they can have to do with each other: about one field, or both about times."""
    both_times = all(any(is_time(line.field) for line in claims(each)) for each in (one, other))
    return both_times or bool(names(one) & names(other))


def _blocks(condition: Condition) -> Iterator[Block]:
    if isinstance(condition, Block):
        yield condition
        for part in condition.parts:
            yield from _blocks(part)
