"""The health of each connection, as something that rules watch like a pay run.

Nothing of it is read at a vendor. It is kept as a row, so that decisions, alerts, "why?" and
the record work as they do for pay runs; but whoever decides makes it anew first, so that the
row is never what an answer rests on. Its past is not kept: each poll would be a line of it.
"""

from dataclasses import replace
from datetime import datetime

from bot.connectors import ConnectionSettings
from bot.connectors.budget import DAY, Purpose, Span
from bot.core.connection import FAILING, KIND, PAUSED, RESTING, WORKING
from bot.core.deadline import deadlines
from bot.core.resource import MISSING, Known, Scalar, Snapshot, Unread, Value
from bot.core.watched import CONNECTION
from bot.engine.bot import Account, Bot
from bot.engine.rest import is_resting
from bot.engine.trace import new_correlation
from bot.store import brakes, call_use, decisions, health, resources
from bot.store.brakes import Pause
from bot.store.database import Tx
from bot.store.health import Health
from bot.store.resources import Resource


def id_of(connection: str) -> str:
    """Its id among all that is watched."""
    return f"{CONNECTION}:{connection}/{connection}"


async def place(bot: Bot, tx: Tx) -> None:
    """Make sure that each connection can be decided about, where a rule asks for it."""
    if not any(running.rule.watch == CONNECTION for running in bot.rules.values()):
        return
    for account in bot.accounts.values():
        await renew(bot, tx, account)


async def renew(bot: Bot, tx: Tx, account: Account) -> Resource:
    """How it does at this moment."""
    snapshot = await as_of_now(bot, tx, account)
    saved = await resources.save(
        tx, snapshot, now=bot.now(), correlation=new_correlation("health"), keeps_past=False
    )
    # Where the clock was set back, the row keeps the later reading; nobody answers by it.
    return replace(saved.resource, snapshot=snapshot, is_broken=False)


async def news_of(bot: Bot, tx: Tx, *connections: str) -> None:
    """Something of it has changed: have the rules about it decided again."""
    await decisions.decide_again(tx, [id_of(one) for one in connections or bot.accounts], bot.now())


async def as_of_now(bot: Bot, tx: Tx, account: Account) -> Snapshot:
    now = bot.now()
    known = await health.health(tx, account.id)
    pause = await brakes.paused(tx, account.id, now)
    open_runs = await resources.all_of(tx, account.id, kind_ends=".payrun", only_open=True)
    part = bot.settings.connection(account.id)
    values: dict[str, Value] = {
        "status": Known(_status(known, pause, now)),
        "failing since": _or_missing(known.failing_since),
        "failures in a row": Known(known.failures),
        "resting until": _or_missing(known.rest_until if is_resting(known, now) else None),
        "last poll": _or_missing(known.listed_at),
        "oldest reading": _or_missing(known.oldest_at),
        "last webhook": _or_missing(known.hook_at),
        "webhook expected": Known(_expects_hooks(part.part if part is not None else None)),
        "calls left today": Known(await _calls_left(bot, tx, account, now)),
        "open pay runs": Known(len(open_runs)),
        "first deadline": _first_deadline(bot, account, open_runs, now),
        "paused by": _or_missing(pause.by if pause else None),
        "paused since": _or_missing(pause.at if pause else None),
        "paused until": _or_missing(pause.until if pause else None),
    }
    return Snapshot(KIND.name, account.id, account.id, values, now, is_live=False)


def _status(known: Health, pause: Pause | None, now: datetime) -> str:
    if pause is not None:
        return PAUSED
    if is_resting(known, now):
        return RESTING
    return WORKING if known.failing_since is None else FAILING


def _expects_hooks(part: object) -> bool:
    return isinstance(part, ConnectionSettings) and part.expects_hooks


async def _calls_left(bot: Bot, tx: Tx, account: Account, now: datetime) -> int:
    day = next(one for one in bot.calls.allowed(account.id).windows() if one.name == DAY)
    used = {Span.parse(text): count for text, count in (await call_use.known(tx, account.id)).items()}
    return max(0, day.left(used, Purpose.EFFECTS, now))


def _first_deadline(bot: Bot, account: Account, open_runs: tuple[Resource, ...], now: datetime) -> Value:
    """The earliest; unread while that of one run is, since it could be that one's."""
    calendar, ahead = bot.calendar(account), []
    for run in open_runs:
        match deadlines(run.snapshot, calendar, now)["next deadline"]:
            case Unread() as unread:
                return unread
            case Known(datetime() as at):
                ahead.append(at)
    return _or_missing(min(ahead, default=None))


def _or_missing(value: Scalar | None) -> Value:
    return MISSING if value is None else Known(value)
