"""A decision and a rule in words, and a tree of answers as stored JSON."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.condition import Answer, Block, Claim, Condition, How, Node, OneOf
from bot.core.rule import IfMissed, Limits, Mode, Rule, Step
from bot.core.seen import round_money, span
from bot.core.slots import Cron, Schedule

_SPLIT = re.compile(r" one of (.+)$", re.IGNORECASE)
_MISSED = {
    IfMissed.RUN_LATE: "after missed times it is listed once, late",
    IfMissed.TELL: "missed times are told to ops and not made up for",
    IfMissed.SKIP: "missed times are left out",
}


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


def sentence(rule: Rule) -> str:
    """A rule as one sentence that can be read aloud, ending with what its mode allows."""
    steps = ", then ".join(_step(step) for step in rule.then)
    waits = f", collected for {span(rule.wait)}" if rule.wait else ""
    grouped = f", one for each {rule.group_by}" if rule.group_by else ""
    where = f" of {_or(rule.connections)}" if rule.connections else ""
    if rule.every is not None:
        return (
            f"{_times(rule.every)}, list each {rule.watch}{where} for which {condition_in_words(rule.when)}: "
            f"{steps}; {_MISSED[rule.if_missed]}; {_mode(rule.mode)}."
        )
    return (
        f"For each {rule.watch}{where}, when {condition_in_words(rule.when)}: "
        f"{steps}{grouped}{waits}; {_mode(rule.mode)}{_limits(rule.limits, rule.mode)}."
    )


def _times(every: Schedule) -> str:
    return f"By {every.words}" if isinstance(every.form, Cron) else f"Every {every.words}"


def condition_in_words(condition: Condition) -> str:
    """`status is open, (a or b) and not (c)`, with brackets only where they are needed."""
    match condition:
        case Claim(text=text, test=OneOf(values)) if len(values) > 1:
            return _SPLIT.sub(lambda found: f" {_or(found[1].split(','))}", text)
        case Claim(text=text):
            return text
        case Block(How.NOT, (inner,)):
            return f"not ({condition_in_words(inner)})"
        case Block(how, parts):
            words = [_inner(part) for part in parts]
            return _and(words) if how is How.ALL else _or(words)


def _inner(part: Condition) -> str:
    words = condition_in_words(part)
    bracket = isinstance(part, Block) and part.how is not How.NOT and len(part.parts) > 1
    return f"({words})" if bracket else words


def _step(step: Step) -> str:
    args = dict(step.args)
    to, cleared = args.pop("to", ""), args.pop("when_cleared", "")
    said = " ".join([step.action, *args.values(), *(["to", to] if to else [])])
    return f"{said}, and {cleared} once it is over" if cleared else said


def _mode(mode: Mode) -> str:
    return {
        Mode.OFF: "switched off",
        Mode.WATCH: "only watched: recorded, never done",
        Mode.ASK: "done after a person approves",
        Mode.ACT: "done at once",
    }[mode]


def _limits(limits: Limits, mode: Mode) -> str:
    said = []
    asks = [f"the amount is above {round_money(limits.ask_above)}"] if limits.ask_above else []
    asks += [condition_in_words(condition) for condition in limits.ask_when]
    if asks and mode is Mode.ACT:
        said.append(f"a person is asked first when {_or(asks)}")
    if limits.two_people_above:
        said.append(f"two people approve above {round_money(limits.two_people_above)}")
    if limits.only_during_working_hours:
        said.append("only during working hours")
    if limits.at_most:
        said.append(f"at most {limits.at_most.count} in {span(limits.at_most.per)}")
    return "".join(f"; {part}" for part in said)


def _or(words: Sequence[str]) -> str:
    return " or ".join(word.strip() for word in words)


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
