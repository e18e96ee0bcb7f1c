"""What the pages about people show: who may what, who is away, their tokens, their month."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.engine.answered import MonthRow
from bot.web.shapes import Form
from bot.web.views import Page


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token without its secret. `revoke` is there for who may end it."""

    id: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime
    last_used_at: datetime | None
    revoke: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    id: str
    roles: str
    limits: tuple[str, ...]
    """`50 000 SEK`, `no limit of their own`; empty for who approves nothing."""
    stands_in_for: str = ""
    language: str = ""
    signed_in_at: datetime | None = None
    answered: int = 0
    """How many approvals they answered this month."""
    away: tuple[str, ...] = ()
    """`away until Mon 30 Nov: on leave`, announced ones included"""
    back_on: str = ""
    """`Mon 30 Nov`, for who is away now."""
    tokens: tuple[TokenRow, ...] | None = None
    """None where they are not this reader's to see."""
    is_you: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class People(Page):
    template: ClassVar[str] = "people.html"
    nav: ClassVar[str] = "people"

    rows: tuple[PersonRow, ...]
    gaps: tuple[str, ...]
    """What nobody is left to decide, and when."""
    groups: tuple[tuple[str, str], ...]
    """(group, its members)"""
    decide: tuple[tuple[str, str], ...]
    """(amounts, who is enough)"""
    rules: tuple[tuple[str, str], ...]
    """(rule, what it asks for besides)"""
    month_url: str
    issue: Form | None = None
    go: Form | None = None
    back: Form | None = None
    may_for: tuple[str, ...] = ()
    """Of whom this reader may say that they are away, themselves first."""
    may_return: tuple[str, ...] = ()
    """Of those, who is away or will be."""
    is_by_proxy: bool = False
    """Whether a proxy signs people in, of which nothing is noted here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken(Page):
    """The one time that a token is shown."""

    template: ClassVar[str] = "new-token.html"
    nav: ClassVar[str] = "people"

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Month(Page):
    template: ClassVar[str] = "people-month.html"
    nav: ClassVar[str] = "people"

    name: str
    """`November 2026`"""
    rows: tuple[MonthRow, ...]
    is_over: bool
    csv_url: str
    before_url: str
    after_url: str = ""
    cut: bool = False
    """Whether there were more askings than are counted."""
