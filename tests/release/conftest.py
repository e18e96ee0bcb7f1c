"""The release as somebody gets it: built here, installed outside the checkout, with what is locked."""

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.commands.place import REPO

TOOLS = Path(sysconfig.get_path("scripts"))


def tool(*command: str | Path, cwd: Path = REPO) -> str:
    """What a locked tool says. Raises CalledProcessError, with its words."""
    name, *rest = command
    done = subprocess.run(
        [TOOLS / name, *rest], cwd=cwd, capture_output=True, text=True, check=False, env=outside()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def outside() -> dict[str, str]:
    """The environment of somebody who has no checkout: nothing of it is found by accident."""
    ours = ("PAYRUNBOT_", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist, as `make release` builds them."""
    folder = tmp_path_factory.mktemp("dist")
    tool("hatchling", "build", "-d", folder)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the packages of requirements-run.lock and the wheel; nothing is fetched."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for one in run_packages():
        _copy(one, packages)
    tool("python", "-m", "pip", "--python", folder, "install", "--quiet", "--no-index", "--no-deps", wheel)
    return folder


def run_packages() -> list[Distribution]:
    """What is in this environment of requirements-run.lock, for this Python and system."""
    lines = (REPO / "requirements-run.lock").read_text().splitlines()
    asked = [Requirement(line.removesuffix("\\").strip()) for line in lines if line[:1].isalnum()]
    return [distribution(one.name) for one in asked if one.marker is None or one.marker.evaluate()]


def _copy(one: Distribution, to: Path) -> None:
    """With what was compiled of it, which is as good there: a source keeps its time."""
    for file in one.files or ():
        if ".." not in file.parts:
            path = to / file
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(Path(str(one.locate_file(file))), path)
