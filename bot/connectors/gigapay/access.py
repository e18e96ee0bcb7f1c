"""What can be reached at Gigapay, by reading only.

Gigapay documents no permissions: a key reads and acts, or is refused. So whether it may
close is not known before it has.
"""

from collections.abc import Awaitable, Callable

from bot.connectors import Access
from bot.connectors.gigapay.api import GigapayApi
from bot.connectors.problem import Gone, HeldBack, NotThere, Unauthorised, VendorProblem

_KEY = (
    "Put in the token and the integration_id that belong to this address: demo and production have their own."
)
_ADDRESS = "Ask support@gigapay.se whether the key is limited to other addresses than this machine's."
_LATER = "Look again in a while; nothing is lost meanwhile, polls go on."


async def check(api: GigapayApi, *, has_secret: bool) -> tuple[Access, ...]:
    """One line for each thing that is read, one for webhooks, one for acting. Never raises."""
    reads: tuple[tuple[str, Callable[[], Awaitable[object]]], ...] = (
        ("read payruns", lambda: api.payruns(open=True)),
        ("read payouts", api.some_payouts),
        ("read the payment term", api.payment_term),
        ("read webhooks", api.webhooks),
    )
    return (
        *[await _tried(what, read) for what, read in reads],
        Access(
            "trust webhooks",
            has_secret or None,
            "" if has_secret else "no webhook_secret is set, so every webhook is refused",
            ""
            if has_secret
            else "Set webhook_secret and register the webhooks; until then polls alone read.",
        ),
        Access("close and tag payruns", None, "Gigapay documents no permissions; the first call tells"),
    )


async def _tried(what: str, read: Callable[[], Awaitable[object]]) -> Access:
    try:
        await read()
    except Unauthorised as problem:
        return Access(what, False, problem.what, _KEY)
    except (NotThere, Gone) as problem:
        return Access(what, False, str(problem), "See base_url: Gigapay's API is not at this address.")
    except VendorProblem as problem:
        is_forbidden = problem.what.startswith("answered 403")
        return Access(
            what, False if is_forbidden else None, problem.what, _ADDRESS if is_forbidden else _LATER
        )
    except HeldBack as back:
        return Access(what, None, str(back), _LATER)
    return Access(what, True)
