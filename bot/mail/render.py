"""A letter's facts through its template: subject, text and HTML, or where it is wrong.

Templates are edited by operators, so a mistake in one is theirs to mend and says its
file and line. They run in a thread, bounded: see `bounded`. A file that is missing in
the operators' folder is the shipped one, so that one text can be changed alone.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from traceback import walk_tb
from typing import Any

from css_inline import CSSInliner, InlineError
from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplatesNotFound,
    TemplateSyntaxError,
    pass_context,
    select_autoescape,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context

from bot.core import words
from bot.mail.bounded import BoundedEnvironment, fitting, given_up, keep_on

_LONGEST_SUBJECT = 250
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


class TemplateProblem(Exception):
    """A template cannot be rendered. The text begins with its file and line."""


class _Compiled(BytecodeCache):
    """What this process has compiled, for the next renderer of the same files: it takes longest.

    Jinja keys it by name and path, and asks for nothing whose text has changed since.
    """

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (code := self._codes.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class Renderer:
    """Renders the mails of a folder, with the shipped ones where it has none."""

    def __init__(self, folder: Path, fallback_folder: Path, *, time_out_s: float = 5) -> None:
        self._folders = (folder, fallback_folder)
        self._time_out_s = time_out_s
        self._environment = BoundedEnvironment(
            loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(fallback_folder)]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html",), default_for_string=False, default=False),
            bytecode_cache=_COMPILED,
        )
        self._environment.filters.update(FILTERS)
        # Rules for dark mode and small screens cannot be inlined, and are dropped unless kept.
        self._inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def names(self) -> frozenset[str]:
        """The mails there are a template for."""
        found = (part for folder in self._folders for part in folder.glob("*/subject.txt"))
        return frozenset(part.parent.name for part in found)

    async def render(self, template: str, language: str, context: Mapping[str, Any]) -> Rendered:
        """Render a mail's three parts. Raises TemplateProblem.

        `body.sv.txt` goes before `body.txt` for a reader of Swedish. The template sees
        the context, and `language`.
        """
        stop = Event()
        token = given_up.set(stop)
        try:
            work = asyncio.to_thread(self._render, template, language, {**context, "language": language})
            return await asyncio.wait_for(work, self._time_out_s)
        except TimeoutError:
            raise TemplateProblem(f"{template}: took longer than {self._time_out_s:g} s to render") from None
        finally:
            stop.set()
            given_up.reset(token)

    def _render(self, template: str, language: str, context: Mapping[str, Any]) -> Rendered:
        subject = one_line(self._part(template, "subject", "txt", language, context))
        text = self._part(template, "body", "txt", language, context)
        html = self._part(template, "body", "html", language, context)
        keep_on()
        if not subject or len(subject) > _LONGEST_SUBJECT:
            raise TemplateProblem(
                f"{template}/subject.txt: the subject must be one line of 1 to {_LONGEST_SUBJECT} characters"
            )
        try:
            inlined = fitting(self._inliner.inline(printable(html)))
        except (InlineError, ValueError) as error:
            raise TemplateProblem(f"{template}/body.html: its styles cannot be inlined: {error}") from error
        return Rendered(subject, printable(text).strip("\n") + "\n", inlined)

    def _part(self, name: str, stem: str, ending: str, language: str, context: Mapping[str, Any]) -> str:
        where = f"{name}/{stem}.{ending}"
        try:
            return self._load(name, f"{name}/{stem}.{language}.{ending}", where).render(context)
        except TemplateSyntaxError as error:
            raise TemplateProblem(f"{error.name or where}:{error.lineno}: {error.message}") from error
        except TemplatesNotFound as error:
            raise TemplateProblem(f"{where}: there is no such template") from error
        except TemplateNotFound as error:
            raise TemplateProblem(
                f"{self._line(error) or where}: includes {error}, which is not there"
            ) from error
        # Whatever a template can raise, its author must mend, so all of it is told with its line.
        except Exception as error:
            raise TemplateProblem(f"{self._line(error) or where}: {error or type(error).__name__}") from error

    def _load(self, name: str, translated: str, plain: str) -> Template:
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise TemplatesNotFound([plain])
        return self._environment.select_template([translated, plain])

    def _line(self, error: BaseException) -> str | None:
        """File and line of the innermost template that an error passed through."""
        found = None
        for frame, line in walk_tb(error.__traceback__):
            path = Path(frame.f_code.co_filename)
            for folder in self._folders:
                if path.is_relative_to(folder):
                    found = f"{path.relative_to(folder)}:{line}"
        return found


def one_line(text: str) -> str:
    """The text as a subject can carry it: one line, whatever a vendor's words had in them.

    Marks that turn the direction of writing are dropped: they would let a vendor's id
    rearrange what a reader sees of the words around it.
    """
    return _CONTROLS.sub(" ", _BIDI.sub("", text)).strip()


def printable(text: str) -> str:
    """The text as mail can carry it: what a vendor's words may hold besides is a space."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", " ", lines)


@pass_context
def _time(context: Context, value: Any, zone: Any = None) -> str:
    return words.clock(value, context["zone"] if zone is None else zone)


@pass_context
def _instant(context: Context, value: Any, zone: Any = None) -> str:
    return words.moment(value, context["zone"] if zone is None else zone)


FILTERS = {
    "money": words.money,
    "amount": words.amount,
    "signed": words.signed,
    "percent": words.percent,
    "day": words.day,
    "day_and_year": words.day_and_year,
    "time": _time,
    "instant": _instant,
}
"""What templates may say `|` to, besides Jinja's own. `time` and `instant` use the letter's zone."""
