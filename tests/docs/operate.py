"""A page of docs/operations/, followed by somebody who runs a service: all of it in one shell.

What stands in its blocks, by the word after the three backticks:

    console     commands, each after "$ ", with what they say below, complaints included. A line
                "…" stands for lines that are left out, and within a line "…" for a part of it.
    diff        an edit. The first line names the file, as a comment.
    yaml, ini, sh    a file, which the first line names. It is made where there is none yet, and
                must hold these lines otherwise.

The commands are bash's, in a house (`tests/docs/house.py`) whose folders and port stand for the
page's own.
"""

import os
import re
import select
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import TracebackType

from tests.docs.follow import Astray, edit
from tests.docs.house import House

BLOCK = re.compile(r"^```(console|diff|yaml|ini|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
TAKES_S = 120
_ENDS = "\x01"


class Shell:
    """One bash. What a command leaves in its environment is there for the next one."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        self._bash = subprocess.Popen(
            ["/bin/bash", "--norc", "--noprofile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            cwd=folder,
        )

    def __enter__(self) -> "Shell":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._bash.kill()
        self._bash.communicate()

    def run(self, command: str) -> tuple[int, str]:
        """Its exit code, and what it said. Raises Astray where it does not end."""
        assert self._bash.stdin is not None and self._bash.stdout is not None
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{_ENDS}%s\\n' $?\n".encode())
        self._bash.stdin.flush()
        said, until, pipe = "", monotonic() + TAKES_S, self._bash.stdout.fileno()
        while (ended := re.search(rf"\n{_ENDS}(\d+)\n", said)) is None:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - monotonic()))
            more = os.read(pipe, 65536).decode() if ready else ""
            if not more:
                raise Astray(f"{command} did not end; it said:\n{said}")
            said += more
        said = said[: ended.start()]
        return int(ended[1]), said if not said or said.endswith("\n") else f"{said}\n"


@dataclass
class Operator:
    """Somebody who follows a page. `after_each` is called with each command that was run."""

    house: House
    shell: Shell
    after_each: Callable[[str], None] = lambda _command: None
    codes: list[int] = field(default_factory=list)
    """What commands ended with that did not end with 0."""
    astray: list[str] = field(default_factory=list)
    """What was said otherwise than the page has it, where it leaves something out."""
    said: list[str] = field(default_factory=list)

    def follow(self, page: str) -> str:
        """The page, with what its commands said wherever that is not what it says.

        An output in which something is left out stays as it is, and is noted in `astray`.
        """
        return BLOCK.sub(self._block, page)

    def _block(self, block: re.Match[str]) -> str:
        language, body = block[1], block[2]
        if language == "console":
            return f"```console\n{COMMAND.sub(self._command, body)}```"
        named, _, rest = body.partition("\n")
        if not named.startswith("# /"):
            raise Astray(f"this names no file:\n{body}")
        path, rest = Path(self._as_here(named.removeprefix("# "))), self._as_here(rest)
        if language == "diff":
            edit(path, rest)
        elif not path.exists():
            path.write_text(rest)
        elif rest not in path.read_text():
            raise Astray(f"{path} does not hold, line by line:\n{rest}")
        return block[0]

    def _command(self, part: re.Match[str]) -> str:
        line, expected = part[1], part[2]
        code, said = self.shell.run(self._as_here(line))
        if code:
            self.codes.append(code)
        said = self._as_on_the_page(said)
        self.said.append(said)
        self.after_each(line)
        if says(expected, said):
            return part[0]
        if "…" in expected:
            self.astray.append(f"$ {line}\n{said}")
            return part[0]
        return f"$ {line}\n{said}"

    def _as_here(self, text: str) -> str:
        for theirs, ours in self.house.there.items():
            begins = r"(?<![\w./-])" if theirs.startswith("/") else ""
            text = re.sub(begins + re.escape(theirs), ours, text)
        return text

    def _as_on_the_page(self, text: str) -> str:
        for theirs, ours in self.house.there.items():
            text = text.replace(ours, theirs)
        return text


def says(expected: str, said: str) -> bool:
    """Whether this was said, but for what is left out of it."""
    lines = (
        "(?:.*\n)+" if line == "…\n" else ".+".join(re.escape(part) for part in line.split("…"))
        for line in expected.splitlines(keepends=True)
    )
    return re.fullmatch("".join(lines), said) is not None
