"""Wheel and sdist: what is in them, and that they run where there is no checkout.

The wheel plays the whole demo in tests/demo/test_story.py.
"""

import subprocess
import tarfile
from email import message_from_string
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

from bot import __version__
from tests.commands.place import REPO

from .conftest import outside, tool


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_all_of_the_package_with_its_rules_and_templates(wheel: Path) -> None:
    inside = contents(wheel)

    for folder, place in (
        ("bot", "bot"),
        ("rules", "bot/shipped/rules"),
        ("templates", "bot/shipped/templates"),
    ):
        files = [
            one for one in (REPO / folder).rglob("*") if one.is_file() and "__pycache__" not in one.parts
        ]
        missing = [one for one in files if f"{place}/{one.relative_to(REPO / folder)}" not in inside]
        assert missing == []
    assert [
        name for name in inside if not name.startswith(("bot/", f"payrunbot-{__version__}.dist-info/"))
    ] == []


def test_the_wheel_says_its_version_and_licence(wheel: Path) -> None:
    inside = contents(wheel)
    about = message_from_string(inside[f"payrunbot-{__version__}.dist-info/METADATA"].decode())

    assert (about["Version"], about["License-Expression"]) == (__version__, "Apache-2.0")
    assert inside[f"payrunbot-{__version__}.dist-info/licenses/LICENSE"] == (REPO / "LICENSE").read_bytes()


def test_the_sdist_makes_the_same_wheel(built: Path, wheel: Path, tmp_path: Path) -> None:
    """So what is tried of one is so of the other."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()

    tool("hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist", cwd=source)

    assert (tmp_path / "dist" / wheel.name).read_bytes() == wheel.read_bytes()


def test_it_runs_where_there_is_no_checkout(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "bin/payrunbot", "--version"],
        cwd=tmp_path,
        env=outside(),
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (0, f"payrunbot {__version__}\n")


def test_the_installed_version_is_the_one_in_the_package() -> None:
    assert version("payrunbot") == __version__
