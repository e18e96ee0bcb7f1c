"""The pages about rules: what each says and did, a change of its values, signing it and sending it back."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from json import loads
from pathlib import Path
from typing import Any

import pytest

from bot.app import reload_of
from bot.backtest.inforce import InForce
from bot.backtest.one_rule import NotTried, Trials
from bot.core.money import Money
from bot.core.resource import Known
from bot.engine import edits, perform
from bot.engine.edits import Moved, Wanted
from bot.store import rules as stored_rules
from bot.store.tables import audit, decision, mail, rule_version, sign_off, snapshot

from .stand import (
    APPROVER,
    OPERATOR,
    PROPOSER,
    ROOT,
    RUN,
    VIEWER,
    Browser,
    Stand,
    offers,
    run,
    see,
    stand,
    token_in,
)
from .test_console import NEVER, text

RULE = "gigapay-weekly-close"
HERE = f"/rules/{RULE}"
PREVIEW, PROPOSE = f"{HERE}/preview", f"{HERE}/propose"
ABOVE = "v:limits.ask_above"


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Stand]:
    """The stand with its rule in a folder, read as in life."""
    async with stand(tmp_path, reads_files=True) as made:
        yield made


@pytest.fixture
async def operator(files: Stand) -> AsyncIterator[Browser]:
    async with files.signed_in(OPERATOR) as browser:
        yield browser


@pytest.fixture
async def finance(files: Stand) -> AsyncIterator[Browser]:
    async with files.signed_in(APPROVER) as browser:
        yield browser


def file_of(site: Stand) -> Path:
    return site.bot.settings.rules / "gigapay.yaml"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found is not None, f"no hidden {name}"
    return found[1]


async def preview(browser: Browser, *tests: int, **values: str) -> str:
    """The page that shows what a change would come to."""
    form = await browser.page(f"{HERE}/edit")
    fields = {f"v:{key.replace('__', '.')}": value for key, value in values.items()}
    reply = await browser.post(
        PREVIEW,
        csrf=token_in(form, PREVIEW),
        file=hidden(form, "file"),
        test=[str(one) for one in tests],
        **fields,
    )
    assert reply.status == 200, text(await reply.text())
    shown: str = await reply.text()
    return shown


async def propose(browser: Browser, page: str, **instead: str) -> Any:
    """Press what the page of a change offers."""
    form = page[page.index(f'action="{PROPOSE}"') :]
    fields: dict[str, object] = dict(re.findall(r'type="hidden" name="(v:[^"]+)" value="([^"]*)"', form))
    fields |= {"test": re.findall(r'name="test" value="(\d+)"', form)}
    fields |= {"file": hidden(form, "file"), "result": hidden(form, "result")} | instead
    return await browser.post(PROPOSE, csrf=token_in(page, PROPOSE), **fields)


async def versions(site: Stand) -> list[tuple[int, str | None, str | None]]:
    rows = await site.stored(rule_version)
    return [(row.number, row.proposed_by, row.sent_back_by) for row in rows if "22 000" in row.text]


def changed_lines(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    assert len(old) == len(new)
    return [line.strip() for was, line in zip(old, new, strict=True) if was != line]


# -- the list and one rule -------------------------------------------------------------


async def test_the_rules_page_tells_each_rules_mode_answers_and_what_it_did(files: Stand, finance: Browser):
    page = text(await finance.page("/rules"))

    assert "1 rule runs; none waits for sign-off" in page
    assert "1 yes, 1 no" in page and "signed off" in page
    assert "1 waiting or under way" in page


async def test_a_rules_page_has_its_tests_its_versions_and_what_it_answers(files: Stand, finance: Browser):
    page = text(await finance.page(HERE))

    assert re.search(r"(\d+) of \1 tests pass 16 written in the file, \d+ made of its own numbers", page)
    assert "finance-2 proposed it" in page and "finance-1 signed it" in page
    assert f"Gigapay payrun {RUN}" in page and "1 yes, 1 no; the last ones, unknown first" in page
    assert "gigapay-se: one at most 250 000 SEK" in page
    assert re.findall(NEVER, page, re.IGNORECASE) == []


async def test_a_test_that_fails_is_shown_with_what_came(files: Stand, finance: Browser):
    path = file_of(files)
    path.write_text(path.read_text().replace("ask_above: 20 000 SEK ", "ask_above: 25 000 SEK "))
    async with files.bot.db.write() as tx:
        version = (await stored_rules.latest_of(tx, RULE, at_most=1))[0]
        wrong = version.text.replace("ask_above: 20 000 SEK ", "ask_above: 25 000 SEK ")
        await tx.execute(rule_version.update().values(text=wrong))
    page = text(await finance.page(HERE))

    assert "cost: 20 000.01 SEK line" in page and "ask act" in page


async def test_a_long_list_of_answers_is_counted_no_further_than_somebody_reads(
    files: Stand, finance: Browser
):
    async with files.bot.db.write() as tx:
        (row, *_) = await tx.execute(decision.select())
        values = [{**row._mapping, "resource": f"r{number}"} for number in range(1_200)]
        await tx.execute(decision.insert(), values)
    page = text(await finance.page("/rules"))

    assert "over 1 000" in page


# -- trying it -------------------------------------------------------------------------


async def test_a_rule_is_tried_on_what_was_recorded_in_the_mode_that_is_asked_for(
    files: Stand, finance: Browser
):
    files.clock.at += timedelta(hours=2)
    await see(
        files.bot,
        files.vendor,
        run(
            "2859300",
            cost=Known(Money(Decimal("900"), "SEK")),
            **{"net pay": Known(Money(Decimal("800"), "SEK"))},
        ),
    )
    own = text(await finance.page(f"{HERE}/try"))
    asks = text(await finance.page(f"{HERE}/try?mode=ask"))

    assert "What gigapay-weekly-close would have done" in own
    assert "Short record The record begins there" in own
    assert "Done without asking 0" in asks and "A person is asked" in asks


async def test_a_record_that_has_nothing_says_so(tmp_path: Path):
    async with stand(tmp_path, reads_files=True) as site, site.signed_in(APPROVER) as browser:
        async with site.bot.db.write() as tx:
            await tx.execute(snapshot.delete())
        page = text(await browser.page(f"{HERE}/try"))

    assert "gigapay-weekly-close was not tried" in page
    assert "there is nothing to try it on" in page


async def test_a_replay_that_takes_too_long_is_given_up(files: Stand):
    trials = Trials(files.bot, within_s=-1)
    running = files.bot.rules[RULE]
    with pytest.raises(NotTried, match="was given up"):
        await trials.run(timedelta(days=31), InForce(running.rule, running.mode, running.calendars))


# -- changing values -------------------------------------------------------------------


async def test_a_change_is_shown_whole_before_anything_happens(files: Stand, operator: Browser):
    before = file_of(files).read_bytes()
    page = text(await preview(operator, limits__ask_above="22,000 SEK"))

    assert "Wider: 1 value of gigapay-weekly-close" in page
    assert "A person is asked above 20 000 SEK 22 000 SEK" in page
    assert "1 of its 16 tests expects something else" in page and "ask → act" in page
    assert "It is wider than version 1: it would act without asking" in page
    assert "Not to be proposed yet" in page
    assert file_of(files).read_bytes() == before
    assert files.reloads == []


async def test_a_change_with_its_tests_is_proposed_and_signed_by_somebody_else(
    files: Stand, operator: Browser, finance: Browser
):
    before = file_of(files).read_text()
    page = await preview(operator, 1, limits__ask_above="22 000 SEK")
    reply = await propose(operator, page)
    waiting = text(await operator.page(HERE))
    sign = f"{HERE}/2/sign-off"
    signed = await finance.submit(HERE, sign, seen="yes")

    assert reply.status == 303, text(await reply.text())
    assert changed_lines(before, file_of(files).read_text()) == [
        "ask_above: 22 000 SEK            # at or under: done; over: a person approves",
        "expect: act",
    ]
    assert (
        "You proposed version 2. payroll-1 proposed it, so one other person signs. Version 1 keeps running"
        in waiting
    )
    assert not offers(waiting, sign)
    assert signed.status == 303
    assert files.bot.rules[RULE].version == 2
    told = [loads(row.what_json) for row in await files.stored(audit)]
    (noted,) = [one for one in told if one["what"] == "changed a rule's values"]
    assert noted["values"] == {"limits.ask_above": ["20 000 SEK", "22 000 SEK"]}


async def test_a_narrower_change_runs_as_soon_as_it_is_proposed(files: Stand, operator: Browser):
    page = await preview(operator, 0, 1, 6, 9, 14, 15, mode="ask")
    if "tests expect" in text(page):
        ticked = [int(one) for one in re.findall(r'type="checkbox" name="test" value="(\d+)"', page)]
        page = await preview(operator, *ticked, mode="ask")
    reply = await propose(operator, page)

    assert "Narrower" in text(page)
    assert reply.status == 303
    assert files.bot.rules[RULE].mode == "ask"


async def test_the_proposer_cannot_sign_what_they_proposed(files: Stand, finance: Browser):
    page = await preview(finance, 1, limits__ask_above="22 000 SEK")
    await propose(finance, page)
    mine = await finance.page(HERE)
    said = await site_post(files, APPROVER, "sign-off", {"version": 2})

    assert "You proposed it, so somebody else signs." in text(mine)
    assert not offers(mine, f"{HERE}/2/sign-off")
    assert said[0] == 403
    assert files.bot.rules[RULE].version == 1


async def test_an_earlier_author_does_not_sign_for_who_brings_a_version_back(
    files: Stand, operator: Browser, finance: Browser
):
    """What finance-1 proposed once and payroll-1 changes the file back to is payroll-1's proposal."""
    await propose(finance, await preview(finance, 1, limits__ask_above="22 000 SEK"))
    await propose(operator, await preview(operator, 1, limits__ask_above="20 000 SEK"))
    await propose(operator, await preview(operator, 1, limits__ask_above="22 000 SEK"))

    assert await versions(files) == [(2, OPERATOR, None)]


async def test_the_same_values_are_no_change(files: Stand, operator: Browser):
    form = await operator.page(f"{HERE}/edit")
    reply = await operator.post(
        PREVIEW,
        csrf=token_in(form, PREVIEW),
        file=hidden(form, "file"),
        **{ABOVE: "20,000.00 SEK", "v:mode": "act"},
    )

    assert reply.status == 422
    assert "Every value is what it was." in text(await reply.text())


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({ABOVE: "22 000 SEK\n    mode: act"}, 422, "A value is one line"),
        ({ABOVE: "22 000 SEK, two_people_above: 1 SEK"}, 422, "is not an amount"),
        ({ABOVE: "*a"}, 422, "is not an amount"),
        ({ABOVE: "x" * 1_000}, 422, "That is longer than 100 characters."),
        ({ABOVE: "x" * 1_000_000}, 413, "The body is too large"),
        ({"v:then.1": "1"}, 422, "is no value of this rule"),
        ({"v:id": "other"}, 422, "is no value of this rule"),
        ({"v:limits.ask_above.1": "1 SEK"}, 422, "is no value of this rule"),
        ({f"v:{number}": "1" for number in range(300)}, 400, "the form could not be read"),
        ({ABOVE: "22 000 SEK", "file": "0" * 64}, 409, "somebody changed the file meanwhile"),
        ({ABOVE: "22 000 SEK", "file": "../../etc/passwd"}, 409, "somebody changed the file meanwhile"),
        ({ABOVE: "22 000 SEK", "csrf": "made up"}, 403, "this form does not count any more"),
        ({}, 422, "Every value is what it was."),
    ],
    ids=lambda value: ascii(value)[:40],
)
async def test_hostile_input_is_refused_and_nothing_is_written(
    files: Stand, operator: Browser, fields, status, says
):
    before = {path.name: path.read_bytes() for path in files.bot.settings.rules.iterdir()}
    form = await operator.page(f"{HERE}/edit")
    reply = await operator.post(
        PREVIEW, **{"csrf": token_in(form, PREVIEW), "file": hidden(form, "file")} | fields
    )

    assert (reply.status, says in text(await reply.text())) == (status, True)
    assert {path.name: path.read_bytes() for path in files.bot.settings.rules.iterdir()} == before
    assert files.reloads == []


async def test_a_token_made_for_one_rule_does_not_change_another(files: Stand, operator: Browser):
    form = await operator.page(f"{HERE}/edit")
    reply = await operator.post(
        "/rules/other/preview", csrf=token_in(form, PREVIEW), file=hidden(form, "file"), **{ABOVE: "1 SEK"}
    )

    assert reply.status == 403


async def test_what_is_written_is_what_was_shown(files: Stand, operator: Browser):
    before = file_of(files).read_bytes()
    page = await preview(operator, 1, limits__ask_above="22 000 SEK")
    reply = await propose(operator, page, **{ABOVE: "250 000 SEK"})

    assert reply.status == 409
    assert file_of(files).read_bytes() == before


async def test_a_file_that_was_changed_meanwhile_is_not_overwritten(files: Stand, operator: Browser):
    page = await preview(operator, 1, limits__ask_above="22 000 SEK")
    changed = file_of(files).read_text().replace("100 000 SEK", "90 000 SEK")
    file_of(files).write_text(changed)
    reply = await propose(operator, page)

    assert reply.status == 409
    assert "somebody changed the file meanwhile" in text(await reply.text())
    assert file_of(files).read_text() == changed


async def test_of_two_who_propose_at_once_one_is_refused(files: Stand, operator: Browser):
    person = files.bot.settings.person(OPERATOR)
    found = await edits.editable(files.bot, RULE)
    assert person is not None and found is not None
    wanted = [
        Wanted({"limits.ask_above": f"{amount} 000 SEK"}, found.file, frozenset({1})) for amount in (22, 23)
    ]
    results = [(await edits.show(files.bot, person, RULE, one)).result for one in wanted]

    async def nothing() -> None:
        return None

    came = await asyncio.gather(
        *(
            edits.propose(files.bot, person, RULE, one, result, nothing)
            for one, result in zip(wanted, results, strict=True)
        ),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in came if isinstance(one, Exception)) == [Moved.__name__]


async def test_a_problem_anywhere_in_the_folder_refuses_the_change_with_its_place(
    files: Stand, operator: Browser
):
    form = await operator.page(f"{HERE}/edit")
    (files.bot.settings.rules / "other.yaml").write_text("rules:\n  - id: other\n    titel: Other\n")
    reply = await operator.post(
        PREVIEW, csrf=token_in(form, PREVIEW), file=hidden(form, "file"), **{ABOVE: "22 000 SEK"}
    )

    assert reply.status == 422
    assert "rules/other.yaml:3:5" in text(await reply.text())


async def test_where_the_folder_cannot_be_written_to_the_text_is_shown_to_be_handed_over(
    files: Stand, operator: Browser
):
    path, apart = file_of(files), files.bot.settings.rules.parent / "apart.yaml"
    path.rename(apart)
    path.symlink_to(apart)
    form = text(await operator.page(f"{HERE}/edit"))
    page = await preview(operator, 1, limits__ask_above="22 000 SEK")

    assert "The rule files cannot be written to from here" in form
    assert "Hand this text to operations" in text(page)
    assert "ask_above: 22 000 SEK" in text(page)
    assert not offers(page, PROPOSE)


async def test_a_viewer_changes_nothing(files: Stand):
    before = file_of(files).read_bytes()
    async with files.signed_in(VIEWER) as viewer:
        page = await viewer.page(HERE)
        form = await viewer.get(f"{HERE}/edit")
    found = await edits.editable(files.bot, RULE)
    assert found is not None
    body = {"values": {"limits.ask_above": "22 000 SEK"}, "file": found.file, "tests": [2]}

    assert f"{HERE}/edit" not in page and form.status == 403
    assert (await site_post(files, VIEWER, "preview", body))[0] == 403
    assert (await site_post(files, VIEWER, "edit", {**body, "result": "0" * 64}))[0] == 403
    assert file_of(files).read_bytes() == before


async def test_the_api_changes_a_value_as_the_page_does(files: Stand):
    values = await site_get(files, OPERATOR, "values")
    body = {"values": {"limits.ask_above": "22 000 SEK"}, "file": values["file"], "tests": [2]}
    status, shown = await site_post(files, OPERATOR, "preview", body)
    done = await site_post(files, OPERATOR, "edit", {**body, "result": shown["result"]})

    assert {
        "key": "limits.ask_above",
        "sort": "amount",
        "label": "A person is asked above",
        "value": "20 000 SEK",
    } in values["values"]
    assert status == 200 and shown["wider"].startswith("It is wider than version 1")
    assert [one["number"] for one in shown["tests"]] == [2]
    assert done[0] == 200 and done[1]["version"] == 2
    assert "ask_above: 22 000 SEK" in file_of(files).read_text()


async def test_a_change_with_which_a_test_would_fail_is_not_written(files: Stand):
    before = file_of(files).read_bytes()
    values = await site_get(files, OPERATOR, "values")
    body = {"values": {"limits.ask_above": "22 000 SEK"}, "file": values["file"]}
    _, shown = await site_post(files, OPERATOR, "preview", body)
    status, refused = await site_post(files, OPERATOR, "edit", {**body, "result": shown["result"]})

    assert (status, file_of(files).read_bytes()) == (409, before)
    assert "Tests of the rule would fail" in str(refused["detail"])


# -- signing and sending back ----------------------------------------------------------


async def _waiting(site: Stand, operator: Browser) -> None:
    await propose(operator, await preview(operator, 1, limits__ask_above="22 000 SEK"))


async def test_whoever_signs_sees_wider_and_what_it_would_have_done(
    files: Stand, operator: Browser, finance: Browser
):
    await _waiting(files, operator)
    page = text(await finance.page(HERE))
    listed = text(await finance.page("/rules"))

    assert "Sign off gigapay-weekly-close, version 2?" in page
    assert "Wider It is wider than version 1: it would act without asking" in page
    assert "What it would have done" in page and "The same" in page
    assert "1 rule runs; 1 waits for sign-off" in listed
    assert "20 000 SEK → 22 000 SEK" in listed and "It is wider than version 1" in listed


async def test_a_version_is_sent_back_with_its_reason_and_proposed_again(
    files: Stand, operator: Browser, finance: Browser
):
    await _waiting(files, operator)
    back = await finance.submit(HERE, f"{HERE}/2/send-back", reason="too high\nby far")
    refused = await site_post(files, APPROVER, "sign-off", {"version": 2})
    page = await operator.page(HERE)
    today = text(await operator.page("/"))
    while await perform.perform_once(files.bot):
        pass
    mails = [row for row in await files.stored(mail) if "sent back" in row.subject]
    again = await operator.submit(HERE, f"{HERE}/propose-again")
    signed = await finance.submit(HERE, f"{HERE}/2/sign-off", seen="yes")

    assert back.status == again.status == signed.status == 303
    assert refused[0] == 403 and "finance-1 sent it back" in refused[1]["detail"]
    assert "finance-1 sent it back, Fri 20 Nov 15:05: too high" in text(page)
    assert "Change it, or propose it again: gigapay-weekly-close, version 2" in today
    assert [row.recipient for row in mails] == ["payroll-1@example.com"]
    assert files.bot.rules[RULE].version == 2


async def test_what_was_sent_back_needs_every_signature_anew(files: Stand, finance: Browser):
    file_of(files).write_text(file_of(files).read_text().replace("100 000 SEK", "200 000 SEK"))
    await reload_of(files.bot)()
    await finance.submit(HERE, f"{HERE}/2/sign-off", seen="yes")
    async with files.signed_in(PROPOSER) as other:
        await other.submit(HERE, f"{HERE}/2/send-back", reason="no")

    waiting = [row for row in await files.stored(rule_version) if "200 000" in row.text]
    assert [row.sent_back_by for row in waiting] == [PROPOSER]
    assert waiting[0].hash not in {row.hash for row in await files.stored(sign_off)}


async def test_a_viewer_and_an_operator_send_nothing_back(files: Stand, operator: Browser):
    await _waiting(files, operator)
    body = {"version": 2, "reason": "no"}

    assert not offers(await operator.page(HERE), f"{HERE}/2/send-back")
    assert [(await site_post(files, who, "send-back", body))[0] for who in (VIEWER, OPERATOR)] == [403, 403]
    assert (await site_post(files, PROPOSER, "send-back", {**body, "version": 1}))[0] == 403
    assert await versions(files) == [(2, OPERATOR, None)]


async def site_post(site: Stand, who: str, what: str, body: object) -> tuple[int, dict[str, object]]:
    async with site.client() as client:
        reply = await client.post(f"/api/rules/{RULE}/{what}", json=body, headers=site.bearer(who))
        return reply.status, await reply.json(content_type=None)


async def site_get(site: Stand, who: str, what: str) -> dict[str, list[dict[str, str]]]:
    async with site.client() as client:
        reply = await client.get(f"/api/rules/{RULE}/{what}", headers=site.bearer(who))
        assert reply.status == 200
        found: dict[str, list[dict[str, str]]] = await reply.json()
        return found


async def test_a_change_that_nobody_proposed_is_not_taken_over_by_a_change_of_a_value(
    files: Stand, operator: Browser
):
    """A bare change of the file has no author and needs two people: who edits a value is not its author."""
    file_of(files).write_text(file_of(files).read_text().replace("100 000 SEK", "900 000 SEK"))
    form = await operator.page(f"{HERE}/edit")
    fields = {"file": hidden(form, "file"), ABOVE: "22 000 SEK", "test": "1"}
    unread = await operator.post(PREVIEW, csrf=token_in(form, PREVIEW), **fields)
    await reload_of(files.bot)()
    unproposed = await operator.submit(f"{HERE}/edit", PREVIEW, **fields)
    await operator.submit(HERE, f"{HERE}/propose-again")
    proposed = await operator.submit(f"{HERE}/edit", PREVIEW, **fields)

    assert [one.status for one in (unread, unproposed, proposed)] == [422, 422, 200]
    assert "nobody has proposed: propose that one first" in text(await unproposed.text())


async def test_where_the_database_fails_after_the_file_was_written_the_file_is_put_back(files: Stand):
    person = files.bot.settings.person(OPERATOR)
    found = await edits.editable(files.bot, RULE)
    assert person is not None and found is not None
    before = file_of(files).read_bytes()
    wanted = Wanted({"limits.ask_above": "22 000 SEK"}, found.file, frozenset({1}))
    result = (await edits.show(files.bot, person, RULE, wanted)).result

    async def fails() -> None:
        assert file_of(files).read_bytes() != before
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await edits.propose(files.bot, person, RULE, wanted, result, fails)

    assert file_of(files).read_bytes() == before


async def test_a_mute_is_begun_and_ended_on_the_page_of_a_rule_that_alerts(files: Stand, operator: Browser):
    alerts = (ROOT / "rules" / "gigapay-alerts.yaml").read_bytes()
    (files.bot.settings.rules / "gigapay-alerts.yaml").write_bytes(alerts)
    await reload_of(files.bot)()
    here = "/rules/gigapay-late-payout"
    begun = await operator.submit(here, f"{here}/mute", reason="known", until="2026-11-21T12:00")
    page = await operator.page(here)
    ended = await operator.submit(here, f"{here}/unmute")

    assert begun.status == ended.status == 303
    assert "payroll-1 muted it until Sat 21 Nov 12:00: known" in text(page)
    assert not offers(await operator.page(HERE), f"{HERE}/mute")
    assert "Who is alerted is told" in text(await operator.page(here))
