"""The site of docs/: `make site` builds it without a warning, and it loads nothing from elsewhere."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import chromium
from tests.docs.follow import DOCS

__all__ = ["chromium"]

MAKEFILE = DOCS.parent / "Makefile"
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
ELSEWHERE = re.compile(r"(?:https?:)?//[\w.-]+\.\w+")
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def build(docs: Path, site: Path) -> "subprocess.CompletedProcess[str]":
    """What `make site` runs, into another folder."""
    recipe = MAKEFILE.read_text().partition("\nsite: install\n")[2].partition("\n\n")[0]
    words = recipe.replace("\\\n", " ").split()
    assert words[:3] == ["$(BIN)/python", "-m", "sphinx"]
    command = [sys.executable, *words[1:-2], str(docs), str(site)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(DOCS, folder)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


class Loads(HTMLParser):
    """What a page loads by itself, as far as its markup says."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("canonical", "prev", "next", "index", "search"):
            return
        for name in (LOADING.get(tag, ""), "srcset", "style"):
            self.found.append(given.get(name) or "")


def elsewhere(text: str) -> Iterator[str]:
    """What a page or a style loads from another host, as far as its text says."""
    page = Loads()
    page.feed(text)
    styles = re.findall(r"url\(([^)]*)|@import\s+([^;]+)", text)
    for one in (*page.found, *("".join(both) for both in styles)):
        if not one.strip("'\" ").startswith("data:") and ELSEWHERE.search(one):
            yield one


def test_every_page_is_on_the_site(site: Path) -> None:
    made = {path.relative_to(site).with_suffix(".md").as_posix() for path in site.rglob("*.html")}

    assert set(PAGES) <= made
    assert (site / "index.html").exists()


def test_no_page_and_no_style_names_another_host_to_load_from(site: Path) -> None:
    files = [*site.rglob("*.html"), *site.rglob("*.css"), *site.rglob("*.svg")]

    assert len(files) > 20
    assert [(path.name, one) for path in files for one in elsewhere(path.read_text())] == []


@pytest.mark.parametrize(
    ("text", "is_elsewhere"),
    [
        ('<script src="https://cdn.example.com/x.js"></script>', True),
        ('<link rel="stylesheet" href="//fonts.example.com/css">', True),
        ("@font-face { src: url('https://fonts.example.com/a.woff2') }", True),
        ('@import "https://example.com/a.css";', True),
        ('<a href="https://example.com">only a link</a>', False),
        ('<img src="_images/flow.svg">', False),
    ],
)
def test_what_is_loaded_from_elsewhere_is_noticed(text: str, is_elsewhere: bool) -> None:
    assert bool(list(elsewhere(text))) is is_elsewhere


async def test_a_browser_asks_nobody_else_for_anything(site: Path, chromium: Browser) -> None:
    asked: list[str] = []
    page = await chromium.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for name in ("README.html", "architecture.html", "first-rule.html", "search.html?q=quarantine"):
        await page.goto(f"{site.as_uri()}/{name}")
        await page.wait_for_load_state("networkidle")
    dark = await chromium.new_page(color_scheme="dark")
    dark.on("request", lambda request: asked.append(request.url))
    await dark.goto(f"{site.as_uri()}/architecture.html")

    assert any(url.endswith("flow.svg") for url in asked)
    assert [url for url in asked if not url.startswith((site.as_uri(), "data:"))] == []


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        pytest.param({"README.md": "# A\n\n[b](b.md)\n"}, "b.md", id="a page that is not there"),
        pytest.param(
            {"README.md": "# A\n\n## B\n\n- [b](b.md#c)\n", "b.md": "# B\n"},
            "'c'",
            id="a heading that is not",
        ),
        pytest.param({"README.md": "# A\n\n[c](#c)\n"}, "'c'", id="no such heading of its own"),
        pytest.param({"README.md": "# A\n", "b.md": "# B\n"}, "toctree", id="a page in no list"),
        pytest.param({"README.md": "# A\n\n![b](b.svg)\n"}, "b.svg", id="a picture that is not there"),
    ],
)
def test_a_broken_link_fails_the_build(tmp_path: Path, pages: dict[str, str], says: str) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(DOCS / "conf.py", docs)
    for name, text in pages.items():
        (docs / name).write_text(text)

    done = build(docs, tmp_path / "site")

    assert done.returncode != 0
    assert says in done.stderr


def test_a_folder_has_its_own_pages_below_it_and_what_is_outside_is_only_named(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "operations").mkdir(parents=True)
    shutil.copy(DOCS / "conf.py", docs)
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n")
    (docs / "README.md").write_text("# A\n\n## Run it\n\n- [O](operations/README.md)\n")
    (docs / "operations" / "README.md").write_text("# O\n\n| do | read |\n|---|---|\n| it | [D](d.md) |\n")
    (docs / "operations" / "d.md").write_text("# Deploy\n\nSee [the changes](../../CHANGELOG.md).\n")

    done = build(docs, tmp_path / "site")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Deploy" in (tmp_path / "site" / "README.html").read_text()
    assert "See the changes." in (tmp_path / "site" / "operations" / "d.html").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_plain_markdown(page: str) -> None:
    """It is read in the repository as well, where nobody knows Sphinx's own marks."""
    text = (DOCS / page).read_text()

    assert re.findall(r"^(?:```|:::)\{.*|^\(\w+\)=$|\{(?:ref|doc|term)\}`", text, re.MULTILINE) == []
    assert text.startswith("# ")
