"""People over HTTP: tokens, absences, who decides what, and a month of answers."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.engine import access
from bot.store.codec import canonical
from bot.store.tables import approval, approval_answer, audit, mail
from bot.store.tables import away as away_table
from bot.store.tables import session as session_table
from bot.store.tables import token as token_table
from bot.web.spreadsheet import as_csv

from .stand import APPROVER, OPERATOR, PROPOSER, RUN, VIEWER, Browser, Stand, offers
from .test_console import text

PEOPLE = "/people"
NOVEMBER = "/people/2026-11"
BACK_ON = "2026-11-30T00:00"


async def _tokens(site: Stand, person: str) -> list[Any]:
    return [one for one in await site.stored(token_table) if one.person == person]


async def _audited(site: Stand, what: str) -> list[tuple[str, str]]:
    async with site.bot.db.read() as tx:
        rows = await tx.execute(select(audit).order_by(audit.c.seq))
        return [(row.actor, row.what_json) for row in rows if f'"what":"{what}"' in row.what_json]


async def _revoke(browser: Browser, id: str) -> Any:
    return await browser.submit(PEOPLE, "/people/revoke", token=id)


# Tokens


async def test_a_token_is_issued_to_oneself_shown_once_and_lets_in(site: Stand, approver: Browser) -> None:
    reply = await approver.submit(PEOPLE, "/people/token")
    page = await reply.text()
    (token,) = re.findall(r"prb_[A-Za-z0-9_-]{43}", page)
    later = await approver.page(PEOPLE)

    assert reply.status == 200
    assert "Keep this token now: it is not shown again" in page
    assert reply.headers["Cache-Control"] == "no-store"
    assert token not in later
    assert "2 valid" in later
    async with site.client() as client:
        found = await client.get("/api/tokens", headers={"Authorization": f"Bearer {token}"})
        assert found.status == 200
    assert all(token not in str(row) for row in await site.stored(token_table))


async def test_nobody_has_more_tokens_than_can_be_counted(site: Stand, approver: Browser) -> None:
    for _ in range(19):
        assert (await approver.submit(PEOPLE, "/people/token")).status == 200
    reply = await approver.submit(PEOPLE, "/people/token")

    assert reply.status == 409
    assert "You have 20 tokens that are valid." in await reply.text()
    assert len(await _tokens(site, APPROVER)) == 20


async def test_who_signed_in_with_a_revoked_token_is_out_at_once(site: Stand, approver: Browser) -> None:
    async with site.signed_in(OPERATOR) as operator:
        (token,) = await _tokens(site, OPERATOR)
        before = await operator.get("/")
        reply = await _revoke(approver, token.id)
        after = await operator.get("/")
        async with site.client() as client:
            by_token = await client.get("/api/payruns", headers=site.bearer(OPERATOR))
            again = await Browser(client).submit("/sign-in", "/sign-in", token=site.tokens[OPERATOR])

    assert (before.status, reply.status) == (200, 303)
    assert (after.status, after.headers["Location"]) == (303, "/sign-in")
    assert (by_token.status, again.status) == (401, 403)
    assert [one.person for one in await site.stored(session_table)] == [APPROVER]


async def test_a_session_of_another_token_of_the_same_person_stays(site: Stand, approver: Browser) -> None:
    issued = await (await approver.submit(PEOPLE, "/people/token")).text()
    (other,) = re.findall(r"prb_[A-Za-z0-9_-]{43}", issued)
    async with site.client() as client:
        second = Browser(client)
        await second.submit("/sign-in", "/sign-in", token=other)
        by_id = {one.hash: one.id for one in await _tokens(site, APPROVER)}
        old = by_id[access.hashes(site.bot.settings, site.tokens[APPROVER])[0]]
        await _revoke(second, old)

        assert (await second.get("/")).status == 200
    assert (await approver.get("/")).status == 303


async def test_nobody_is_let_in_by_a_token_that_ends_while_they_sign_in(
    site: Stand, approver: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked up, then revoked, then the session is to be opened."""
    found = access._find_token

    async def and_then_it_is_revoked(bot: Any, token: str) -> Any:
        one = await found(bot, token)
        await _revoke(approver, one.id)
        return one

    monkeypatch.setattr(access, "_find_token", and_then_it_is_revoked)
    assert await access.sign_in(site.bot, site.tokens[OPERATOR]) is None

    assert [one.person for one in await site.stored(session_table)] == [APPROVER]


async def test_a_revocation_is_in_the_record_and_mailed_to_its_owner(site: Stand, approver: Browser) -> None:
    (token,) = await _tokens(site, OPERATOR)
    await _revoke(approver, token.id)
    await site.work()

    ((actor, said),) = await _audited(site, "revoked a token")
    assert actor == APPROVER
    assert f'"person":"{OPERATOR}"' in said
    assert f'"token":"{token.id}"' in said
    told = [one for one in await site.stored(mail) if one.subject == "A token of yours was revoked"]
    assert [one.recipient for one in told] == ["payroll-1@example.com"]


@pytest.mark.parametrize("person", [VIEWER, OPERATOR])
async def test_who_is_no_approver_sees_and_revokes_their_own_alone(site: Stand, person: str) -> None:
    (theirs,), (own,) = await _tokens(site, APPROVER), await _tokens(site, person)
    async with site.signed_in(person) as browser:
        page = await browser.page(PEOPLE)
        other = await _revoke(browser, theirs.id)
        by_name = await _revoke(browser, APPROVER)
        mine = await _revoke(browser, own.id)

    assert own.id in page
    assert theirs.id not in page
    assert (other.status, by_name.status, mine.status) == (409, 403, 303)
    assert "that you may revoke" in await other.text()
    assert (await _tokens(site, APPROVER))[0].revoked_at is None


async def test_all_of_a_persons_tokens_end_by_their_name(site: Stand, approver: Browser) -> None:
    reply = await _revoke(approver, OPERATOR)
    page = await approver.page(PEOPLE)

    assert reply.status == 303
    assert f"{OPERATOR}&#39;s token" in page
    assert all(one.revoked_at is not None for one in await _tokens(site, OPERATOR))
    assert (await _revoke(approver, OPERATOR)).status == 409


async def test_the_use_of_a_token_is_noted_now_and_then(site: Stand) -> None:
    async with site.client() as client:

        async def use() -> Any:
            await client.get("/api/payruns", headers=site.bearer(VIEWER))
            return (await _tokens(site, VIEWER))[0].last_used_at

        first = await use()
        site.clock.at += timedelta(minutes=9)
        soon = await use()
        site.clock.at += timedelta(minutes=1)
        later = await use()

    assert first == soon == later - timedelta(minutes=10)


async def test_the_api_lists_and_revokes_tokens_without_their_secrets(site: Stand) -> None:
    async with site.client() as client:
        own = await (await client.get("/api/tokens", headers=site.bearer(VIEWER))).json()
        every = await (await client.get("/api/tokens", headers=site.bearer(APPROVER))).json()
        id = own["tokens"][0]["id"]
        done = await client.post("/api/tokens/revoke", json={"which": id}, headers=site.bearer(VIEWER))
        after = await client.get("/api/tokens", headers=site.bearer(VIEWER))

    assert [one["person"] for one in own["tokens"]] == [VIEWER]
    assert {one["person"] for one in every["tokens"]} == {VIEWER, OPERATOR, APPROVER, PROPOSER}
    assert "prb_" not in str(every)
    assert (done.status, after.status) == (200, 401)


# Absences


async def test_an_absence_is_shown_on_people_today_and_on_what_is_asked(
    site: Stand, approver: Browser
) -> None:
    asked = await site.asked()
    reply = await approver.submit(PEOPLE, "/people/away", until=BACK_ON, since="", note="on  leave")
    people, today = text(await approver.page(PEOPLE)), text(await approver.page("/"))
    question = text(await approver.page(f"/approvals/{asked.id}"))
    await approver.submit(PEOPLE, "/people/back", person=APPROVER)
    after = text(await approver.page(PEOPLE))

    assert reply.status == 303
    assert "finance-1 is away until Mon 30 Nov, and everything can be decided" in people
    assert "away until Mon 30 Nov: on leave" in people
    assert "finance-1 is away until Mon 30 Nov" in today
    assert asked.shown["people"] == [APPROVER]  # finance-2 proposed the rule
    assert "finance-1 is away until Mon 30 Nov; nobody else may decide." in question
    assert "Nobody is away, and everything can be decided" in after
    assert await site.stored(away_table) == []


async def test_that_nobody_is_left_is_the_heading(site: Stand, approver: Browser) -> None:
    for person in (APPROVER, PROPOSER):
        await approver.submit(PEOPLE, "/people/away", person=person, until=BACK_ON, since="")
    people, today = text(await approver.page(PEOPLE)), text(await approver.page("/"))

    assert "Something cannot be approved while people are away" in people
    assert "Now until Mon 30 Nov: Without finance-1 and finance-2 nobody may approve anything." in people
    assert "Nobody is left to approve" in today


async def test_a_viewer_says_it_of_themselves_alone(site: Stand) -> None:
    async with site.signed_in(VIEWER) as browser:
        page = await browser.page(PEOPLE)
        own = await browser.submit(PEOPLE, "/people/away", until=BACK_ON)
        other = await browser.submit(PEOPLE, "/people/away", person=APPROVER, until=BACK_ON)

    assert f'<option value="{APPROVER}">' not in page
    assert (own.status, other.status) == (303, 403)
    assert [one.person for one in await site.stored(away_table)] == [VIEWER]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"until": "tomorrow"}, 422, id="no time"),
        pytest.param({"until": "2026-11-01T00:00"}, 409, id="over already"),
        pytest.param({"until": "9999-12-31T23:59"}, 409, id="never"),
        pytest.param({"until": BACK_ON, "since": "2026-12-01T00:00"}, 409, id="the wrong way round"),
        pytest.param({"until": BACK_ON, "note": "x" * 201}, 422, id="a long note"),
        pytest.param({"until": BACK_ON, "person": "mallory"}, 409, id="nobody"),
    ],
)
async def test_what_is_no_absence_is_refused_and_nothing_is_noted(
    site: Stand, approver: Browser, fields: dict[str, str], status: int
) -> None:
    reply = await approver.submit(PEOPLE, "/people/away", **fields)

    assert reply.status == status, await reply.text()
    assert await site.stored(away_table) == []


async def test_forms_of_people_need_their_own_token(site: Stand, approver: Browser) -> None:
    page = await approver.page(PEOPLE)

    for action in ("/people/token", "/people/revoke", "/people/away", "/people/back"):
        reply = await approver.post(action, csrf="forged", token="x", until=BACK_ON)
        assert reply.status == 403
    assert offers(page, "/people/away")
    assert not offers(page, "/people/back"), "nobody is away"


async def test_the_api_takes_an_absence_and_its_end(site: Stand) -> None:
    async with site.client() as client:
        gone = await client.post(
            "/api/away", json={"until": "2026-11-30T00:00:00+01:00"}, headers=site.bearer(OPERATOR)
        )
        listed = await (await client.get("/api/people", headers=site.bearer(VIEWER))).json()
        refused = await client.post("/api/back", json={"person": OPERATOR}, headers=site.bearer(VIEWER))
        back = await client.post("/api/back", json={}, headers=site.bearer(OPERATOR))

    assert (gone.status, refused.status, back.status) == (200, 403, 200)
    (away,) = next(one["away"] for one in listed["people"] if one["id"] == OPERATOR)
    assert away["until"] == "2026-11-29T23:00:00+00:00"
    assert listed["decide"] == [
        {"above": None, "up_to": {"amount": "250000", "currency": "SEK"}, "people": [APPROVER, PROPOSER]}
    ]


# A month of answers


async def _answer(
    site: Stand,
    person: str,
    answer: str,
    *,
    after: timedelta,
    lines: int,
    at: datetime | None = None,
    **shown: Any,
) -> None:
    """One question of November that was answered, as the store keeps it."""
    asked = at or datetime(2026, 11, 10, 9, tzinfo=UTC)
    async with site.bot.db.write() as tx:
        number = len((await tx.execute(select(approval.c.id))).all())
        content = {"lines": [{}] * lines, "people": [person], **shown}
        await tx.execute(
            insert(approval).values(
                id=f"a{number}",
                effect_key=f"k{number}",
                round=1,
                fingerprint="",
                shown_json=canonical(content),
                asked_at=asked,
                expires_at=asked + timedelta(days=3),
                people_needed=1,
                state="expired" if answer == "none" else "approved",
                closed_at=asked + after,
                why="",
            )
        )
        if answer != "none":
            await tx.execute(
                insert(approval_answer).values(
                    approval=f"a{number}",
                    person=person,
                    answer=answer,
                    comment="",
                    checks_json="[]",
                    channel="page",
                    at=asked + after,
                )
            )


async def _row(browser: Browser, path: str, person: str) -> str:
    page = await browser.page(path)
    cells = next(one for one in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f">{person}<" in one)
    return " ".join(re.sub(r"<[^>]*>", " ", cells).split())


async def test_a_month_counts_each_answer_what_lapsed_what_was_held_and_the_median(
    site: Stand, approver: Browser
) -> None:
    for minutes, lines in ((1, 11), (1, 10), (3, 11), (90, 5)):
        await _answer(site, APPROVER, "approve", after=timedelta(minutes=minutes), lines=lines)
    await _answer(site, APPROVER, "reject", after=timedelta(minutes=2), lines=40)
    await _answer(site, APPROVER, "none", after=timedelta(days=3), lines=40)
    here = f"/payruns/gigapay-se/{RUN}"
    await approver.submit(here, f"{here}/hold", reason="by hand", until="2026-11-23T12:00")

    assert await _row(approver, NOVEMBER, APPROVER) == f"{APPROVER} 4 1 1 1 2 minutes 2"
    page = text(await approver.page(NOVEMBER))
    assert "2 of 5 answers in November 2026 came within two minutes with more than ten lines" in page


@pytest.mark.parametrize(
    ("after", "lines", "fast"),
    [
        pytest.param(timedelta(minutes=2), 11, 1, id="two minutes exactly"),
        pytest.param(timedelta(minutes=2, seconds=1), 11, 0, id="a second more"),
        pytest.param(timedelta(seconds=1), 10, 0, id="ten lines"),
        pytest.param(timedelta(seconds=1), 11, 1, id="eleven lines"),
    ],
)
async def test_fast_is_within_two_minutes_and_over_ten_lines(
    site: Stand, approver: Browser, after: timedelta, lines: int, fast: int
) -> None:
    await _answer(site, APPROVER, "approve", after=after, lines=lines)

    assert (await _row(approver, NOVEMBER, APPROVER)).endswith(f" {fast}")


async def test_an_answer_counts_in_the_month_in_which_it_was_given_by_the_houses_clock(
    site: Stand, approver: Browser
) -> None:
    """23:30 in UTC on the last of October is November in Stockholm; 22:59 is not."""
    for minute, count in ((22 * 60 + 59, 0), (23 * 60 + 30, 1)):
        at = datetime(2026, 10, 31, tzinfo=UTC) + timedelta(minutes=minute)
        await _answer(site, APPROVER, "approve", after=timedelta(0), lines=1, at=at)

        assert (await _row(approver, NOVEMBER, APPROVER)).startswith(f"{APPROVER} {count} ")


async def test_where_lines_were_erased_it_is_not_said_how_fast_they_were_looked_at(
    site: Stand, approver: Browser
) -> None:
    await _answer(site, APPROVER, "approve", after=timedelta(seconds=5), lines=0, erased=True)

    assert (await _row(approver, NOVEMBER, APPROVER)).endswith("0 1 not known")


@pytest.mark.parametrize("month", ["2026-12", "2026-13", "2026-00", "1999-12", "٢٠٢٦-١١", "2026-1"])
async def test_a_month_that_is_not_there_is_not_found(approver: Browser, month: str) -> None:
    assert (await approver.get(f"/people/{month}")).status == 404


async def test_the_table_for_spreadsheets_holds_the_same_numbers(site: Stand, approver: Browser) -> None:
    await _answer(site, APPROVER, "approve", after=timedelta(minutes=32), lines=3)
    reply = await approver.get(f"{NOVEMBER}?format=csv")
    rows = list(csv.DictReader(io.StringIO((await reply.read()).decode("utf-8-sig"))))

    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="approvals-2026-11.csv"'
    (row,) = [one for one in rows if one["person"] == APPROVER]
    assert (row["approved"], row["median seconds to answer"]) == ("1", "1920")


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "−1", '=HYPERLINK("http://x")'],
)
def test_no_text_becomes_a_formula(cell: str) -> None:
    content = as_csv(["what"], [[cell], [f"plain {cell}"], [-5], [None]]).decode("utf-8-sig")
    rows = [row[0] if row else "" for row in csv.reader(io.StringIO(content, newline=""))]

    assert rows[1] == f"'{cell}"
    assert rows[2] == f"plain {cell}"
    assert rows[3] == "-5", "a number of ours is a number"
    assert rows[4] == ""


async def test_who_answered_and_is_gone_from_the_settings_is_counted_too(
    site: Stand, approver: Browser
) -> None:
    await _answer(site, "=former", "approve", after=timedelta(minutes=5), lines=3)
    reply = await approver.get(f"{NOVEMBER}?format=csv")

    assert "'=former,1,0" in await reply.text()
    assert await _row(approver, NOVEMBER, "=former") == "=former 1 0 0 0 5 minutes 0"
