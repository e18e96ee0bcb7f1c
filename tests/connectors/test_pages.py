"""Each connector's page for operators names all that there is, and nothing that is not.

What a rule may ask of a kind stands in a table under a heading with the kind's name:
`## What a rule can ask of a `gigapay.payrun``, its names in the first column.
"""

import re
from pathlib import Path

import pytest

from bot.connectors import connectors, kinds
from bot.facts import facts_of
from bot.facts.gather import vocabulary_of

FOLDER = Path(__file__).parents[2] / "docs" / "vendors"
VENDORS = sorted(connectors())
COUNTED = {part.kind.name: part.kind for kind in kinds().values() for part in kind.parts}
WORDS = {**kinds(), **COUNTED}
KINDS = sorted(WORDS)


def page(vendor: str) -> str:
    return (FOLDER / f"{vendor}.md").read_text()


def table_of(kind: str) -> list[str]:
    """The names in the first column of the tables about a kind, in their order."""
    about, found = False, []
    for line in page(kind.partition(".")[0]).splitlines():
        if line.startswith("#"):
            about = f"`{kind}`" in line
        elif about and (row := re.match(r"\| *`([^`]+)` *\|", line)):
            found.append(row[1])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_and_fact_of_a_kind_is_in_its_table_once(kind: str) -> None:
    told = table_of(kind)

    assert set(WORDS[kind].fields) | set(facts_of(kind)) <= set(told)
    assert sorted(told) == sorted(set(told))


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_a_kind_names_nothing_that_is_not_there(kind: str) -> None:
    assert set(table_of(kind)) <= set(vocabulary_of(WORDS[kind]))


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_action_setting_and_event_is_on_its_page(vendor: str) -> None:
    connector, text = connectors()[vendor], page(vendor)
    names = [*connector.actions, *connector.settings.model_fields, *connector.hook_events]
    names += [argument for action in connector.actions.values() for argument in action.args]

    assert [name for name in names if f"`{name}`" not in text and f"`{name}:" not in text] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_page_names_no_action_that_is_not_there(vendor: str) -> None:
    own = {*connectors()[vendor].actions, *connectors()[vendor].kinds, *COUNTED}
    named = set(re.findall(rf"`({vendor}\.[a-z_]+)", page(vendor)))

    assert named <= own
