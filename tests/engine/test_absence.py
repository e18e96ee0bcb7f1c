"""Nobody may be the only one who can say yes."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.core.money import Money
from bot.engine.absence import missed_when_away, waits_when_away
from bot.settings import Person, Role, Settings
from tests.settings.settings_kit import loaded

GUARD = Money.of(250_000, "SEK")


def approver(id: str, up_to: int | None = None, **more: str) -> Person:
    limit: Mapping[str, Money] | None = None if up_to is None else {"SEK": Money.of(up_to, "SEK")}
    return Person(id=id, mail=f"{id}@example.com", roles=(Role.APPROVER,), up_to=limit, **more)


def with_people(settings: Settings, *people: Person, sole: bool = False) -> Settings:
    guards = settings.guards.model_copy(update={"per_action": {"SEK": GUARD}})
    return settings.model_copy(update={"people": people, "guards": guards, "sole": sole})


@pytest.mark.parametrize(
    ("people", "says"),
    [
        pytest.param((approver("a"),), ["Without a nobody may approve anything."], id="the only one"),
        pytest.param((approver("a"), approver("b")), [], id="one of two"),
        pytest.param((approver("a"), approver("b"), approver("c")), [], id="one of three"),
        pytest.param(
            (approver("a"), approver("b", 50_000), approver("c", 80_000)),
            [
                "Without a nobody may approve more than 80 000.00 SEK, though 250 000.00 SEK is let through "
                "by the guards (b, c may approve less)."
            ],
            id="the one with the highest limit",
        ),
        pytest.param(
            (approver("a", 250_000), approver("b", 250_000), approver("c", 80_000)),
            [],
            id="another may approve as much as the guards let through",
        ),
        pytest.param(
            (approver("a", 80_000), approver("b", 80_000), approver("c", 80_000)),
            [],
            id="nobody is missed for what nobody may approve",
        ),
        pytest.param(
            (approver("a", 250_000), approver("b", substitute_for="a"), approver("c", 10_000)),
            [],
            id="who stands in has the same limit",
        ),
    ],
)
def test_what_cannot_be_decided_without_somebody_is_said(
    people: tuple[Person, ...], says: list[str], tmp_path: Path
) -> None:
    settings = with_people(loaded(tmp_path), *people)

    assert [one.replace("\u00a0", " ") for one in missed_when_away(settings, people[0])] == says


def test_what_waits_with_one_other_left_is_said(tmp_path: Path) -> None:
    a, b, c = approver("a"), approver("b"), approver("c")

    says = "only b is left: what b proposed, and what needs two people, waits"
    assert waits_when_away(with_people(loaded(tmp_path), a, b), a) == says
    assert waits_when_away(with_people(loaded(tmp_path), a, b, c), a) == ""
    assert waits_when_away(with_people(loaded(tmp_path), a, b, sole=True), a) == ""
