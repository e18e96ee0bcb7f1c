"""Long lists: each line is on one page, wherever pages begin; what is asked for is what is shown."""

import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update

from bot.core.resource import Known, Snapshot
from bot.engine import verify
from bot.engine.seal import seal_once
from bot.engine.settings_seen import TOOK_UP
from bot.store import approvals, audit, audit_check, parked, payruns, resources
from bot.store.approvals import ApprovalState
from bot.store.mails import MailState
from bot.store.paging import LOOKED_THROUGH, Place
from bot.store.payruns import Wanted
from bot.store.tables import approval, mail, resource
from bot.store.tables import audit as audit_table
from bot.web.console import audit as audit_page
from bot.web.cursor import place_in, written
from bot.web.parts import Answer
from bot.web.sought import A_PAGE

from .stand import APPROVER, ODD_RUN, OPERATOR, RUN, VIEWER, Browser, Stand, offers, run, see, sek
from .test_console import text

MANY = 2 * A_PAGE + 7


async def closed_runs(
    site: Stand, count: int, *, connection: str = "gigapay-se", first: int = 100
) -> list[str]:
    """So many closed runs, a day apart, the newest ten days ago."""
    ids = [str(first + number) for number in range(count)]
    async with site.bot.db.write() as tx:
        for number, vendor_id in enumerate(ids):
            opened = Known(site.clock.at - timedelta(days=10 + count - number))
            made = run(vendor_id, connection, status=Known("closed"), **{"opened at": opened})
            await resources.save(tx, _closed(made), now=site.clock.at, correlation="c")
    return ids


def _closed(made: Snapshot) -> Snapshot:
    """The same, closed, and of its connection's vendor."""
    kind = f"{made.connection.partition('-')[0]}.payrun"
    return replace(
        made, kind=kind, is_open=False, is_live=False, vendor_status="invoiced", call={"open": "no"}
    )


def titles(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a href="[^"]+">([^<]+)</a>', page)


def link(page: str, word: str) -> str | None:
    found = re.search(rf'rel="[a-z]+" href="([^"]+)">{word}<', page)
    return found[1].replace("&amp;", "&") if found else None


async def walk(browser: Browser, path: str | None, word: str = "Older") -> list[list[str]]:
    pages = []
    while path is not None:
        page = await browser.page(path)
        pages.append(titles(page))
        path = link(page, word)
    return pages


async def test_every_pay_run_is_on_one_page_and_the_pages_meet_without_a_gap(site: Stand, approver: Browser):
    ids = await closed_runs(site, MANY)
    pages = await walk(approver, "/payruns?status=closed")

    assert [len(page) for page in pages] == [A_PAGE, A_PAGE, 7]
    assert [title.split()[-1] for page in pages for title in page] == list(reversed(ids))


async def test_newer_leads_back_over_the_same_pages(site: Stand, approver: Browser):
    await closed_runs(site, MANY)
    forwards = await walk(approver, "/payruns?status=closed")
    page = await approver.page("/payruns?status=closed")
    for _ in range(2):
        older = link(page, "Older")
        assert older is not None
        page = await approver.page(older)
    newer = link(page, "Newer")
    backwards = await walk(approver, newer, "Newer")

    assert backwards == [forwards[1], forwards[0]]


async def test_what_comes_while_somebody_reads_moves_no_page(site: Stand, approver: Browser):
    ids = await closed_runs(site, MANY)
    first = await approver.page("/payruns?status=closed")
    older = link(first, "Older")
    assert older is not None
    async with site.bot.db.write() as tx:
        for number in range(30):
            made = _closed(run(f"new-{number}", status=Known("closed")))
            await resources.save(tx, made, now=site.clock.at, correlation="c")
    second = await approver.page(older)

    assert [one.split()[-1] for one in titles(second)] == list(reversed(ids))[A_PAGE : 2 * A_PAGE]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"connection": "gigapay-se", "state": "open"}, {RUN, ODD_RUN}, id="open"),
        pytest.param({"state": "closed"}, {"100", "101", "102", "900"}, id="closed, of two connections"),
        pytest.param({"vendor": "xero"}, {"900"}, id="a vendor"),
        pytest.param({"connection": "xero-uk", "state": "open"}, set(), id="none that is both"),
        pytest.param({"status": "closed", "state": "open"}, set(), id="a status that is never open"),
        pytest.param({"needs": "somebody"}, {RUN, "101"}, id="asked about, and set apart"),
        pytest.param({"needs": "somebody", "state": "closed"}, {"101"}, id="of those the closed ones"),
        pytest.param({"q": "28592"}, {RUN}, id="how an id begins"),
        pytest.param({"q": "859272"}, set(), id="not how it ends"),
        pytest.param({"q": f"gigapay-se/{RUN}"}, {RUN}, id="a reference"),
        pytest.param({"q": "gigapay-se/week%2047%2FB%20%26%20%C3%B6"}, {ODD_RUN}, id="an escaped one"),
        pytest.param({"q": "2026-11-08"}, {"101"}, id="a day of a period"),
        pytest.param({"q": "2026-11"}, {"100", "101", "102", "900", RUN, ODD_RUN}, id="a month"),
        pytest.param({"q": "2026-12"}, set(), id="another month"),
        pytest.param({"paid_from": "2026-11-26"}, {RUN, ODD_RUN}, id="paid from a day on"),
        pytest.param({"paid_to": "2026-11-25"}, set(), id="paid before: those without a day are none"),
        pytest.param({"paid_from": "2026-11-26", "status": "closed"}, set(), id="paid then, and closed"),
        pytest.param({"q": "% OR 1=1 --"}, set(), id="what is no id"),
    ],
)
async def test_each_filter_shows_what_fits_and_nothing_else(site: Stand, approver: Browser, asked, found):
    await closed_runs(site, 3)
    await closed_runs(site, 1, connection="xero-uk", first=900)
    async with site.bot.db.write() as tx:
        await parked.park(
            tx, "gigapay.payrun:gigapay-se/101", why="it is odd", ends_by_reading=False, now=site.clock.at
        )
    page = await approver.page(f"/payruns?{urlencode(asked)}")

    ids = [re.sub("^(Gigapay payrun|Xero pay run) ", "", one).replace("&amp;", "&") for one in titles(page)]

    assert (set(ids), len(ids)) == (found, len(found))


@pytest.mark.parametrize(
    "asked",
    [
        {"connection": "nobody"},
        {"vendor": "somebody"},
        {"status": "<b>"},
        {"state": "ajar"},
        {"paid_from": "26/11/2026"},
        {"paid_to": "9999-12-31"},
        {"q": "x" * 201},
        {"q": "a\x00b"},
    ],
)
async def test_a_filter_that_can_be_none_is_refused_by_name(approver: Browser, asked):
    reply = await approver.get(f"/payruns?{urlencode(asked)}")

    assert reply.status == 400
    assert f"{next(iter(asked))}: " in await reply.text()


@pytest.mark.parametrize("path", ["/payruns", "/approvals", "/mails", "/audit"])
@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("x", id="no base64"),
        pytest.param("é", id="no ascii"),
        pytest.param("A" * 601, id="too long"),
        pytest.param("WzFd", id="no way: [1]"),
        pytest.param("W10", id="nothing: []"),
        pytest.param("e30", id="no list: {}"),
        pytest.param("WyJvbGRlciJd", id='no key: ["older"]'),
        pytest.param("WyJvbGRlciIsbnVsbCxudWxsXQ", id='no values: ["older",null,null]'),
        pytest.param("WyJvbGRlciIsWzFdLHt9XQ", id='lists: ["older",[1],{}]'),
        pytest.param("WyJvbGRlciIsMWU5OTksMV0", id='no number: ["older",1e999,1]'),
        pytest.param("WyJvbGRlciIsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OSwieCJd", id="no such time, no such day"),
    ],
)
async def test_a_cursor_that_is_none_of_this_list_is_a_plain_400(approver: Browser, path, cursor):
    reply = await approver.get(f"{path}?{urlencode({'cursor': cursor})}")

    assert reply.status == 400
    assert "There is no such page of the list" in await reply.text()


def test_a_cursor_of_one_list_is_none_of_another():
    place = place_in(written(Place(("2026-11-20", "a\u00a0b"))), str, str)

    assert place is not None
    assert place.key == ("2026-11-20", "a\u00a0b")
    with pytest.raises(Answer):
        place_in(written(place), int, str)
    for content in (
        '["sideways","2026-11-20","a"]',
        '["older","2026-11-20","a","b"]',
        '["older","a","\\u0000"]',
    ):
        with pytest.raises(Answer):
            place_in(urlsafe_b64encode(content.encode()).decode(), str, str)


async def test_pages_of_several_walks_put_what_is_of_one_day_in_one_order(site: Stand):
    """Two connections and three kinds of open, all on one day: the hardest place to begin a page in."""
    async with site.bot.db.write() as tx:
        for connection in ("gigapay-se", "xero-uk"):
            for number in range(20):
                made = _closed(run(f"{number:02}", connection, status=Known("closed")))
                await resources.save(tx, made, now=site.clock.at, correlation="c")
    wanted = Wanted(connections=("gigapay-se", "xero-uk"), status="closed")
    found: list[str] = []
    place = None
    async with site.bot.db.read() as tx:
        while True:
            listed = await payruns.listed(tx, wanted, place, at_most=7)
            found += [row.id for row in listed.rows]
            place = listed.older
            if place is None:
                break

    assert len(found) == len(set(found)) == 40
    assert found == sorted(found, reverse=True)


async def _approvals(site: Stand, count: int) -> None:
    (asked,) = await site.stored(approval)
    async with site.bot.db.write() as tx:
        for number in range(count):
            copy = {
                **asked._mapping,
                "id": f"a{number}",
                "effect_key": f"key {number}",
                "state": ApprovalState.EXPIRED,
                "asked_at": site.clock.at - timedelta(hours=number + 1),
            }
            await tx.execute(approval.insert().values(**copy))


async def test_decided_approvals_come_in_pages_and_what_waits_is_none_of_them(site: Stand, approver: Browser):
    await _approvals(site, MANY)
    seen: list[str] = []
    path: str | None = "/approvals"
    while path is not None:
        page = await approver.page(path)
        seen += re.findall(r'href="/approvals/(a\d+)"', page)
        path = link(page, "Older")

    assert seen == [f"a{number}" for number in range(MANY)]


async def _asking(site: Stand) -> Any:
    """A mail about the pay run of the stand."""
    return next(one for one in await site.stored(mail) if one.resource is not None)


async def _mails(site: Stand, count: int, **values: Any) -> None:
    one = await _asking(site)
    async with site.bot.db.write() as tx:
        for number in range(count):
            copy = {
                **one._mapping,
                "message_id": f"<{number}-{values.get('state', '')}@bot>",
                "cause": f"cause {number} {values.get('state', '')}",
                "subject": f"Number {number} of 19\u00a0270.25\u00a0SEK",
                "created_at": site.clock.at - timedelta(minutes=number + 1),
                "settled_at": None,
                **values,
            }
            await tx.execute(mail.insert().values(**copy))


async def test_mails_come_in_pages(site: Stand, approver: Browser):
    await _mails(site, MANY, state=MailState.REFUSED)
    pages = []
    path: str | None = "/mails?state=failed"
    while path is not None:
        page = await approver.page(path)
        pages.append(re.findall(r">Number (\d+) of", page))
        path = link(page, "Older")

    assert [number for page in pages for number in page] == [str(number) for number in range(MANY)]
    assert [len(page) for page in pages] == [A_PAGE, A_PAGE, 7]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        pytest.param({"state": "failed"}, 3, id="failed"),
        pytest.param({"state": "waiting"}, 2, id="waiting"),
        pytest.param({"state": "sent"}, 0, id="sent"),
        pytest.param({"q": "odd@example.com"}, 3, id="to whom"),
        pytest.param({"q": "odd@example.com", "state": "waiting"}, 0, id="to whom, and waiting"),
        pytest.param({"q": "number 2 OF 19 270"}, 1, id="a subject, whatever its case and spaces"),
        pytest.param({"q": "100% off"}, 0, id="a text with a sign of its own"),
        pytest.param({"q": RUN, "state": "failed"}, 3, id="about a pay run"),
        pytest.param({"q": f"gigapay-se/{RUN}", "state": "failed"}, 3, id="about a reference"),
    ],
)
async def test_mails_are_found_by_what_they_are(site: Stand, approver: Browser, asked, count):
    await _mails(site, 3, state=MailState.REFUSED, recipient="odd@example.com")
    page = await approver.page(f"/mails?{urlencode(asked)}")

    assert len(re.findall(r'<th scope="row"', page)) == count


async def test_a_person_is_found_by_their_id(site: Stand, approver: Browser):
    page = text(await approver.page(f"/mails?q={APPROVER}"))

    assert "finance-1@example.com" in page
    assert "finance-2@example.com" not in page


async def test_a_subject_is_looked_for_in_so_many_mails_at_a_time(site: Stand, approver: Browser):
    one = (await _asking(site))._mapping
    older = {
        **one,
        "message_id": "<far@bot>",
        "cause": "far",
        "subject": "Far away",
        "created_at": site.clock.at - timedelta(days=30),
    }
    copies = [
        {
            **one,
            "message_id": f"<{n}@bot>",
            "cause": str(n),
            "created_at": site.clock.at - timedelta(minutes=n),
        }
        for n in range(LOOKED_THROUGH)
    ]
    async with site.bot.db.write() as tx:
        await tx.execute(mail.insert(), [*copies, older])
    first = await approver.page("/mails?q=far+away")
    path = link(first, "Older")
    assert path is not None
    second = await approver.page(path)

    assert "No mail fits the filter so far" in text(first)
    assert "Older looks further back." in text(first)
    assert "Far away" in text(second)
    assert link(second, "Older") is None


async def _lines(
    site: Stand, count: int, actor: str = APPROVER, what: str = "did thing", **more: Any
) -> None:
    async with site.bot.db.write() as tx:
        for number in range(count):
            at = site.clock.at - timedelta(days=count - number)
            await audit.note(tx, at, actor, f"{what} {number}", **more)


async def test_a_change_of_the_settings_is_told_with_what_was_before(site: Stand, approver: Browser):
    changed = [["guards.per_action.SEK", "250 000.00 SEK", "900 000.00 SEK"], ["heartbeat.every", "", "5m"]]
    async with site.bot.db.write() as tx:
        await audit.note(tx, site.clock.at, audit.BOT, TOOK_UP, settings={}, changed=changed, marks="key")

    page = text(await approver.page("/audit"))
    assert "took up settings (guards.per_action.SEK 250 000.00 SEK → 900 000.00 SEK, " in page
    assert "heartbeat.every – → 5m)" in page


async def test_the_audit_is_told_in_pages_newest_first(site: Stand, approver: Browser):
    async with site.bot.db.write() as tx:
        for number in range(MANY):
            await audit.note(tx, site.clock.at, "somebody", f"did thing {number}")
    pages = []
    path: str | None = "/audit?person=somebody"
    while path is not None:
        page = await approver.page(path)
        pages.append(re.findall(r"did thing (\d+)<", page))
        path = link(page, "Older")

    assert [number for page in pages for number in page] == [str(n) for n in reversed(range(MANY))]
    assert [len(page) for page in pages] == [A_PAGE, A_PAGE, 7]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"person": "somebody"}, {0, 1, 2, 3, 4}, id="a person"),
        pytest.param({"what": "did thing 3"}, {3}, id="what"),
        pytest.param({"person": "nobody", "what": "did thing 3"}, set(), id="what, by another"),
        pytest.param({"rule": "a-rule"}, {0, 1, 2, 3, 4}, id="a rule"),
        pytest.param({"rule": "a-rule", "since": "2026-11-18"}, {3, 4}, id="from a day on"),
        pytest.param({"rule": "a-rule", "until": "2026-11-16"}, {0, 1}, id="until a day, its end included"),
        pytest.param({"payrun": RUN, "person": "somebody"}, {0, 1, 2, 3, 4}, id="a pay run"),
        pytest.param({"payrun": "gigapay-se/nothing"}, set(), id="no pay run"),
    ],
)
async def test_the_audit_is_searched(site: Stand, approver: Browser, asked, found):
    await _lines(site, 5, "somebody", rule="a-rule", resource=f"gigapay.payrun:gigapay-se/{RUN}")
    page = await approver.page(f"/audit?{urlencode(asked)}")

    assert {int(one) for one in re.findall(r"did thing (\d) ", text(page))} == found


async def test_a_search_about_a_pay_run_leads_to_its_evidence(approver: Browser):
    page = await approver.page(f"/audit?payrun={RUN}")

    assert f'href="/payruns/gigapay-se/{RUN}/evidence"' in page


async def _sealed(site: Stand) -> None:
    while await seal_once(site.bot):
        pass


async def _verified(site: Stand) -> None:
    while await verify.verify_once(site.bot):
        pass


async def test_a_page_verifies_what_came_since_and_says_as_of_when(site: Stand, approver: Browser):
    await _sealed(site)
    reply = await approver.submit("/audit", audit_page.VERIFY)
    under_way = text(await approver.page("/audit"))
    await _verified(site)
    site.clock.at += timedelta(hours=2)
    await _lines(site, 2)
    await _sealed(site)
    page = text(await approver.page("/audit"))

    assert (reply.status, reply.headers["Location"]) == (303, "/audit")
    assert (
        "being verified Not all that was recorded is verified yet Begun by finance-1 Fri 20 Nov 15:05"
        in under_way
    )
    assert "the chain is whole Everything recorded is as it was written" in page
    assert re.search(r"Lines 1 to \d+ were verified Fri 20 Nov 15:05, what came since just now\.", page)


async def test_a_page_verifies_no_more_than_so_many_and_says_how_many_are_left(
    site: Stand, approver: Browser, monkeypatch: pytest.MonkeyPatch
):
    await _lines(site, 9)
    await _sealed(site)
    monkeypatch.setattr(audit_page, "VERIFIED_HERE", 4)
    page = text(await approver.page("/audit"))

    assert "the chain is whole to line 4" in page
    assert re.search(r"Lines 5 to \d+ are sealed and were not verified yet\.", page)


async def test_a_line_that_was_changed_is_found_when_all_of_it_is_verified(site: Stand, approver: Browser):
    await _sealed(site)
    await approver.submit("/audit", audit_page.VERIFY)
    await _verified(site)
    async with site.bot.db.write() as tx:
        await tx.execute(update(audit_table).where(audit_table.c.seq == 3).values(actor="nobody"))
    before = text(await approver.page("/audit"))
    await approver.submit("/audit", audit_page.VERIFY)
    await _verified(site)
    after = text(await approver.page("/audit"))

    assert "the chain is whole" in before
    assert "the chain is broken What was recorded is not as it was written" in after
    assert "Line 3 is not as it was sealed" in after
    (told,) = [row for row in await site.stored(audit_table) if row.what == "found the record broken"]
    assert "line 3" in told.what_json


@pytest.mark.parametrize("column", ["what", "rule"])
async def test_a_copy_by_which_a_line_is_found_cannot_be_changed_unseen(site: Stand, column):
    await _sealed(site)
    async with site.bot.db.write() as tx:
        await tx.execute(sql(f"UPDATE audit SET {column} = 'nothing' WHERE seq = 2"))
        key = verify.audit_keys(site.bot)

        assert await audit.verify(tx, key) == "line 2 is found by something else than it says"


async def test_a_record_that_was_cut_off_is_found_by_the_head_outside_of_it(site: Stand, approver: Browser):
    await _lines(site, 3)
    await _sealed(site)
    async with site.bot.db.write() as tx:
        last = await audit.last_sealed(tx)
        assert last is not None
        await tx.execute(audit_table.delete().where(audit_table.c.seq > last.seq - 2))
        await audit_check.begin(tx, by=APPROVER, now=site.clock.at)
    await _verified(site)

    assert f"lines {last.seq - 1} to {last.seq} are gone" in text(await approver.page("/audit")).lower()


async def test_verifying_goes_on_where_it_was_broken_off(site: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verify, "A_PIECE", 3)
    await _lines(site, 9)
    await _sealed(site)
    async with site.bot.db.write() as tx:
        await audit_check.begin(tx, by=APPROVER, now=site.clock.at)
    assert await verify.verify_once(site.bot)
    async with site.bot.db.read() as tx:
        half = await audit_check.known(tx)
    assert half is not None
    await _verified(site)
    async with site.bot.db.read() as tx:
        whole, last = await audit_check.known(tx), await audit.last_sealed(tx)

    assert (half.last.seq, half.ended_at) == (3, None)
    assert whole is not None
    assert last is not None
    assert (whole.last.seq, whole.wrong) == (last.seq, "")


async def test_once_a_day_only_what_is_new_is_verified_and_nothing_after_a_break(site: Stand):
    await _sealed(site)
    async with site.bot.db.write() as tx:
        await verify.verify_new(site.bot, tx)
    await _verified(site)
    async with site.bot.db.write() as tx:
        first = await audit_check.known(tx)
        await verify.verify_new(site.bot, tx)
        again = await audit_check.known(tx)
        assert first is not None
        assert again is not None
        await audit_check.came_to(tx, again, again.last, wrong="line 1 is gone", ended_at=site.clock.at)
        await verify.verify_new(site.bot, tx)
        broken = await audit_check.known(tx)

    assert (first.begun, again.begun) == (0, first.last.seq)
    assert broken is not None
    assert broken.wrong == "line 1 is gone"


@pytest.mark.parametrize(("person", "may"), [(OPERATOR, True), (APPROVER, True), (VIEWER, False)])
async def test_who_may_have_all_of_it_verified(site: Stand, person, may):
    async with site.signed_in(person) as browser:
        assert offers(await browser.page("/audit"), audit_page.VERIFY) is may


async def test_it_is_verified_once_at_a_time(site: Stand, approver: Browser):
    await approver.submit("/audit", audit_page.VERIFY)
    again = await approver.submit("/audit", audit_page.VERIFY)

    assert again.status == 409
    assert "It is being verified already." in await again.text()


async def test_an_approval_knows_which_checks_were_ticked(site: Stand, approver: Browser):
    here = f"/approvals/{(await site.asked()).id}"
    await approver.submit(here, f"{here}/approve", check="first-time-payees")
    async with site.bot.db.read() as tx:
        (asked,) = await approvals.listed(tx)

    assert [one.checks for one in asked.answers] == [("first-time-payees",)]


@pytest.mark.parametrize(
    ("path", "name", "key"),
    [
        ("/api/payruns?status=closed", "payruns", "vendor_id"),
        ("/api/approvals?state=expired", "approvals", "id"),
        ("/api/mails?state=failed", "mails", "id"),
        ("/api/audit?person=somebody", "lines", "seq"),
    ],
)
async def test_a_program_walks_each_list_by_its_cursors(site: Stand, path, name, key):
    await closed_runs(site, MANY)
    await _approvals(site, MANY)
    await _mails(site, MANY, state=MailState.REFUSED)
    await _lines(site, MANY, "somebody")
    pages, cursor = [], ""
    async with site.client() as client:
        while True:
            asked = f"{path}&{urlencode({'cursor': cursor})}"
            reply = await (await client.get(asked, headers=site.bearer(VIEWER))).json()
            pages.append([one[key] for one in reply[name]])
            cursor = reply["older"] or ""
            if not cursor:
                break
        back = f"{path}&{urlencode({'cursor': reply['newer']})}"
        before = await (await client.get(back, headers=site.bearer(VIEWER))).json()

    assert [len(page) for page in pages] == [A_PAGE, A_PAGE, 7]
    assert len({one for page in pages for one in page}) == MANY
    assert [one[key] for one in before[name]] == pages[1]


@pytest.mark.parametrize("path", ["/api/payruns", "/api/approvals", "/api/mails", "/api/audit"])
async def test_a_program_is_told_that_a_cursor_is_none(site: Stand, path):
    async with site.client() as client:
        reply = await client.get(f"{path}?cursor=x", headers=site.bearer(VIEWER))

        assert (reply.status, reply.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize(("person", "status"), [(OPERATOR, 200), (VIEWER, 403)])
async def test_a_program_has_the_record_verified_as_the_page_does(site: Stand, person, status):
    async with site.client() as client:
        reply = await client.post("/api/audit/verify", headers=site.bearer(person))

        assert reply.status == status


async def test_a_pay_run_shows_its_last_twelve_runs_and_the_median_of_six(site: Stand, approver: Browser):
    await closed_runs(site, 15)
    page = await approver.page(f"/payruns/gigapay-se/{RUN}")

    assert "Net pay against the last 12" in text(page)
    assert "Line: median of the last six" in text(page)
    assert page.count('<rect class="bar"') == 12
    assert page.count('<rect class="bar-now"') == 1


async def test_a_pay_run_says_what_changed_after_the_cut_off_line_by_line(site: Stand, approver: Browser):
    site.clock.at += timedelta(minutes=16)
    before = run(RUN)
    assert before.lines is not None
    first, second = before.lines
    third = replace(first, id="p9", payee="1083")
    less = replace(second, net_pay=sek("8000.00"))
    changed = replace(run(RUN, **{"net pay": Known(sek("32000.50"))}), lines=(first, less, third))
    async with site.bot.db.write() as tx:
        await tx.execute(update(resource).values(first_seen_at=site.clock.at - timedelta(days=4)))
    await see(site.bot, site.vendor, replace(changed, observed_at=site.clock.at))
    page = text(await approver.page(f"/payruns/gigapay-se/{RUN}"))

    assert "15:00 Input cut-off" in page
    assert (
        "15:21 Changed at Gigapay after the cut-off 32 000.50 SEK , payee 1083 added, payee 1080 less" in page
    )


async def test_a_pay_run_leads_to_its_evidence(approver: Browser):
    assert f'href="/payruns/gigapay-se/{RUN}/evidence"' in await approver.page(f"/payruns/gigapay-se/{RUN}")
