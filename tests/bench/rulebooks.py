"""Loading and linting 1,000 rules beside 100.

All of them close payruns, so that lint asks of every two whether they meet. Of one sort of
rulebook no two do, and of the other all do.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.actions import general_actions
from bot.app import shipped
from bot.connectors import kinds, vendor_actions
from bot.rulebook import load, vocabulary
from bot.rulebook.lint import lint
from bot.rulebook.setup import UNKNOWN_SETUP
from tests.bench.measure import Figure, ratios
from tests.bench.size import IS_FULL

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEW, MANY = 100, 1_000
WORDS = vocabulary(kinds(), vendor_actions(), general_actions())


def never_meet(number: int) -> str:
    return f"- payouts is {number + 1}"


def all_meet(number: int) -> str:
    return f"- last payout was more than {number + 30} minutes ago"


def write_rules(folder: Path, count: int, line: Callable[[int], str], *, first_of_all: int = 0) -> None:
    """A folder with a rule for each number from a first one on, ten in a file, each with a test."""
    folder.mkdir()
    (folder / "calendars.yaml").write_text((shipped("rules") / "calendars.yaml").read_text())
    for first in range(first_of_all, first_of_all + count, 10):
        rules = "".join(_rule(number, line(number)) for number in range(first, first + 10))
        (folder / f"rules-{first}.yaml").write_text(f"rules:\n{rules}")


def _rule(number: int, line: str) -> str:
    return f"""\
  - id: rule-{number}
    title: Rule {number}
    watch: gigapay.payrun
    when:
      - status is open
      {line}
      - now is after input cut-off
    then: gigapay.close_payrun
    mode: act
    tests:
      - given: {{status: closed}}
        expect: nothing
"""


ROUNDS = 3


async def bench() -> list[Figure]:
    found = []
    with TemporaryDirectory() as name:
        for line in (never_meet, all_meet) if IS_FULL else (all_meet,):
            # Never the same rule twice: lines that were read before are remembered.
            folders = {count: _folders(Path(name), count, line) for count in (FEW, MANY)}

            def read(count: int, folders: dict[int, Iterator[Path]] = folders) -> None:
                folder = next(folders[count])
                book = load(folder, vocabulary=WORDS)
                assert len(book.rules) == count and not book.problems
                lint(book, UNKNOWN_SETUP, folder, NOW)

            seen = await ratios(lambda: read(MANY), lambda: read(FEW), rounds=ROUNDS)
            what = line.__name__.replace("_", " ")
            found.append(Figure(f"loading and linting 1,000 rules beside 100, which {what}", 12, seen))
    return found


def _folders(parent: Path, count: int, line: Callable[[int], str]) -> Iterator[Path]:
    """One for each round and one to begin with, made before anything is measured."""
    made = []
    for number in range(ROUNDS + 1):
        folder = parent / f"{line.__name__}-{count}-{number}"
        write_rules(folder, count, line, first_of_all=number * count + (0 if count == MANY else 5_000))
        made.append(folder)
    return iter(made)
