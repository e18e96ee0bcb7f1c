"""What an environment is made of: sbom.cdx.json (CycloneDX) and licences.txt with each licence's text.

    lists.py <python of the environment> <folder to write to> [packages.json]

The tools that read it are those beside the interpreter that runs this. `packages.json` names
what is there besides Python's packages, as image/root.py writes it for an image.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TOOLS = Path(sys.executable).parent
OURS = Path(__file__).parents[1] / "pyproject.toml"


def main(python: str, folder: str, packages: str | None = None) -> None:
    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    sbom = into / "sbom.cdx.json"
    reads: list[str | Path] = [TOOLS / "cyclonedx-py", "environment", "--output-reproducible"]
    reads += ["--pyproject", OURS, "-o", sbom, python]
    subprocess.run(reads, check=True, stderr=subprocess.DEVNULL)
    if packages is not None:
        document = json.loads(sbom.read_text())
        document["components"] += [_component(one) for one in json.loads(Path(packages).read_text())]
        sbom.write_text(json.dumps(document, indent=2) + "\n")
    lists: list[str | Path] = [
        TOOLS / "pip-licenses",
        "--python",
        python,
        "--from",
        "mixed",
        "--format",
        "plain-vertical",
    ]
    lists += [
        "--with-system",
        "--with-urls",
        "--with-license-file",
        "--no-license-path",
        "--with-notice-file",
    ]
    lists += ["--output-file", into / "licences.txt"]
    subprocess.run(lists, check=True, stdout=subprocess.DEVNULL)


def _component(package: dict[str, str]) -> dict[str, Any]:
    return {"type": "library", "bom-ref": package["purl"], **package}


if __name__ == "__main__":
    main(*sys.argv[1:])
