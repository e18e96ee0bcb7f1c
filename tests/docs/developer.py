"""A page for developers, followed as written in a copy of the checkout.

What stands in its blocks, by the word after the three backticks:

    python, yaml, markdown   a whole new file. The first line names it, as a comment.
    diff                     an edit, as in `tests.docs.follow`.
    console                  commands, each after "$ ", with what they say below. A line "…" stands
                             for lines that are left out, "…" in a line for any text in it. One that
                             ends with an error shows the word "failed".

A block whose first line names no file is only read.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.docs.follow import COMMAND, DOCS, Astray, edit

ROOT = DOCS.parent
COPIED = ("bot", "tests", "docs", "rules", "templates", "pyproject.toml", "README.md")
BLOCK = re.compile(r"^```(console|diff|python|yaml|markdown)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?:# |<!-- )([\w./-]+/[\w.-]+)(?: -->)?\n")
TAKES_S = 300


def checkout(folder: Path) -> None:
    """Make a copy of what is written by hand, to be changed."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)


@dataclass
class Developer:
    """Somebody with a terminal and an editor, in a checkout of their own."""

    folder: Path

    def follow(self, page: str) -> None:
        """Do all that the page says, in its order. Raises Astray where it can't be done or says otherwise."""
        for block in BLOCK.finditer(page):
            language, body = block[1], block[2]
            if language == "console":
                for part in COMMAND.finditer(body):
                    self._command(part[1], part[2])
                continue
            named = NAMED.match(body)
            if named is None:
                continue
            path, rest = self.folder / named[1], body[named.end() :]
            if language == "diff":
                edit(path, rest)
            elif path.exists():
                raise Astray(f"{named[1]} is there already")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(rest)

    def _command(self, line: str, expected: str) -> None:
        code, said = self._run(shlex.split(line))
        if not says(expected, said) or (code != 0) != (" failed, " in expected):
            raise Astray(f"$ {line}\nsays not\n{expected}but\n{said[-8000:]}")

    def _run(self, argv: list[str]) -> tuple[int, str]:
        match argv:
            case ["cp", before, after]:
                shutil.copy(self.folder / before, self.folder / after)
                return 0, ""
            case [".venv/bin/payrunbot", *args]:
                command = [sys.executable, "-m", "bot", *args]
            case [".venv/bin/python", *args]:
                command = [sys.executable, *args]
            case [".venv/bin/ruff", *args]:
                command = [str(Path(sys.executable).parent / "ruff"), *args]
            case _:
                raise Astray(f"nobody knows here what {argv[0]} does")
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PAYRUNBOT_")}
        ours |= {"PYTHONPATH": str(self.folder), "COLUMNS": "110"}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=ours,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TAKES_S,
        )
        return done.returncode, done.stdout


def says(expected: str, said: str) -> bool:
    """Whether this was said, but for what is left out of it."""
    parts = []
    for line in expected.splitlines(keepends=True):
        parts.append("(?:.*\n)*" if line == "…\n" else re.escape(line).replace("…", ".*"))
    return re.fullmatch("".join(parts), said) is not None
