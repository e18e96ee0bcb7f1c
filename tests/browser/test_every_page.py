"""Every page as it is seen: by axe-core, wide and narrow, light and dark, and by a validator of HTML.

The pictures are kept in `build/pictures`, to be looked at.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect

from bot.store import effects, mails, resources
from tests.browser import looked_at
from tests.browser.looked_at import Scheme
from tests.browser.served import Served, served
from tests.databases import MigratedFile
from tests.engine.stand import CUT_OFF, at
from tests.faults.tally import note

WAYS = [
    pytest.param((looked_at.DESK,), id="desk"),
    pytest.param((looked_at.PHONE, looked_at.NARROW), id="phone"),
]


@pytest.fixture
async def lived(tmp_path: Path, migrated_file: MigratedFile) -> AsyncIterator[Served]:
    """Four vendors and some weeks; one payrun was closed, and one waits for an approval."""
    vendors = ("gigapay", "xero", "staffology", "roubler")
    async with served(tmp_path, *vendors, history=True, database=migrated_file) as site:
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
        "approvals-list": "/approvals/list",
        "approval": f"/approvals/{asked.id}",
        "rules": "/rules",
        "rule": "/rules/gigapay-weekly-close",
        "rule-edit": "/rules/gigapay-weekly-close/edit",
        "rule-try": "/rules/gigapay-weekly-close/try",
        "calendar": "/calendar",
        "connections": "/connections",
        "mails": "/mails",
        "mail": f"/mails/{quote(mail.message_id.strip('<>'), safe='')}",
        "mail-templates": "/mails/templates",
        "mail-example": "/mails/templates/en/payrun_closed",
        "audit": "/audit",
        "people": "/people",
        "people-month": "/people/2026-11",
        "error": "/payruns/gigapay-se/none",
    }


@pytest.mark.parametrize("widths", WAYS)
async def test_no_page_has_a_fault_that_can_be_seen(
    lived: Served, chromium: Browser, widths: tuple[int, ...]
) -> None:
    page = await tab(lived, chromium, "finance-1")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    all_of_them = await pages(lived)
    faults = []
    for name, path in all_of_them.items():
        faults += await opened(lived, page, name, path)
        faults += await faults_seen(page, name, widths)
    note(f"pages, {widths[0]}", runs=len(all_of_them), violations=len(faults))

    assert faults == []
    # That a page is not there, the browser itself says.
    assert [one for one in said if "404" not in one] == []


async def test_nor_has_one_in_swedish_whose_words_are_longer(lived: Served, chromium: Browser) -> None:
    settings = lived.stand.bot.settings
    people = tuple(one.model_copy(update={"language": "sv"}) for one in settings.people)
    page = await tab(lived, chromium, "finance-1")
    lived.stand.bot.settings = settings.model_copy(update={"people": people})
    all_of_them = await pages(lived)
    faults = []
    for name, path in all_of_them.items():
        faults += await opened(lived, page, name, path)
        for widths in (way.values[0] for way in WAYS):
            faults += await faults_seen(page, f"{name}-sv", widths, schemes=("light",))
    note("pages in Swedish", runs=len(all_of_them), violations=len(faults))

    assert faults == []


async def test_nor_has_what_a_change_of_a_rule_would_come_to(lived: Served, chromium: Browser) -> None:
    page = await tab(lived, chromium, "payroll-1")
    await page.goto(f"{lived.url}/rules/gigapay-weekly-close/edit")
    await page.get_by_label("A person is asked above").fill("24 000 SEK")
    await page.get_by_role("button", name="Show what would change").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Wider: 1 value")

    for widths in (way.values[0] for way in WAYS):
        assert await faults_seen(page, "rule-change", widths) == []


async def tab(site: Served, chromium: Browser, person: str) -> Page:
    return await site.sign_in(await chromium.new_context(), person)


async def opened(site: Served, page: Page, name: str, path: str) -> list[str]:
    reply = await page.goto(f"{site.url}{path}")
    assert reply is not None
    return [] if reply.status == (404 if name == "error" else 200) else [f"{path}: {reply.status}"]


async def faults_seen(
    page: Page, name: str, widths: tuple[int, ...], *, schemes: tuple[Scheme, ...] = ("light", "dark")
) -> list[str]:
    """What is wrong with the page that is open, at the first of these widths; a picture of each is kept.

    Only colours differ between light and dark, so only they are looked at in both.
    """
    await page.set_viewport_size({"width": widths[0], "height": 900})
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)
        await looked_at.picture(page, f"{name}-{widths[0]}-{scheme}")
    await looked_at.open_all(page)
    faults = []
    for scheme in reversed(schemes):
        await page.emulate_media(color_scheme=scheme)
        found = await looked_at.violations(page, only_colours=scheme == "dark")
        faults += [f"{name}, {scheme}: {one}" for one in found]
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 900})
        if await looked_at.scrolls_sideways(page):
            faults.append(f"{name} scrolls sideways at {width}")
    return faults


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
