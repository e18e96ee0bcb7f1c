"""The page of one approval, and the list of clean ones: what is typed, ticked, and said of a no."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.money import Money
from bot.engine.ask import asked_from_json, asked_to_json
from bot.engine.typed import limit_for_typing
from bot.settings.models import Approvals
from bot.store import approvals, effects
from bot.store.approvals import Approval, ApprovalState
from bot.store.tables import audit

from .stand import APPROVER, PROPOSER, RUN, Browser, Stand, offers, sek

CHECK = "first-time-payees"
LIST = "/approvals/list"


def _type_above(site: Stand, amount: str) -> None:
    limits = Approvals(type_amount_above={"SEK": sek(amount)})
    site.bot.settings = site.bot.settings.model_copy(update={"approvals": limits})


async def _shown(site: Stand) -> Money:
    amount = asked_from_json((await site.asked()).shown["asked"]).amount
    assert amount is not None
    return amount


async def test_above_the_limit_the_amount_is_typed_in_the_readers_way(site: Stand, approver: Browser):
    shown = await _shown(site)
    _type_above(site, str(shown.amount - 1))
    here = f"/approvals/{(await site.asked()).id}"
    page = await approver.page(here)
    reply = await approver.submit(here, f"{here}/approve", check=CHECK, typed=f" {shown.amount:,.2f} sek ")

    assert 'name="typed"' in page
    assert "Asked above" in page
    assert reply.status == 303
    assert (await site.asked()).approved_by == (APPROVER,)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "The net pay is not typed."),
        ("1.00", "and the net pay that is shown is another. Compare them."),
        ("all of it", "“all of it” is no amount: write it for example as 18,450.25."),
        ("<b>1</b>", "“&lt;b&gt;1&lt;/b&gt;” is no amount"),
    ],
)
async def test_another_amount_is_refused_with_what_is_wrong_and_what_was_ticked_stays(
    site: Stand, approver: Browser, typed: str, says: str
):
    _type_above(site, "1")
    here = f"/approvals/{(await site.asked()).id}"
    reply = await approver.submit(here, f"{here}/approve", check=CHECK, typed=typed)
    page = await reply.text()

    assert reply.status == 422
    assert says in page.replace("&#34;", '"').replace("\u00a0", " ")
    assert re.search(rf'value="{CHECK}" form="decide"\s+checked\s+required', page)
    assert offers(page, f"{here}/approve")
    assert (await site.asked()).state is ApprovalState.OPEN


async def test_the_limit_holds_for_the_api_too_and_up_to_it_nothing_is_typed(site: Stand):
    shown = await _shown(site)
    asked = await site.asked()
    _type_above(site, str(shown.amount))
    at_the_limit = limit_for_typing(site.bot.settings, asked.shown)
    _type_above(site, str(shown.amount - 1))
    async with site.client() as client:
        reply = await client.post(
            f"/api/approvals/{asked.id}",
            json={"answer": "approve", "checks": "all"},
            headers=site.bearer(APPROVER),
        )
        said = await reply.json(content_type=None)

    assert at_the_limit is None
    assert (reply.status, said["title"]) == (422, "Nothing was decided")
    assert (await site.asked()).state is ApprovalState.OPEN


async def test_whoever_rejects_is_told_before_and_after_what_it_leads_to(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    leads_to = asked_from_json((await site.asked()).shown["asked"]).if_rejected
    before = await approver.page(here)
    await approver.submit(here, f"{here}/reject", reason="wrong week")
    after = await approver.page(here)

    assert "payrunbot does nothing with it, and somebody does it by hand" in leads_to
    assert "You are asked again only where what you see here has changed, and not before" in leads_to
    assert leads_to in before
    assert f"You rejected it. {leads_to}" in after


async def test_nobody_reads_that_they_may_decide_instead_of_themselves(site: Stand, approver: Browser):
    page = await approver.page(f"/approvals/{(await site.asked()).id}")

    assert f"{APPROVER} may decide" not in page
    assert f"{APPROVER} or " not in page


async def _put_clean(site: Stand, *ids: str) -> list[Approval]:
    """Questions like the one that waits, each of an action of its own, without any finding."""
    asked = await site.asked()
    question = asked_from_json(asked.shown["asked"])
    made = []
    async with site.bot.db.write() as tx:
        effect = await effects.get(tx, asked.effect_key, asked.round)
        assert effect is not None
        for id in ids:
            plan = effects.Plan(
                key=f"{effect.key}:{id}",
                action=effect.action,
                connection=effect.connection,
                resource=effect.resource,
                generation=effect.generation,
                rule=effect.rule,
                rule_hash=effect.rule_hash,
                is_vendor=True,
                not_before=asked.expires_at,
                args=effect.args,
            )
            now = site.clock.at
            await effects.plan(tx, plan, round=1, chain=f"{plan.key}#1", now=now, correlation="clean")
            clean = replace(
                question, title=f"Gigapay payrun {id}", findings=(), clean=("Possible duplicates: none",)
            )
            await approvals.ask(
                tx,
                id=id,
                effect_key=plan.key,
                round=1,
                fingerprint=f"seen-{id}",
                shown={**asked.shown, "asked": asked_to_json(clean)},
                now=now,
                expires_at=now + timedelta(hours=1),
                people_needed=1,
            )
    async with site.bot.db.read() as tx:
        for id in ids:
            one = await approvals.get(tx, id)
            assert one is not None
            made.append(one)
    return made


async def _states(site: Stand, *ids: str) -> list[ApprovalState]:
    async with site.bot.db.read() as tx:
        found = [await approvals.get(tx, id) for id in ids]
    return [one.state for one in found if one is not None]


async def test_the_list_holds_the_clean_ones_and_never_one_with_a_finding(site: Stand, approver: Browser):
    asked = await site.asked()
    await _put_clean(site, "aaa1", "aaa2")
    page = await approver.page(LIST)
    offered = await approver.page("/approvals")

    assert "2 clean pay runs wait for you" in page
    assert 'value="aaa1"' in page and 'value="aaa2"' in page
    assert asked.id not in page
    assert RUN not in page
    assert f'href="{LIST}"' in offered


async def test_what_is_ticked_in_the_list_is_approved_each_by_itself_and_the_rest_is_not(
    site: Stand, approver: Browser
):
    await _put_clean(site, "aaa1", "aaa2", "aaa3")
    reply = await approver.submit(LIST, f"{LIST}/approve", run=["aaa1", "aaa3"])
    async with site.bot.db.read() as tx:
        noted = [
            row.what_json for row in await tx.execute(select(audit)) if '"channel":"list"' in row.what_json
        ]

    assert (reply.status, reply.headers["Location"]) == (303, LIST)
    assert await _states(site, "aaa1", "aaa2", "aaa3") == ["approved", "open", "approved"]
    assert len(noted) == 2
    assert "seen-aaa1" in noted[0] and "seen-aaa3" in noted[1]
    assert "You approved 2." in await approver.page(LIST)


async def test_what_changed_meanwhile_or_has_a_finding_is_left_out_and_said(site: Stand, approver: Browser):
    asked = await site.asked()
    await _put_clean(site, "aaa1", "aaa2")
    csrf = await approver.token(LIST, f"{LIST}/approve")
    async with site.bot.db.write() as tx:
        await approvals.close(
            tx,
            "aaa1",
            state=ApprovalState.WITHDRAWN,
            why="it has changed since it was shown",
            now=site.clock.at,
        )
    await approver.post(f"{LIST}/approve", csrf=csrf, run=["aaa1", asked.id, "aaa2", "none"])
    page = await approver.page(LIST)

    assert await _states(site, "aaa1", "aaa2", asked.id) == ["withdrawn", "approved", "open"]
    assert "You approved 1." in page
    assert "Left out: Gigapay payrun aaa1. There is nothing to decide any more: it has changed" in page
    assert "It is no clean one: it is approved on its own page." in page


async def test_a_list_counts_once_and_only_for_who_may(site: Stand, approver: Browser):
    await _put_clean(site, "aaa1")
    csrf = await approver.token(LIST, f"{LIST}/approve")
    nothing = await approver.post(f"{LIST}/approve", csrf=csrf)
    again = await approver.post(f"{LIST}/approve", csrf=csrf, run="aaa1")
    async with site.signed_in(PROPOSER) as proposer:
        empty = await proposer.page(LIST)

    assert (nothing.status, again.status) == (422, 403)
    assert "No clean pay run waits for you" in empty
    assert not offers(empty, f"{LIST}/approve")
    assert await _states(site, "aaa1") == ["open"]


async def test_what_must_be_typed_is_not_in_the_list(site: Stand, approver: Browser):
    await _put_clean(site, "aaa1")
    _type_above(site, "1")

    assert "No clean pay run waits for you" in await approver.page(LIST)
