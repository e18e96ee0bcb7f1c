"""Evidence: one file that needs nothing beside it, made of what was stored at the time."""

import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
from sqlalchemy import update

from bot.__main__ import main
from bot.engine.seal import seal_once
from bot.store.tables import approval, audit, effect, mail, snapshot
from bot.web.evidence.printed import POLICY
from tests.commands.place import write_settings
from tests.web.stand import APPROVER, ODD_RUN, RUN, Stand, stand
from tests.web.test_console import _close_it
from tests.web.test_pages import Seen

PAGE = f"/payruns/gigapay-se/{RUN}/evidence"


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[tuple[Stand, str, list[list[str]]]]:
    """The pay run after it was approved, closed and read back: its page and its table."""
    async with stand(tmp_path) as site, site.signed_in(APPROVER) as browser:
        async with site.bot.db.write() as tx:
            # The first reading was before the call.
            await tx.execute(update(snapshot).values(at=site.clock.at - timedelta(minutes=65)))
        await _close_it(site, browser)
        while await seal_once(site.bot):
            pass
        table = await (await browser.get(f"{PAGE}?format=csv")).read()
        rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
        yield site, await browser.page(PAGE), rows


def read(page: str) -> str:
    return Seen(page).text


async def test_the_file_needs_nothing_beside_it(closed):
    _, page, _ = closed
    seen = Seen(page)

    assert not [attrs for tag, attrs in seen.tags for name in attrs if name in ("src", "action", "srcset")]
    assert {attrs.get("href") or "#" for tag, attrs in seen.tags if tag in ("a", "link", "use")} <= {
        href for _, attrs in seen.tags if (href := attrs.get("href") or "#").startswith("#")
    }
    assert not re.search(r"https?:|url\(|@import|<script|style=", page)
    assert seen.open == []
    assert len(seen.each("h1")) == len(seen.each("main")) == 1


async def test_it_is_light_and_breaks_into_pages_of_a4(closed):
    _, page, _ = closed

    assert "@page { size: A4;" in page
    assert "break-before: page" in page
    assert "color-scheme: light" in page
    assert "prefers-color-scheme" not in page


async def test_its_own_style_is_all_that_its_policy_lets_through(tmp_path: Path):
    async with stand(tmp_path) as site, site.signed_in(APPROVER) as browser:
        reply = await browser.get(PAGE)

        assert reply.headers["Content-Security-Policy"] == POLICY
        assert "'unsafe-inline'" not in POLICY


async def test_it_says_who_decided_on_what_when_and_by_which_way(closed):
    site, page, _ = closed
    asked = await site.asked()
    said = read(page)

    assert "Close Gigapay payrun 2859272?" in said
    assert "finance-1 approve Fri 20 Nov 2026 15:05:00 page Ticked: first-time-payees." in said
    assert f"Seal of what was shown: {asked.fingerprint}" in said
    assert "The page as it was shown" in said
    assert "21 000.25 SEK" in said
    assert "Not checked by payrunbot" in said


async def test_the_limits_are_those_of_that_time_and_not_of_now(closed):
    site, page, _ = closed
    limits = "one at most 250 000 SEK; a day at most 1 000 000 SEK"

    assert f"The settings' limits then: {limits}." in read(page)
    assert f"The settings' limits then {limits}" in read(page)
    (noted,) = [row for row in await site.stored(audit) if row.what == "is about to act"]
    assert "one at most 250 000 SEK" in noted.what_json


async def test_a_question_from_before_limits_were_kept_says_so(tmp_path: Path):
    async with stand(tmp_path) as site, site.signed_in(APPROVER) as browser:
        (row,) = await site.stored(approval)
        without = re.sub(r'"guards":\[[^]]*\],', "", row.shown_json)
        assert without != row.shown_json
        async with site.bot.db.write() as tx:
            await tx.execute(update(approval).values(shown_json=without))

        assert "The settings' limits were not kept with this question." in read(await browser.page(PAGE))


async def test_it_has_the_rules_text_as_it_was_signed(closed):
    site, page, _ = closed
    running = site.bot.rules["gigapay-weekly-close"]

    assert f"<pre>{running.rule.text.strip()[:20]}" in page.replace("&#34;", '"').replace("&#39;", "'")
    assert "Proposed by finance-2. Signed by finance-1 Fri 20 Nov 2026 14:55:00." in read(page)
    assert running.rule.hash in page


async def test_it_shows_the_vendors_state_before_and_after_the_call(closed):
    _, page, _ = closed
    said = read(page)

    assert re.search(r"Sent Fri 20 Nov 2026 15:05:00, 1 call", said)
    assert (
        "Before: read Fri 20 Nov 2026 14:00:00, open. After: read Fri 20 Nov 2026 15:05:00, invoiced." in said
    )
    assert '<tr class="ch"><th scope="row">status</th><td>open</td><td>closed</td></tr>' in page
    assert '<tr><th scope="row">net pay</th>' in page


async def test_every_line_of_the_record_has_its_seal_and_says_whether_it_is_whole(closed):
    site, page, _ = closed
    lines = [row for row in await site.stored(audit) if (row.resource or "").endswith(RUN)]

    assert len(lines) >= 4
    for row in lines:
        assert row.hash in page
    assert read(page).count("as it was sealed") >= len(lines)


async def test_a_line_that_was_changed_is_named(closed):
    site, _, _ = closed
    (line, *_) = [row for row in await site.stored(audit) if row.what == "asked"]
    async with site.bot.db.write() as tx:
        await tx.execute(update(audit).where(audit.c.seq == line.seq).values(actor="finance-1"))
    async with site.signed_in(APPROVER) as browser:
        page = await browser.page(PAGE)

    assert page.count("<b>not as it was sealed</b>") == 1
    assert "The chain is broken." in read(page)


async def test_mails_are_listed_with_the_outcome_of_each_recipient(closed):
    site, page, _ = closed
    sent = [row for row in await site.stored(mail) if (row.resource or "").endswith(RUN)]

    assert sent
    for row in sent:
        assert row.recipient in page
        assert row.message_id.strip("<>") in page


async def test_the_engines_own_words_and_secrets_are_not_in_it(closed):
    site, page, _ = closed

    assert not re.search(r"\b(parked|fingerprint|quarantine|lease)\b", read(page), re.IGNORECASE)
    for token in site.tokens.values():
        assert token not in page


async def test_the_table_holds_each_part_and_exact_amounts(closed):
    _, _, rows = closed
    head, *body = rows

    assert head == ["part", "at", "who", "what", "detail", "amount", "currency", "number", "seal"]
    parts = "pay run,value,line,happened,question,answer,rule,signature,call,mail,record"
    assert {row[0] for row in body} >= set(parts.split(","))
    assert next(row[2:7] for row in body if row[0] == "line") == ["1078", "net pay", "", "12000.25", "SEK"]
    (answer,) = [row for row in body if row[0] == "answer"]
    assert answer[1:5] == ["2026-11-20T15:05:00+01:00", "finance-1", "approve", "by page; first-time-payees"]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", " ="])
async def test_no_cell_is_worked_out_by_a_spreadsheet(tmp_path: Path, begins):
    async with stand(tmp_path) as site, site.signed_in(APPROVER) as browser:
        async with site.bot.db.write() as tx:
            await tx.execute(update(mail).values(subject=f"{begins}HYPERLINK(1)"))
            await tx.execute(update(effect).values(reason=f"{begins}cmd|'/c calc'!A0"))
        table = await (await browser.get(f"{PAGE}?format=csv")).read()

    assert table.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(table.decode("utf-8-sig"))) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.lstrip(" ")[:1] in tuple("=+-@\t\r\n") and cell.strip()]


async def test_what_somebody_wrote_is_text_in_it(tmp_path: Path):
    async with stand(tmp_path) as site, site.signed_in(APPROVER) as browser:
        async with site.bot.db.write() as tx:
            await tx.execute(update(mail).values(subject="</style><script>alert(1)</script>"))
        page = await browser.page(PAGE)

    assert "<script" not in page
    assert "&lt;script&gt;" in page


async def test_a_file_is_called_by_plain_letters_alone(tmp_path: Path):
    async with stand(tmp_path) as site, site.signed_in(APPROVER) as browser:
        reply = await browser.get("/payruns/gigapay-se/week%2047%2FB%20&%20%C3%B6/evidence?format=csv")

        assert reply.status == 200, ODD_RUN
        assert re.fullmatch(
            r'attachment; filename="evidence-gigapay-se-[A-Za-z0-9.-]+\.csv"',
            reply.headers["Content-Disposition"],
        )


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"{PAGE}?format=pdf", 400), ("/payruns/gigapay-se/nothing/evidence", 404)],
)
async def test_there_is_evidence_of_pay_runs_alone(tmp_path: Path, path, status):
    async with stand(tmp_path) as site, site.signed_in(APPROVER) as browser:
        assert (await browser.get(path)).status == status


async def test_who_is_not_signed_in_sees_none(tmp_path: Path):
    async with stand(tmp_path) as site, site.client() as client:
        assert (await client.get(PAGE, allow_redirects=False)).status == 303


@pytest.fixture
async def kept(tmp_path: Path) -> Path:
    """A folder with settings, and with the database as a service has left it."""
    folder = tmp_path / "stand"
    folder.mkdir()
    async with stand(folder) as site:
        while await seal_once(site.bot):
            pass
    (tmp_path / "data").mkdir()
    (folder / "bot.db").rename(tmp_path / "data" / "bot.db")
    write_settings(tmp_path)
    return tmp_path


def run(*words: str) -> int:
    return main(["evidence", f"gigapay-se/{RUN}", *words])


def test_the_command_writes_both_files_for_their_owner_alone(kept: Path, capsys: pytest.CaptureFixture[str]):
    page, table = kept / "e.html", kept / "e.csv"

    assert run("--out", str(page), "--csv", str(table)) == 0
    assert (page.stat().st_mode & 0o777, table.stat().st_mode & 0o777) == (0o600, 0o600)
    assert re.search(r"Verified from its first line to line \d+: as it was sealed\.", read(page.read_text()))
    assert "Close Gigapay payrun 2859272?" in read(page.read_text())
    assert capsys.readouterr().out == ""


def test_without_a_file_the_page_goes_to_standard_output(kept: Path, capsys: pytest.CaptureFixture[str]):
    assert run() == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_a_file_that_is_there_is_not_written_over(kept: Path, capsys: pytest.CaptureFixture[str]):
    page = kept / "e.html"
    page.write_text("mine")

    assert run("--out", str(page)) == 1
    assert page.read_text() == "mine"
    assert "is there already: name a new file." in capsys.readouterr().err


def test_a_record_that_does_not_verify_is_said_and_the_file_is_made(
    kept: Path, capsys: pytest.CaptureFixture[str]
):
    with closing(connect(kept / "data" / "bot.db")) as db, db:
        db.execute("update audit set actor = 'nobody' where seq = 2")
    page = kept / "e.html"

    assert run("--out", str(page)) == 1
    assert "Broken: line 2 is not as it was sealed, or one before it is gone." in read(page.read_text())
    assert "Broken: line 2" in capsys.readouterr().err


@pytest.mark.parametrize("ref", ["gigapay-se/nothing", "nobody/1"])
def test_the_command_knows_what_is_no_pay_run(kept: Path, ref: str, capsys: pytest.CaptureFixture[str]):
    assert main(["evidence", ref]) == 1
    assert "There is no pay run" in capsys.readouterr().err


def test_what_is_no_reference_is_a_misuse(kept: Path):
    assert main(["evidence", "2859272"]) == 2
