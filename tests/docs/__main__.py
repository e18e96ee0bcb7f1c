"""`make docs`: writes what the commands of the pages say now, the vocabulary, and the page of growth.

Read what it changed before you keep it: what stands around an output may have to change, too.
Of docs/operations/ an output in which something is left out is never written: it is printed instead.
`make docs ARGS=vocabulary.md` writes that page alone.
"""

import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from tests.docs import growth, operations, words
from tests.docs.follow import CODES, DOCS, reader


def write(named: Collection[str]) -> None:
    """Write the pages of these names, or all."""
    for name, made in {words.PAGE: words.page, growth.PAGE: growth.page}.items():
        if not named or name in named:
            (DOCS / name).write_text(made())
    for name in CODES:
        if named and name not in named:
            continue
        page = DOCS / name
        with tempfile.TemporaryDirectory() as folder, reader(Path(folder)) as somebody:
            text = somebody.follow(page.read_text())
        page.write_text(text)
        sys.stdout.write(f"{name}: its commands end with {somebody.codes}, and should with {CODES[name]}\n")
    if not named:
        write_operations()


def write_operations() -> None:
    """The pages that need no more than a service; the tests say what is wrong with the others."""
    with tempfile.TemporaryDirectory() as folder, operations.deploy(Path(folder)) as deployed:
        followed = {operations.FIRST: (deployed.followed, deployed.deploying)}
        for name in operations.CODES:
            if name not in operations.BY_THEMSELVES:
                with deployed.shell() as shell:
                    somebody = deployed.operator(shell)
                    followed[name] = somebody.follow(operations.page(name)), somebody
    for name, (text, somebody) in followed.items():
        (operations.PAGES / name).write_text(text)
        sys.stdout.write(
            "".join(f"operations/{name} leaves something out of:\n{one}" for one in somebody.astray)
        )


if __name__ == "__main__":
    write(sys.argv[1:])
