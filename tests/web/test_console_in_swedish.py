"""Whoever reads Swedish is told in Swedish what the console says; programs are told in English."""

import pytest

from .stand import APPROVER, RUN, Browser, Stand
from .test_console import text

PAGE = f"/payruns/gigapay-se/{RUN}"


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
        pytest.param("/people", ["godkännare", "ingen egen gräns"], id="people"),
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

    assert "hittades inte" in page
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
