"""Where a growing service meets a limit first, by the model of growth.

Limits that are settings or are in the code are read from there. The others are assumptions,
and say so: whoever plans puts their own numbers in their place.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.connectors import ConnectionSettings, connectors
from bot.jobs import KINDS
from bot.settings import Mail
from tests.bench.growth_model import PRICES, WEEK, Companies, alike, week

POLL: timedelta = ConnectionSettings.model_fields["poll"].default
CALL_TAKES_S = 0.2
COMMITS_A_S = 500
XERO_AN_APP_A_MINUTE = 10_000
"""Of all organisations of one app: https://developer.xero.com/documentation/oauth2/limits"""
APPROVERS = 2
MANY = 1_000_000
"""Companies by which it is worked out at how many a limit is met: everything grows evenly."""


@dataclass(frozen=True)
class Limit:
    what: str
    most: float
    used: Mapping[int, float]
    """By number of companies."""
    then: str
    is_assumed: bool = False

    @property
    def met_at(self) -> float:
        return self.most / self.used[MANY] * MANY


def limits(sizes: tuple[int, ...]) -> list[Limit]:
    """All of them, the first to be met first."""
    return sorted(_limits((*sizes, MANY)), key=lambda one: one.met_at)


def _limits(sizes: tuple[int, ...]) -> Iterator[Limit]:
    def of(use: Callable[[Companies], float]) -> Mapping[int, float]:
        return {size: use(alike(size)) for size in sizes}

    mail = Mail.model_fields
    yield Limit(
        "mails to one approver in the hour before Gigapay closes",
        mail["per_hour_each"].default,
        of(lambda companies: companies["gigapay"]),
        "Companies get approvers of their own (`ask`, and groups), or `mail.per_hour_each` is raised.",
    )
    yield Limit(
        "mails in that hour",
        mail["per_hour"].default,
        of(lambda companies: companies["gigapay"] * APPROVERS),
        "`mail.per_hour` is raised to what the mail server takes; what is above waits, and is not lost.",
    )
    at_once = next(kind.width for kind in KINDS if kind.name == "look")
    yield Limit(
        f"calls a second of one replica, {at_once} at once of {CALL_TAKES_S} s each",
        at_once / CALL_TAKES_S,
        of(lambda companies: week(companies, POLL).calls / WEEK.total_seconds()),
        "More replicas. Then a longer `poll` where the vendor has webhooks.",
        is_assumed=True,
    )
    yield Limit(
        "commits a second of one PostgreSQL primary",
        COMMITS_A_S,
        of(lambda companies: week(companies, POLL).writes / WEEK.total_seconds()),
        "Partition by connection: a service, and a database, for each share of the connections.",
        is_assumed=True,
    )
    yield Limit(
        "calls a minute to Xero of one app, over all organisations",
        XERO_AN_APP_A_MINUTE,
        of(lambda companies: companies["xero"] * PRICES["xero"].poll.calls / (POLL / timedelta(minutes=1))),
        "A longer `poll` for Xero, or an app for each partition.",
    )


@dataclass(frozen=True)
class Quota:
    """Of one connection: it is the same for any number of companies."""

    vendor: str
    a_day: float
    most: int
    is_documented: bool


def quotas() -> list[Quota]:
    """What one company's account uses of its own calls a day."""
    found = []
    for vendor, price in PRICES.items():
        calls = price.poll.calls * (timedelta(days=1) / POLL) + price.pay_run.calls / 7
        budget = connectors()[vendor].budget
        found.append(Quota(vendor, calls, budget.per_day, is_documented=vendor == "xero"))
    return found
