"""The file system of the image: what payrunbot runs on, and nothing else.

    root.py <environment> <new root> <packages.json>

It lists what goes in, not what is taken out, so no shell, package manager or pip can be left
over: the environment, the interpreter with its standard library, the shared libraries that
these name, certificates, and two users. What came out of Debian's packages is told as scanners
look for it (/var/lib/dpkg/status.d, as Google's distroless images do), with the licences.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from platform import freedesktop_os_release, python_version
from urllib.parse import quote

UNUSED = {"test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "macholib"}
UNUSED |= {"pydoc_data", "site-packages", "dist-packages", "__pycache__"}
"""Of the standard library, which is compiled once more: nothing can be where it runs. The tests
alone are more than all the rest."""

UID = 10001
FILES = {
    "etc/passwd": f"root:x:0:0::/:\nnobody:x:65534:65534::/:\npayrunbot:x:{UID}:{UID}::/data:\n",
    "etc/group": f"root:x:0:\nnogroup:x:65534:\npayrunbot:x:{UID}:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


class Root:
    """The new root, as it fills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.taken: set[Path] = set()

    def take(self, path: Path) -> None:
        """A file as it is here; of a link, also the file that it leads to."""
        path = path.parent.resolve() / path.name
        if path in self.taken:
            return
        self.taken.add(path)
        to = self.path / path.relative_to("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to, follow_symlinks=False)
        if path.is_symlink() and path.is_file():
            self.take(path.parent / path.readlink())

    def take_all(self, folder: Path, unused: Iterable[str] = ()) -> None:
        for inside, folders, files in os.walk(folder):
            folders[:] = [one for one in folders if one not in unused and not one.startswith("config-")]
            for name in [*files, *(one for one in folders if Path(inside, one).is_symlink())]:
                self.take(Path(inside, name))

    def write(self, path: str, text: str) -> None:
        to = self.path / path
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text)

    def programs(self) -> Iterator[Path]:
        """What is loaded to be run, as the first bytes say."""
        for path in sorted(self.taken):
            if path.is_symlink():
                continue
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def main(environment: str, root: str, packages: str) -> None:
    new = Root(Path(root))
    library = Path(sysconfig.get_path("stdlib"))
    for name in ("bin", "lib", "lib64"):
        if (link := Path("/", name)).is_symlink():
            new.take(link)
    new.take_all(Path(environment))
    new.take_all(library, UNUSED)
    compiled = new.path / library.relative_to("/")
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "-s", new.path, "-p", "/", compiled], check=True
    )
    for program in list(new.programs()):
        for needed in _libraries(program):
            new.take(needed)
    new.take(CERTIFICATES)
    new.take(Path("/etc/os-release"))
    for path, text in FILES.items():
        new.write(path, text)
    for folder, mode, owner in (("etc/payrunbot", 0o755, 0), ("tmp", 0o1777, 0), ("data", 0o700, UID)):
        (new.path / folder).mkdir()
        (new.path / folder).chmod(mode)
        os.chown(new.path / folder, owner, owner)
    found = [_interpreter(), *_told(new)]
    Path(packages).write_text(json.dumps(found, indent=2))


def _libraries(program: Path) -> Iterator[Path]:
    """The shared libraries it names that are not in a wheel, and the loader."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    for line in said.stdout.splitlines():
        path = next((word for word in line.split() if word.startswith("/")), None)
        if path is None and "not found" in line:
            raise SystemExit(f"{program}: {line.strip()}")
        if path is not None:
            yield Path(path)


def _interpreter() -> dict[str, str]:
    return {"name": "python", "version": python_version(), "purl": f"pkg:generic/python@{python_version()}"}


def _told(new: Root) -> Iterator[dict[str, str]]:
    """Debian's packages that files came from; tells of each where scanners look, with its licence."""
    names = _owners(path for path in new.taken if path.is_relative_to("/usr") and not path.is_dir())
    distribution = freedesktop_os_release()
    for name in sorted(names):
        status = _output("dpkg-query", "--status", name)
        version = _output("dpkg-query", "--show", "--showformat=${Version}", name)
        machine = _output("dpkg-query", "--show", "--showformat=${Architecture}", name)
        new.write(f"var/lib/dpkg/status.d/{name}", status)
        copyright = Path("/usr/share/doc", name, "copyright")
        if copyright.exists():
            new.take(copyright)
        of = f"distro={distribution['ID']}-{distribution.get('VERSION_ID', 'sid')}"
        purl = f"pkg:deb/{distribution['ID']}/{name}@{quote(version)}?arch={machine}&{of}"
        yield {"name": name, "version": version, "purl": purl}


def _owners(paths: Iterable[Path]) -> set[str]:
    """The packages of files. Since /lib leads to /usr/lib, dpkg may know one under either."""
    known = [one for path in paths for one in (path, Path("/", path.relative_to("/usr")))]
    said = subprocess.run(["dpkg", "--search", *known], capture_output=True, text=True, check=False)
    return {line.split(":", 1)[0] for line in said.stdout.splitlines() if not line.startswith("diversion ")}


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
