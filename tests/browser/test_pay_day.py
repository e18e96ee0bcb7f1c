"""The page to print for pay day, printed."""

import re

from markdown_it import MarkdownIt
from playwright.async_api import Browser

from tests.docs.follow import DOCS

STYLE = """
body { font: 10pt/1.3 sans-serif; }
table { border-collapse: collapse; font-size: inherit; }
td, th { border: 1px solid; padding: 2pt 4pt; text-align: left; }
h1 { font-size: 16pt; margin: 0; }
h2 { font-size: 12pt; margin: 7pt 0 2pt; }
p, ol { margin: 3pt 0; }
"""
MARGIN = "15mm"


async def test_it_is_one_sheet_of_a4(chromium: Browser) -> None:
    text = (DOCS / "operations" / "pay-day.md").read_text("utf-8")
    page = await chromium.new_page()
    await page.set_content(f"<style>{STYLE}</style>{MarkdownIt().enable('table').render(text)}")

    printed = await page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), MARGIN))

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
