"""Mutants: one small mistake after the other is put into the program, and its tests must see each.

`make mutants` tries the core whole and 300 of the engine, drawn by a seed. mutmut makes and
tries them, in a copy of the checkout below build/mutants; interrupted, it goes on where it was.
At least 90 in a hundred must be seen. Those that were not are listed in survivors.txt there,
each as the lines that it changed.

    python -m tests.mutants core | engine
"""

import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "mutants"
COPIED = ("bot", "tests", "rules", "templates", "docs", "pyproject.toml", "README.md", "bot.example.yaml")
MUTMUT = Path(sys.executable).with_name("mutmut")
SEEN = ("killed", "timeout", "segfault", "caught by type check")
AT_LEAST = 90.0
SEED = 2026


@dataclass(frozen=True)
class Part:
    """What is mutated, by which tests it is tried, and how many of its mutants."""

    package: str
    tests: tuple[str, ...]
    at_most: int | None = None


PARTS = {
    "core": Part("bot/core", ("tests/core", "tests/rules", "tests/facts", "tests/store/test_words.py")),
    "engine": Part("bot/engine", ("tests/engine",), at_most=300),
}
SETTINGS = """
[tool.mutmut]
source_paths = ["bot"]
only_mutate = ["{package}/*"]
also_copy = {copied}
pytest_add_cli_args = ["-n0"]
pytest_add_cli_args_test_selection = {tests}
process_isolation = "forkserver"
"""


def prepare(part: Part, folder: Path) -> None:
    """A copy of the checkout, with how it is mutated. What was found out before stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, folder / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy2(source, folder / name)
    copied = [name for name in COPIED if name not in ("bot", "pyproject.toml")]
    with (folder / "pyproject.toml").open("a") as settings:
        settings.write(SETTINGS.format(package=part.package, copied=copied, tests=list(part.tests)))


def mutmut(folder: Path, *args: str, quiet: bool = False) -> str:
    """Run it in that folder; what it said, where it was asked to be quiet."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [MUTMUT, *args], cwd=folder, env=environ, capture_output=quiet, text=True, check=False
    )
    return done.stdout or ""


def results(folder: Path) -> dict[str, str]:
    """What became of each mutant, by its name."""
    lines = mutmut(folder, "results", "--all", "true", quiet=True).splitlines()
    return dict(line.strip().split(": ", 1) for line in lines if ": " in line)


def chosen(part: Part, folder: Path) -> list[str]:
    """The names of those that are tried, where it is not all of them."""
    if part.at_most is None:
        return []
    mutmut(folder, "run", "none of them", quiet=True)  # which makes them all, and tries none
    return sorted(random.Random(SEED).sample(sorted(results(folder)), part.at_most))


def main(name: str) -> int:
    part, folder = PARTS[name], FOLDER / name
    prepare(part, folder)
    names = chosen(part, folder)
    mutmut(folder, "run", *names)
    found = {one: became for one, became in results(folder).items() if not names or one in names}
    survivors = sorted(one for one, became in found.items() if became not in SEEN)
    seen = 100 * (len(found) - len(survivors)) / len(found)
    listed = (f"{one}: {found[one]}\n{mutmut(folder, 'show', one, quiet=True)}" for one in survivors)
    (folder / "survivors.txt").write_text("\n".join(listed))
    sys.stdout.write(f"{name}: {len(found)} mutants, {len(survivors)} not seen, {seen:.1f} % seen\n")
    return 0 if seen >= AT_LEAST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
