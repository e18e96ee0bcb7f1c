"""The mail templates as `check` sees them: every example of each mail made, in every language."""

import asyncio
from dataclasses import dataclass

from bot.app import shipped
from bot.mail.checked import checked, place
from bot.mail.render import Renderer
from bot.mail.template_files import read_files
from bot.rulebook.problem import Problem, Spot
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class TemplatesRead:
    """How many mails were made, and each mistake once, however many mails it spoils."""

    mails: int
    problems: tuple[Problem, ...]


def templates_of(settings: Settings | None) -> TemplatesRead | None:
    """None where no settings say which folder it is, or where it is the one that ships."""
    renderer = Renderer(settings.templates, shipped("templates")) if settings is not None else None
    if renderer is None or renderer.folder.resolve() == renderer.shipped.resolve():
        return None
    files = read_files(renderer.folder)
    answers = asyncio.run(checked(renderer, files, renderer.shipped_names() | files.mails()))
    problems: dict[str, Problem] = {}
    for one in answers:
        if one.problem is not None:
            line, column, length = place(one.problem, (renderer.folder, renderer.shipped), files)
            spot = Spot(max(0, one.problem.line - 1), column, length)
            file = f"{renderer.folder.name}/{one.problem.file}"
            problems.setdefault(str(one.problem), Problem(file, spot, one.problem.message, line))
    return TemplatesRead(len(answers), tuple(problems.values()))
