"""A page of docs/, followed as somebody reads it: its commands and its edits, in their order.

What stands in its blocks, by the word after the three backticks:

    console   commands, each after "$ ", with what they say below. A line "…" stands for
              lines that are left out.
    diff      an edit. The first line names the file, as a comment.
    yaml      part of a file, which the first line names, as it is by then.

The demo has addresses, tokens and a folder of its own wherever it is started. Those of the
page are taken for those that it says, and the other way round.
"""

import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from time import monotonic

from bot.__main__ import main

DOCS = Path(__file__).parents[2] / "docs"
CODES = {"backtest.md": [0] * 3, "first-rule.md": [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]}
"""The pages with commands of ours, and what those end with: 1 for a mistake made on purpose."""

BLOCK = re.compile(r"^```(console|diff|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
OWN = re.compile(r"127\.0\.0\.1:\d+|/[\w/.+-]*payrunbot-demo-\w+|prb_[\w-]{43}|(?<=/approvals/)\w+")
"""What is another in each demo."""
WAITS = b"the clock waits for you"
DEMO_TAKES_S, DEMO_ENDS_S = 240, 60


class Astray(Exception):
    """The page can't be followed: an edit or a part of a file that does not fit the file."""


@dataclass
class Reader:
    """Somebody with a terminal and an editor, in a folder of their own."""

    stack: ExitStack
    codes: list[int] = field(default_factory=list)
    """The exit code of each command of ours."""
    here: dict[str, str] = field(default_factory=dict)
    """What the page calls something that is another here."""

    def follow(self, page: str) -> str:
        """The page, with what its commands said wherever that is not what it says."""
        return BLOCK.sub(self._block, page)

    def _block(self, block: re.Match[str]) -> str:
        language, body = block[1], block[2]
        if language == "console":
            return f"```console\n{COMMAND.sub(self._command, body)}```"
        named, _, rest = body.partition("\n")
        path = Path(named.removeprefix("# "))
        if language == "diff":
            edit(path, rest)
        elif named.startswith("# ") and rest not in path.read_text():
            raise Astray(f"{path} does not hold, line by line:\n{rest}")
        return block[0]

    def _command(self, part: re.Match[str]) -> str:
        line, expected = part[1], part[2]
        program, *args = shlex.split(self._as_here(line), comments=True)
        if program.endswith("payrunbot") and args == ["demo"]:
            said = self._demo(expected)
        else:
            said = self._as_on_the_page(self._run(program, args))
        return part[0] if says(expected, said) else f"$ {line}\n{said}"

    def _run(self, program: str, args: list[str]) -> str:
        match program, args:
            case "payrunbot", _:
                return self._ours(args)
            case "export", _:
                for name, _, value in (os.path.expandvars(one).partition("=") for one in args):
                    os.environ[name] = value
            case "mkdir", [folder]:
                Path(folder).mkdir()
            case "cd", [folder]:
                os.chdir(folder)
            case "cp", ["-r", before, after]:
                shutil.copytree(before, after)
            case "cp", [before, after]:
                shutil.copy(before, after)
            case _:
                raise Astray(f"nobody knows here what {program} does")
        return ""

    def _ours(self, argv: list[str]) -> str:
        said, complained = StringIO(), StringIO()
        with redirect_stdout(said), redirect_stderr(complained):
            self.codes.append(main(argv))
        # Of what went well only the answer is on the page, not how long it took.
        return said.getvalue() + (complained.getvalue() if self.codes[-1] else "")

    def _demo(self, expected: str) -> str:
        """Start the demo, which goes on, and read what it says until it waits for its visitor."""
        said = self.stack.enter_context(demo_running())
        self.here = dict(zip(OWN.findall(expected), OWN.findall(said), strict=False))
        return self._as_on_the_page(said)

    def _as_here(self, text: str) -> str:
        return OWN.sub(lambda own: self.here.get(own[0], own[0]), text)

    def _as_on_the_page(self, text: str) -> str:
        there = {ours: theirs for theirs, ours in self.here.items()}
        return OWN.sub(lambda own: there.get(own[0], own[0]), text)


def says(expected: str, said: str) -> bool:
    """Whether this was said, line by line, but for what is left out of it."""
    parts = [re.escape(part) for part in re.split("^…\n", expected, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)+".join(parts), said) is not None


def edit(path: Path, diff: str) -> None:
    """Make the edit. Raises Astray where its lines are not in the file, or more than once."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text = path.read_text()
    if text.count(before) != 1:
        raise Astray(f"{path} has {text.count(before)} places for this edit:\n{diff}")
    path.write_text(text.replace(before, after))


@contextmanager
def demo_running() -> Iterator[str]:
    """The demo, as a process, and what it has said by the time that it waits."""
    command = [sys.executable, "-m", "bot", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as demo:
        try:
            yield _until_it_waits(demo)
        finally:
            demo.send_signal(signal.SIGINT)
            try:
                demo.wait(DEMO_ENDS_S)
            except subprocess.TimeoutExpired:
                demo.kill()


def _until_it_waits(demo: "subprocess.Popen[bytes]") -> str:
    assert demo.stdout is not None
    said, until, pipe = b"", monotonic() + DEMO_TAKES_S, demo.stdout.fileno()
    while not (WAITS in said and said.endswith(b"\n")):
        # Read past Python's buffer: what waits in there, `select` does not see.
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - monotonic()))
        more = os.read(pipe, 65536) if ready else b""
        if not more:
            raise Astray(f"the demo said no more than:\n{said.decode()}")
        said += more
    return said.decode()


@contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """A reader in an empty folder; the environment is as before when they leave."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("PAYRUNBOT_"):
            del os.environ[name]
    try:
        with chdir(folder), ExitStack() as stack:
            yield Reader(stack)
    finally:
        os.environ.clear()
        os.environ.update(before)
