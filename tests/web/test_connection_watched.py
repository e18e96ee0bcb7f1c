"""A connection that a rule watches is no pay run: it has a page of its own, and `why` of its own."""

from bot.core.condition import Answer
from bot.core.decide import Verdict
from bot.core.explain import Node, tree_to_json
from bot.engine.connection_health import id_of, renew
from bot.store import audit, decisions

from .stand import Browser, Stand
from .test_api import get

WHERE = "/payruns/gigapay-se/gigapay-se"


async def watched(site: Stand) -> None:
    """It is read, a rule has answered about it, and the record names it."""
    now = site.bot.now()
    async with site.bot.db.write() as tx:
        await renew(site.bot, tx, site.bot.accounts["gigapay-se"])
        await decisions.keep(
            tx,
            rule="gigapay-weekly-close",
            resource=id_of("gigapay-se"),
            rule_hash="h",
            answer=Answer.YES,
            verdict=Verdict.ACT,
            tree=tree_to_json(Node(Answer.YES, "status is failing", "failing")),
            now=now,
            next_at=None,
            correlation="test",
        )
        await audit.note(tx, now, audit.BOT, "ended an alert", resource=id_of("gigapay-se"))


async def test_it_has_no_page_among_the_pay_runs(site: Stand, approver: Browser) -> None:
    await watched(site)
    listed = await approver.page("/payruns")
    reply = await approver.get(WHERE)

    assert "Connection gigapay-se" not in listed
    assert reply.status == 404
    assert "look at /connections" in await reply.text()


async def test_the_pages_that_name_it_lead_to_the_connections(site: Stand, approver: Browser) -> None:
    await watched(site)
    rule, record = await approver.page("/rules/gigapay-weekly-close"), await approver.page("/audit")

    for page in (rule, record):
        assert "Connection gigapay-se" in page
        assert f'href="{WHERE}"' not in page
        assert 'href="/connections"' in page


async def test_why_answers_about_it(site: Stand) -> None:
    await watched(site)
    status, why = await get(site, f"{WHERE}/why")

    assert status == 200
    assert why["rules"][0]["rule"] == "gigapay-weekly-close"


async def test_it_is_not_among_the_payruns_of_the_api(site: Stand) -> None:
    _, before = await get(site, "/payruns")
    await watched(site)
    _, after = await get(site, "/payruns")

    assert [one["ref"] for one in after["payruns"]] == [one["ref"] for one in before["payruns"]]
