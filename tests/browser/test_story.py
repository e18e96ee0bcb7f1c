"""What people do, in a browser: from the mail to the confirmed close, and what must not work on the way."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.engine import approve
from bot.store.approvals import ApprovalState
from tests.browser.served import Served, served
from tests.engine.stand import CUT_OFF, JUST_AFTER

ABOVE_TWO = ("40000.00", "35000.00", "38000.00")
"""Together above what one person may approve by the shipped rule."""


@pytest.fixture
async def asked(tmp_path: Path):
    """A payrun over 100 000 SEK, past its cut-off: two people are asked."""
    async with served(tmp_path, "gigapay") as site:
        await site.stand.weekly(*ABOVE_TWO)
        await site.stand.until(CUT_OFF + JUST_AFTER)
        yield site


def link_in_mail(site: Served, person: str) -> str:
    """The one address in the newest mail to a person that asks for an approval."""
    found = re.findall(rf"{re.escape(site.url)}/approvals/\S+", site.stand.texts(person)[-1])
    assert found, site.stand.texts(person)[-1]
    return str(found[0]).removeprefix(site.url)


async def test_two_people_follow_the_mail_and_it_is_closed(asked: Served, chromium: Browser) -> None:
    for person, is_last in (("finance-1", False), ("finance-2", True)):
        page = await asked.sign_in(await chromium.new_context(), person, to=link_in_mail(asked, person))
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Close Gigapay payrun")
        for box in await page.get_by_role("checkbox").all():
            await box.check()
        typed = page.get_by_label(re.compile("^Type the"))
        if await typed.count():
            await typed.fill("113 000.00")
        await page.get_by_role("button", name="Approve and close").click()
        comes_of_it = "payrunbot reads it again and does it" if is_last else "It needs one more person"
        await expect(page.get_by_text(f"You approved it. {comes_of_it}")).to_be_visible()
        await asked.stand.settle()

        assert bool(asked.stand.closes()) is is_last
    await asked.stand.after(minutes=5)
    page = await asked.sign_in(await chromium.new_context(), "auditor-1", to="/payruns")
    await page.get_by_role("link", name=re.compile("Gigapay payrun")).first.click()

    await expect(page.locator(".over")).to_contain_text("closed")
    assert len(asked.stand.closes()) == 1


async def test_a_scanner_that_follows_every_link_of_the_mail_decides_nothing(
    asked: Served, chromium: Browser
) -> None:
    context = await chromium.new_context()
    page = await asked.sign_in(context, "finance-1")
    for link in re.findall(r"https?://\S+", asked.stand.texts("finance-1")[-1]):
        reply = await page.request.get(link)
        assert reply.ok, link
    await asked.stand.settle()

    assert (await asked.stand.asked()).answers == ()
    assert asked.stand.closes() == []


async def test_a_link_that_is_too_old_says_so_and_what_came_of_it(asked: Served, chromium: Browser) -> None:
    link = link_in_mail(asked, "finance-1")
    await asked.stand.after(days=10)
    (old, *_) = await asked.stand.askings(*ApprovalState)
    page = await asked.sign_in(await chromium.new_context(), "finance-1", to=link)

    assert old.state is not ApprovalState.OPEN
    await expect(page.get_by_text("Nothing to decide")).to_be_visible()
    assert await page.get_by_role("button", name=re.compile("Approve")).count() == 0


async def test_a_form_that_was_forged_or_sent_twice_is_refused(asked: Served, chromium: Browser) -> None:
    page = await asked.sign_in(await chromium.new_context(), "finance-1", to=link_in_mail(asked, "finance-1"))
    form = page.locator("#decide")
    token = await form.locator("input[type=hidden]").input_value()
    action = f"{asked.url}{await form.get_attribute('action')}"
    name = await form.locator("input[type=hidden]").get_attribute("name")
    checks = await page.get_by_role("checkbox").evaluate_all("all => all.map(one => one.value)")
    body = "&".join(
        [f"{name}=forged", "answer=approve", "typed=113000.00", *(f"check={one}" for one in checks)]
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    forged = await page.request.post(action, data=body, headers=kind)
    right = await page.request.post(action, data=body.replace("forged", token), headers=kind)
    again = await page.request.post(action, data=body.replace("forged", token), headers=kind)

    assert (forged.status, right.status, again.status) == (403, 200, 403)
    assert len((await asked.stand.asked()).answers) == 1


async def test_hold_and_release_pause_and_resume(asked: Served, chromium: Browser) -> None:
    page = await asked.sign_in(await chromium.new_context(), "payroll-1", to="/payruns")
    await page.get_by_role("link", name=re.compile("Gigapay payrun")).first.click()
    await page.get_by_text(re.compile("^Hold")).first.click()
    await page.get_by_label("Reason").first.fill("done by hand today")
    await page.get_by_label("Until").first.fill("2026-11-16T12:00")
    await page.get_by_role("button", name="Hold").click()
    await expect(page.get_by_text("payroll-1 holds it")).to_be_visible()
    for one in ("finance-1", "finance-2"):
        found = await asked.stand.asked()
        await approve.approve(
            asked.stand.bot,
            asked.stand.person(one),
            found.id,
            channel="test",
            checks=approve.checks_of(found),
        )
    await asked.stand.after(minutes=10)
    held = list(asked.stand.closes())
    await page.reload()
    await page.get_by_role("button", name="Stop holding it").click()
    await asked.stand.after(minutes=10)

    assert (held, len(asked.stand.closes())) == ([], 1)
