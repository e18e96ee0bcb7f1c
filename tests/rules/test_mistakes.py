"""Every mistake in testdata/rules gives exactly the text beside it."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.guard import Guards
from bot.core.money import Money
from bot.rulebook import ConnectionSetup, Rulebook, Setup, load
from tests.rules.vocabulary import small_vocabulary

TESTDATA = Path(__file__).parent.parent / "testdata" / "rules"
SHIPPED = Path(__file__).parent.parent.parent / "rules"
GUARDS = Guards(per_action={"SEK": Money(Decimal(250_000), "SEK")})
SETUP = Setup(
    groups={"payroll": ("payroll-1",), "ops": ("ops@example.com",)},
    templates=frozenset({"payrun_closed", "payrun_finalised", "scheduled", "too_few_came"}),
    connections={
        "gigapay-se": ConnectionSetup("gigapay", "se", None, GUARDS),
        "staffology-acme": ConnectionSetup("staffology", "uk-bacs", "GBP", GUARDS),
    },
    targets=frozenset({"ledger"}),
)
HARMLESS = """rules:
  - id: harmless
    title: Tell operations of a paid payrun
    watch: gigapay.payrun
    when: [status is paid]
    then: {alert: {to: ops}}
"""
MISTAKES = sorted(path.stem for path in TESTDATA.glob("*.yaml"))


def loaded(tmp_path: Path, name: str) -> Rulebook:
    folder = tmp_path / "rules"
    folder.mkdir()
    text = (TESTDATA / f"{name}.yaml").read_text()
    calendars = text if name.startswith("calendars_") else (SHIPPED / "calendars.yaml").read_text()
    (folder / "calendars.yaml").write_text(calendars)
    (folder / "a.yaml").write_text(HARMLESS if name.startswith("calendars_") else text)
    if (other := TESTDATA / f"{name}.other").is_file():  # a second file, for what two say together
        (folder / "b.yaml").write_text(other.read_text())
    return load(folder, vocabulary=small_vocabulary(), setup=SETUP)


def test_there_are_mistakes_to_try():
    assert len(MISTAKES) >= 100


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_place_line_caret_and_guess(name, tmp_path):
    expected = (TESTDATA / f"{name}.txt").read_text()

    assert loaded(tmp_path, name).report() + "\n" == expected
