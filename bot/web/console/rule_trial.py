"""A rule tried on what was recorded, as pages show it: counts, money, each pay run with its why."""

from collections.abc import Iterable
from datetime import timedelta

from aiohttp import web

from bot.backtest import report
from bot.backtest.compare import Change, Comparison, Difference, leaves, money
from bot.backtest.inforce import InForce, read_version
from bot.backtest.one_rule import NotTried, Trials, Tried
from bot.backtest.rounds import Outcome, Round, Unanswered
from bot.backtest.tally import Tally, came_at
from bot.core.condition import Answer
from bot.core.explain import Node
from bot.core.words import say, told_by
from bot.engine.bot import Bot
from bot.engine.rule_folder import setup_now, words_now
from bot.store.rules import Version
from bot.web.rule_views import Figure, Trial, TrialRow
from bot.web.shapes import WhyLine
from bot.web.wording import why_line

TRIALS = web.AppKey("trials", Trials)
MOST_ROWS = 50

_CHANGES = {
    Change.ACT_MORE: say("Done without asking, more"),
    Change.ACT_LESS: say("No longer done without asking"),
    Change.ASK_MORE: say("A person is asked, more"),
    Change.ASK_LESS: say("A person is no longer asked"),
    Change.STOPPED: say("Stopped by a guard, more"),
    Change.NO_STOP: say("No longer stopped by a guard"),
    Change.WATCH_MORE: say("Only noted, more"),
    Change.WATCH_LESS: say("No longer noted"),
    Change.UNANSWERED: say("Unknown"),
    Change.ELSEWHEN: say("At another time"),
}
_OUTCOMES = {
    Outcome.ACT: say("Done without asking"),
    Outcome.ASK: say("A person is asked"),
    Outcome.WATCH: say("Only noted"),
    Outcome.STOP: say("Stopped by a guard"),
}
_CAME = {
    "act": say("done without asking"),
    "ask": say("asked"),
    "watch": say("only noted"),
    "stopped by a guard": say("stopped by a guard"),
    "nothing": say("nothing"),
    "unknown": say("unknown"),
}


async def trial_of(
    request: web.Request, bot: Bot, length: timedelta, new: InForce | None, old: InForce | None = None
) -> Trial:
    """A replay of a rule, beside another version of it where there is one; or why there is none."""
    if new is None:
        return Trial(trouble=say("This version cannot be read with today's words, so it is not tried."))
    try:
        tried = await request.app[TRIALS].run(length, new, old)
    except NotTried as why:
        return Trial(trouble=told_by(why))
    return _compared(bot, tried, tried.compared) if tried.compared is not None else _alone(bot, tried)


def in_force(bot: Bot, version: Version | None) -> InForce | None:
    """A stored version as it is replayed; None where there is none that can be read."""
    return read_version(version, words_now(), setup_now(bot)) if version is not None else None


def _compared(bot: Bot, tried: Tried, found: Comparison) -> Trial:
    figures = [
        Figure(label, len(of), money(of)) for change, label in _CHANGES.items() if (of := found.of(change))
    ]
    return Trial(
        period=report.period(tried.since, tried.until, bot.settings.timezone),
        readings=tried.readings,
        figures=(*figures, Figure(say("The same"), found.same)),
        rows=tuple(_difference(one) for one in found.differences[:MOST_ROWS]),
        cut=max(0, len(found.differences) - MOST_ROWS),
        short=tried.short,
    )


def _alone(bot: Bot, tried: Tried) -> Trial:
    tally = tried.tally
    return Trial(
        period=report.period(tried.since, tried.until, bot.settings.timezone),
        readings=tried.readings,
        figures=tuple(_figures(tally)),
        rows=tuple(_came(one) for one in tally.came[-MOST_ROWS:][::-1]),
        cut=max(0, len(tally.came) - MOST_ROWS),
        short=tried.short,
    )


def _figures(tally: Tally) -> Iterable[Figure]:
    for outcome, label in _OUTCOMES.items():
        of = tally.of(outcome)
        if of or outcome in (Outcome.ACT, Outcome.ASK):
            yield Figure(label, len(of), money(of))
    if tally.unanswered:
        yield Figure(say("Unknown"), len(tally.unanswered))
    yield Figure(say("Nothing"), tally.nothing)


def _difference(one: Difference) -> TrialRow:
    lines = tuple((side, why_line(node)) for side, node in one.lines)
    before, after = _CAME[one.before], _CAME[one.after]
    if one.also_at is not None:
        before, after = say("{came}, at another time", came=before), say("{came} now", came=after)
    return TrialRow(one.at, one.ref, f"/payruns/{one.ref}", before, after, one.amount, lines)


def _came(one: Round | Unanswered) -> TrialRow:
    url, at = f"/payruns/{one.ref}", came_at(one)
    if isinstance(one, Unanswered):
        unknown = [node for node in leaves(one.decision.tree) if node.answer is Answer.UNKNOWN]
        return TrialRow(at, one.ref, url, "", say("unknown"), None, _own(unknown))
    assert one.outcome is not None and one.decision is not None, "only what came to something is told"
    # Why a person is asked, or what stops it, is more to the point than what all of them have.
    told = list(one.reasons) or list(leaves(one.decision.tree))
    return TrialRow(at, one.ref, url, "", _CAME[one.outcome.value], one.amount, _own(told))


def _own(nodes: Iterable[Node]) -> tuple[tuple[str, WhyLine], ...]:
    return tuple(("", why_line(node)) for node in nodes)
