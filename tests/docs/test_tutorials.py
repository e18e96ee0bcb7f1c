"""The tutorials for developers, each followed exactly as written in a copy of the checkout."""

from pathlib import Path

import pytest

from tests.docs.developer import Developer, checkout, says
from tests.docs.follow import DOCS, Astray

TUTORIALS = {
    "add-a-fact.md": (),
    "add-a-vendor.md": (),
    "add-an-action.md": ("add-a-vendor.md",),
}
"""Each with the pages that it goes on from."""


@pytest.mark.parametrize("name", ["add-a-fact.md", "add-an-action.md"])
def test_a_tutorial_is_followed_as_written(tmp_path: Path, name: str) -> None:
    checkout(tmp_path)
    developer = Developer(tmp_path)

    for page in (*TUTORIALS[name], name):
        developer.follow((DOCS / page).read_text())


def test_every_tutorial_is_followed() -> None:
    assert {path.name for path in DOCS.glob("add-*.md")} == set(TUTORIALS)


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        pytest.param("7 passed in 1.2s\n", True, id="as it is"),
        pytest.param("… passed in …s\n", True, id="parts of a line left out"),
        pytest.param("…\n", True, id="all left out"),
        pytest.param("… failed in …s\n", False, id="another word"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_is_left_out_is_marked(expected: str, right: bool) -> None:
    assert says(expected, "7 passed in 1.2s\n") is right


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("```python\n# a/there.py\nx = 1\n```\n", id="a new file that is there"),
        pytest.param("```diff\n# a/there.py\n-x = 3\n+x = 4\n```\n", id="an edit that does not fit"),
        pytest.param("```console\n$ rm -r a\n```\n", id="a command that nobody knows"),
        pytest.param("```console\n$ .venv/bin/python -c 'print(1)'\n2\n```\n", id="another output"),
        pytest.param("```console\n$ .venv/bin/python -c 'exit(1)'\n```\n", id="an error not said"),
    ],
)
def test_a_page_that_cannot_be_followed_leads_astray(tmp_path: Path, page: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "there.py").write_text("x = 2\n")

    with pytest.raises(Astray):
        Developer(tmp_path).follow(page)
