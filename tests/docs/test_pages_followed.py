"""The pages with commands say what their commands say."""

from pathlib import Path

import pytest

from tests.docs.follow import CODES, DOCS, Astray, edit, reader, says


@pytest.mark.parametrize("name", CODES)
def test_a_page_says_what_its_commands_say(tmp_path: Path, name: str) -> None:
    page = (DOCS / name).read_text()

    with reader(tmp_path) as somebody:
        followed = somebody.follow(page)

    assert followed == page
    assert somebody.codes == CODES[name]


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        pytest.param("one\ntwo\nthree\n", True, id="as it is"),
        pytest.param("one\n…\nthree\n", True, id="a line left out"),
        pytest.param("one\n…\n", True, id="the end left out"),
        pytest.param("one\nthree\n", False, id="left out and not said so"),
        pytest.param("one\n…\ntwo\nthree\n", False, id="nothing left out"),
        pytest.param("one\n…\nThree\n", False, id="another word"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_is_left_out_is_marked(expected: str, right: bool) -> None:
    assert says(expected, "one\ntwo\nthree\n") is right


def test_a_page_that_says_something_else_is_mended_where_it_does(tmp_path: Path) -> None:
    page = "Look:\n\n```console\n$ mkdir a\nnonsense\n$ cd a\n```\n"

    with reader(tmp_path) as somebody:
        followed = somebody.follow(page)

    assert followed == "Look:\n\n```console\n$ mkdir a\n$ cd a\n```\n"


@pytest.mark.parametrize("diff", [" b\n-c\n+d\n", "-a\n+d\n"], ids=["nowhere", "twice"])
def test_an_edit_that_does_not_fit_leads_astray(tmp_path: Path, diff: str) -> None:
    path = tmp_path / "file"
    path.write_text("a\nb\na\n")

    with pytest.raises(Astray):
        edit(path, diff)


def test_a_part_of_a_file_is_the_files(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text("mode: act\nwait: 1 hour\n")

    with reader(tmp_path) as somebody:
        somebody.follow("```yaml\n# rule.yaml\nmode: act\n```\n")
        with pytest.raises(Astray):
            somebody.follow("```yaml\n# rule.yaml\nmode: ask\n```\n")
