"""What the pages about mail templates show: each mail's files, and an example of it."""

from dataclasses import dataclass
from typing import ClassVar

from bot.web.views import Page


@dataclass(frozen=True, slots=True)
class ExampleLink:
    name: str
    url: str
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """`is_theirs` where the mail is made of the operators' files, `refused` why not of the present ones."""

    mail: str
    is_theirs: bool
    refused: str
    examples: tuple[ExampleLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTemplates(Page):
    template: ClassVar[str] = "mail-templates.html"
    nav: ClassVar[str] = "mails"

    rows: tuple[TemplateRow, ...]
    refused: int
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailExample(Page):
    """An example mail; with `problem` instead where its files cannot make it."""

    template: ClassVar[str] = "mail-example.html"
    nav: ClassVar[str] = "mails"

    example: str
    subject: str
    text: str
    html_url: str
    problem: str
    languages: tuple[ExampleLink, ...]
