"""What needs somebody stands on the pages and in the API, and is taken up again there; replay over HTTP."""

import pytest
from sqlalchemy import update

from bot.engine.park import park_resource
from bot.store import parked
from bot.store.tables import effect, inbox, resource

from .stand import APPROVER, OPERATOR, RUN, SECRET, VIEWER, Browser, Stand, offers
from .test_api import get, post

ID = f"gigapay.payrun:gigapay-se/{RUN}"
PAGE = f"/payruns/gigapay-se/{RUN}"
WHY = "two actions on it are under way at once"


async def set_apart(site: Stand, what: str = ID) -> None:
    async with site.bot.db.write() as tx:
        await park_resource(site.bot, tx, what, WHY)


async def test_a_pay_run_that_needs_somebody_is_named_everywhere_in_the_readers_words(
    site: Stand, approver: Browser
):
    await set_apart(site)
    today, page, listed = [await approver.page(path) for path in ("/", PAGE, "/payruns")]
    status, why = await get(site, f"{PAGE}/why")
    _, payruns = await get(site, "/payruns")

    assert f"Needs you: Gigapay payrun {RUN}" in today
    assert all("Two actions on it are under way at once." in shown for shown in (today, page))
    assert "needs you" in listed
    assert (status, why["needs_you"]) == (200, WHY)
    assert [one.get("needs_you") for one in payruns["payruns"] if one["ref"].endswith(RUN)] == [WHY]
    assert [word for word in ("parked", "set apart") if word in today + page] == []


async def test_the_pages_button_takes_it_up_again(site: Stand, approver: Browser):
    await set_apart(site)
    offered = offers(await approver.page(PAGE), f"{PAGE}/release")
    reply = await approver.submit(PAGE, f"{PAGE}/release")
    async with site.bot.db.read() as tx:
        left = await parked.listed(tx)

    assert (offered, reply.status, left) == (True, 303, ())
    assert not offers(await approver.page(PAGE), f"{PAGE}/release")


async def test_what_was_never_read_is_named_and_taken_up_by_its_name(site: Stand, approver: Browser):
    await set_apart(site, "gigapay.payrun:gigapay-se/never")
    today = await approver.page("/")
    released = await post(site, "/payruns/gigapay-se/never/release", {}, OPERATOR)

    assert "payrunbot release gigapay-se/never" in today
    assert released == (200, {"said": "payrunbot takes it up again."})


async def test_who_only_looks_sees_it_and_is_offered_nothing(site: Stand):
    await set_apart(site)
    async with site.signed_in(VIEWER) as viewer:
        page = await viewer.page(PAGE)
    refused, _ = await post(site, f"{PAGE}/release", {}, VIEWER)

    assert "Two actions on it are under way at once." in page
    assert not offers(page, f"{PAGE}/release")
    assert refused == 403


BROKEN = [
    pytest.param(resource, {"snapshot_json": "{"}, id="a reading"),
    pytest.param(effect, {"outcome_json": "["}, id="an action"),
    pytest.param(effect, {"state": "blorp"}, id="a state"),
]


@pytest.mark.parametrize(("table", "values"), BROKEN)
async def test_a_row_that_cannot_be_read_fells_no_page(site: Stand, approver: Browser, table, values):
    async with site.bot.db.write() as tx:
        await tx.execute(update(table).values(**values))
    for path in ("/", "/payruns", PAGE, "/approvals", "/connections", "/audit"):
        await approver.page(path)
    for path in ("/payruns", f"{PAGE}/why", "/approvals"):
        assert (await get(site, path))[0] == 200


async def test_a_replay_says_how_many_and_makes_them_news(site: Stand):
    async with site.client() as client:
        for number in range(3):
            body = b'{"id": %d}' % number
            await client.post("/hooks/gigapay-se/Payrun.created", data=body, headers={"X-Secret": SECRET})
    async with site.bot.db.write() as tx:
        await tx.execute(update(inbox).values(state="sorted"))
    said = await post(site, "/replay", {"everything": True, "connection": "gigapay-se"}, OPERATOR)
    again = await post(site, "/replay", {"event": "2"}, OPERATOR)

    text = "3 webhooks are worked on again. Nothing is done twice by it: what was done is on record."
    assert said == (200, {"said": text, "replayed": 3, "unreadable": 0})
    assert {row.state for row in await site.stored(inbox)} == {"new"}
    assert again[0] == 409


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"event": "1", "everything": True}, id="two things"),
        pytest.param({"everything": False}, id="not everything"),
        pytest.param({"event": "1", "connection": "gigapay-se"}, id="one of a connection"),
        pytest.param({"failed_since": "2026-11-20T12:00:00"}, id="a time without a zone"),
    ],
)
async def test_a_replay_of_no_one_thing_is_refused(site: Stand, body):
    assert (await post(site, "/replay", body, APPROVER))[0] == 422


async def test_who_only_looks_replays_nothing(site: Stand):
    assert (await post(site, "/replay", {"everything": True}, VIEWER))[0] == 403
