"""Guards: the limits of the settings on what may be done to money, asked before each call.

They let go, wait, ask or stop. A rule can never loosen one. An action in a currency for
which no guard was set is stopped: nobody has said how much is too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from statistics import median

from bot.core import words
from bot.core.condition import Answer
from bot.core.explain import Node
from bot.core.limits import Guards as Guards
from bot.core.money import Money
from bot.core.resource import Known, Missing, Unread, Value
from bot.core.seen import percent, round_money
from bot.core.sentence import field_title
from bot.core.words import Said, joined, lower, say
from bot.core.words.said import Sentence

HISTORY = 6
"""How many earlier runs the median is of."""
ENOUGH_HISTORY = 3


class Gate(StrEnum):
    GO = "go"
    ASK = "ask"
    WAIT = "wait"
    STOP = "stop"


def limits_in_words(guards: Guards) -> tuple[str, ...]:
    """`one at most 250 000 SEK`: what is set, for people to read."""
    said = [say("one at most {amount}", amount=round_money(one)) for one in guards.per_action.values()]
    said += [say("a day at most {amount}", amount=round_money(one)) for one in guards.per_day.values()]
    if guards.change_from_median is not None:
        said.append(
            say("asks when it differs {percent} % from the median", percent=str(guards.change_from_median))
        )
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Compared:
    """An amount with its like of earlier runs of the same type, newest first."""

    name: str
    amount: Value
    earlier: Sequence[Money] = ()


def guarding(what: str) -> Said:
    """The line of a guard, which is told from a rule's own by its first word."""
    return say("guard: {what}", what=what)


def without_guard(text: str) -> str:
    """What `guarding` was given."""
    match text:
        case Said(made=Sentence(message="guard: {what}", parts={"what": str(what)})):
            return what
    return text


AMOUNT_KNOWN = guarding(say("the amount is known"))


@dataclass(frozen=True, slots=True)
class GuardAnswer:
    """The strictest of all guards, and every line that was looked at.

    A line answers yes where its guard stands in the way. `until` goes with `WAIT`.
    """

    gate: Gate
    why: str
    lines: tuple[Node, ...] = ()
    until: datetime | None = None

    @property
    def reasons(self) -> tuple[Node, ...]:
        return tuple(line for line in self.lines if line.answer is not Answer.NO)


def guard(
    guards: Guards,
    *,
    amount: Value | None,
    used_today: Money | None,
    tomorrow: datetime,
    compared: Compared | None = None,
    approved: bool = False,
) -> GuardAnswer:
    """What the guards say to one action of `amount`; None is an action without an amount.

    `used_today` is what the connection's actions in that currency have come to since
    midnight, and `tomorrow` the next one. `approved` says that a person has already
    answered what the guards ask.
    """
    found: list[tuple[Gate, Node]] = []
    if amount is not None:
        found += _amounts(guards, amount, used_today)
    if compared is not None and guards.change_from_median is not None:
        found.append(_median(guards.change_from_median, compared))
    lines = tuple(node for _, node in found)
    if approved:
        found = [(gate, node) for gate, node in found if gate is not Gate.ASK]
    strictest = max((gate for gate, _ in found), key=list(Gate).index, default=Gate.GO)
    why = joined((joined((node.text, node.saw), ": ") for gate, node in found if gate is strictest), "; ")
    return GuardAnswer(
        strictest,
        "" if strictest is Gate.GO else why,
        lines,
        tomorrow if strictest is Gate.WAIT else None,
    )


def _amounts(guards: Guards, amount: Value, used_today: Money | None) -> list[tuple[Gate, Node]]:
    match amount:
        case Known(Money() as money):
            pass
        case Unread(why):
            return [_line(Gate.STOP, AMOUNT_KNOWN, why, Answer.UNKNOWN)]
        case Missing() | Known():
            return [_line(Gate.STOP, AMOUNT_KNOWN, say("there is none"), Answer.UNKNOWN)]
    limit, day_limit = guards.per_action.get(money.currency), guards.per_day.get(money.currency)
    if limit is None:
        return [
            _line(
                Gate.STOP,
                guarding(say("no amount is allowed in {currency}", currency=money.currency)),
                say("no guard was set for it"),
            )
        ]
    found = [
        _over(
            Gate.STOP,
            guarding(say("one action is above {limit}", limit=round_money(limit))),
            money,
            limit,
            words.plain(money),
        )
    ]
    if day_limit is not None:
        so_far = used_today or Money(Decimal(0), money.currency)
        # An amount that no day has room for would wait for ever.
        gate = Gate.STOP if day_limit < money else Gate.WAIT
        saw = say("{amount} after {so_far}", amount=words.plain(money), so_far=words.plain(so_far))
        found.append(
            _over(
                gate,
                guarding(say("the day is above {limit}", limit=round_money(day_limit))),
                so_far + money,
                day_limit,
                saw,
            )
        )
    return found


def _over(gate: Gate, text: str, amount: Money, limit: Money, saw: str) -> tuple[Gate, Node]:
    return _line(gate, text, saw) if limit < amount else _line(Gate.GO, text, saw, Answer.NO)


def _line(gate: Gate, text: str, saw: str, answer: Answer = Answer.YES) -> tuple[Gate, Node]:
    return gate, Node(answer, text, saw)


def _median(allowed: Decimal, compared: Compared) -> tuple[Gate, Node]:
    """Against the median of the last six in the same currency; fewer than three don't say."""
    name, most = lower(field_title(compared.name)), percent(allowed)
    text = guarding(say("{name} is more than {percent} from the median", name=name, percent=most))
    match compared.amount:
        case Known(Money() as money):
            pass
        case Unread(why):
            return _line(Gate.ASK, text, why, Answer.UNKNOWN)
        case Missing() | Known():
            return _line(Gate.ASK, text, say("there is no amount"), Answer.UNKNOWN)
    like = [one.amount for one in compared.earlier if one.currency == money.currency][:HISTORY]
    if len(like) < ENOUGH_HISTORY:
        return _line(Gate.GO, text, say("no history"), Answer.NO)
    middle = median(like)
    if middle == 0:
        same = money.amount == 0
        saw = say("{amount}, the median is zero", amount=words.plain(money))
        return _line(Gate.GO, text, saw, Answer.NO) if same else _line(Gate.ASK, text, saw)
    change = (money.amount - middle) / abs(middle) * 100
    by, about = percent(abs(change)), words.plain(Money(middle, money.currency))
    if change > 0:
        saw = say("{percent} above, median {median}", percent=by, median=about)
        text = guarding(say("{name} is more than {percent} above the median", name=name, percent=most))
    else:
        saw = say("{percent} below, median {median}", percent=by, median=about)
        text = guarding(say("{name} is more than {percent} below the median", name=name, percent=most))
    if abs(change) > allowed:
        return _line(Gate.ASK, text, saw)
    return _line(Gate.GO, text, saw, Answer.NO)
