"""Two services that change one rule file at the same moment: no change is lost, none waits for ever."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.rulebook.edit.save import CannotWrite, Moved, fingerprint, save

TIMES = 8
APPENDS = r"""
import os, sys, time
from pathlib import Path
from bot.rulebook.edit.save import Moved, fingerprint, save

replace = os.replace


def slowly(old, new):
    time.sleep(0.05)  # the other one has looked at the file meanwhile, unless it has to wait
    replace(old, new)


os.replace = slowly
file, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for number in range(times):
    while True:
        before = file.read_bytes()
        try:
            save(file, before.decode() + f"# {name} {number}\n", instead_of=fingerprint(before))
            break
        except Moved:
            continue
"""
HOLDS = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(handle, fcntl.LOCK_EX)
print("ready", flush=True)
sys.stdin.readline()
"""


def started(program: str, *args: str) -> "subprocess.Popen[str]":
    """Another process, which waits for a line once it is there."""
    made = subprocess.Popen(
        [sys.executable, "-c", program, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    return made


def test_two_processes_that_change_one_file_lose_none_of_their_changes(tmp_path: Path) -> None:
    file = tmp_path / "gigapay.yaml"
    file.write_text("rules: []\n")
    both = [started(APPENDS, str(file), name, str(TIMES)) for name in ("one", "other")]
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    ended = [one.communicate(timeout=120) and one.returncode for one in both]

    lines = file.read_text().splitlines()
    assert ended == [0, 0]
    assert sorted(lines[1:]) == sorted(
        f"# {name} {number}" for name in ("one", "other") for number in range(TIMES)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["gigapay.yaml"]


def test_who_waits_too_long_is_told_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "gigapay.yaml"
    file.write_text("rules: []\n")
    monkeypatch.setattr(sys.modules[save.__module__], "WAITS_S", 0.1)
    other = started(HOLDS, str(tmp_path))
    try:
        with pytest.raises(CannotWrite, match="Another payrunbot is changing a file of"):
            save(file, "changed", instead_of=fingerprint(b"rules: []\n"))
        assert file.read_text() == "rules: []\n"
    finally:
        other.kill()
        other.communicate()

    save(file, "changed", instead_of=fingerprint(b"rules: []\n"))  # a process that ended has let go of it
    assert file.read_text() == "changed"


def test_of_two_changes_of_one_state_the_second_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gigapay.yaml"
    file.write_text("as shown")
    save(file, "first", instead_of=fingerprint(b"as shown"))

    with pytest.raises(Moved):
        save(file, "second", instead_of=fingerprint(b"as shown"))
    assert file.read_text() == "first"
