"""Whatever a vendor does to a call, an action is done once, or a person is told.

Every fault meets every call on the way to an action, and on the way back from it. `make
test` lets each fault meet one of them, mostly the action itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from bot.store.effects import State
from tests.databases import Migrated
from tests.faults.size import IS_WHOLE, shard
from tests.faults.tally import note
from tests.faults.unplugged import Unplugged
from tests.faults.vendor_stories import ROADS, End, Road, after_call, travel


class Did(Enum):
    """What the vendor did with an action that met the fault, and what its answer tells."""

    NOTHING = "nothing, and it said so"
    ACTED = "it acted"
    NOBODY_KNOWS = "nothing, and nobody can tell from its answer"
    REFUSED = "nothing, and it said no"


@dataclass(frozen=True)
class Case:
    kind: str
    did: Did
    args: dict[str, Any] = field(default_factory=dict)


DEEP = "[" * 20_000
FAULTS = {
    "429 with seconds": Case("rate_limit", Did.NOTHING, {"retry_after": 7}),
    "429 with a date": Case("rate_limit", Did.NOTHING, {"retry_after": 60, "as_date": True}),
    "429 with a date that has passed": Case("rate_limit", Did.NOTHING, {"retry_after": -60, "as_date": True}),
    "429 without Retry-After": Case("rate_limit", Did.NOTHING, {"retry_after": None}),
    "429 with nonsense": Case("rate_limit", Did.NOTHING, {"retry_after": "soon, ٣ minutes"}),
    "429 with less than nothing": Case("rate_limit", Did.NOTHING, {"retry_after": -5}),
    "the day's quota is gone": Case("rate_limit", Did.NOTHING, {"retry_after": 66975}),
    "reply lost after acting": Case("lose_reply", Did.ACTED),
    "reset after acting": Case("lose_reply", Did.ACTED, {"reset": True}),
    "500 after acting": Case("status_after", Did.ACTED, {"code": 500}),
    "503 after acting": Case("status_after", Did.ACTED, {"code": 503}),
    "408 after acting": Case("status_after", Did.ACTED, {"code": 408}),
    "truncated JSON": Case("truncated", Did.ACTED),
    "a byte a second": Case("trickle", Did.ACTED),
    "plain called gzip": Case("bad_encoding", Did.ACTED),
    "slow, within its time": Case("slow", Did.ACTED, {"delay_s": 0.1}),
    "cut before acting": Case("drop_before", Did.NOBODY_KNOWS),
    "reset before acting": Case("drop_before", Did.NOBODY_KNOWS, {"reset": True}),
    "500": Case("status", Did.NOBODY_KNOWS, {"code": 500}),
    "502": Case("status", Did.NOBODY_KNOWS, {"code": 502}),
    "503": Case("status", Did.NOBODY_KNOWS, {"code": 503}),
    "504": Case("status", Did.NOBODY_KNOWS, {"code": 504}),
    "half-open": Case("half_open", Did.NOBODY_KNOWS),
    "a web page with 200": Case("html", Did.NOBODY_KNOWS),
    "200 and nothing": Case("body", Did.NOBODY_KNOWS),
    "200 and another shape": Case("body", Did.NOBODY_KNOWS, {"text": '["so"]'}),
    "200 and no JSON": Case("body", Did.NOBODY_KNOWS, {"text": '{"results": [1e9999'}),
    "200 and JSON without an end to its depth": Case("body", Did.NOBODY_KNOWS, {"text": DEEP}),
    "200 and 9 MB": Case("huge", Did.NOBODY_KNOWS),
    "400": Case("status", Did.REFUSED, {"code": 400}),
    "403": Case("status", Did.REFUSED, {"code": 403}),
    "404": Case("status", Did.REFUSED, {"code": 404}),
    "409": Case("status", Did.REFUSED, {"code": 409}),
    "301": Case("redirect", Did.REFUSED, {"code": 301}),
    "307": Case("redirect", Did.REFUSED, {"code": 307}),
    "307 to elsewhere": Case("redirect", Did.REFUSED, {"location": "http://127.0.0.1:9/"}),
}
ONLY_THE_ACTION = {
    "shown as before for a while": Case("unchanged_for", Did.ACTED, {"reads": 6}),
}
ONLY_TOKENS = {"the token runs out": Case("expired_token", Did.NOTHING)}
HAVE_TOKENS = ("xero", "roubler")
BACK = "after the action: "
"""Before the name of a call: the fault is met by the first such call after the action."""


def _met_by(road: Road, site: str) -> dict[str, Case]:
    found = dict(FAULTS)
    if site == road.act:
        found |= ONLY_THE_ACTION
    if road.vendor in HAVE_TOKENS and site != "token":
        found |= ONLY_TOKENS
    return found


def _all() -> Iterator[tuple[str, str, str]]:
    for road in ROADS.values():
        for site in (*road.sites, *(BACK + site for site in road.back)):
            for name in _met_by(road, site):
                yield road.vendor, site, name


def _each_once() -> Iterator[tuple[str, str, str]]:
    """Each fault at one call: at a vendor's action, and every third at another call on the way."""
    every = list(_all())
    for number, name in enumerate({name: None for _, _, name in every}):
        of_it = [case for case in every if case[2] == name]
        acts = [case for case in of_it if case[1] == ROADS[case[0]].act]
        others = [case for case in of_it if case not in acts]
        some = others if others and (number % 3 == 0 or not acts) else acts
        yield some[(number * 7) % len(some)]


CASES = shard(list(_all())) if IS_WHOLE else list(_each_once())


@pytest.mark.in_every_share
@pytest.mark.parametrize(
    ("vendor", "site", "fault"), [pytest.param(*case, id=" ".join(case).replace("/", "|")) for case in CASES]
)
async def test_an_action_is_done_once_whatever_a_vendor_does_to_a_call(
    vendor: str, site: str, fault: str, tmp_path: Path, migrated: Migrated
) -> None:
    road = ROADS[vendor]
    case = _met_by(road, site.removeprefix(BACK))[fault]

    def arm(server: Any) -> None:
        if site.startswith(BACK):
            after_call(server, road.act, lambda: add(server, site.removeprefix(BACK)))
        else:
            if site == "token":
                server.forget_tokens()  # else the one it has would do
            add(server, site)

    def add(server: Any, call: str) -> None:
        server.faults.add(case.kind, call=call, **case.args)

    end = await travel(road, tmp_path, migrated, arm)

    wrong = _wrong(road, end, case.did if site == road.act else None)
    note("vendor faults", runs=1, violations=len(wrong))
    assert wrong == []


MOMENTS = ("from the first call on", "before the action", "after the action")


OFF_THE_NET = [
    (vendor, moment, silent)
    for vendor, road in ROADS.items()
    if road.act
    for moment in MOMENTS
    for silent in (False, True)
]


@pytest.mark.parametrize(
    ("vendor", "moment", "silent"),
    [
        pytest.param(*case, id=f"{case[0]} {case[1]} {'time-out' if case[2] else 'refused'}")
        for case in (shard(OFF_THE_NET) if IS_WHOLE else OFF_THE_NET[::5])
    ],
)
@pytest.mark.in_every_share
async def test_an_action_is_done_once_though_the_vendor_cannot_be_reached_for_a_while(
    vendor: str, moment: str, silent: bool, tmp_path: Path, migrated: Migrated
) -> None:
    road = ROADS[vendor]
    cut: list[Unplugged] = []

    def arm(server: Any) -> None:
        unplugged = Unplugged(server, silent)
        cut.append(unplugged)
        if moment == MOMENTS[0]:
            unplugged.now()
        else:
            last = road.sites[-2] if moment == MOMENTS[1] else road.act
            server.faults.add("closes", times=None)
            after_call(server, last, unplugged.now)

    async def mend() -> None:
        if cut[0].is_off:
            await cut[0].back()

    end = await travel(road, tmp_path, migrated, arm, mend)

    wrong = _wrong(road, end, None)
    note("vendor faults", runs=1, violations=len(wrong))
    assert wrong == []


def _wrong(road: Road, end: End, did: Did | None) -> list[str]:
    """What is not as it must be. `did` is None where the fault met another call than the action."""
    found = [f"the fault was never met: {end}"] if end.faults_left else []
    if end.secrets:
        found.append(f"{end.secrets} lines show a secret")
    if road.action is None:
        return found if end.told else [*found, "nobody was told of the errors"]
    if end.done > 1:
        found.append(f"done {end.done} times")
    if end.requests > 1 and did is not Did.NOTHING and not (end.rested and end.between >= 2):
        found.append(f"sent again without a wait or two readings: {end}")
    seen = (end.state, end.done, end.requests)
    if seen != (expected := _expected(road, did)):
        found.append(f"{seen}, and not {expected}")
    if end.state is not State.VERIFIED and not end.told:
        found.append("nobody was told")
    return found


def _expected(road: Road, did: Did | None) -> tuple[State, int, int]:
    """The state of the action, how often it happened, and how often it was asked for."""
    match did:
        case None | Did.ACTED:
            return State.VERIFIED, 1, 1
        case Did.NOTHING:
            return State.VERIFIED, 1, 2
        case Did.NOBODY_KNOWS:
            return (State.VERIFIED, 1, 2) if road.asks_once_more else (State.PARKED, 0, 1)
        case Did.REFUSED:
            return State.REFUSED, 0, 1
