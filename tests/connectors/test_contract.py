"""What every connector promises, whoever the vendor is. A new one is found and held to it."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import LogCapture

from bot.connectors import HookRefused, VendorProblem, connectors, kinds
from bot.connectors.client import VendorClient
from bot.connectors.problem import Gone
from bot.core.action import Refused, Retry, Unknown
from bot.core.money import Money
from bot.core.resource import Field, Known, Snapshot, Type, Unread

from .conftest import NOON, MemoryTokens, StillClock
from .stand import ACTED, OWN, SECRET, Stand, stand
from .stands import STANDS

VENDORS = sorted(connectors())
STRANGE = {kind: made for one in STANDS.values() for kind, made in one.strange.items()}
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "code": 500},
    {"kind": "status", "code": 403},
    {"kind": "status", "code": 404},
    {"kind": "rate_limit", "retry_after": 7},
    {"kind": "rate_limit", "retry_after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"},
    {"kind": "html"},
    {"kind": "truncated"},
    {"kind": "redirect"},
    {"kind": "redirect", "location": "http://[::1"},
    {"kind": "drop_before"},
]


@pytest.fixture(params=VENDORS)
async def at(
    request: pytest.FixtureRequest, client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> AsyncIterator[Stand]:
    async with stand(request.param, client, tokens, clock) as opened:
        yield opened


async def all_of(at: Stand) -> list[Snapshot]:
    listing = await at.connection.list(NOON)
    return [await at.connection.read(row.kind, row.vendor_id, NOON, lines=True) for row in listing.rows]


def test_each_connector_is_tried_here() -> None:
    assert sorted(OWN) == VENDORS
    assert sorted(STRANGE) == sorted(kinds())
    assert sorted(ACTED) == [vendor for vendor in VENDORS if connectors()[vendor].actions]


async def test_the_same_reply_twice_gives_equal_rows_and_equal_snapshots(at: Stand) -> None:
    first, second = await all_of(at), await all_of(at)

    assert first
    assert first == second
    assert await at.connection.list(NOON) == await at.connection.list(NOON)


async def test_a_snapshot_has_a_value_for_each_field_that_is_declared_and_no_other(at: Stand) -> None:
    for snapshot in await all_of(at):
        assert set(snapshot.values) == set(at.connector.kinds[snapshot.kind].fields)


async def test_each_value_is_of_its_fields_type(at: Stand) -> None:
    python = {
        Type.STATUS: str,
        Type.MONEY: Money,
        Type.COUNT: int,
        Type.INSTANT: datetime,
        Type.TEXT: str,
        Type.FLAG: bool,
    }
    for snapshot in await all_of(at):
        for name, value in snapshot.values.items():
            declared = at.connector.kinds[snapshot.kind].fields[name]
            if isinstance(value, Known) and declared.type in python:
                assert type(value.value) is python[declared.type], name
            if isinstance(value, Known) and declared.type is Type.STATUS:
                assert value.value in declared.words


async def test_the_money_of_the_lines_is_the_net_pay(at: Stand) -> None:
    for snapshot in await all_of(at):
        net_pay = snapshot.money("net pay")
        if snapshot.lines and net_pay:
            assert sum(line.net_pay.amount for line in snapshot.lines) == net_pay.amount


@pytest.mark.parametrize("kind", sorted(STRANGE))
def test_a_status_word_that_we_do_not_know_is_kept_and_reported_and_unknown(kind: str) -> None:
    snapshot = STRANGE[kind]()
    field = "calendar type" if kind == "xero.calendar" else "status"

    assert snapshot.vendor_status == "Frozen"
    assert isinstance(snapshot.values[field], Unread)
    assert any("says 'Frozen', which we do not know" in note for note in snapshot.notes)
    assert snapshot.is_open is (True if kind == "xero.calendar" else None)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: " ".join(map(str, fault.values())))
async def test_a_failure_is_a_problem_in_words_without_a_secret(
    at: Stand, log: LogCapture, fault: dict[str, Any]
) -> None:
    at.vendor.faults.add(times=None, **fault)

    with pytest.raises(VendorProblem) as caught:
        await at.connection.list(NOON)

    assert SECRET not in str(caught.value) + repr(caught.value.__dict__)
    assert log.entries
    assert SECRET not in repr(log.entries)


async def test_a_log_line_of_a_read_tells_no_id_and_no_secret(at: Stand, log: LogCapture) -> None:
    snapshots = await all_of(at)

    told = repr(log.entries)
    assert SECRET not in told
    assert not [one.vendor_id for one in snapshots if one.vendor_id in told]


async def test_what_the_vendor_does_not_know_is_gone(at: Stand) -> None:
    for kind in at.connector.kinds:
        with pytest.raises(Gone):
            await at.connection.read(kind, "Year2026-Monthly-99-1-0", NOON, lines=True)


async def test_each_action_asks_in_plain_text_and_keeps_its_key(at: Stand) -> None:
    for first, second in zip(await all_of(at), await all_of(at), strict=True):
        for action in at.connector.actions.values():
            if action.kind == first.kind:
                request = action.request(first)

                assert json.loads(json.dumps(request)) == request
                assert action.key(first, 0) == action.key(second, 0)
                assert action.key(first, 0).startswith(f"{action.name}:")


async def test_an_action_of_nobody_is_refused(at: Stand) -> None:
    assert isinstance(await at.connection.act("nobody.does_this", {}, "k"), Refused)


@pytest.mark.parametrize(
    ("fault", "outcome", "effects"),
    [
        pytest.param({"kind": "lose_reply"}, Unknown, 1, id="reply lost"),
        pytest.param({"kind": "drop_before"}, Unknown, 0, id="cut before acting"),
        pytest.param({"kind": "status", "code": 500}, Unknown, 0, id="500"),
        pytest.param({"kind": "status_after", "code": 503}, Unknown, 1, id="503 after acting"),
        pytest.param({"kind": "rate_limit", "retry_after": 7}, Retry, 0, id="429"),
        pytest.param(
            {"kind": "rate_limit", "retry_after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"},
            Retry,
            0,
            id="429 until a day that there is not",
        ),
        pytest.param({"kind": "html"}, Unknown, 0, id="a web page"),
        pytest.param({"kind": "redirect"}, Refused, 0, id="a redirect"),
        pytest.param({"kind": "status", "code": 403}, Refused, 0, id="403"),
    ],
)
@pytest.mark.parametrize("vendor", sorted(ACTED))
async def test_an_action_is_sent_once_and_its_outcome_says_what_is_known(
    vendor: str,
    fault: dict[str, Any],
    outcome: type,
    effects: int,
    client: VendorClient,
    tokens: MemoryTokens,
    clock: StillClock,
) -> None:
    async with stand(vendor, client, tokens, clock) as at:
        action, request, call = ACTED[vendor](at.vendor)
        at.vendor.faults.add(call=call, **fault)
        came = await at.connection.act(action, request, "k1")
        sent = [entry for entry in at.vendor.ledger.entries if entry["call"] == call]

    assert type(came) is outcome
    assert [entry["effect"] for entry in sent] == [effects == 1]


@pytest.mark.parametrize("vendor", sorted(ACTED))
async def test_an_action_at_a_vendor_that_is_not_there_did_not_happen(
    vendor: str, client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand(vendor, client, tokens, clock) as at:
        action, request, _ = ACTED[vendor](at.vendor)

    assert isinstance(await at.connection.act(action, request, "k1"), Retry)


async def test_a_hook_without_a_proof_is_refused(at: Stand) -> None:
    for event in (*at.connector.hook_events, "Anything"):
        with pytest.raises(HookRefused):
            at.connection.check_hook(event, None, {}, b"{}")


async def test_registering_hooks_twice_changes_nothing_the_second_time(at: Stand) -> None:
    first = await at.connection.register_hooks("https://payrun.example.com")
    second = await at.connection.register_hooks("https://payrun.example.com")

    assert len(first) == len(at.connector.hook_events)
    assert second == ()
    assert SECRET not in repr(first)


async def test_unregistering_takes_every_hook_away_and_can_be_done_again(at: Stand) -> None:
    await at.connection.register_hooks("https://payrun.example.com")
    await at.connection.register_hooks("https://another.example.com")

    first = await at.connection.unregister_hooks("https://payrun.example.com")
    second = await at.connection.unregister_hooks("https://payrun.example.com")

    assert len(first) == len(at.connector.hook_events)
    assert second == ()
    assert SECRET not in repr(first)
    assert await at.connection.register_hooks("https://another.example.com") == ()


FIELDS = [
    pytest.param(field, id=f"{kind.name} {field.name}")
    for kind in kinds().values()
    for field in kind.fields.values()
]


@pytest.mark.parametrize("field", FIELDS)
def test_the_example_of_a_field_is_of_its_type(field: Field) -> None:
    example = field.example
    if example is None:
        return
    match field.type:
        case Type.STATUS:
            assert example in field.words
        case Type.MONEY:
            assert Money.parse(example).plain().startswith("0.00 ")
        case Type.COUNT:
            assert int(example) == 0
        case Type.DATE | Type.INSTANT:
            form = "%a %d %b %Y" if field.type is Type.DATE else "%a %d %b %Y %H:%M"
            at = datetime.strptime(example, form)
            assert f"{at:%a} {at.day} {at:%b %Y}" in example
        case Type.FLAG:
            assert example in ("yes", "no")


def test_only_a_status_has_words() -> None:
    for kind in kinds().values():
        for field in kind.fields.values():
            assert bool(field.words) is (field.type is Type.STATUS), f"{kind.name} {field.name}"


def test_no_secret_is_seen_in_the_settings_of_a_connection() -> None:
    for vendor, own in OWN.items():
        settings = connectors()[vendor].settings.model_validate(
            {"id": f"{vendor}-x", "vendor": vendor, "calendar": "c", **own}
        )

        assert SECRET not in repr(settings)
