"""`make audit` is never green for what nobody has looked at."""

from typing import Any

import pytest

from .audit import told, worst

CLEAN = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
HIT = {
    "name": "jinja2",
    "version": "3.1.4",
    "vulns": [{"id": "GHSA-cpwx-vrp4-4pq7", "fix_versions": ["3.1.6"], "aliases": []}],
}
SKIPPED = {"name": "idna", "skip_reason": "Dependency not found and could not be audited: idna (3.20)"}


@pytest.mark.parametrize(
    ("dependencies", "answer", "said"),
    [
        pytest.param([CLEAN], True, "a.lock: 1 packages, no advisory\n", id="clean"),
        pytest.param(
            [CLEAN, HIT], False, "a.lock: jinja2 3.1.4: GHSA-cpwx-vrp4-4pq7 (mended in: 3.1.6)\n", id="found"
        ),
        pytest.param(
            [CLEAN, SKIPPED],
            None,
            f"a.lock: not audited. {SKIPPED['skip_reason']}\n",
            id="left out is not clean",
        ),
    ],
)
def test_a_report_is_clean_only_where_all_of_it_was_looked_at(
    dependencies: list[dict[str, Any]], answer: bool | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = told("a.lock", {"dependencies": dependencies, "fixes": []})

    assert answered is answer
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("seen", "in_ci", "code"),
    [
        pytest.param([True, True], True, 0, id="clean"),
        pytest.param([True, None], False, 0, id="could not ask, on one's own machine"),
        pytest.param([True, None], True, 1, id="could not ask, in CI"),
        pytest.param([False, None], False, 1, id="found"),
    ],
)
def test_not_reaching_the_service_is_a_failure_in_ci_alone(
    seen: list[bool | None], in_ci: bool, code: int
) -> None:
    assert worst(seen, in_ci=in_ci) == code
