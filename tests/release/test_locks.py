"""The locks fit pyproject.toml and each other; told without asking anybody."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.commands.place import REPO

PROJECT: dict[str, Any] = tomllib.loads((REPO / "pyproject.toml").read_text())
RUN, BUILD, ALL = (REPO / f"requirements{part}.lock" for part in ("-run", "-build", ""))

OURS = re.compile(r"# {1,5}(via )?payrunbot\b")


def locked(path: Path) -> dict[str, set[Version]]:
    """The versions of each package: one, unless Pythons or systems need different ones."""
    pinned: dict[str, set[Version]] = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            one = Requirement(line.removesuffix("\\").strip())
            (exactly,) = one.specifier
            assert exactly.operator == "=="
            pinned.setdefault(canonicalize_name(one.name), set()).add(Version(exactly.version))
    return pinned


def asked_for(path: Path) -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    if path == RUN:
        texts = project["dependencies"]
    elif path == BUILD:
        texts = PROJECT["dependency-groups"]["build"]
    else:
        texts = [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
        texts += PROJECT["dependency-groups"]["build"]
    return [one for one in map(Requirement, texts) if one.name != project["name"]]


@pytest.mark.parametrize("path", [RUN, BUILD, ALL], ids=lambda path: path.name)
def test_a_lock_has_what_is_asked_for_in_a_version_that_will_do(path: Path) -> None:
    versions = locked(path)

    wrong = [str(one) for one in asked_for(path) if not fits(one, versions)]
    assert wrong == [], "run `make lock`"


def fits(one: Requirement, versions: dict[str, set[Version]]) -> bool:
    found = versions.get(canonicalize_name(one.name), set())
    return bool(found) and all(one.specifier.contains(version) for version in found)


@pytest.mark.parametrize("path", [RUN, BUILD, ALL], ids=lambda path: path.name)
def test_nothing_is_locked_that_nobody_asks_for(path: Path) -> None:
    """Each line says through whom it came; those of pyproject.toml itself are in it."""
    asked = {canonicalize_name(one.name) for one in asked_for(path)}
    blocks = re.split(r"\n(?=\S)", path.read_text())
    direct = {canonicalize_name(block.split("==")[0].split("[")[0]) for block in blocks if OURS.search(block)}

    assert direct == asked


@pytest.mark.parametrize("path", [RUN, BUILD], ids=lambda path: path.name)
def test_what_is_shipped_is_what_was_tested(path: Path) -> None:
    tested = locked(ALL)

    assert {name: found for name, found in locked(path).items() if not found <= tested.get(name, set())} == {}


@pytest.mark.parametrize("path", [RUN, BUILD, ALL], ids=lambda path: path.name)
def test_every_package_is_held_to_its_hashes(path: Path) -> None:
    text = path.read_text()

    assert [
        block for block in re.split(r"\n(?=\S)", text) if "==" in block and "--hash=sha256:" not in block
    ] == []
    assert [line for line in text.splitlines() if "://" in line or line.startswith("-")] == [], (
        "nobody's own index"
    )
