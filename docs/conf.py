"""The site of docs/, made by Sphinx with Furo: `make site`.

The pages are plain Markdown and are read as such, too. So they hold nothing of Sphinx's:
what is in the navigation, and in which order, are the links in the lists of README.md, by
its headings; and below the README.md of a folder, whatever that links to in the folder.
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

SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
BESIDE = re.compile(r"\]\(([\w-]+)\.md(?:#[^)]*)?\)")
LISTED = re.compile(r"^(?:- |\d+\. )\[[^\]]+\]\((?!https?:)([^)#]+)\.md(?:#[^)]*)?\)", re.MULTILINE)


def tree(pages: list[str], caption: str = "") -> str:
    names = "\n".join(dict.fromkeys(pages))
    return f"\n```{{toctree}}\n:hidden:\n{caption}\n{names}\n```\n" if pages else ""


def navigation(page: str) -> str:
    """The toctrees that docs/README.md stands for: one a section, of the pages in its lists."""
    trees = []
    for heading, text in SECTION.findall(page):
        trees.append(tree(LISTED.findall(text), f":caption: {heading}\n"))
    return "".join(trees)


def without_links_outside(page: str, name: str) -> str:
    """A page of the repository that is not of docs/, such as the changelog, is named and not linked to."""

    def named(link: re.Match[str]) -> str:
        there = (DOCS / name).parent.joinpath(link[2]).resolve()
        return link[1] if there.exists() and not there.is_relative_to(DOCS) else link[0]

    return re.sub(r"\[([^\]]+)\]\((\.\./[\w./-]+\.md)\)", named, page)


def make_ready(app: Sphinx, name: str, source: list[str]) -> None:
    source[0] = without_links_outside(source[0], name)
    if name == root_doc:
        source[0] += navigation(source[0])
    elif Path(name).name == root_doc:
        source[0] += tree(BESIDE.findall(source[0]))


def add_first_page(app: Sphinx, error: Exception | None) -> None:
    """A site's first page is index.html; a folder's is README.md."""
    first = f'<!doctype html><meta charset="utf-8"><title>{project}</title>'
    first += (
        f'<meta http-equiv="refresh" content="0; url={root_doc}.html"><a href="{root_doc}.html">{project}</a>'
    )
    (Path(app.outdir) / "index.html").write_text(first + "\n")


def setup(app: Sphinx) -> None:
    app.connect("source-read", make_ready)
    app.connect("build-finished", add_first_page)
