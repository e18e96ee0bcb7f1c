"""Tries an image whose file system is mounted, and says what it saw: .ci/image.

python -m tests.release.try_image <root> <what buildah says of it>
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from stat import S_IXUSR
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.commands.place import ENVIRON, REPO, write_settings
from tests.ports import hold
from tests.release import confined

READY_WITHIN_S = 30
OUT_WITHIN_S = 25


def main(root: Path, config: dict[str, Any]) -> int:
    environ = dict(one.split("=", 1) for one in config["Env"]) | ENVIRON
    size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    say(f"size: {size / 2**20:.0f} MiB; user: {config['User']}; starts: {' '.join(config['Cmd'])}")
    say(f"programs: {', '.join(str(one.relative_to(root)) for one in programs(root))}")
    with tempfile.TemporaryDirectory() as folder, hold() as held:
        port = held.getsockname()[1]
        os.chmod(folder, 0o755)
        settings, data = Path(folder, "settings"), Path(folder, "data")
        settings.mkdir()
        data.mkdir()
        shutil.copytree(REPO / "rules", settings / "rules")
        write_settings(settings, port=port, rules=Path("rules"))
        environ["PAYRUNBOT_DATABASE"] = "sqlite:////data/bot.db"
        began = time.monotonic()
        service = subprocess.Popen(
            confined.command(root, data, settings, *config["Cmd"]),
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for path in ("/healthz", "/readyz"):
                answered(f"http://127.0.0.1:{port}{path}")
                say(f"{path}: 200 after {time.monotonic() - began:.1f} s")
            say(f"health check: {healthy(root, config, environ, port)}")
            say(f"in /data: {', '.join(sorted(one.name for one in data.iterdir()))}")
            began = time.monotonic()
            os.kill(confined.first_process(service), signal.SIGTERM)
            code = service.wait(OUT_WITHIN_S)
            say(f"SIGTERM: ended with {code} after {time.monotonic() - began:.1f} s")
        finally:
            service.kill()
    return code


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def programs(root: Path) -> list[Path]:
    """What could be started by its name."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    runnable = (path for path in files if path.stat().st_mode & S_IXUSR and path.suffix != ".py")
    return sorted(
        path for path in runnable if ".so" not in path.name.replace("ld-linux", "") or "ld-" in path.name
    )


def answered(url: str) -> None:
    ends = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except URLError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


def healthy(root: Path, config: dict[str, Any], environ: dict[str, str], port: int) -> str:
    """Its own check, of the port that we chose, as an engine runs it: in the container, with no shell."""
    how, *check = config["Healthcheck"]["Test"]
    assert how == "CMD"
    check = [part.replace(":8080/", f":{port}/") for part in check]
    done = subprocess.run(
        [shutil.which("chroot") or "chroot", "--userspec=10001:10001", root, *check], env=environ, check=False
    )
    return "passes" if done.returncode == 0 else f"FAILS with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())["Docker"]["config"]))
