"""Views to HTML. The templates lie beside this file, in `pages/`, and only print.

The page's policy forbids inline styles and scripts, so a template has neither; widths
of bars are SVG attributes. Times are printed in the zone of the page's frame, which
its foot names.
"""

from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from bot.core import words
from bot.core.words import ENGLISH, LANGUAGES, translated
from bot.mail.parts import place, when
from bot.mail.render import printable
from bot.mail.spoken import FILTERS, SAYING, said
from bot.web.views import Page

STYLESHEET = Path(__file__).parent / "pages" / "app.css"
"""Served as `/static/app.css`."""

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
"""That of a mail's HTML part at its own address: its styles, no script, no form, nothing remote."""


@cache
def environment(*beside: str) -> Environment:
    """The pages' templates, and those of folders beside them."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("bot.web", folder) for folder in ("pages", *beside)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=said,
    )
    environment.filters.update(FILTERS, number=FILTERS["amount"])
    environment.globals.update(SAYING)
    return environment


def page(view: Page) -> str:
    """The whole HTML document of a view."""
    language = view.frame.language if view.frame.language in LANGUAGES else ENGLISH
    view = translated(view, language)
    frame = view.frame
    says = times(frame.made_at, frame.zone)
    template = environment().get_template(view.template)
    return printable(template.render(v=view, frame=frame, language=language, **says))


def times(made_at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """How templates print times: on the clocks of a zone, beside the time at which they are printed."""
    return {
        "place": place(zone),
        "when": partial(when, now=made_at, zone=zone),
        "moment": partial(words.moment, zone=zone),
        "clock": partial(words.clock, zone=zone),
        "local_day": lambda at: at.astimezone(zone).date(),
        "is_instant": lambda value: isinstance(value, datetime),
    }
