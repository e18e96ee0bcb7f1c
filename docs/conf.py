"""The site of docs/, made by Sphinx with Furo: `make site`.

The pages are plain Markdown and are read as such, too. So they hold nothing of Sphinx's:
what is in the navigation, and in which order, are the links in the lists of a folder's
README.md, below its headings.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parent

project = "payrunbot"
author = "the payrunbot authors"
html_title = "payrunbot"
extensions = ["myst_parser"]
root_doc = "README"
exclude_patterns: list[str] = []

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]
"""Blocks whose language is only for the tests that follow a page, such as a diff with a comment."""

html_theme = "furo"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False

NOT_YET_LISTED = {"Run it": ["operations/README"]}
"""A place for pages that are written elsewhere: they are in it as soon as they are there."""

SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
LISTED = re.compile(r"^(?:- |\d+\. )\[[^\]]+\]\((?!https?:)([^)#]+)\.md(?:#[^)]*)?\)", re.MULTILINE)


def navigation(page: str, folder: str) -> str:
    """The toctrees that a folder's README.md stands for: one a section, of the pages in its lists."""
    trees = []
    for heading, text in SECTION.findall(page):
        extra = NOT_YET_LISTED.get(heading, []) if not folder else []
        listed = [*LISTED.findall(text), *(one for one in extra if (DOCS / f"{one}.md").exists())]
        if listed:
            names = "\n".join(dict.fromkeys(listed))
            caption = f":caption: {heading}\n" if not folder else ""
            trees.append(f"\n```{{toctree}}\n:hidden:\n{caption}\n{names}\n```\n")
    return "".join(trees)


def add_navigation(app: Sphinx, name: str, source: list[str]) -> None:
    if Path(name).name == "README":
        source[0] += navigation(source[0], str(Path(name).parent).removeprefix("."))


def add_first_page(app: Sphinx, error: Exception | None) -> None:
    """A site's first page is index.html; a folder's is README.md."""
    first = f'<!doctype html><meta charset="utf-8"><title>{project}</title>'
    first += (
        f'<meta http-equiv="refresh" content="0; url={root_doc}.html"><a href="{root_doc}.html">{project}</a>'
    )
    (Path(app.outdir) / "index.html").write_text(first + "\n")


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_navigation)
    app.connect("build-finished", add_first_page)
