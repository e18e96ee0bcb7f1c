"""/metrics: who reads it, that it says what is so, and that dashboard and alerts ask for what there is."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.engine import approve
from bot.settings.models import Metrics
from bot.store import health

from .stand import APPROVER, ODD_RUN, OPERATOR, PROPOSER, RUN, SECRET, VIEWER, Stand

DOCS = Path(__file__).parents[2] / "docs" / "monitoring"
TOKEN = "canary-metrics-0123456789abcdef"


def allow(site: Stand, metrics: Metrics | None) -> None:
    http = site.bot.settings.http.model_copy(update={"metrics": metrics})
    site.bot.settings = site.bot.settings.model_copy(update={"http": http})


async def scrape(site: Stand, token: str | None = None) -> tuple[int, str]:
    async with site.client() as client:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        reply = await client.get("/metrics", headers=headers)
        return reply.status, await reply.text()


async def values(site: Stand) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    status, text = await scrape(site, site.tokens[VIEWER])
    assert status == 200
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("metrics", "token", "status"),
    [
        pytest.param(None, None, 401, id="nobody without a token"),
        pytest.param(None, "prb_wrong", 401, id="nobody with a wrong one"),
        pytest.param(None, "", 401, id="nobody with an empty one"),
        pytest.param(Metrics(token=(SecretStr(TOKEN),)), None, 401, id="a token is set and none came"),
        pytest.param(Metrics(token=(SecretStr(TOKEN),)), TOKEN[:-1], 401, id="nearly that token"),
        pytest.param(Metrics(token=(SecretStr(TOKEN),)), TOKEN, 200, id="that token"),
        pytest.param(Metrics(open=True), None, 200, id="open"),
        pytest.param(Metrics(), None, 401, id="neither open nor a token"),
    ],
)
async def test_who_reads_it(site: Stand, metrics: Metrics | None, token: str | None, status: int):
    allow(site, metrics)

    assert (await scrape(site, token))[0] == status


async def test_its_token_opens_nothing_else(site: Stand):
    allow(site, Metrics(token=(SecretStr(TOKEN),)))
    async with site.client() as client:
        reply = await client.get("/api/me", headers={"Authorization": f"Bearer {TOKEN}"})

    assert reply.status == 401


@pytest.mark.parametrize("person", [VIEWER, OPERATOR, APPROVER])
async def test_a_personal_token_reads_it_whatever_the_settings_say(site: Stand, person: str):
    for metrics in (None, Metrics(token=(SecretStr(TOKEN),))):
        allow(site, metrics)
        assert (await scrape(site, site.tokens[person]))[0] == 200


async def test_it_says_what_waits_and_for_how_long(site: Stand):
    before = await values(site)
    site.clock.at += timedelta(minutes=10)
    after = await values(site)

    assert before["payrunbot_effects", "gigapay.close_payrun", "waiting"] == 1
    assert (before["payrunbot_approvals_open",], before["payrunbot_approvals_oldest_seconds",]) == (1, 0)
    assert after["payrunbot_approvals_oldest_seconds",] == 600
    assert (
        before["payrunbot_approvals_first_ends_seconds",] - after["payrunbot_approvals_first_ends_seconds",]
        == 600
    )
    assert after["payrunbot_connection_list_age_seconds", "gigapay-se"] == 600
    assert before["payrunbot_rules", "act"] + before["payrunbot_rules", "ask"] == 1
    assert before["payrunbot_mails_waiting",] == before["payrunbot_mails_last_day", "queued"] > 0


async def test_it_says_what_was_done_and_what_became_of_it(site: Stand):
    asked = await site.asked()
    (person,) = [one for one in site.bot.settings.people if one.id == APPROVER]
    await approve.reject(site.bot, person, asked.id, channel="api", reason="x")
    after = await values(site)
    site.clock.at += timedelta(hours=24, seconds=1)
    later = await values(site)

    assert after["payrunbot_effects_ended_last_day", "gigapay.close_payrun", "refused"] == 1
    assert ("payrunbot_effects", "gigapay.close_payrun", "waiting") not in after
    assert ("payrunbot_effects_ended_last_day", "gigapay.close_payrun", "refused") not in later


async def test_a_connection_that_fails_and_one_that_is_paused_show(site: Stand):
    (person,) = [one for one in site.bot.settings.people if one.id == OPERATOR]
    await approve.pause(site.bot, person, "gigapay-se", reason="x")
    now = site.bot.now()
    async with site.bot.db.write() as tx:
        await health.set_health(
            tx, "xero-uk", failing_since=now - timedelta(minutes=5), rest_until=now, rests=1
        )
    found = await values(site)

    assert found["payrunbot_connection_failing_seconds", "xero-uk"] == 300
    assert [found["payrunbot_connection_breaker_open", one] for one in ("gigapay-se", "xero-uk")] == [0, 1]
    assert [found["payrunbot_connection_paused", one] for one in ("gigapay-se", "xero-uk")] == [1, 0]
    assert found["payrunbot_calls_left", "xero-uk", "effects", "day"] == 20_000


async def test_webhooks_are_counted_by_what_became_of_them(site: Stand):
    async with site.client() as client:
        for body, secret in ((b"{}", SECRET), (b"{}", SECRET), (b"{}", "wrong")):
            await client.post(f"/hooks/gigapay-se/Payrun.created/{secret}", data=body)
    known = {
        key: value for key, value in (await values(site)).items() if key[0] == "payrunbot_webhooks_total"
    }

    assert sum(value for key, value in known.items() if key[2] == "refused") == 1
    assert sum(value for key, value in known.items() if key[2] == "stored") == 2


async def test_no_person_no_pay_run_and_no_secret_is_in_it(site: Stand):
    await site.asked()
    _, text = await scrape(site, site.tokens[VIEWER])

    for word in (APPROVER, OPERATOR, PROPOSER, VIEWER, RUN, ODD_RUN, SECRET, "example.com", "prb_"):
        assert word not in text


async def test_two_services_of_one_process_do_not_meet(site: Stand):
    site.bot.measures.hook("gigapay-se", "stored")

    assert (
        type(site.bot.measures)().registry.get_sample_value(
            "payrunbot_webhooks_total", {"connection": "gigapay-se", "outcome": "stored"}
        )
        is None
    )


async def _names(site: Stand) -> set[str]:
    """Every name that a scrape has, with those of the counters that have counted nothing yet."""
    site.bot.measures.hook("gigapay-se", "stored")
    site.bot.measures.poll("gigapay-se", "read")
    site.bot.measures.called("gigapay-se", "GET /payruns/", "2xx", 0.1)
    site.bot.measures.decided({"x": "no"}, 0.1)
    _, text = await scrape(site, site.tokens[VIEWER])
    families = list(text_string_to_metric_families(text))
    return {family.name for family in families} | {one.name for family in families for one in family.samples}


@pytest.mark.parametrize("file", ["dashboard.json", "alerts.yaml"])
async def test_dashboard_and_alerts_ask_for_what_there_is(site: Stand, file: str):
    asked = set(re.findall(r"payrunbot_\w+", (DOCS / file).read_text("utf-8")))

    assert asked <= await _names(site)
    assert len(asked) > 10


async def test_the_dashboard_shows_everything(site: Stand):
    panels = json.loads((DOCS / "dashboard.json").read_text("utf-8"))["panels"]
    text = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    families = {re.sub(r"_(bucket|sum|count|created|total)$", "", name) for name in await _names(site)}

    assert {name for name in families if name not in text} == set()


def test_each_alert_says_what_it_is_and_what_to_do():
    (group,) = yaml.safe_load((DOCS / "alerts.yaml").read_text("utf-8"))["groups"]

    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) > 10
    for rule in group["rules"]:
        assert rule.keys() >= {"alert", "expr", "labels", "annotations"}
        assert rule["annotations"].keys() == {"summary", "do"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
