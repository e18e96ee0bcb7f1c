"""Every page as it is seen: by axe-core, wide and narrow, light and dark, and by a validator of HTML.

The pictures are kept in `build/pictures`, to be looked at.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.async_api import Browser

from bot.store import effects, mails, resources
from tests.browser import looked_at
from tests.browser.served import Served, served
from tests.engine.stand import CUT_OFF, at
from tests.faults.tally import note

WAYS = [
    pytest.param((looked_at.DESK,), "light", id="desk"),
    pytest.param((looked_at.DESK,), "dark", id="desk, dark"),
    pytest.param((looked_at.PHONE, looked_at.NARROW), "light", id="phone"),
    pytest.param((looked_at.PHONE, looked_at.NARROW), "dark", id="phone, dark"),
]


@pytest.fixture
async def lived(tmp_path: Path) -> AsyncIterator[Served]:
    """Four vendors and some weeks; one payrun was closed, and one waits for an approval."""
    async with served(tmp_path, "gigapay", "xero", "staffology", "roubler", history=True) as site:
        await site.stand.weekly()
        await site.stand.until(CUT_OFF + timedelta(hours=1))
        await site.stand.until(at(19, 12))
        site.stand.add_payouts("9450.00", "6650.00", "6650.00", first=1051)
        await site.stand.until(at(20, 15, 6))
        yield site


async def pages(site: Served) -> dict[str, str]:
    """Each page's name and path."""
    asked = await site.stand.asked()
    async with site.stand.bot.db.read() as tx:
        effect = await effects.get(tx, asked.effect_key, asked.round)
        assert effect is not None
        found = await resources.get(tx, effect.resource)
        (mail, *_) = await mails.of_resource(tx, effect.resource)
    assert found is not None
    return {
        "today": "/",
        "payruns": "/payruns",
        "payrun": f"/payruns/{found.snapshot.ref}",
        "approvals": "/approvals",
        "approval": f"/approvals/{asked.id}",
        "rules": "/rules",
        "rule": "/rules/gigapay-weekly-close",
        "calendar": "/calendar",
        "connections": "/connections",
        "mails": "/mails",
        "mail": f"/mails/{quote(mail.message_id.strip('<>'), safe='')}",
        "audit": "/audit",
        "people": "/people",
        "error": "/payruns/gigapay-se/none",
    }


@pytest.mark.parametrize(("widths", "scheme"), WAYS)
async def test_no_page_has_a_fault_that_can_be_seen(
    lived: Served, chromium: Browser, widths: tuple[int, ...], scheme: Literal["light", "dark"]
) -> None:
    wide = {"width": widths[0], "height": 900}
    context = await chromium.new_context(viewport=wide, color_scheme=scheme)
    page = await lived.sign_in(context, "finance-1")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    faults = []
    all_of_them = await pages(lived)
    for name, path in all_of_them.items():
        reply = await page.goto(f"{lived.url}{path}")
        assert reply is not None
        faults += [] if reply.status == (404 if name == "error" else 200) else [f"{path}: {reply.status}"]
        await looked_at.picture(page, f"{name}-{widths[0]}-{scheme}")
        await looked_at.open_all(page)
        faults += [f"{name}: {one}" for one in await looked_at.violations(page)]
        for width in widths:
            await page.set_viewport_size({"width": width, "height": 900})
            if await looked_at.scrolls_sideways(page):
                faults.append(f"{name} scrolls sideways at {width}")
        await page.set_viewport_size(wide)
    note(f"pages, {widths[0]} {scheme}", runs=len(all_of_them), violations=len(faults))

    assert faults == []
    # That a page is not there, the browser itself says.
    assert [one for one in said if "404" not in one] == []


async def test_every_page_is_valid_html(lived: Served, chromium: Browser, tmp_path: Path) -> None:
    if looked_at.HTML_VALIDATE is None:
        pytest.skip("there is no html-validate here: npm install html-validate")
    page = await lived.sign_in(await chromium.new_context(), "finance-1")
    documents = {}
    for name, path in (await pages(lived)).items():
        reply = await page.request.get(f"{lived.url}{path}")
        documents[name] = await reply.text()
    folder = tmp_path / "html"
    folder.mkdir()

    assert await looked_at.html_problems(documents, folder) == []
