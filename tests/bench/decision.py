"""One decision of a five-line rule beside the same written in Python by hand.

The function by hand gives what a decision needs: yes, no or unknown as RULES.md has it, until
when, and the verdict. It gives no reasons; nor does a decision before somebody asks.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import product

from bot.core.answer_time import TICK
from bot.core.condition import Answer, Block, How
from bot.core.decide import Asked, Decision, Facts, Verdict, decide
from bot.core.resource import MISSING, Known, Unread, Value
from bot.core.rule import Mode, Rule, Step
from tests.bench.measure import Figure, ratios
from tests.core.calendars import SE, at
from tests.core.words import SEK_20_000, claim

CUT_OFF = at("2026-11-20T15:00")
RULE = Rule(
    id="five-lines",
    title="Five lines",
    watch="gigapay.payrun",
    when=Block(
        How.ALL,
        tuple(
            claim(line)
            for line in (
                "status is open",
                "payouts is at least 1",
                "cost is at most 20 000 SEK",
                "now is after input cut-off",
                "last payout was more than 30 minutes ago",
            )
        ),
    ),
    then=(Step("gigapay.close_payrun"),),
    mode=Mode.ACT,
    hash="",
    text="",
    file="",
    line=1,
)
HALF_AN_HOUR = timedelta(minutes=30)


def by_hand(values: Mapping[str, Value], now: datetime) -> tuple[Answer, datetime | None, Verdict]:
    """The five lines."""
    is_unknown = False
    noes: list[datetime] = []
    soonest: datetime | None = None

    status = values.get("status", MISSING)
    if type(status) is Unread:
        is_unknown = True
    elif type(status) is not Known or status.value.casefold() != "open":
        return Answer.NO, None, Verdict.NOTHING

    payouts = values.get("payouts", MISSING)
    if type(payouts) is Unread:
        is_unknown = True
    elif type(payouts) is not Known or not payouts.value >= 1:
        return Answer.NO, None, Verdict.NOTHING

    cost = values.get("cost", MISSING)
    if type(cost) is Unread or (type(cost) is Known and cost.value.currency != "SEK"):
        is_unknown = True
    elif type(cost) is not Known or not cost.value <= SEK_20_000:
        return Answer.NO, None, Verdict.NOTHING

    cut_off = values.get("input cut-off", MISSING)
    if type(cut_off) is Unread:
        is_unknown = True
    elif type(cut_off) is not Known:
        return Answer.NO, None, Verdict.NOTHING
    elif not now > cut_off.value:
        soonest = cut_off.value + TICK
        noes.append(soonest)

    last = values.get("last payout", MISSING)
    if type(last) is Unread:
        is_unknown = True
    elif type(last) is not Known:
        return Answer.NO, None, Verdict.NOTHING
    elif last.value > now:
        is_unknown = True
        soonest = last.value if soonest is None else min(soonest, last.value)
    else:
        turns = last.value + HALF_AN_HOUR
        if turns >= now:
            turns += TICK
        if not now - last.value > HALF_AN_HOUR:
            noes.append(turns)
        if turns > now:
            soonest = turns if soonest is None else min(soonest, turns)

    if noes:
        return Answer.NO, max(noes), Verdict.NOTHING
    if is_unknown:
        return Answer.UNKNOWN, soonest, Verdict.UNKNOWN
    return Answer.YES, soonest, Verdict.ACT


def resources() -> list[tuple[Facts, datetime]]:
    """Every combination of a few values of each field: most are no, at some line or other."""
    found = []
    for status, payouts, cost, last, minutes in product(
        (Known("open"), Known("open"), Known("closed"), Unread("not read")),
        (Known(7), Known(0)),
        (Known(SEK_20_000), Known(SEK_20_000 + SEK_20_000), MISSING),
        (Known(CUT_OFF - timedelta(minutes=40)), Known(CUT_OFF), Unread("not read")),
        (-10, 0, 5, 45),
    ):
        values = {
            "status": status,
            "payouts": payouts,
            "cost": cost,
            "input cut-off": Known(CUT_OFF),
            "last payout": last,
        }
        now = CUT_OFF + timedelta(minutes=minutes)
        found.append((Facts(values, SE), now))
    return found


def decision_by_hand(facts: Facts, now: datetime) -> Decision:
    answer, until, verdict = by_hand(facts.values, now)
    return Decision(answer, verdict, until, Asked(RULE, facts, now))


async def bench() -> list[Figure]:
    asked = resources()
    for facts, now in asked:
        assert decide(RULE, facts, now) == decision_by_hand(facts, now)
    yes = [one for one in asked if by_hand(one[0].values, one[1])[0] is Answer.YES]
    what = "a decision of a five-line rule, beside the same in Python by hand"
    return [
        Figure(f"{what}; mostly no", 4, await _beside(asked, decision_by_hand)),
        Figure(f"{what}; all yes", 4, await _beside(yes * (len(asked) // len(yes)), decision_by_hand)),
        Figure(
            f"{what} without a record of what was asked; mostly no",
            None,
            await _beside(asked, lambda facts, now: by_hand(facts.values, now)),
        ),
    ]


async def _beside(
    which: list[tuple[Facts, datetime]], hand: Callable[[Facts, datetime], object]
) -> list[float]:
    def decided() -> None:
        for facts, now in which:
            decide(RULE, facts, now)

    def handed() -> None:
        for facts, now in which:
            hand(facts, now)

    return await ratios(decided, handed, times=20)
