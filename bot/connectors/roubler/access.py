"""What a login may see at Roubler, by reading only."""

from collections.abc import Sequence

from bot.connectors import Access
from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.connectors.roubler.api import RoublerApi
from bot.connectors.roubler.settings import RoublerSettings
from bot.connectors.roubler.shapes import Place
from bot.core.seen import plural


async def check_access(api: RoublerApi, settings: RoublerSettings) -> tuple[Access, ...]:
    """Never raises. What follows from a login that does not work is not asked for."""
    try:
        places = (await api.viewer()).employees
    except (VendorProblem, HeldBack, Gone) as problem:
        return (_no("the login", problem),)
    found = [Access("the login", True), *_places(settings, places)]
    try:
        runs = await api.pay_runs()
    except (VendorProblem, HeldBack, Gone) as problem:
        found.append(_no("reading pay runs", problem))
    else:
        found.append(Access("reading pay runs", True, f"{plural(len(runs), 'pay run')} listed"))
    found.append(
        Access("marking pay runs as paid", None, "Roubler documents no permissions, and nothing is tried")
    )
    return tuple(found)


def _no(what: str, problem: VendorProblem | HeldBack | Gone) -> Access:
    if isinstance(problem, HeldBack):
        return Access(what, None, f"not asked: {problem}")
    return Access(what, False, f"Roubler {problem}", getattr(problem, "needs", ""))


def _places(settings: RoublerSettings, places: Sequence[Place]) -> list[Access]:
    """Whether the company and the location of the settings are among those of the login."""
    companies = {one.company.id for one in places if one.company}
    found = [_among("company", settings.company_id, companies)]
    if settings.location_id is not None:
        there = {
            one.location.id
            for one in places
            if one.location and one.company and one.company.id == settings.company_id
        }
        found.append(_among("location", settings.location_id, there))
    return found


def _among(what: str, wanted: str, found: set[str]) -> Access:
    said = f"the login sees {', '.join(sorted(found)) or 'none'}"
    if wanted in found:
        return Access(f"{what} {wanted}", True, said)
    mend = f"Put one of them into {what}_id, or have Roubler give the API user access to {what} {wanted}."
    return Access(f"{what} {wanted}", False, said, mend)
