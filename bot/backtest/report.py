"""A comparison, and what one side came to, in the words of a report."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.backtest.compare import Change, Comparison, Difference, leaves
from bot.backtest.rounds import Round, Rounds, Unanswered
from bot.backtest.tally import in_money, tally_of
from bot.core import words
from bot.core.condition import Answer
from bot.core.explain import Node
from bot.core.seen import plural
from bot.core.words import Said, moment, say, say_many

GAP = "  "
MOST_LISTED = 20
"""What `try` lists of each rule; its counts and sums are of all."""


def headline(found: Comparison) -> str:
    """`same 212; would act on 4 more (61 300 SEK); would ask for 7`."""
    parts = [f"same {found.same}"]
    for change in Change:
        of = found.of(change)
        if of:
            parts.append(f"{change.format(len(of))}{in_money(of)}")
    return "; ".join(parts)


def compared(found: Comparison, zone: ZoneInfo) -> Iterator[str]:
    """The headline, then each difference with the lines that differ."""
    yield headline(found)
    last = None
    for one in found.differences:
        if one.change is not last:
            last = one.change
            of = found.of(last)
            yield ""
            yield f"{last.format(len(of))}{in_money(of)}:"
        yield from _difference(one, zone)


def _difference(one: Difference, zone: ZoneInfo) -> Iterator[str]:
    amount = f", {one.amount.plain()}" if one.amount is not None else ""
    came = f"{one.before} then, {one.after} now" if one.also_at else f"{one.before} -> {one.after}"
    yield f"{GAP}{moment(one.at, zone)}{GAP}{one.ref}{GAP}{one.rule}: {came}{amount}"
    if one.also_at is not None:
        yield f"{GAP * 2}it was at {moment(one.also_at, zone)}"
    for side, node in one.lines:
        yield f"{GAP * 2}{side}{GAP}{_line(node)}"


def tried(
    rounds: Rounds, titles: Iterable[tuple[str, str]], since: datetime, zone: ZoneInfo
) -> Iterator[str]:
    """What each rule would have done, with the first of them and why. `titles` are ids with modes."""
    for rule, mode in titles:
        tally = tally_of(rounds, rule, since)
        yield ""
        yield f"{rule} ({mode}): {tally.says()}"
        came = tally.came
        for one in came[:MOST_LISTED]:
            yield from _came(one, zone)
        if len(came) > MOST_LISTED:
            yield f"{GAP}and {len(came) - MOST_LISTED} more"


def _came(one: Round | Unanswered, zone: ZoneInfo) -> Iterator[str]:
    if isinstance(one, Unanswered):
        yield f"{GAP}{moment(one.since, zone)}{GAP}unknown{GAP}{one.ref}"
        told = [node for node in leaves(one.decision.tree) if node.answer is Answer.UNKNOWN]
    else:
        assert one.at is not None and one.outcome is not None and one.decision is not None
        amount = f"{GAP}{one.amount.plain()}" if one.amount is not None else ""
        yield f"{GAP}{moment(one.at, zone)}{GAP}{one.outcome}{GAP}{one.ref}{amount}"
        # Why a person is asked, or what stops it, is more to the point than what all of them have.
        told = list(one.reasons) or list(leaves(one.decision.tree))
    for node in told:
        yield f"{GAP * 2}{_line(node)}"


def _line(node: Node) -> str:
    return f"{node.answer:<7}{GAP}{node.text}" + (f"{GAP}({node.saw})" if node.saw else "")


def period(since: datetime, until: datetime, zone: ZoneInfo) -> Said:
    """`Mon 17 Aug to Sun 15 Nov 2026`."""
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    begins = words.day(first) if first.year == last.year else words.day_and_year(first)
    return say("{start} to {end}", start=begins, end=words.day_and_year(last))


def not_replayed(rules: Sequence[str]) -> str:
    """What a replay leaves out, in one sentence; empty for nothing."""
    if not rules:
        return ""
    return f"Not replayed, being asked at set times or about connections: {', '.join(rules)}."


def read_from(readings: int, decided: int) -> str:
    return f"{plural(readings, 'recorded reading')}, {plural(decided, 'decision')}"


def broken(count: int) -> Said:
    """What is said of readings that could not be used."""
    return say_many(
        count,
        "{count} recorded reading cannot be read back, and so cannot be replayed.",
        "{count} recorded readings cannot be read back, and so cannot be replayed.",
    )
