"""docs/vocabulary.md is what `make docs` would write now."""

from tests.docs import words
from tests.docs.follow import DOCS


def test_the_vocabulary_is_up_to_date() -> None:
    assert (DOCS / words.PAGE).read_text() == words.page()
