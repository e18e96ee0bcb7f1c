"""The proofs beside trying every value: generated pairs of rules, and no disagreement.

Where the grid has a resource, the proof must have one; where the proof has one, the
evaluator itself says whether that is one. Values that are not times have a grid that
leaves nothing out, so there "impossible" is compared, too. Working days and hours alone
may be left open, and are counted.
"""

import pytest

from bot.core.decide import Facts, decide
from bot.core.prove import CannotTell, Example, Impossible, NotWider, Wider, overlap, wider
from bot.core.prove.reach import reach_of
from bot.core.resource import MISSING
from tests.core.calendars import SE
from tests.core.prove_pairs import NOON, Grid, brute_overlap, brute_wider, levels, pair
from tests.faults.size import share_of, size
from tests.faults.tally import note

PAIRS = {"timeless": 8_000, "days": 1_000, "moments": 600, "counted": 400}


def reached(rule, values, now) -> int:
    values = {"cost": MISSING, **values}
    return reach_of(decide(rule, Facts(values, SE), now))


@pytest.mark.parametrize("about", PAIRS)
def test_the_proofs_and_trying_every_value_agree(about):
    count = share_of(size(whole=PAIRS[about], small=PAIRS[about] // 20))
    left_open = 0
    for seed in range(count):
        one, other = pair(about, seed)
        grid = Grid(about, one, other, seed)
        meets, goes_further = brute_overlap(one, other, grid), brute_wider(other, one, grid)
        met, more = overlap(one, other, SE, NOON), wider(other, one, SE, NOON)
        left_open += isinstance(met, CannotTell) + (isinstance(more, Wider) and more.example is None)

        assert agrees_on_overlap(about, met, meets, one, other), (seed, one.when, other.when, met)
        assert agrees_on_wider(about, more, goes_further, one, other), (seed, one, other, more)
        check_the_grid_itself(grid, one, seed)

    note(f"proof, {about}", runs=count, left_open=left_open, violations=0)
    assert about == "counted" or not left_open


def agrees_on_overlap(about, met, meets, one, other) -> bool:
    match met:
        case Example(values, now):
            yes = [decide(rule, Facts(values, SE), now).answer.value for rule in (one, other)]
            return yes == ["yes", "yes"] and bool(meets or about != "timeless")
        case Impossible():
            return not meets
        case CannotTell():
            return about == "counted"


def agrees_on_wider(about, more, goes_further, new_is_over, new) -> bool:
    old = new_is_over
    match more:
        case Wider(example=Example(values, now)):
            return reached(new, values, now) > reached(old, values, now) and bool(
                goes_further or about != "timeless"
            )
        case Wider():
            return about == "counted"
        case NotWider():
            return not goes_further


def check_the_grid_itself(grid, rule, seed) -> None:
    """The definition by which the grid is worked out is the one that decides."""
    number = seed % len(grid.points)
    values, now = grid.point(number)
    expected = sum(points >> number & 1 for points in levels(rule, grid))

    assert reached(rule, values, now) == expected
