"""A letter's facts through its template: subject, text and HTML, or where it is wrong.

Templates are edited by operators, so a mistake in one is theirs to mend and says its
file and line. They run in a thread, bounded: see `bounded`. A file that is missing in
the operators' folder is the shipped one, so that one text can be changed alone.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from traceback import walk_tb
from typing import Any

from css_inline import CSSInliner, InlineError
from jinja2 import (
    BaseLoader,
    BytecodeCache,
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplatesNotFound,
    TemplateSyntaxError,
    select_autoescape,
)
from jinja2.bccache import Bucket

from bot.core.words import translated
from bot.mail.bounded import BoundedEnvironment, fitting, given_up, keep_on
from bot.mail.spoken import FILTERS, SAYING, said
from bot.mail.template_files import NO_FILES, FilesLoader, TemplateFiles

_LONGEST_SUBJECT = 250
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")
_CONTROLS_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNPRINTABLE = re.compile(f"{_CONTROLS_IN_LINES.pattern}|{_BIDI.pattern}")


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


class TemplateProblem(Exception):
    """A template cannot be rendered. The text begins with its file, and its line where that is known."""

    def __init__(self, file: str, message: str, line: int = 0) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.file = file
        self.line = line
        self.message = message


class TookTooLong(TemplateProblem):
    """It was given up. On a busy machine that may be no fault of the template's."""


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
        self.folder = folder
        self.shipped = fallback_folder
        self._folders = (folder, fallback_folder)
        self._time_out_s = time_out_s
        self._live = self._reading(FileSystemLoader(folder))
        self._in_force: Mapping[str, BoundedEnvironment] | None = None
        self._loaders: Mapping[str, FilesLoader] = {}
        self._own: frozenset[str] = frozenset()
        # Rules for dark mode and small screens cannot be inlined, and are dropped unless kept.
        self._inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def _reading(self, own: BaseLoader) -> BoundedEnvironment:
        environment = BoundedEnvironment(
            loader=ChoiceLoader([own, FileSystemLoader(self.shipped)]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html",), default_for_string=False, default=False),
            bytecode_cache=_COMPILED,
            finalize=said,
        )
        environment.filters.update(FILTERS)
        environment.globals.update(SAYING)
        return environment

    def use(self, in_force: Mapping[str, TemplateFiles]) -> None:
        """From now on make each mail of these files, whatever the folder has; others of those that ship."""
        loaders = {id(files): FilesLoader(self.folder, files) for files in in_force.values()}
        made = {number: self._reading(loader) for number, loader in loaders.items()}
        self._loaders = {name: loaders[id(files)] for name, files in in_force.items()}
        self._in_force = {name: made[id(files)] for name, files in in_force.items()}
        self._own = frozenset(name for name, files in in_force.items() if name in files.mails())

    def names(self) -> frozenset[str]:
        """The mails there are a template for."""
        if self._in_force is not None:
            return self._own | _mails_of(self.shipped)
        return _mails_of(self.folder) | _mails_of(self.shipped)

    def shipped_names(self) -> frozenset[str]:
        return _mails_of(self.shipped)

    def used(self, template: str) -> frozenset[str]:
        """Which of the files in use were read so far for this mail, or for one made of the same files."""
        loader = self._loaders.get(template)
        return frozenset(loader.used) if loader is not None else frozenset()

    async def compile(self, template: str, language: str) -> None:
        """Read a mail's three parts without printing anything. Raises TemplateProblem."""
        await asyncio.to_thread(self._compile, template, language)

    def _compile(self, name: str, language: str) -> None:
        for where, here in _parts(name, language):
            with self._told(where):
                self._load(name, here, where)

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
            raise TookTooLong(template, f"took longer than {self._time_out_s:g} s to render") from None
        finally:
            stop.set()
            given_up.reset(token)

    def _render(self, template: str, language: str, context: Mapping[str, Any]) -> Rendered:
        facts = {name: translated(value, language) for name, value in context.items()}
        parts = [self._part(template, *names, facts) for names in _parts(template, language)]
        subject, text, html = one_line(parts[0]), parts[1], parts[2]
        keep_on()
        if not subject or len(subject) > _LONGEST_SUBJECT:
            raise TemplateProblem(
                f"{template}/subject.txt",
                f"the subject must be one line of 1 to {_LONGEST_SUBJECT} characters",
            )
        try:
            inlined = fitting(self._inliner.inline(printable(html)))
        except (InlineError, ValueError) as error:
            raise TemplateProblem(
                f"{template}/body.html", f"its styles cannot be inlined: {error}"
            ) from error
        return Rendered(subject, printable(text).strip("\n") + "\n", inlined)

    def _part(self, name: str, where: str, translated: str, context: Mapping[str, Any]) -> str:
        with self._told(where):
            return self._load(name, translated, where).render(context)

    @contextmanager
    def _told(self, where: str) -> Iterator[None]:
        """Whatever is raised within is TemplateProblem, with its place."""
        try:
            yield
        except TemplateSyntaxError as error:
            raise TemplateProblem(error.name or where, error.message or "", error.lineno) from error
        except TemplatesNotFound as error:
            raise TemplateProblem(where, "there is no such template") from error
        except TemplateNotFound as error:
            file, line = self._line(error) or (where, 0)
            raise TemplateProblem(file, f"includes {error}, which is not there", line) from error
        # Whatever a template can raise, its author must mend, so all of it is told with its line.
        except Exception as error:
            file, line = self._line(error) or (where, 0)
            raise TemplateProblem(file, f"{error or type(error).__name__}", line) from error

    def _load(self, name: str, translated: str, plain: str) -> Template:
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise TemplatesNotFound([plain])
        return self._environment(name).select_template([translated, plain])

    def _environment(self, name: str) -> BoundedEnvironment:
        """What reads the files of this mail: the folder as it is, until `use` has said otherwise."""
        if self._in_force is None:
            return self._live
        if (found := self._in_force.get(name)) is None:
            found = self._reading(FilesLoader(self.folder, NO_FILES))
        return found

    def _line(self, error: BaseException) -> tuple[str, int] | None:
        """File and line of the innermost template that an error passed through."""
        found = None
        for frame, line in walk_tb(error.__traceback__):
            path = Path(frame.f_code.co_filename)
            for folder in self._folders:
                if path.is_relative_to(folder):
                    found = path.relative_to(folder).as_posix(), line
        return found


def _parts(name: str, language: str) -> Iterator[tuple[str, str]]:
    """Each part of a mail, and the one in this language that goes before it."""
    for stem, ending in (("subject", "txt"), ("body", "txt"), ("body", "html")):
        yield f"{name}/{stem}.{ending}", f"{name}/{stem}.{language}.{ending}"


def _mails_of(folder: Path) -> frozenset[str]:
    return frozenset(part.parent.name for part in folder.glob("*/subject.txt"))


def one_line(text: str) -> str:
    """The text as a subject can carry it: one line, whatever a vendor's words had in them.

    Marks that turn the direction of writing are dropped: they would let a vendor's id
    rearrange what a reader sees of the words around it.
    """
    return _CONTROLS.sub(" ", _BIDI.sub("", text)).strip()


def printable(text: str) -> str:
    """The text as mail and pages can carry it: what a vendor's words may hold besides is a space.

    As in `one_line`, nothing is left that turns the direction of what stands around it.
    """
    if _UNPRINTABLE.search(text) is None:  # as nearly always
        return text
    lines = _BIDI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS_IN_LINES.sub(" ", lines)
