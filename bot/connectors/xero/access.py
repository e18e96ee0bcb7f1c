"""What the credentials of one Xero connection reach, and what they may do, by reading only."""

from collections.abc import Awaitable, Callable

from bot.connectors import Access
from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.connectors.xero.api import XeroApi, XeroSettings
from bot.core.seen import plural

READS_RUNS = "payroll.payruns.read"
READS_CALENDARS = "payroll.settings.read"
CREATES_CALENDARS = "payroll.settings"


async def check_access(api: XeroApi, settings: XeroSettings) -> tuple[Access, ...]:
    """Login, organisation, both lists, and whether a calendar could be created. Never raises."""
    login = await _tried("login", lambda: _login(api), f"See client_id and client_secret of {settings.id}.")
    if not login.ok:
        return (login,)
    return (
        login,
        await _tried(
            "organisation", lambda: _organisation(api, settings), f"See tenant_id of {settings.id}."
        ),
        await _tried("pay runs", lambda: _pay_runs(api), _scope(READS_RUNS)),
        await _tried("calendars", lambda: _calendars(api), _scope(READS_CALENDARS)),
        await _tried("creating calendars", lambda: _creating(api), _scope(CREATES_CALENDARS)),
    )


async def _tried(what: str, ask: Callable[[], Awaitable[Access | str]], mend: str) -> Access:
    try:
        found = await ask()
    except HeldBack as held:
        return Access(what, None, f"was not asked: it {held.what}")
    except Gone as gone:
        return Access(what, False, str(gone), mend)
    except VendorProblem as problem:
        needs = f"{problem.needs[:1].upper()}{problem.needs[1:]}." if problem.needs else mend
        return Access(what, False, problem.what, needs)
    return found if isinstance(found, Access) else Access(what, True, found)


async def _login(api: XeroApi) -> str:
    scopes = await api.bearer.scopes()
    return f"scopes {' '.join(sorted(scopes))}" if scopes else "Xero does not name its scopes"


async def _organisation(api: XeroApi, settings: XeroSettings) -> Access:
    what, found = "organisation", await api.organisations()
    names = {one.tenant_id: " ".join(str(one.tenant_name or one.tenant_id).split()) for one in found}
    reached = ", ".join(f"{name} ({its_id})" for its_id, name in names.items()) or "none"
    if settings.tenant_id is None:
        if len(found) == 1:
            return Access(what, True, reached)
        mend = f"Say as tenant_id of {settings.id} which of them it is."
        return Access(what, False, f"the credentials reach {len(found)}: {reached}", mend)
    known = {its_id.lower(): name for its_id, name in names.items()}
    if settings.tenant_id.lower() in known:
        return Access(what, True, known[settings.tenant_id.lower()])
    said = f"tenant_id is none of those that the credentials reach: {reached}"
    return Access(what, False, said, f"See tenant_id of {settings.id}.")


async def _pay_runs(api: XeroApi) -> str:
    page = await api.pay_run_page(1)
    return plural(page.counted if page.counted is not None else len(page.rows), "pay run")


async def _calendars(api: XeroApi) -> str:
    return plural(len(await api.calendars()), "calendar")


async def _creating(api: XeroApi) -> Access:
    what, scopes = "creating calendars", await api.bearer.scopes()
    if not scopes:
        return Access(what, None, "Xero does not name the scopes, so only creating one would tell")
    if CREATES_CALENDARS in scopes:
        return Access(what, True, f"scope {CREATES_CALENDARS}")
    # Nothing wrong: whoever only reads gives no more than this.
    said = f"no: the scope {CREATES_CALENDARS} was not given"
    return Access(
        what, None, said, f"Needed only where a rule creates calendars. {_scope(CREATES_CALENDARS)}"
    )


def _scope(scope: str) -> str:
    return f"Give the custom connection the scope {scope} in Xero's developer pages."
