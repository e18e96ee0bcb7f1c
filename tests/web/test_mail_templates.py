"""The pages of mail templates: whose they are, what is wrong, and each example as its reader gets it."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from bot.app import shipped
from bot.engine.templates import check_templates
from bot.mail.previews import PREVIEWS
from bot.mail.render import Renderer

from .stand import VIEWER, Browser, Stand
from .test_console import text

PAGE = "/mails/templates"


@pytest.fixture
async def viewer(site: Stand) -> AsyncIterator[Browser]:
    async with site.signed_in(VIEWER) as browser:
        yield browser


async def test_every_mail_is_listed_with_its_examples(site: Stand, viewer: Browser) -> None:
    await check_templates(site.bot)
    page = await viewer.page(PAGE)

    assert "templates are the shipped ones" in text(page)
    for name in PREVIEWS:
        assert f">{name}</a>" in page


async def test_what_is_refused_says_where_and_of_what_mails_are_made(
    site: Stand, viewer: Browser, tmp_path: Path
) -> None:
    (tmp_path / "own" / "payrun_closed").mkdir(parents=True)
    (tmp_path / "own" / "payrun_closed" / "body.txt").write_text("a\n{{ nobody }}")
    site.bot.renderer = Renderer(tmp_path / "own", shipped("templates"))
    await check_templates(site.bot)
    page = unescape(text(await viewer.page(PAGE)))
    ready = await (await viewer.get("/readyz")).json()

    assert "1 template is refused" in page
    assert "payrun_closed/body.txt:2: 'nobody' is undefined" in page
    assert "Made of the shipped files." in page
    assert (ready["ready"], ready["templates_refused"]) == (True, ["payrun_closed"])
    assert "templates" in ready["troubles"]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "approve again by 16:30: close Gigapay payrun 2859272"),
        ("sv", "godkänn igen senast 16:30: close Gigapay payrun 2859272"),
    ],
)
async def test_an_example_is_shown_as_text_and_in_a_sandbox(
    viewer: Browser, language: str, says: str
) -> None:
    page = await viewer.page(f"{PAGE}/{language}/approval_asked%20again")
    found = re.search(r'<iframe class="mail" src="([^"]+)" sandbox=""', page)
    assert found is not None
    html = await viewer.get(found[1])

    assert says in text(page)
    assert html.status == 200
    assert "sandbox" in html.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/en/gone", "/xx/notice", "/en/gone/html", "/en/..%2Fnotice"])
async def test_what_is_no_example_is_not_there(viewer: Browser, path: str) -> None:
    assert (await viewer.get(PAGE + path)).status == 404


async def test_nobody_sees_them_without_signing_in(site: Stand) -> None:
    for path in (PAGE, f"{PAGE}/en/notice", f"{PAGE}/en/notice/html"):
        async with site.client() as client:
            assert (await client.get(path, allow_redirects=False)).status == 303
