"""What the shares of the whole came to, added up: `python -m tests.faults.total build/faults`.

Each share leaves a file; when the last one is there, the sum must have reached every fault
point and hold no violation, all of one commit, or this ends with 1.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.core.fault import POINTS
from tests.faults import size
from tests.faults.tally import SESSION, Tally

FOLDER = "PAYRUNBOT_COUNTS"
"""The environment variable that says where a session leaves its counts."""
HERE = Path(__file__).parent
WRONG = ("violations", "lost", "doubled")
SUITE_OF_POINTS = "kills"


def leave(failed: bool) -> None:
    """Write down what this session came to, where that is wanted."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return
    number, of = size.part()
    Path(folder).mkdir(parents=True, exist_ok=True)
    left = {"of": of, "at": _commit(), "failed": failed, **SESSION.as_json()}
    Path(folder, f"{number + 1}-of-{of}.json").write_text(json.dumps(left))


def _commit() -> str:
    """What was tried, with a mark where files in it were changed; empty outside a checkout."""
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    return subprocess.run(asked, cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()


def add_up(named: Mapping[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """What all of them came to, and what is wrong with it. Shares of another split are an error."""
    shares = list(named.values())
    tally = Tally()
    for share in shares:
        tally.add(share)
    splits = {share["of"] for share in shares}
    commits = {share["at"] for share in shares}
    is_whole = len(splits) == 1 and len(shares) == min(splits)
    said = [f"{len(shares)} of {shares[0]['of']} shares of {' and '.join(sorted(commits))}", *tally.lines()]
    wrong = [f"share {name} failed" for name, share in named.items() if share["failed"]]
    wrong += [
        f"{suite}: {kept[name]} {name}"
        for suite, kept in tally.counts.items()
        for name in WRONG
        if kept.get(name)
    ]
    if len(splits) > 1:
        wrong.append("these are shares of different splits: empty the folder first")
    missed = set(POINTS) - tally.kinds.get(SUITE_OF_POINTS, {}).get("points", set())
    if len(commits) > 1:
        wrong.append("these are shares of different commits: empty the folder first")
    if is_whole and missed:
        wrong.append(f"never reached: {', '.join(sorted(missed))}")
    return said, wrong


def main(folder: Path) -> int:
    shares = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*-of-*.json"))}
    if not shares:
        sys.stdout.write(f"no share has left its counts in {folder}\n")
        return 1
    said, wrong = add_up(shares)
    sys.stdout.write("\n".join([*said, *(f"wrong: {one}" for one in wrong)]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
