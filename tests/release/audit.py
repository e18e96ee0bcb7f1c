"""Asks osv.dev about every version that is locked: `make audit`.

pip-audit ends alike for what was found and for a service that can't be reached, and counts what
nobody could tell it about as clean. So its report is read here: no report, or a package left out
of it, is no audit. Away from CI that is said, and no failure; in CI, which reaches it, it is one.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

LOCKS = ("requirements-run.lock", "requirements.lock")
EXCEPTIONS: Mapping[str, str] = {}
"""Advisories that do not concern us, each with the reason; there are none."""


def main() -> int:
    seen = [_seen(lock) for lock in LOCKS]
    return worst(seen, in_ci=os.environ.get("CI") == "true")


def worst(seen: Iterable[bool | None], *, in_ci: bool) -> int:
    """The exit code: 1 where something was found, or where CI could not ask."""
    answers = list(seen)
    return 1 if False in answers or (in_ci and None in answers) else 0


def _seen(lock: str) -> bool | None:
    """Whether it is clean; None where nobody could say."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        asks = ["--require-hashes", "--disable-pip", "--requirement", lock]
        asks += ["--vulnerability-service", "osv", "--progress-spinner", "off"]
        asks += [f"--ignore-vuln={one}" for one in EXCEPTIONS]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *asks, "--format", "json", "--output", report],
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            _say(f"{lock}: not audited. {done.stderr.strip().splitlines()[-1]}")
            return None
        return told(lock, json.loads(report.read_text()))


def told(lock: str, report: dict[str, Any]) -> bool | None:
    """Says what a report says."""
    left_out = [one for one in report["dependencies"] if "skip_reason" in one]
    found = [(one, each) for one in report["dependencies"] for each in one.get("vulns", [])]
    for one, each in found:
        mended = ", ".join(each["fix_versions"]) or "none yet"
        _say(f"{lock}: {one['name']} {one['version']}: {each['id']} (mended in: {mended})")
    for one in left_out:
        _say(f"{lock}: not audited. {one['skip_reason']}")
    if found:
        return False
    if left_out:
        return None
    _say(f"{lock}: {len(report['dependencies'])} packages, no advisory")
    return True


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
