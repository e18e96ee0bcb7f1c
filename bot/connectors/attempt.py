"""One try of an action, so that nothing a vendor or the network does ever raises."""

from collections.abc import Awaitable, Callable

from bot.connectors.client import MaybeSent, NotSent, Reply
from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.core.action import Outcome, Refused, Retry, Unknown
from bot.core.words import joined, told_by


def answered(status: int, detail: str) -> str:
    """What an outcome says of a reply: `409`, `409 Payrun is closed`."""
    return joined((status, detail), " ") if detail else str(status)


def not_now(problem: VendorProblem) -> Refused | Retry:
    """What a problem before the request went out means: later, or never where a person must mend it."""
    if problem.needs:
        return Refused(joined((problem.what, problem.needs), ": "))
    return Retry(problem.what)


async def attempt(send: Callable[[], Awaitable[Reply]], outcome: Callable[[Reply], Outcome]) -> Outcome:
    """Send once and say what it means.

    A problem before the request could go out (no connection, no access token) is
    Retry, or Refused where only a person can mend it: nothing happened. A lost reply
    is Unknown, and so is one that `outcome` cannot make sense of: the vendor may
    have acted before it stopped making sense.
    """
    try:
        reply = await send()
    except (NotSent, HeldBack) as error:
        return Retry(told_by(error))
    except MaybeSent as error:
        return Unknown(told_by(error))
    except Gone as error:
        return Refused(told_by(error))
    except VendorProblem as problem:
        return not_now(problem)
    try:
        return outcome(reply)
    except VendorProblem as problem:
        return Unknown(problem.what)
