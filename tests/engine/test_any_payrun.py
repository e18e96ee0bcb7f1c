"""Rules about any vendor's pay runs: one rule, asked about each, by its own connection's calendar."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.rule import Rule
from bot.engine import versions
from bot.engine.asked_at import watched
from bot.store import decisions, health, resources, rules
from tests.databases import Migrated

from .stand import BEGINS, Stand, at, stand

RULE = """\
rules:
  - id: any
    title: A pay run to look at
    watch: payrun
    when: [{when}]
    then: {{{then}}}
    mode: act
{more}"""
ALERT = "alert: {to: ops}"
LIST = "send_mail: {template: scheduled, to: ops}"


async def put(stand: Stand, when: str, then: str = ALERT, **more: str) -> None:
    said = "".join(f"    {key}: {value}\n" for key, value in more.items())
    stand.write_rule("any.yaml", RULE.format(when=when, then=then, more=said))
    await stand.reload()
    assert stand.bot.problems == ()
    await stand.sign()


async def answered(stand: Stand) -> dict[str, str]:
    """What the rule says of each resource, by its id."""
    async with stand.bot.db.read() as tx:
        found = [(one.id, await decisions.get(tx, "any", one.id)) for one in await resources.all_of(tx)]
    return {id: kept.answer for id, kept in found if kept is not None}


def open_runs(stand: Stand) -> str:
    """An open payrun at Gigapay and a finalised run at Roubler; says which payrun that is."""
    payrun = stand.add_payouts("1450.00", "1650.00", "1780.00")
    stand.roubler.add_run(date(2026, 11, 2), date(2026, 11, 15), status="Finalised")
    return payrun


async def test_it_is_asked_about_every_vendors_pay_runs_and_about_nothing_else(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "gigapay", "roubler", "xero", database=migrated) as made:
        open_runs(made)
        await put(made, '"status is one of open, finalised, draft"')
        await made.poll()
        kinds = {id.partition(":")[0] for id in await answered(made)}
        yes = sorted(id.partition(":")[0] for id, answer in (await answered(made)).items() if answer == "yes")

    assert kinds == {"gigapay.payrun", "roubler.payrun", "xero.payrun"}
    assert set(yes) >= {"gigapay.payrun", "roubler.payrun"}


async def test_a_word_that_only_one_vendor_has_is_no_at_the_others(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "gigapay", "roubler", database=migrated) as made:
        open_runs(made)
        await put(made, "status is open")
        await made.poll()
        found = {id.partition(":")[0]: answer for id, answer in (await answered(made)).items()}

    assert found == {"gigapay.payrun": "yes", "roubler.payrun": "no"}


async def test_connections_narrow_it_over_all_vendors(tmp_path: Path, migrated: Migrated) -> None:
    async with stand(tmp_path, "gigapay", "roubler", "xero", database=migrated) as made:
        open_runs(made)
        await put(made, "payees is known", connections="[roubler-au, xero-uk]")
        await made.poll()
        kinds = {id.partition(":")[0] for id in await answered(made)}
        accounts = [one.id for one in watched(made.bot, made.bot.rules["any"].rule)]

    assert kinds == {"roubler.payrun", "xero.payrun"}
    assert sorted(accounts) == ["roubler-au", "xero-uk"]


async def test_it_begins_at_each_connection_once_that_was_read_whole(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "gigapay", "roubler", database=migrated) as made:
        await put(made, "payees is known")
        async with made.bot.db.read() as tx:
            begun = [await rules.adopted_at(tx, "any", one) for one in ("gigapay-se", "roubler-au")]

    assert begun == [BEGINS, BEGINS]


async def test_an_alert_of_one_connection_is_over_when_none_of_its_runs_is_so(
    tmp_path: Path, migrated: Migrated
) -> None:
    """Grouped by connection; the other connection's runs keep its own open, not this one."""
    async with stand(tmp_path, "gigapay", "roubler", database=migrated) as made:
        then = "alert: {to: ops, when_cleared: notice}"
        await put(made, '"status is one of open, finalised"', then, group_by="connection")
        payrun = open_runs(made)
        await made.poll()
        began = sorted(one for one in made.subjects("ops") if "to look at" in one)
        made.gigapay.state.close(payrun, made.clock.now())
        await made.poll()
        over = [one for one in made.subjects("ops") if one.startswith("Over: ")]

    assert len(began) == 2
    assert len(over) == 1
    assert "Gigapay" in over[0]


async def test_each_run_is_decided_by_the_calendar_of_its_own_connection(
    tmp_path: Path, migrated: Migrated
) -> None:
    """At the end of the day in Stockholm it is still today in London."""
    async with stand(tmp_path, "gigapay", "xero", database=migrated) as made:
        await put(made, "now is before Sat 14 Nov 2026 00:00")
        made.add_payouts("1450.00")
        await made.poll()
        midnight = datetime(2026, 11, 14, tzinfo=ZoneInfo("Europe/Stockholm"))
        await made.until(midnight)
        found = {id.partition(":")[0]: answer for id, answer in (await answered(made)).items()}
        await made.until(midnight + timedelta(hours=1))
        later = {id.partition(":")[0]: answer for id, answer in (await answered(made)).items()}

    assert found == {"gigapay.payrun": "no", "xero.payrun": "yes"}
    assert later == {"gigapay.payrun": "no", "xero.payrun": "no"}


async def test_at_its_time_one_mail_lists_the_runs_of_all_vendors(tmp_path: Path, migrated: Migrated) -> None:
    async with stand(tmp_path, "gigapay", "roubler", database=migrated) as made:
        open_runs(made)
        await put(
            made, "next deadline is in the next 10 working days", LIST, every="day at 13:30", calendar="se"
        )
        await made.poll()
        await made.until(at(13, 13, 30))
        await made.after(minutes=6)

        (mail,) = [one for one in made.texts("ops") if "EVERY DAY AT 13:30" in one]
    assert "Gigapay payrun" in mail
    assert "Roubler pay run" in mail


async def test_lines_are_read_for_it_where_a_fact_needs_them(tmp_path: Path, migrated: Migrated) -> None:
    """As for a rule of one vendor: else `negative net pay` would stay unknown for ever."""
    async with stand(tmp_path, "staffology", database=migrated) as made:
        (made.bot.settings.rules / "staffology.yaml").unlink()
        await put(made, "negative net pay is none")
        await made.poll()
        found = await answered(made)

    assert set(found.values()) == {"yes"}


async def test_what_is_shown_for_signing_is_read_again_as_the_same_rule(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "gigapay", "roubler", database=migrated) as made:
        await put(made, "status is open")
        rule: Rule = made.bot.rules["any"].rule
        async with made.bot.db.read() as tx:
            version = await rules.version(tx, rule.hash)
        assert version is not None
        assert versions.is_signed(made.bot.settings, version)
        assert made.bot.rules["any"].is_signed


@pytest.mark.parametrize("group_by", ["payrun", "connection"])
async def test_what_a_rule_told_of_and_no_longer_watches_is_said_to_be_watched_no_more(
    tmp_path: Path, migrated: Migrated, group_by: str
) -> None:
    async with stand(tmp_path, "gigapay", "roubler", database=migrated) as made:
        await put(made, '"status is one of open, finalised"', group_by=group_by)
        payrun = open_runs(made)
        await made.poll()
        await put(made, '"status is one of open, finalised"', group_by=group_by, connections="[roubler-au]")
        ended = [one for one in made.texts("ops") if "No longer watched" in one]
        async with made.bot.db.read() as tx:
            still = [one.grp for one in await health.open_episodes_of(tx, "any")]

    (mail,) = ended
    assert (payrun if group_by == "payrun" else "gigapay-se") in mail
    assert [one for one in still if "gigapay" in one] == []
    assert len(still) == 1
