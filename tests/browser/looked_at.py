"""Looking at a page: as a picture, with axe-core, as HTML, and whether it scrolls sideways."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

PICTURES = Path(__file__).parents[2] / "build" / "pictures"
"""Where each page is kept as it was seen: `today-380-dark.png`."""
DESK, PHONE, NARROW = 1280, 380, 320
HTML_VALIDATE = shutil.which("html-validate")
Scheme = Literal["light", "dark"]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


async def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


async def open_all(page: Page) -> None:
    """What is folded is looked at, too."""
    await page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")


async def scrolls_sideways(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


async def violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """What axe-core holds against the page: its rule, and where."""
    found = await Axe().run(page, options=COLOURS if only_colours else WCAG)
    return [
        f"{one['id']}: {one['help']} at {', '.join(str(node['target']) for node in one['nodes'])}"
        for one in found.response["violations"]
    ]


async def html_problems(documents: dict[str, str], folder: Path) -> list[str]:
    """What html-validate says of whole documents, by their names."""
    assert HTML_VALIDATE is not None
    (folder / ".htmlvalidate.json").write_text(json.dumps(RULES))
    for name, text in documents.items():
        (folder / f"{name}.html").write_text(text)
    process = await asyncio.create_subprocess_exec(
        HTML_VALIDATE, "--formatter", "json", "*.html", cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    found = []
    for one in json.loads(out):
        name = Path(one["filePath"]).name
        found += [f"{name}:{m['line']}:{m['column']} {m['ruleId']}: {m['message']}" for m in one["messages"]]
    return found


RULES = {"extends": ["html-validate:standard"], "root": True}
