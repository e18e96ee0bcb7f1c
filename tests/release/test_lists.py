"""What an image says of itself: an SBOM that readers of CycloneDX take, and every licence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from tests.commands.place import REPO

from .conftest import run_packages

LIBRARY = {"name": "zlib1g", "version": "1:1.2.13", "purl": "pkg:deb/debian/zlib1g@1%3A1.2.13?arch=amd64"}


@pytest.fixture(scope="module")
def lists(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    (folder / "packages.json").write_text(json.dumps([LIBRARY]))
    asked = [installed / "bin/python", folder, folder / "packages.json"]
    subprocess.run([sys.executable, REPO / "image/lists.py", *asked], check=True)
    return folder


def test_the_sbom_is_as_cyclonedx_says_and_names_all_that_is_in(lists: Path) -> None:
    text = (lists / "sbom.cdx.json").read_text()
    named = {canonicalize_name(one["name"]) for one in json.loads(text)["components"]}

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert {canonicalize_name(one.name) for one in run_packages()} <= named
    assert "zlib1g" in named


def test_every_package_has_a_licence(lists: Path) -> None:
    text = (lists / "licences.txt").read_text()

    for one in run_packages():
        _, _, said = f"\n{text}".partition(f"\n{one.name}\n{one.version}\n")
        assert said.splitlines()[0] not in ("", "UNKNOWN"), one.name
