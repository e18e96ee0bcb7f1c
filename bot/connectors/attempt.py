"""One try of an action, so that nothing a vendor or the network does ever raises."""

from collections.abc import Awaitable, Callable

from bot.connectors.client import MaybeSent, NotSent, Reply
from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.core.action import Outcome, Refused, Retry, Unknown


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
        return Retry(str(error))
    except MaybeSent as error:
        return Unknown(str(error))
    except Gone as error:
        return Refused(str(error))
    except VendorProblem as problem:
        return Refused(f"{problem.what}: {problem.needs}") if problem.needs else Retry(problem.what)
    try:
        return outcome(reply)
    except VendorProblem as problem:
        return Unknown(problem.what)
