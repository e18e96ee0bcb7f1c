"""Money: an exact amount with its currency, parsed once from the text it came as.

Never a float. Two currencies never meet: comparing or adding them raises, so that a
rule in SEK about a run in GBP is answered "unknown" by whoever asked, not "no".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

NBSP = "\u00a0"
MINUS = "\u2212"

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_AMOUNT = re.compile(r"[+\-\u2212]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+\-\u2212]?\d+(?:\.\d+)?", re.ASCII)


class CurrencyMismatch(ValueError):
    """Two amounts in different currencies were compared or added."""


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise ValueError(f"{self.amount} is not an amount")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError(f"{self.currency!r} is not a currency code such as SEK")

    @classmethod
    def parse(cls, text: str) -> "Money":
        """Read `50 000 SEK`, `50,000 SEK` or `SEK 50000.01`.

        Raises ValueError with a sentence for the author of the text. An amount
        without a currency is refused: which one was meant is not ours to guess.
        """
        squeezed = _SPACES.sub("", text)
        match = re.fullmatch(r"([A-Za-z]{3})?([^A-Za-z]+)([A-Za-z]{3})?", squeezed)
        if match is None or not _AMOUNT.fullmatch(match[2]):
            raise ValueError(f"{text!r} is not an amount such as 50 000 SEK")
        if bool(match[1]) == bool(match[3]):
            raise ValueError(f"{text!r} has no currency: write for example {match[2]} SEK")
        return cls.of(match[2].replace(",", ""), (match[1] or match[3]).upper())

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> "Money":
        """An amount as a vendor or a test wrote it. Raises ValueError when it is none."""
        try:
            value = Decimal(amount.replace(MINUS, "-") if isinstance(amount, str) else amount)
        except InvalidOperation:
            raise ValueError(f"{amount!r} is not an amount") from None
        return cls(value, currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be compared")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __str__(self) -> str:
        return self.plain().replace(" ", NBSP)

    def plain(self) -> str:
        """`18 450.25 SEK` with ordinary spaces, as rules, logs and tables write it.

        At least two decimals; more are kept when the amount has them.
        """
        amount = self.amount.quantize(Decimal("0.01")) if self._has_cents() else self.amount
        return f"{amount:,f} {self.currency}".replace(",", " ").replace("-", MINUS)

    def _has_cents(self) -> bool:
        exponent = self.amount.normalize().as_tuple().exponent
        return isinstance(exponent, int) and exponent >= -2


def total(amounts: Iterable[Money]) -> Money | None:
    """The sum, or None of nothing: no amounts have no currency.

    Raises CurrencyMismatch when they are not all in one.
    """
    result: Money | None = None
    for amount in amounts:
        result = amount if result is None else result + amount
    return result
