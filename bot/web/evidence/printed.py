"""Printed: evidence as one HTML file that needs nothing beside it.

Its style is inside, it is light, and it breaks into pages of A4. Where it is served, a policy
of its own lets that one style through by its hash, and nothing else.
"""

from base64 import b64encode
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bot.core import words
from bot.core.words import ENGLISH, translated
from bot.mail.render import printable
from bot.web.evidence.shapes import Evidence
from bot.web.render import environment, times

_FOLDER = "evidence/pages"
_STYLE = (Path(__file__).parent / "pages" / "evidence.css").read_text("utf-8")
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def printed(evidence: Evidence, language: str = ENGLISH) -> str:
    """The whole document, in the language of whoever it was made for."""
    evidence = translated(evidence, language)
    says = times(evidence.made_at, evidence.zone)
    stamp = partial(stamped, zone=evidence.zone, language=language)
    # Ours alone, and without any tag: escaped, its quotes would be no quotes.
    style = Markup(_STYLE)  # noqa: S704
    template = environment(_FOLDER).get_template("evidence.html")
    return printable(template.render(v=evidence, style=style, stamp=stamp, language=language, **says))


def stamped(at: datetime, zone: ZoneInfo, language: str = ENGLISH) -> str:
    """`Fri 20 Nov 2026 15:04:05`: years later it must still say which."""
    local = at.astimezone(zone)
    return f"{words.day_and_year(local.date()).in_(language)} {local:%H:%M:%S}"
