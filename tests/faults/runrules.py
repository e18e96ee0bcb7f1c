"""The rules of the runs: those that ship, and more of the same for what they do not reach.

Without their tests, which every process would parse again for nothing.
"""

from copy import deepcopy
from functools import cache
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from tests.faults import rival
from tests.faults.nursery import ROOT

CLOSE, FINALISE = "gigapay-weekly-close", "staffology-finalise"
RIVAL, AT_TIMES = "gigapay-close-as-well", "gigapay-still-open"
ACTING = {"gigapay": (CLOSE, RIVAL), "staffology": (FINALISE,)}
TELLING = {"gigapay": (AT_TIMES,), "staffology": ()}
"""The rules by the vendor that they are about."""

RIVALS_WHEN = "cost is at most 12 000 SEK"
"""Then two rules want the payrun closed, each by an action of its own."""


_AT_TIMES = {
    "id": AT_TIMES,
    "title": "Gigapay payruns still open before the cut-off",
    "every": "Friday 14:38",
    "if_missed": "skip",
    "watch": "gigapay.payrun",
    "when": ["status is open"],
    "then": [{"send_mail": {"template": "scheduled", "to": "payroll"}}],
    "mode": "act",
}
"""Only a story that begins soon after its time has a mail of it."""


@cache
def rule_files(vendors: tuple[str, ...]) -> dict[str, str]:
    """The files of the rules folder of a run with these vendors, by name."""
    files = {f"{vendor}.yaml": text for vendor, text in _by_vendor().items() if vendor in vendors}
    return {"calendars.yaml": (ROOT / "rules" / "calendars.yaml").read_text(), **files}


def _by_vendor() -> dict[str, str]:
    ours = _shipped("gigapay.yaml", CLOSE)
    as_well = deepcopy(ours)
    as_well |= {"id": RIVAL, "title": "Close it as well", "then": [rival.NAME, *as_well["then"][1:]]}
    as_well["when"] = [*ours["when"], RIVALS_WHEN]
    return {
        "gigapay": _text(ours, as_well, _AT_TIMES),
        "staffology": _text(_shipped("staffology.yaml", FINALISE)),
    }


def _shipped(file: str, rule: str) -> dict[str, Any]:
    read = YAML(typ="safe").load((ROOT / "rules" / file).read_text())
    found = next(one for one in read["rules"] if one["id"] == rule)
    return {name: value for name, value in found.items() if name != "tests"}


def _text(*rules: dict[str, Any]) -> str:
    written = StringIO()
    yaml = YAML()
    yaml.width = 1000
    yaml.dump({"rules": list(rules)}, written)
    return written.getvalue()
