"""The sum of the shares says what is wrong with it."""

from typing import Any

import pytest

from bot.core.fault import POINTS
from tests.faults.tally import Tally
from tests.faults.total import add_up


def _share(
    of: int = 2,
    *,
    at: str = "6072f01",
    points: tuple[str, ...] = POINTS,
    failed: bool = False,
    violations: int = 0,
) -> Any:
    counts = {"kills": {"runs": 3, "violations": violations}}
    kinds = {"kills": {"points": list(points)}}
    return {"of": of, "at": at, "failed": failed, "counts": counts, "kinds": kinds}


def test_shares_add_up_and_what_two_have_seen_counts_once() -> None:
    said, wrong = add_up({"1-of-2": _share(points=POINTS[:5]), "2-of-2": _share()})

    assert said == ["2 of 2 shares of 6072f01", f"kills: 6 runs, 0 violations, {len(POINTS)} points"]
    assert wrong == []


@pytest.mark.parametrize(
    ("shares", "wrong"),
    [
        pytest.param([_share(1, points=POINTS[1:])], [f"never reached: {POINTS[0]}"], id="a point missed"),
        pytest.param([_share(violations=2)], ["kills: 2 violations"], id="violations"),
        pytest.param([_share(), _share(failed=True)], ["share 2-of-2 failed"], id="a failed share"),
        pytest.param(
            [_share(2), _share(3)],
            ["these are shares of different splits: empty the folder first"],
            id="shares of two splits",
        ),
        pytest.param(
            [_share(), _share(at="66dabdd")],
            ["these are shares of different commits: empty the folder first"],
            id="shares of two commits",
        ),
        pytest.param([_share(points=POINTS[1:])], [], id="another share may still reach it"),
    ],
)
def test_what_is_wrong_with_a_sum_is_said(shares: list[Any], wrong: list[str]) -> None:
    named = {f"{number}-of-{len(shares)}": share for number, share in enumerate(shares, 1)}

    assert add_up(named)[1] == wrong


def test_what_is_seen_often_is_counted_once() -> None:
    tally = Tally()
    for _ in range(2):
        tally.note("one", runs=1)
        tally.note_kinds("one", points="effect.read")

    assert tally.lines() == ["one: 2 runs, 1 points"]
