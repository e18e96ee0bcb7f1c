"""/metrics, as Prometheus reads it: names that begin with `payrunbot_`, labels that do not grow.

It says how many pay runs wait and which connection fails, so it is no page for everybody: a
personal token reads it, as the API, and what scrapes it for years has a token of its own, or
needs none where the settings say so (`http.metrics`). No person and no pay run is in it.
"""

import hmac
import platform
from collections.abc import Iterable, Iterator
from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot import __version__
from bot.connectors.budget import Purpose
from bot.core.rule import Mode
from bot.engine.bot import Bot
from bot.engine.refused import kept
from bot.store import brakes, health, mail_servers, news
from bot.store.database import Tx
from bot.store.measured import Count, Measured, measured, oldest
from bot.store.rest import LONGEST_REST
from bot.web.gate import bearer, person_by_token, refuse_token
from bot.web.parts import bot_of

PATH = "/metrics"
TYPE = "text/plain; version=0.0.4; charset=utf-8"
NEWS_AT_MOST = 10_000


async def metrics(request: web.Request) -> web.Response:
    """One scrape. Raises Answer: 401 or 429 where nobody may read it with what came along."""
    bot = bot_of(request)
    await _check_who(request, bot)
    async with bot.db.read() as tx:
        families = await _families(bot, tx)
    read = CollectorRegistry()
    read.register(_Read(families))
    body = generate_latest(bot.measures.registry) + generate_latest(read)
    return web.Response(body=body, headers={"Content-Type": TYPE})


async def _check_who(request: web.Request, bot: Bot) -> None:
    allowed, token = bot.settings.http.metrics, bearer(request)
    if allowed is not None:
        sent = token.encode("utf-8", "replace")
        known = [one.get_secret_value().encode() for one in allowed.token]
        if allowed.open or any(hmac.compare_digest(sent, one) for one in known):
            return
    if await person_by_token(request) is None:
        refuse_token(request)


class _Read(Collector):
    """What was read for one scrape."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _gauge(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"payrunbot_{name}", says, labels=labels)


def _value(name: str, says: str, value: float) -> GaugeMetricFamily:
    family = _gauge(name, says)
    family.add_metric([], value)
    return family


async def _families(bot: Bot, tx: Tx) -> list[Metric]:
    now = bot.now()
    known = await measured(tx, now)
    waiting = await news.backlog(tx, at_most=NEWS_AT_MOST)
    server = await mail_servers.known(tx, bot.mailer.server)
    mail_fails = server is not None and server.failing_since is not None
    return [
        _build(),
        *_of_effects(known, now),
        *_of_people(known, now),
        *_of_mails(known, now),
        _value("mail_server_failing", "1 while the mail server cannot be used.", mail_fails),
        _value("news_waiting", "Webhooks that are not sorted, and readings that wait.", waiting),
        *_of_rules(bot),
        *await _of_connections(bot, tx, now),
    ]


def _build() -> Metric:
    family = _gauge("build_info", "What runs here; always 1.", "version", "python")
    family.add_metric([__version__, platform.python_version()], 1)
    return family


def _counts(family: GaugeMetricFamily, counts: Iterable[Count]) -> GaugeMetricFamily:
    for one in counts:
        family.add_metric(one.labels, one.number)
    return family


def _age_s(at: datetime | None, now: datetime) -> float:
    """Never below nothing: a clock that was set back makes nothing younger than that."""
    return max(0.0, (now - at).total_seconds()) if at is not None else 0.0


def _of_effects(known: Measured, now: datetime) -> Iterator[Metric]:
    says = "Actions and mails that are not at their end, by state."
    yield _counts(_gauge("effects", says, "state", "action"), known.effects)
    age = _gauge("effects_oldest_seconds", "How long the oldest of them has been there.", "state")
    for state in sorted({one.labels[0] for one in known.effects}):
        age.add_metric([state], _age_s(oldest([one for one in known.effects if one.labels[0] == state]), now))
    yield age
    says = "Actions at vendors that came to their end in the last 24 hours."
    yield _counts(_gauge("effects_ended_last_day", says, "state", "action"), known.effects_of_a_day)


def _of_people(known: Measured, now: datetime) -> Iterator[Metric]:
    yield _value("approvals_open", "Questions that wait for an answer.", known.approvals.number)
    says = "How long the oldest of them has been open."
    yield _value("approvals_oldest_seconds", says, _age_s(known.approvals.oldest_at, now))
    if known.expires_at is not None:
        left = (known.expires_at - now).total_seconds()
        yield _value("approvals_first_ends_seconds", "Until the first of them is over.", left)
    yield _value("parked_resources", "What needs somebody before anything is done.", known.parked.number)
    yield _value("audit_unsealed", "Lines of the record that are not sealed yet.", known.unsealed.number)
    says = "How old the oldest of them is."
    yield _value("audit_unsealed_seconds", says, _age_s(known.unsealed.oldest_at, now))


def _of_mails(known: Measured, now: datetime) -> Iterator[Metric]:
    yield _value("mails_waiting", "Mails that are still to be sent.", known.mails_waiting.number)
    says = "How long the oldest of them has waited."
    yield _value("mails_oldest_seconds", says, _age_s(known.mails_waiting.oldest_at, now))
    says = "Mails made in the last 24 hours, by what became of them."
    yield _counts(_gauge("mails_last_day", says, "state"), known.mails_of_a_day)


def _of_rules(bot: Bot) -> Iterator[Metric]:
    modes = _gauge("rules", "Rules in force, by the mode in which they run.", "mode")
    for mode in Mode:
        modes.add_metric([mode.value], sum(one.mode is mode for one in bot.rules.values()))
    yield modes
    yield _value("rule_problems", "Problems in the rule files.", len(bot.problems))
    says = "Rules that run on as they were, since their file is refused."
    yield _value("rules_kept", says, len(kept(bot)))


async def _of_connections(bot: Bot, tx: Tx, now: datetime) -> list[Metric]:
    listed = _gauge("connection_list_age_seconds", "Since the list was last read.", "connection")
    hooked = _gauge("connection_webhook_age_seconds", "Since the last webhook came.", "connection")
    failing = _gauge("connection_failing_seconds", "For how long it could not be read; else 0.", "connection")
    breaker = _gauge("connection_breaker_open", "1 while it is left alone.", "connection")
    paused = _gauge("connection_paused", "1 while nothing is done there.", "connection")
    left = _gauge("calls_left", "Calls that are left now.", "connection", "window", "purpose")
    for name in bot.accounts:
        known = await health.health(tx, name)
        if known.listed_at is not None:
            listed.add_metric([name], _age_s(known.listed_at, now))
        if known.hook_at is not None:
            hooked.add_metric([name], _age_s(known.hook_at, now))
        failing.add_metric([name], _age_s(known.failing_since, now))
        rests = known.rest_until is not None and now < known.rest_until <= now + LONGEST_REST
        breaker.add_metric([name], rests or known.rests > 0)
        paused.add_metric([name], await brakes.paused(tx, name, now) is not None)
        for window, by_purpose in await bot.calls.left(tx, name):
            for purpose in Purpose:
                left.add_metric([name, window.name, purpose.value], by_purpose[purpose])
    return [listed, hooked, failing, breaker, paused, left]
