"""The service in the root that the image has: nothing of it can be written, and nobody has rights there."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands.place import ENVIRON, REPO, write_settings

from . import confined
from .try_image import answered, programs

WITHIN_S = 25


@pytest.fixture(scope="module")
def root(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made as the Dockerfile makes it, of this machine's interpreter."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run(
        [sys.executable, REPO / "image/root.py", installed, folder / "root", folder / "packages.json"],
        check=True,
    )
    return folder / "root"


def test_there_is_no_shell_and_no_package_manager_in_it(root: Path, installed: Path) -> None:
    own = installed / "bin"
    others = {one.name for one in programs(root) if not one.is_relative_to(root / own.relative_to("/"))}

    assert {name for name in others if not name.startswith(("python", "ld-"))} == set()


@pytest.mark.skipif(not confined.can_confine(), reason="needs root, and to be allowed to mount")
def test_it_serves_from_what_cannot_be_written_and_ends_in_time(
    root: Path, installed: Path, tmp_path: Path, unused_tcp_port: int
) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    settings, data = tmp_path / "settings", tmp_path / "data"
    data.mkdir()
    # As Kubernetes mounts a ConfigMap: each file a link into a folder that is one.
    (settings / "..data").mkdir(parents=True)
    shutil.copytree(REPO / "rules", settings / "..data/rules")
    write_settings(settings / "..data", port=unused_tcp_port, rules=Path("rules"))
    for name in ("bot.yaml", "rules"):
        (settings / name).symlink_to(f"..data/{name}")
    environ = {"PAYRUNBOT_DATABASE": "sqlite:////data/bot.db", "PAYRUNBOT_CONFIG": "/etc/payrunbot/bot.yaml"}

    service = subprocess.Popen(
        confined.command(root, data, settings, str(installed / "bin/payrunbot"), "serve"),
        env={**ENVIRON, **environ, "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        answered(f"http://127.0.0.1:{unused_tcp_port}/readyz")
        first = Path(f"/proc/{confined.first_process(service)}")
        status = (first / "status").read_text()
        began = time.monotonic()
        os.kill(int(first.name), signal.SIGTERM)
        code = service.wait(WITHIN_S)
        took_s = time.monotonic() - began
    finally:
        service.kill()

    assert (code, took_s < WITHIN_S) == (0, True)
    assert f"Uid:\t{confined.UID}\t{confined.UID}\t{confined.UID}" in status
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert (data / "bot.db").exists()
