"""`make docs`: writes what the commands of the pages say now, and the vocabulary.

Read what it changed before you keep it: a page may have to say more than another output.
"""

import sys
import tempfile
from pathlib import Path

from tests.docs.follow import DOCS, reader

FOLLOWED = ("backtest.md", "first-rule.md")


def write() -> None:
    for name in FOLLOWED:
        page = DOCS / name
        with tempfile.TemporaryDirectory() as folder, reader(Path(folder)) as somebody:
            text = somebody.follow(page.read_text())
        page.write_text(text)
        sys.stdout.write(f"{page.name}: {somebody.codes}\n")


if __name__ == "__main__":
    write()
