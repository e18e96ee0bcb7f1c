"""The console's pages say what is stored: the right words, the story in order, mails kept apart."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.core.resource import Known, Unread
from bot.engine.seal import seal_once
from bot.store import audit, health, resources
from bot.store.effects import State
from bot.store.mails import MailState
from bot.store.tables import audit as audit_table
from bot.store.tables import effect, mail

from .stand import RUN, Browser, Stand, run, see

PAGE = f"/payruns/gigapay-se/{RUN}"
NEVER = r"\b(parked|fingerprint|quarantine|witness|effects?|lease|generation|round)\b"
"""The engine's own words, which no screen shows."""


def text(page: str) -> str:
    """What a reader sees of a page, on one line."""
    body = re.sub(r"<svg.*?</svg>", "", page[page.index("<main") : page.index("</main")], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("\u00a0", " ").split())


async def _vendor_effect_is(site: Stand, state: State, **values: object) -> None:
    async with site.bot.db.write() as tx:
        await tx.execute(update(effect).where(effect.c.is_vendor.is_(True)).values(state=state, **values))


async def _close_it(site: Stand, approver: Browser) -> None:
    """Approved on the page, performed, and read back as closed."""
    here = f"/approvals/{(await site.asked()).id}"
    await approver.submit(here, f"{here}/approve", check="first-time-payees")
    await site.work()
    closed = replace(
        run(RUN, status=Known("closed")),
        vendor_status="invoiced",
        is_open=False,
        call={"payrun": RUN, "open": "no"},
    )
    site.clock.at += timedelta(seconds=30)
    await see(site.bot, site.vendor, closed)
    await site.work()


async def test_today_names_what_needs_this_person_and_by_when(site: Stand, approver: Browser):
    page = text(await approver.page("/"))

    assert "1 thing needs you, by Tue 24 Nov 16:00" in page
    assert f"Approve: close Gigapay payrun {RUN}" in page
    assert "2 payouts to 2 payees, 1 check to tick." in page
    assert "All is well gigapay-se and xero-uk answer. Last news 15:05." in page


async def test_today_says_what_is_unwell(site: Stand, approver: Browser):
    async with site.bot.db.write() as tx:
        await health.set_health(
            tx, "xero-uk", failing_since=site.clock.at, failures=3, problem="Xero answers 503"
        )
    site.bot.problems = ("rules/a.yaml:3: wrong",)
    page = text(await approver.page("/"))

    assert "xero-uk cannot be read Since Fri 20 Nov 15:05: Xero answers 503." in page
    assert "1 problem in the rule files" in page
    assert "rules/a.yaml:3: wrong" in text(await approver.page("/rules"))


async def test_today_names_a_run_that_is_still_open_after_its_bank_deadline(site: Stand, approver: Browser):
    in_time = text(await approver.page("/"))
    weeks_ago = Known(site.clock.at - timedelta(days=21))
    await see(site.bot, site.vendor, run("2859250", **{"opened at": weeks_ago}))
    page = text(await approver.page("/"))

    assert "is still open" not in in_time
    assert "Gigapay payrun 2859250 is still open after its bank deadline" in page
    assert "Somebody has to see to it by hand." in page


async def test_what_could_not_be_confirmed_needs_an_approver_first_of_all(site: Stand, approver: Browser):
    await _vendor_effect_is(site, State.PARKED, reason="could not be confirmed", sent_at=site.clock.at)

    assert f"Say what happened: close, Gigapay payrun {RUN}" in text(await approver.page("/"))


async def test_the_page_of_a_closed_run_tells_who_did_what_and_by_whose_yes(site: Stand, approver: Browser):
    await _close_it(site, approver)
    page = text(await approver.page(PAGE))

    assert "It was closed Fri 20 Nov 15:05 by payrunbot, after finance-1 approved, and read back." in page
    assert "Gigapay says: invoiced" in page
    story = [
        "First seen",
        "gigapay-weekly-close answers yes a person is asked",
        "Asked finance-1",
        "finance-1 approved",
        "Sent to Gigapay: close",
        "Close: closed, confirmed",
    ]
    happened = page[page.index("What happened") :]
    found = [happened.index(one) for one in story]
    assert found == sorted(found)
    assert "It cannot be opened again." in page


async def test_after_the_deed_the_page_shows_the_decision_by_which_it_was_done(
    site: Stand, approver: Browser
):
    await _close_it(site, approver)
    page = text(await approver.page(PAGE))

    assert "This is the decision by which it was done." in page
    assert "What it answers now: no" in page


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (State.PLANNED, "planned"),
        (State.INTENT, "being confirmed"),
        (State.SENT, "being confirmed"),
        (State.CONFIRMING, "being confirmed"),
        (State.UNKNOWN, "being confirmed"),
        (State.PARKED, "could not be confirmed"),
        (State.WITHDRAWN, "withdrawn"),
        (State.REFUSED, "refused"),
        (State.VERIFIED, "closed, confirmed"),
    ],
)
async def test_every_state_of_an_action_has_its_word(site: Stand, approver: Browser, state, says):
    await _vendor_effect_is(site, state, sent_at=site.clock.at, reason="")

    assert f"Close: {says}" in text(await approver.page(PAGE))


@pytest.mark.parametrize("state", list(State))
async def test_the_engines_own_words_are_on_no_page(site: Stand, approver: Browser, state):
    await _vendor_effect_is(site, state, sent_at=site.clock.at)
    async with site.bot.db.write() as tx:
        await audit.note(tx, site.clock.at, audit.BOT, str(state), effect="gigapay.close_payrun:x#1")
    for path in ("/", "/payruns", PAGE, "/approvals", "/rules", "/connections", "/mails", "/audit"):
        page = await approver.page(path)

        assert re.findall(NEVER, text(page).replace("Takes effect", ""), re.IGNORECASE) == []


async def test_pay_runs_are_chosen_by_connection_and_status(approver: Browser):
    assert text(await approver.page("/payruns")).startswith("2 pay runs")
    assert "2 pay runs of gigapay-se, open" in text(
        await approver.page("/payruns?connection=gigapay-se&status=open")
    )
    assert "No pay run is known that fits the filter." in text(await approver.page("/payruns?status=paid"))


async def test_a_search_is_never_printed_as_it_came(approver: Browser):
    page = await approver.page("/payruns?q=<script>")
    refused = await (await approver.get("/payruns?connection=<script>&status=<script>")).text()

    assert "<script>" not in page + refused


async def test_a_status_nobody_knows_is_unknown_and_says_why(site: Stand, approver: Browser):
    odd = replace(
        run(RUN, status=Unread("Gigapay says 'resting', which is no status that we know")), is_open=None
    )
    await see(site.bot, site.vendor, odd)
    page = text(await approver.page(PAGE))

    assert "status: Gigapay says &#39;resting&#39;, which is no status that we know" in page


async def test_the_approval_shows_what_was_asked_and_not_what_is_true_now(site: Stand, approver: Browser):
    asked = await site.asked()
    async with site.bot.db.write() as tx:
        found = await resources.get(tx, asked.shown["resource"])
        assert found is not None
        later = run(RUN, **{"net pay": Known(replace(found.snapshot.lines[0].net_pay))})
        await resources.save(tx, later, now=site.clock.at, correlation="x")

    assert "Net pay 21 000.25 SEK" in text(await approver.page(f"/approvals/{asked.id}"))


async def test_a_mail_is_shown_with_its_outcome_and_its_html_apart(site: Stand, approver: Browser):
    asking = await _mail(site, "approval_asked")
    page = await approver.page("/mails")
    (url,) = re.findall(rf'href="(/mails/[^"]+)">{re.escape(asking.subject)}', page)
    shown = await approver.page(url)
    html = await approver.get(f"{url}/html")

    assert f'about <a href="{PAGE}">Gigapay payrun {RUN}</a>' in shown
    assert "finance-1@example.com: waiting" in text(shown)
    assert f'<iframe class="mail" src="{url}/html" sandbox=""' in shown
    assert html.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    )
    assert (await html.text()).lstrip().lower().startswith("<!doctype html")


async def _mail(site: Stand, template: str):
    async with site.bot.db.read() as tx:
        return (await tx.execute(select(mail).where(mail.c.template == template))).one()


async def test_a_mail_that_was_refused_is_named_where_it_is_seen(site: Stand, approver: Browser):
    asking = await _mail(site, "approval_asked")
    async with site.bot.db.write() as tx:
        await tx.execute(
            update(mail)
            .where(mail.c.message_id == asking.message_id)
            .values(state=MailState.REFUSED, outcome="550 no such mailbox", settled_at=site.clock.at)
        )

    assert "refused: 550 no such mailbox" in text(await approver.page(PAGE))
    assert f"Mail not delivered: {asking.subject}".replace("\u00a0", " ") in text(await approver.page("/"))


async def test_mail_that_cannot_be_sent_for_a_while_is_a_trouble_of_readiness(site: Stand):
    async with site.client() as client:
        at_once = await (await client.get("/readyz")).json()
        site.clock.at += timedelta(minutes=6)
        late = await (await client.get("/readyz")).json()

    assert (at_once["troubles"], late["troubles"]) == ([], ["mail"])
    assert late["ready"] is True


async def test_a_changed_line_of_the_audit_shows(site: Stand, approver: Browser):
    while await seal_once(site.bot):
        pass
    assert "the chain is whole" in text(await approver.page("/audit"))
    async with site.bot.db.write() as tx:
        await tx.execute(update(audit_table).where(audit_table.c.seq == 3).values(actor="nobody"))

    page = text(await approver.page("/audit"))
    assert "the chain is broken" in page
    assert "Line 3 is not as it was sealed" in page


async def test_a_rule_page_tells_what_holds_and_what_it_answers(approver: Browser):
    page = text(await approver.page("/rules/gigapay-weekly-close"))

    assert "gigapay-se: one at most 250 000 SEK; a day at most 1 000 000 SEK" in page
    assert f"yes Gigapay payrun {RUN} Fri 20 Nov 15:05" in page
    assert "payouts is at least 1 (0)" in page
    assert "finance-1 signed it, Fri 20 Nov 14:55" in page


async def test_the_stylesheet_is_for_everybody(site: Stand):
    async with site.client() as client:
        reply = await client.get("/static/app.css")

        assert (reply.status, reply.content_type) == (200, "text/css")
        assert "--paper" in await reply.text()


async def test_a_fault_of_ours_is_a_page_and_its_place_is_in_the_log(site: Stand, approver: Browser):
    site.bot.accounts = None
    reply = await approver.get("/connections")

    assert reply.status == 500
    assert "This is a fault of payrunbot" in await reply.text()
    (line,) = [one for one in site.log.entries if one["event"] == "a request failed"]
    assert (line["route"], line["problem"]) == ("/connections", "TypeError")
    assert line["places"][-1].startswith("web/console/connections.py:")


@pytest.mark.parametrize(
    ("done_by", "says"),
    [
        ("payrunbot", "It was closed Fri 20 Nov 15:05 by payrunbot and read back."),
        ("somebody else", "It was closed at Gigapay already, not by payrunbot."),
        ("finance-1", "finance-1 says that it was closed."),
    ],
)
async def test_a_page_says_by_whom_it_was_done(site: Stand, approver: Browser, done_by, says):
    await _vendor_effect_is(site, State.VERIFIED, sent_at=site.clock.at, done_by=done_by)

    assert says in text(await approver.page(PAGE))
