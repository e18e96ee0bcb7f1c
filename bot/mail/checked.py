"""Whether a mail can be made of the operators' files: every example of it, in every language.

A template that never ends holds up all that are checked after it. So all of a folder
have one patience together, and what comes after it is spent gets a moment each.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.core.words import LANGUAGES
from bot.mail.letter import Letter
from bot.mail.render import Renderer, TemplateProblem
from bot.mail.template_files import TemplateFiles

LONGEST_S = 5.0
"""For one mail. Those that ship take a hundredth of it."""
PATIENCE_S = 20.0
AFTER_THAT_S = 1.0
_NAMED = re.compile(r"'([^']+)'")


@dataclass(frozen=True, slots=True)
class Checked:
    """`is_theirs` where any file of the operators' was read for it."""

    mail: str
    is_theirs: bool
    problem: TemplateProblem | None = None


async def checked(renderer: Renderer, files: TemplateFiles, mails: Iterable[str]) -> list[Checked]:
    """Each of these mails, made of the files. It ends, whatever is in them."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    found = []
    for mail in sorted(mails):
        within_s = min(LONGEST_S, max(AFTER_THAT_S, until - loop.time()))
        trial = Renderer(renderer.folder, renderer.shipped, time_out_s=within_s)
        trial.use({mail: files})
        problem = await _problem(trial, mail)
        found.append(Checked(mail, bool(trial.used(mail)), problem))
    return found


def examples() -> Mapping[str, Letter]:
    """Every example, by name."""
    from bot.mail.previews import PREVIEWS  # 4 MiB, of no use where nobody has templates of their own

    return PREVIEWS


def examples_of(mail: str) -> dict[str, Letter]:
    """The examples that are made with this template, by name."""
    return {name: letter for name, letter in examples().items() if letter.template == mail}


async def _problem(trial: Renderer, mail: str) -> TemplateProblem | None:
    examples = examples_of(mail).values()
    try:
        for language in LANGUAGES:
            for letter in examples:
                await trial.render(mail, language, letter.context())
            if not examples:
                await trial.compile(mail, language)
    except TemplateProblem as problem:
        return problem
    return None


def place(problem: TemplateProblem, folders: Iterable[Path], files: TemplateFiles) -> tuple[str, int, int]:
    """The line that is wrong, from where on, and how far: the word the message names, or all of the line."""
    lines = _text(problem.file, folders, files).splitlines()
    if not 0 < problem.line <= len(lines):
        return "", 0, 1
    line = lines[problem.line - 1]
    for name in _NAMED.findall(problem.message):
        if name in line:
            return line, line.index(name), len(name)
    return line, len(line) - len(line.lstrip()), max(1, len(line.strip()))


def _text(file: str, folders: Iterable[Path], files: TemplateFiles) -> str:
    if file in files.texts:
        return files.texts[file]
    for folder in folders:
        if file not in files.unreadable and (folder / file).is_file():
            return (folder / file).read_text("utf-8", "replace")
    return ""
