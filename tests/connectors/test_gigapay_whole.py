"""Every call of Gigapay's documents against its sandbox, and what is not documented taken either way."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from pydantic import ValidationError

from bot.connectors.client import Reply, VendorClient, open_session
from bot.connectors.gigapay.api import GigapayApi, When
from bot.connectors.gigapay.errors import said
from bot.connectors.gigapay.hooks import DOCUMENTED, MAYBE, about
from bot.connectors.gigapay.models import PayrunChange, WebhookChange
from bot.connectors.gigapay.register import register
from bot.connectors.gigapay.settings import GigapaySettings, address_of
from bot.connectors.problem import Gone, VendorProblem
from bot.core.resource import Known, Unread

from .conftest import NOON, MemoryTokens, StillClock
from .stand import SECRET, Stand, stand
from .test_gigapay import signed

PUBLIC = "https://payrun.example.com"
ROTATED = "canary-rotated-0123456789abcdef"


@pytest.fixture
async def gigapay(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("gigapay", client, tokens, clock) as opened:
        yield opened


@pytest.fixture
def api(gigapay: Stand, client: VendorClient) -> GigapayApi:
    assert isinstance(gigapay.settings, GigapaySettings)
    return GigapayApi(gigapay.settings, client)


# Settings


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        (None, "https://api.gigapay.se/v2"),
        ("production", "https://api.gigapay.se/v2"),
        ("demo", "https://api.demo.gigapay.se/v2"),
        ("https://api.demo.gigapay.se/v2/", "https://api.demo.gigapay.se/v2"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123/v2"),
    ],
)
def test_the_two_addresses_are_known_by_name(base_url: str | None, address: str) -> None:
    assert address_of(base_url) == address


@pytest.mark.parametrize(
    ("base_url", "said_of_it"),
    [
        ("demmo", 'is neither demo, production nor an address (https://…). Did you mean "demo"?'),
        ("api.gigapay.se", "is neither demo, production nor an address (https://…)."),
        ("http://api.gigapay.se/v2/", "with http the token would be readable on its way: write https"),
        ("ftp://api.gigapay.se", "is neither demo, production nor an address (https://…)."),
    ],
)
def test_an_odd_address_is_refused_with_a_hint(base_url: str, said_of_it: str) -> None:
    told = {"id": "g", "vendor": "gigapay", "calendar": "se", "token": "t", "integration_id": "i"}
    with pytest.raises(ValidationError) as caught:
        GigapaySettings.model_validate({**told, "base_url": base_url})

    assert said_of_it in str(caught.value)


# Payruns


async def test_payruns_are_listed_by_every_filter_of_the_documents(gigapay: Stand, api: GigapayApi) -> None:
    is_open = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    first_paid = datetime.fromisoformat("2019-05-25T09:02:17+00:00")

    async def ids(**asked: Any) -> list[str]:
        return [one.id for one in await api.payruns(**asked)]

    assert await ids(open=True) == [is_open]
    assert await ids(open=False) == ["2859272", "2859273"]
    assert await ids(paid_at=When(is_null=True)) == [is_open]
    assert await ids(paid_at=When(before=first_paid)) == ["2859272"]
    assert await ids(paid_at=When(after=first_paid)) == ["2859273"]
    assert await ids(created_at=When(before=NOON - timedelta(days=1)), page_size=1) == ["2859272", "2859273"]


async def test_a_payrun_is_retrieved_with_its_invoice_and_without(api: GigapayApi) -> None:
    expanded, plain = await api.payrun("2859272"), await api.payrun("2859272", expand=False)

    assert expanded.invoice is not None and plain.invoice is not None
    assert (expanded.invoice.total, plain.invoice.total) == ("1745.40", None)
    assert (await api.invoice(plain.invoice.id)).total == "1745.40"


async def test_a_new_id_moves_a_payrun_and_its_metadata_is_changed_alone(api: GigapayApi) -> None:
    moved = await api.update_payrun("2859272", PayrunChange(id="846271"))
    tagged = await api.update_payrun("846271", PayrunChange(metadata={"original_id": "2859272", "a": None}))
    with pytest.raises(Gone):
        await api.payrun("2859272")

    assert (moved.status, tagged.status) == (200, 200)
    assert (await api.payrun("846271")).metadata == {"original_id": "2859272", "a": None}


async def test_an_open_payrun_is_deleted_and_a_paid_one_is_not(gigapay: Stand, api: GigapayApi) -> None:
    is_open = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    deleted, kept = await api.delete_payrun(is_open), await api.delete_payrun("2859272")

    assert (deleted.status, kept.status) == (204, 409)
    assert said(kept) == "A paid payrun, or one on credit, can not be deleted."
    assert [one.id for one in await api.payruns()] == ["2859272", "2859273"]


class Interrupted(VendorClient):
    """Has somebody else delete a payrun just before one page is asked for."""

    before: tuple[str, str] | None = None
    """The page, and the address of what is deleted."""

    async def call(self, connection: str, method: str, url: str, **more: Any) -> Reply:
        if self.before is not None and (more.get("params") or {}).get("page") == self.before[0]:
            address, self.before = self.before[1], None
            await super().call(connection, "DELETE", address, **{**more, "params": {}})
        return await super().call(connection, method, url, **more)


async def test_a_list_whose_last_page_goes_while_it_is_read_is_read_again(
    tokens: MemoryTokens, clock: StillClock
) -> None:
    async with open_session() as session:
        client = Interrupted(session, timeout_s=2, clock=clock, log=structlog.get_logger())
        async with stand("gigapay", client, tokens, clock) as at:
            assert isinstance(at.settings, GigapaySettings)
            is_open = at.vendor.add_payout("1041", "2150.00")["payrun"]
            client.before = ("3", f"{address_of(at.settings.base_url)}/payruns/{is_open}/")
            found = await GigapayApi(at.settings, client).payruns(page_size=1)

    assert client.before is None
    assert [one.id for one in found] == ["2859272", "2859273"]


async def test_payouts_that_are_not_there_are_not_the_payrun_gone(gigapay: Stand) -> None:
    gigapay.vendor.faults.add("status", "GET /payouts/", times=None, code=404)

    with pytest.raises(VendorProblem, match="404 to payouts/"):
        await gigapay.connection.read("gigapay.payrun", "2859272", NOON, lines=True)


async def test_payouts_are_listed_of_a_payrun_of_a_payee_and_by_time(gigapay: Stand, api: GigapayApi) -> None:
    payrun = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    gigapay.vendor.add_payout("1047", "1765.00")

    assert len(await api.payouts(payrun)) == 2
    assert [one.amount for one in await api.payouts(employee="1047")] == ["1765.00"]
    assert len(await api.payouts(when={"notified_at": When(is_null=True)})) == 2
    (expanded,) = await api.payouts(employee="1047", expand=True)
    assert expanded.employee is not None
    assert (expanded.employee.id, expanded.employee.latest_status) == ("1047", "active")


async def test_a_filter_that_is_not_kept_makes_no_sums(gigapay: Stand) -> None:
    payrun = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    page = {"count": 1, "next": None, "results": [{"id": "p1", "amount": "1.00", "payrun": "another"}]}
    gigapay.vendor.faults.add("body", "GET /payouts/", text=json.dumps(page))

    with pytest.raises(VendorProblem, match="payouts of another payrun"):
        await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=True)


async def test_an_id_that_changes_between_payrun_and_payouts_makes_no_empty_payrun(gigapay: Stand) -> None:
    payrun = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    empty: dict[str, Any] = {"count": 0, "next": None, "results": []}
    gigapay.vendor.faults.add("body", "GET /payouts/", text=json.dumps(empty))
    snapshot = await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=True)

    assert snapshot.lines is None
    for name in ("net pay", "payouts", "cancelled payouts", "payees", "last payout"):
        assert snapshot.values[name] == Unread("Gigapay lists no payouts of a payrun that has a price")


async def test_the_payment_term_is_read_whole(gigapay: Stand, api: GigapayApi) -> None:
    term = await api.payment_term()

    assert (term.batching_duration, term.batching_interval, term.due_days) == (86400, "weekly", 14)
    assert [(one.currency, one.credit_limit, one.credit_used) for one in term.credit_terms] == [
        ("SEK", "50000.00", "12345.67"),
        ("EUR", "25000.00", "5432.10"),
    ]
    gigapay.vendor.set_payment_term(credit_terms=None)
    gigapay.vendor.faults.add("body", "GET /payment_term/", text='{"credit_terms": null}')
    assert (await api.payment_term()).credit_terms == ()


async def test_the_open_payruns_of_a_currency_are_those_of_the_last_list(gigapay: Stand) -> None:
    kronor = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    gigapay.vendor.add_payout("1041", "10.00", currency="EUR")
    await gigapay.connection.list(NOON)
    is_open = await gigapay.connection.read("gigapay.payrun", kronor, NOON, lines=True)
    gigapay.vendor.state.close(kronor, NOON)
    closed = await gigapay.connection.read("gigapay.payrun", kronor, NOON, lines=True)

    assert is_open.values["open payruns"] == Known(1)
    assert closed.values["open payruns"] == Known(0)


async def test_english_is_asked_for(gigapay: Stand, api: GigapayApi) -> None:
    assert api._headers["Accept-Language"] == "en"


# Errors


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "Method not allowed."}, "Method not allowed."),
        ({"due_date": ["Too early.", "Not a date."]}, "due_date: Too early. Not a date."),
        ({"non_field_errors": ["Either amount or cost."]}, "Either amount or cost."),
        (
            [{}, {"id": ["Taken."], "amount": ["Missing."]}],
            "number 2, id: Taken.; number 2, amount: Missing.",
        ),
        ([{"employee": {"email": ["Not one."]}}], "number 1, employee, email: Not one."),
        ({"detail": {"detail": {"detail": {"detail": {"detail": ["deep"]}}}}}, ""),
        ({}, ""),
        (7, ""),
    ],
)
def test_an_error_is_said_field_by_field_and_item_by_item(body: object, words: str) -> None:
    assert said(Reply(400, {}, json.dumps(body).encode())) == words


def test_an_error_repeats_no_secret_of_ours() -> None:
    told = json.dumps({"secret_key": [f"{ROTATED} is too short."]}).encode()

    assert said(Reply(400, {}, told, (ROTATED,))) == "secret_key: … is too short."


async def test_a_key_that_is_limited_to_other_addresses_says_so(gigapay: Stand) -> None:
    gigapay.vendor.allowed = frozenset({"192.0.2.1"})
    with pytest.raises(VendorProblem) as caught:
        await gigapay.connection.list(NOON)
    lines = {one.what: one for one in await gigapay.connection.check_access()}

    assert "You do not have permission to perform this action." in caught.value.what
    assert "its key is for other addresses than ours" in caught.value.what
    assert lines["read payruns"].ok is False
    assert lines["read payruns"].mend.startswith("Ask support@gigapay.se")


# Access


async def test_what_can_be_reached_is_found_by_reading_alone(gigapay: Stand) -> None:
    lines = {one.what: one.ok for one in await gigapay.connection.check_access()}

    assert lines == {
        "read payruns": True,
        "read payouts": True,
        "read the payment term": True,
        "read webhooks": True,
        "trust webhooks": True,
        "close and tag payruns": None,
    }
    assert {entry["call"].split()[0] for entry in gigapay.vendor.ledger.entries} == {"GET"}


@pytest.mark.parametrize(
    ("fault", "ok"),
    [
        ({"kind": "status", "code": 401}, False),
        ({"kind": "status", "code": 403}, False),
        ({"kind": "status", "code": 404}, False),
        ({"kind": "status", "code": 500}, None),
        ({"kind": "html"}, None),
        ({"kind": "drop_before"}, None),
    ],
    ids=lambda one: " ".join(map(str, one.values())) if isinstance(one, dict) else "",
)
async def test_what_cannot_be_reached_is_a_line_with_what_to_do(
    gigapay: Stand, fault: dict[str, Any], ok: bool | None
) -> None:
    gigapay.vendor.faults.add(times=None, **fault)
    lines = (await gigapay.connection.check_access())[:4]

    assert [one.ok for one in lines] == [ok] * 4
    assert all(one.said and one.mend for one in lines)
    assert SECRET not in repr(lines)


# Webhooks


async def test_a_webhook_is_made_changed_replaced_and_deleted(api: GigapayApi) -> None:
    await api.create_webhook(WebhookChange(id="w1", url=f"{PUBLIC}/a", events=("Payrun.paid",)))
    await api.update_webhook("w1", WebhookChange(metadata={"ours": True}))
    changed = await api.webhook("w1")
    await api.replace_webhook("w1", WebhookChange(url=f"{PUBLIC}/b", events=("Payrun.created",)))
    replaced = await api.webhook("w1")
    await api.delete_webhook("w1")

    assert (changed.url, changed.events, changed.metadata) == (
        f"{PUBLIC}/a",
        ("Payrun.paid",),
        {"ours": True},
    )
    assert (replaced.url, replaced.events, replaced.metadata) == (f"{PUBLIC}/b", ("Payrun.created",), {})
    assert replaced.secret_key != changed.secret_key
    assert await api.webhooks() == []


async def test_an_event_that_may_not_be_live_is_left_out_and_the_others_go_on(gigapay: Stand) -> None:
    gigapay.vendor.tells_status = False
    done = await gigapay.connection.register_hooks(PUBLIC)

    left_out = [one for one in done if one.startswith("left out")]
    assert [one.split(": ")[1].split(" (")[0] for one in left_out] == [
        f"Gigapay does not tell of {event}" for event in MAYBE
    ]
    assert {tuple(one["events"]) for one in gigapay.vendor.state.webhooks.values()} == {
        (event,) for event in DOCUMENTED
    }
    assert SECRET not in repr(done)


async def test_a_documented_event_that_is_refused_is_a_problem_after_the_others_are_done(
    gigapay: Stand, api: GigapayApi
) -> None:
    with pytest.raises(VendorProblem, match=r"Payrun\.closed: answered 400 .*is not a valid choice"):
        await register(api, "gigapay-x", PUBLIC, (), events=("Payrun.closed", "Payrun.paid"))

    assert [one["events"] for one in gigapay.vendor.state.webhooks.values()] == [["Payrun.paid"]]


@pytest.mark.parametrize("hides", [False, True], ids=["shown again", "shown once"])
async def test_a_secret_that_rotates_is_put_into_every_webhook_once(
    gigapay: Stand, api: GigapayApi, hides: bool
) -> None:
    gigapay.vendor.hides_secrets = hides
    first = await register(api, "gigapay-x", PUBLIC, (ROTATED[::-1],))
    again = await register(api, "gigapay-x", PUBLIC, (ROTATED[::-1],))
    rotated = await register(api, "gigapay-x", PUBLIC, (ROTATED, ROTATED[::-1]))
    after = await register(api, "gigapay-x", PUBLIC, (ROTATED, ROTATED[::-1]))

    count = len(DOCUMENTED) + len(MAYBE)
    assert (len(first), again, len(rotated), after) == (count, (), count, ())
    assert {one["secret_key"] for one in gigapay.vendor.state.webhooks.values()} == {ROTATED}


async def test_what_somebody_wrote_into_a_webhooks_metadata_stays(gigapay: Stand, api: GigapayApi) -> None:
    await register(api, "gigapay-x", PUBLIC, (ROTATED,))
    hook = next(iter(gigapay.vendor.state.webhooks.values()))
    hook["metadata"]["owner"] = "payroll"
    await register(api, "gigapay-x", PUBLIC, (ROTATED[::-1],))

    assert gigapay.vendor.state.webhooks[hook["id"]]["metadata"]["owner"] == "payroll"


@pytest.mark.parametrize(
    ("event", "body", "looks_at"),
    [
        ("Payrun.status", {"id": "2859272"}, (("gigapay.payrun", "2859272"),)),
        ("Payout.status", {"id": "p1", "payrun": "2859272"}, (("gigapay.payrun", "2859272"),)),
        ("Employee.verified", {"id": "1847"}, ()),
        ("Employee.status", {"id": "1847"}, ()),
    ],
)
def test_each_family_of_events_says_what_to_look_at(
    event: str, body: dict[str, Any], looks_at: tuple[tuple[str, str], ...]
) -> None:
    assert about(event, json.dumps(body).encode()) == looks_at


def test_what_is_kept_of_a_payee_names_nobody_and_no_link_keeps_its_token() -> None:
    told = {
        "id": "1847",
        "name": "canary",
        "email": "canary@example.com",
        "invitation_code": "canary",
        "metadata": {"x": "canary"},
        "new": {"link": "https://x/?a=1&token=canary&b=2", "other": "https://x/?next=%2F%3FTOKEN%3Dcanary"},
    }
    kept = signed(json.dumps(told).encode()).kept

    assert b"canary" not in kept
    assert json.loads(kept)["id"] == "1847"
