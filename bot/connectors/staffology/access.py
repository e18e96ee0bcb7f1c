"""What a Staffology key can reach, for `doctor`: found out by reading only."""

from collections.abc import Awaitable, Callable

from bot.connectors import Access
from bot.connectors.problem import Gone, HeldBack, Unauthorised, VendorProblem
from bot.connectors.staffology.api import StaffologyApi

_KEY = "Check api_key: in Staffology it belongs to a user, and has that user's rights for each employer."
_RIGHTS = "Give the key's user the right to see this part of the employer in Staffology."
_EMPLOYER = "Check employer_id and base_url: GET /employers lists the ids that the key may see."


async def check(api: StaffologyApi) -> tuple[Access, ...]:
    """One line for each thing needed. What depends on a line that failed is not tried."""
    first = await _line("employer", api.employer, _EMPLOYER)
    if not first.ok:
        return (first,)
    return (
        first,
        await _line("pay schedules", api.schedules, _RIGHTS),
        await _line("automation settings", api.automation, _RIGHTS),
        await _line("webhooks", api.webhooks, _RIGHTS),
        Access(
            "finalising, starting and mailing",
            None,
            "Staffology tells what a key may change only when it is tried",
            "See in Staffology that the key's user may run payroll for this employer.",
        ),
    )


async def _line(what: str, read: Callable[[], Awaitable[object]], mend: str) -> Access:
    try:
        await read()
    except Unauthorised as problem:
        return Access(what, False, problem.what, _KEY)
    except (VendorProblem, Gone) as problem:
        return Access(what, False, str(problem), mend)
    except HeldBack as held:
        return Access(what, None, str(held), "Try again later.")
    return Access(what, True, "can be read")
