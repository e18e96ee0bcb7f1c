"""What people decide on pages: who may, what is done, and that looking decides nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.store import brakes, effects
from bot.store.effects import State
from bot.store.tables import approval_answer, effect

from .stand import APPROVER, ODD_RUN, PROPOSER, RUN, VIEWER, Browser, Stand, offers

CHECK = "first-time-payees"
PAGE = f"/payruns/gigapay-se/{RUN}"
ODD_PAGE = "/payruns/gigapay-se/week%2047%2FB%20%26%20%C3%B6"
UNTIL = "2026-11-23T12:00"


async def _effect(site: Stand):
    asked = await site.asked()
    async with site.bot.db.read() as tx:
        found = await effects.get(tx, asked.effect_key, asked.round)
    assert found is not None
    return found


async def _park(site: Stand) -> None:
    """The close was sent and could not be confirmed: it waits for a person."""
    async with site.bot.db.write() as tx:
        await tx.execute(
            update(effect)
            .where(effect.c.is_vendor.is_(True))
            .values(state=State.PARKED, reason="could not be confirmed", sent_at=site.clock.at)
        )


async def test_looking_at_an_approval_however_often_decides_nothing(site: Stand, approver: Browser):
    asked = await site.asked()
    for path in (f"/approvals/{asked.id}", f"/approvals/{asked.id}/approve", f"/approvals/{asked.id}/reject"):
        for method in ("GET", "HEAD"):
            await approver.client.request(method, path, params={"answer": "approve"})

    assert await site.stored(approval_answer) == []
    assert (await site.asked()).state == "open"
    assert site.vendor.acted == []


async def test_an_approval_with_every_check_ticked_is_a_yes_and_is_then_performed(
    site: Stand, approver: Browser
):
    asked = await site.asked()
    here = f"/approvals/{asked.id}"
    reply = await approver.submit(here, f"{here}/approve", check=CHECK, answer="approve")

    assert (reply.status, reply.headers["Location"]) == (303, here)
    assert (await site.asked()).approved_by == (APPROVER,)
    assert site.vendor.acted == []
    await site.work()
    assert site.vendor.acted == [("gigapay.close_payrun", {"payrun": RUN})]


async def test_what_was_done_is_said_once(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    await approver.submit(here, f"{here}/approve", check=CHECK)
    said = "You approved it. payrunbot reads it again and does it if nothing has changed."

    assert said in await approver.page(here)
    assert said not in await approver.page(here)


async def test_nobody_can_make_a_page_say_something(site: Stand, approver: Browser):
    forged = {"Cookie": f"{_session(approver)}; payrunbot_said=0123456789abcdef.All%20is%20paid"}
    async with site.client() as client:
        reply = await Browser(client).get("/", headers=forged)

        assert reply.status == 200
        assert "All is paid" not in await reply.text()


def _session(browser: Browser) -> str:
    return next(f"{one.key}={one.value}" for one in browser.client.cookie_jar if one.key.endswith("session"))


async def test_a_missing_check_brings_the_page_again_and_decides_nothing(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    reply = await approver.submit(here, f"{here}/approve")
    page = await reply.text()

    assert reply.status == 422
    assert "Not approved yet" in page
    assert f'href="#check-{CHECK}"' in page
    assert offers(page, f"{here}/approve")
    assert (await site.asked()).state == "open"


async def test_the_proposer_of_the_rule_is_offered_no_form_and_could_not_use_one(site: Stand):
    here = f"/approvals/{(await site.asked()).id}"
    async with site.signed_in(PROPOSER) as proposer:
        page = await proposer.page(here)

    assert "You proposed this version of the rule, so somebody else approves what it does." in page
    assert not offers(page, f"{here}/approve")
    reply = await _api(site, PROPOSER, here, {"answer": "approve", "checks": "all"})
    assert reply == (403, "Nothing was decided: you may not")
    assert (await site.asked()).state == "open"


async def _api(site: Stand, person: str, path: str, body: object) -> tuple[int, str]:
    async with site.client() as client:
        reply = await client.post(f"/api{path}", json=body, headers=site.bearer(person))
        said = await reply.json(content_type=None)
    return reply.status, said.get("said") or said["title"]


async def test_a_no_ends_it_with_its_reason(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    reply = await approver.submit(here, f"{here}/reject", reason="Payee 1080 has left")

    assert reply.status == 303
    assert (await site.asked()).state == "rejected"
    page = await approver.page(here)
    assert "Finance-1 rejected it: Payee 1080 has left." in page
    assert not offers(page, f"{here}/approve")


async def test_a_no_without_a_reason_is_none(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"

    assert (await approver.submit(here, f"{here}/reject", reason="  ")).status == 422
    assert (await site.asked()).state == "open"


async def test_what_was_decided_meanwhile_cannot_be_decided_again(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    csrf = await approver.token(here, f"{here}/approve")
    await approver.submit(here, f"{here}/reject", reason="no")
    reply = await approver.post(f"{here}/approve", csrf=csrf, check=CHECK)

    assert reply.status == 409
    assert "finance-1 rejected it: no" in await reply.text()
    assert (await site.asked()).state == "rejected"


async def test_after_its_deadline_a_question_is_closed(site: Stand):
    asked = await site.asked()
    site.clock.at = asked.expires_at
    async with site.signed_in(APPROVER) as approver:
        page = await approver.page(f"/approvals/{asked.id}")

    assert "Nobody decided in time, so nothing was done." in page
    assert not offers(page, f"/approvals/{asked.id}/approve")


async def test_a_hold_from_the_approval_is_one_of_its_pay_run_on_local_clocks(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    reply = await approver.submit(here, f"{here}/hold", reason="I do this one", until=UNTIL)

    assert reply.status == 303
    async with site.bot.db.read() as tx:
        hold = await brakes.held(tx, (await _effect(site)).resource, site.clock.at)
    assert hold is not None
    assert (hold.by, hold.why, hold.until) == (
        APPROVER,
        "I do this one",
        datetime(2026, 11, 23, 11, tzinfo=UTC),
    )


@pytest.mark.parametrize("page", [PAGE, ODD_PAGE])
async def test_a_pay_run_is_held_and_let_go_whatever_its_id(site: Stand, approver: Browser, page):
    held = await approver.submit(page, f"{page}/hold", reason="by hand", until=UNTIL)
    shown = await approver.page(page)
    released = await approver.submit(page, f"{page}/release")

    assert (held.status, held.headers["Location"], released.status) == (303, page, 303)
    assert "finance-1 holds it until Mon 23 Nov 12:00: by hand" in shown
    assert not offers(shown, f"{page}/hold")
    assert offers(await approver.page(page), f"{page}/hold")


@pytest.mark.parametrize("until", ["", "soon", "0001-01-01T00:00", "9999-12-31T23:59:59+00:00x"])
async def test_a_hold_until_no_time_is_refused(approver: Browser, until):
    reply = await approver.submit(PAGE, f"{PAGE}/hold", reason="x", until=until)

    assert reply.status == 422


async def test_a_hold_that_is_over_already_is_refused(approver: Browser):
    reply = await approver.submit(PAGE, f"{PAGE}/hold", reason="x", until="2026-11-20T15:05")

    assert reply.status == 409


@pytest.mark.parametrize(("named", "scope"), [("gigapay-se", "gigapay-se"), ("all", "*")])
async def test_a_pause_stops_and_resume_lets_go(site: Stand, approver: Browser, named, scope):
    paused = await approver.submit("/connections", f"/connections/{named}/pause", reason="bank change")
    async with site.bot.db.read() as tx:
        (pause,) = await brakes.pauses(tx, site.clock.at)
    shown = await approver.page("/connections")
    resumed = await approver.submit("/connections", f"/connections/{named}/resume")

    assert (paused.status, resumed.status) == (303, 303)
    assert (pause.scope, pause.by, pause.why) == (scope, APPROVER, "bank change")
    assert "finance-1 paused it Fri 20 Nov 15:05: bank change" in shown
    async with site.bot.db.read() as tx:
        assert await brakes.pauses(tx, site.clock.at) == ()


@pytest.mark.parametrize(
    ("answer", "state"), [("happened", "verified"), ("again", "withdrawn"), ("never", "refused")]
)
async def test_what_could_not_be_confirmed_is_settled_by_an_approver(
    site: Stand, approver: Browser, answer, state
):
    await _park(site)
    shown = await approver.page(PAGE)
    reply = await approver.submit(PAGE, f"{PAGE}/settle", answer=answer, comment="I looked at Gigapay")

    assert "could not be confirmed" in shown
    assert reply.status == 303
    assert ((await _effect(site)).state, "I looked at Gigapay" in (await _effect(site)).reason) == (
        state,
        True,
    )


async def test_an_answer_nobody_offered_settles_nothing(site: Stand, approver: Browser):
    await _park(site)
    reply = await approver.submit(PAGE, f"{PAGE}/settle", answer="maybe", comment="x")

    assert reply.status == 422
    assert (await _effect(site)).state == "parked"


async def test_a_viewer_is_refused_whatever_is_posted(site: Stand):
    asked = await site.asked()
    tried = [
        await _api(site, VIEWER, f"/approvals/{asked.id}", {"answer": "reject", "comment": "no"}),
        await _api(site, VIEWER, f"{PAGE}/hold", {"reason": "x", "until": "2026-11-23T12:00Z"}),
        await _api(site, VIEWER, f"{PAGE}/settle", {"what": "never", "comment": "x"}),
        await _api(site, VIEWER, "/pause", {"scope": "*", "reason": "x"}),
        await _api(site, VIEWER, "/rules/gigapay-weekly-close/sign-off", {}),
    ]

    assert [status for status, _ in tried] == [403] * 5


async def test_a_form_for_what_does_not_exist_finds_nothing(approver: Browser):
    assert (await approver.get("/approvals/nothing")).status == 404
    assert (await approver.get("/payruns/gigapay-se/nothing")).status == 404
    assert (await approver.get("/rules/nothing")).status == 404
    assert (await approver.get("/mails/nothing")).status == 404


async def test_a_form_that_is_too_large_is_refused_and_not_spent(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    csrf = await approver.token(here, f"{here}/reject")
    large = await approver.post(f"{here}/reject", csrf=csrf, reason="x" * 70_000)
    right = await approver.post(f"{here}/reject", csrf=csrf, reason="no")

    assert (large.status, right.status) == (413, 303)


async def test_a_hold_shown_on_the_page_is_over_when_its_time_is(site: Stand, approver: Browser):
    await approver.submit(PAGE, f"{PAGE}/hold", reason="by hand", until="2026-11-20T16:05")
    site.clock.at += timedelta(hours=1)

    assert offers(await approver.page(PAGE), f"{PAGE}/hold")


async def test_the_odd_run_is_the_one_its_address_names(approver: Browser):
    page = await approver.page(ODD_PAGE)

    assert ODD_RUN.replace("&", "&amp;") in page
