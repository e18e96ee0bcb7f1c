"""The page of the clean questions that wait for one person."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bot.mail.asked import Asked
from bot.web.shapes import Form
from bot.web.views import Page


@dataclass(frozen=True, slots=True)
class ListedRow:
    id: str
    url: str
    ask: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanList(Page):
    template: ClassVar[str] = "approvals-list.html"
    nav: ClassVar[str] = "approvals"

    day: date
    rows: tuple[ListedRow, ...]
    approve: Form | None = None
