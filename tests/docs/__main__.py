"""`make docs`: writes what the commands of the pages say now, the vocabulary, and the page of growth.

Read what it changed before you keep it: what stands around an output may have to change, too.
"""

import sys
import tempfile
from pathlib import Path

from tests.docs import growth, words
from tests.docs.follow import CODES, DOCS, reader


def write() -> None:
    (DOCS / words.PAGE).write_text(words.page())
    (DOCS / growth.PAGE).write_text(growth.page())
    for name in CODES:
        page = DOCS / name
        with tempfile.TemporaryDirectory() as folder, reader(Path(folder)) as somebody:
            text = somebody.follow(page.read_text())
        page.write_text(text)
        sys.stdout.write(f"{name}: its commands end with {somebody.codes}, and should with {CODES[name]}\n")


if __name__ == "__main__":
    write()
