"""How a Staffology pay run is named: five values, because it has no id of its own.

Tax year, pay period, period number, ordinal (the schedule of that pay period) and
version (0 the main run, more a supplementary one). Enums come as words or as their
index, and a tax year also as 2026.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator

from bot.connectors.problem import Gone
from bot.connectors.values import Raw, segment
from bot.core.words import say

FIRST_TAX_YEAR = 2017

PAY_PERIODS = (
    "Custom",
    "HalfYearly",
    "Quarterly",
    "Monthly",
    "FourWeekly",
    "Fortnightly",
    "Weekly",
    "Daily",
    "Annual",
)
"""In the order of the vendor's enum, because an index may stand for a word."""

_RUN_PATH = re.compile(r"/payrun/([^/]+)/([^/]+)/(\d{1,3})/?$", re.ASCII)
_RUN_ID = re.compile(r"(Year\d{4})-([A-Za-z]+)-(\d{1,3})-(\d{1,3})-(\d{1,3})", re.ASCII)


def tax_year(raw: object) -> object:
    """`Year2026`, from that, from 2026 or from the enum's index."""
    text = str(raw)
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII):
        return raw
    return f"Year{int(text) if int(text) > 1000 else FIRST_TAX_YEAR + int(text)}"


def pay_period(raw: object) -> object:
    """`Monthly`, from that or from the enum's index."""
    text = str(raw)
    is_index = re.fullmatch(r"\d", text, re.ASCII) and int(text) < len(PAY_PERIODS)
    return PAY_PERIODS[int(text)] if is_index else raw


def word_of(raw: Raw, words: Sequence[str]) -> Raw:
    """An enum's word for its index; anything else as it came, to be judged by whoever reads it."""
    is_index = isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < len(words)
    return words[int(raw)] if is_index and raw is not None else raw


def year_after(year: str) -> str:
    """`Year2027` after `Year2026`. Raises Gone for what is no tax year."""
    if not re.fullmatch(r"Year\d{4}", year, re.ASCII):
        raise Gone(say("{year} is no tax year of Staffology", year=repr(year[:20])))
    return f"Year{int(year[4:]) + 1}"


TaxYear = Annotated[str, BeforeValidator(tax_year)]
PayPeriod = Annotated[str, BeforeValidator(pay_period)]


@dataclass(frozen=True, slots=True)
class ScheduleAddress:
    """Which pay schedule of which tax year."""

    tax_year: str
    pay_period: str
    ordinal: int

    @property
    def path(self) -> str:
        return f"{segment(self.tax_year)}/{segment(self.pay_period)}"

    def following_year(self) -> "ScheduleAddress":
        return ScheduleAddress(year_after(self.tax_year), self.pay_period, self.ordinal)


@dataclass(frozen=True, slots=True)
class RunAddress:
    """The five parts that make a pay run's id."""

    tax_year: str
    pay_period: str
    period: int
    ordinal: int
    version: int

    def __str__(self) -> str:
        return f"{self.tax_year}-{self.pay_period}-{self.period}-{self.ordinal}-{self.version}"

    @property
    def schedule(self) -> ScheduleAddress:
        return ScheduleAddress(self.tax_year, self.pay_period, self.ordinal)

    @property
    def path(self) -> str:
        return f"payrun/{self.schedule.path}/{self.period}"

    @property
    def async_path(self) -> str:
        return f"payrun-async/{self.schedule.path}/{self.period}"

    @property
    def params(self) -> dict[str, str]:
        return {"ordinal": str(self.ordinal), "version": str(self.version)}

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands among the runs of its schedule."""
        return (self.tax_year, self.period)

    @classmethod
    def parse(cls, text: str) -> "RunAddress":
        """Raises Gone for what is no id of a pay run."""
        match = _RUN_ID.fullmatch(text)
        if match is None:
            raise Gone(say("{id} is not the id of a Staffology pay run", id=repr(text[:40])))
        return cls(match[1], match[2], int(match[3]), int(match[4]), int(match[5]))

    @classmethod
    def of_url(cls, url: str, ordinal: int) -> "RunAddress | None":
        """From the address in a list, relative or whole; None where it is none of a pay run."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        match = _RUN_PATH.search(parts.path)
        if match is None:
            return None
        query = {key.lower(): values[-1] for key, values in parse_qs(parts.query).items()}
        numbers = [query.get("ordinal", str(ordinal)), query.get("version", "0")]
        if not all(re.fullmatch(r"\d{1,3}", number, re.ASCII) for number in numbers):
            return None
        return cls(str(tax_year(match[1])), str(pay_period(match[2])), int(match[3]), *map(int, numbers))
