"""Whoever reads Swedish is told in Swedish what the console says; programs are told in English."""

import re
from html import unescape

import pytest

from bot.connectors import VendorProblem
from bot.core.condition import claims
from bot.core.sentence import LANGUAGES
from bot.core.words import said, say
from bot.engine.trouble import FAILURES_BEFORE_TOLD, connection_failed
from bot.mail import spoken
from bot.store.tables import mail

from .stand import APPROVER, RUN, Browser, Stand
from .test_console import text

PAGE = f"/payruns/gigapay-se/{RUN}"
RULE = "/rules/gigapay-weekly-close"
EVERY = (
    *("/", PAGE, "/payruns", "/rules", RULE, f"{RULE}/edit", "/connections"),
    *("/calendar", "/people", "/people/2026-11", "/approvals", "/mails"),
)
AS_WRITTEN = (RULE, f"{RULE}/edit")
DOWN = say("answered {status} to {route}", status=503, route="payruns/")
"""What a vendor has wrong, as a connector tells it."""


@pytest.fixture(autouse=True)
def everybody_reads_swedish(site: Stand) -> None:
    people = tuple(one.model_copy(update={"language": "sv"}) for one in site.bot.settings.people)
    site.bot.settings = site.bot.settings.model_copy(update={"people": people})


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("/", [f"Godkänn: stäng Gigapay payrun {RUN}", "Senaste nytt 15:05."], id="today"),
        pytest.param(PAGE, ["Först sedd", "gigapay-weekly-close svarar ja", "Nettolön"], id="a pay run"),
        pytest.param("/rules", ["underskriven"], id="rules"),
        pytest.param("/rules/gigapay-weekly-close", ["gäller"], id="a rule"),
        pytest.param("/rules/gigapay-weekly-close/edit", ["En person tillfrågas över"], id="its values"),
        pytest.param("/connections", ["svarar"], id="connections"),
        pytest.param("/calendar", ["flyttas till arbetsdagen före"], id="the calendar"),
        pytest.param("/people", ["godkännare", "ingen egen gräns", "får ingen godkänna ensam"], id="people"),
        pytest.param("/people/2026-11", ["november 2026"], id="a month"),
        pytest.param(f"{PAGE}/evidence", ["Först sedd"], id="evidence"),
    ],
)
async def test_a_page_says_it(approver: Browser, path: str, says: list[str]) -> None:
    page = text(await approver.page(path))

    assert [one for one in says if one not in page] == []


async def test_a_deed_is_told_of_in_it(approver: Browser) -> None:
    await approver.submit("/connections", "/connections/gigapay-se/pause", reason="bank change")
    page = text(await approver.page("/connections"))

    assert f"{APPROVER} pausade den fre 20 nov. 15:05: bank change" in page


async def test_a_deed_that_is_refused_is_answered_in_it(approver: Browser) -> None:
    reply = await approver.submit("/connections", "/connections/gigapay-se/pause", reason=" ")
    page = text(await reply.text())

    assert reply.status == 422
    assert "Inget gjordes: anledningen saknas Det sparas i granskningsloggen." in page


async def test_a_page_that_is_not_there_says_so_in_it(approver: Browser) -> None:
    page = text(await (await approver.get("/payruns/gigapay-se/7")).text())

    assert "hittades inte Det finns ingen sådan" in page
    assert "Det finns ingen sådan löneutbetalning, eller så har den inte lästs än." in page


async def test_a_stranger_is_answered_as_their_browser_asks(site: Stand) -> None:
    async with site.client() as client:
        swedish = {"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.5"}
        refused = await client.post("/connections/all/pause", headers=swedish)
        unknown = await client.post("/connections/all/pause", headers={"Accept-Language": "fi"})

        assert "Inget beslutades: du är inte inloggad" in await refused.text()
        assert "Nothing was decided: you are not signed in" in await unknown.text()


async def test_programs_are_told_in_english(site: Stand) -> None:
    async with site.client() as client:
        reply = await client.get(f"/api{PAGE}x/why", headers=site.bearer(APPROVER))
        problem = await reply.json()

        assert (problem["title"], problem["detail"]) == (
            "Not found",
            "There is no such pay run, or it has not been read yet.",
        )


SMALL = re.compile(
    r"\b(the|and|is|are|was|were|not|of|for|to|with|it|its|has|have|no|yes|until|from|read|there|one|at|on|"
    r"what|which|that|this|who|why|when|nobody|nothing|none|unknown|after|before|above|below|between|more|"
    r"than|could|be|done|said|says|asked|seen|since|or|them|they|you|your)\b",
    re.IGNORECASE,
)
"""Words without which English says little, but for those that are Swedish, too."""


class Pretended:
    """A catalogue in which every message comes back between marks."""

    def message(self, one: str, many: str, count: int) -> str:
        return f"⟦{many if many and count != 1 else one}⟧"


def outside(text: str) -> str:
    """What stands between no marks. A message may be within another."""
    kept, depth = [], 0
    for one in text:
        depth += one == "⟦"
        if not depth:
            kept.append(one)
        depth -= one == "⟧"
    return "".join(kept)


async def written_by_people(site: Stand, path: str) -> list[str]:
    """What is shown as it was written, longest first: fields, rules, and mails as they went.

    A rule's own pages show its text in pieces, between its values.
    """
    found = set(LANGUAGES["en"].fields) | set(LANGUAGES["sv"].fields)
    for one in site.bot.rules.values():
        found |= {one.rule.title, one.rule.advice}
        asked = [one.rule.when, *one.rule.limits.ask_when]
        found |= {claim.text for condition in asked for claim in claims(condition)}
        if path in AS_WRITTEN:
            found |= {piece.strip(" -") for piece in re.split(r"[\n{}#:;,]|\d+", one.rule.text)}
    found |= {row.subject for row in await site.stored(mail)}
    return sorted(found - {""}, key=len, reverse=True)


@pytest.mark.parametrize("path", EVERY)
async def test_no_english_stands_outside_of_what_is_translated(
    site: Stand, approver: Browser, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(FAILURES_BEFORE_TOLD):
        await connection_failed(site.bot, site.bot.accounts["gigapay-se"], VendorProblem(DOWN))
    for module in (said, spoken):
        monkeypatch.setattr(module, "catalogue", lambda language: Pretended())

    left = outside(unescape(text(await approver.page(path))))

    for theirs in await written_by_people(site, path):
        left = left.replace(theirs, "")
    assert SMALL.findall(left) == [], left


async def test_what_a_vendor_has_wrong_is_told_in_the_readers_language(
    site: Stand, approver: Browser
) -> None:
    await connection_failed(site.bot, site.bot.accounts["gigapay-se"], VendorProblem(DOWN))
    swedish = text(await approver.page("/connections"))
    async with site.client() as client:
        reply = await client.get("/api/connections", headers=site.bearer(APPROVER))
        english = await reply.text()

    assert "svarade 503 på payruns/" in swedish
    assert "answered 503 to payruns/" in english
