"""The checker can fail: each invariant is found broken in the evidence of a run that was forged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.campaign import Campaign
from tests.faults.checker import Evidence, check
from tests.faults.child import QUARANTINE
from tests.faults.database import copy_of, rows, write
from tests.faults.kill import Kill

KILL = Kill("asked and approved", "effect.called")
A_MOMENT = timedelta(milliseconds=10)
Forge = Callable[[Evidence], Evidence]


@pytest.fixture
async def clean(campaign: Campaign, tmp_path: Path) -> Evidence:
    """The evidence of a real run, on a copy of its database."""
    campaign.begin([KILL])
    evidence = (await campaign.ran(KILL)).evidence
    return replace(evidence, database=copy_of(evidence.database, tmp_path))


def _sql(*statements: str) -> Forge:
    def forge(run: Evidence) -> Evidence:
        for statement in statements:
            write(run.database, statement)
        return run

    return forge


def _closed(run: Evidence) -> Any:
    return next(entry for entry in run.ledger if entry["call"] == "close")


def _closed_again(after: timedelta, *, effect: bool) -> Forge:
    def forge(run: Evidence) -> Evidence:
        first = _closed(run)
        later = (datetime.fromisoformat(first["at"]) + after).isoformat()
        reading = {**first, "call": "GET /payruns/:id/", "effect": False}
        return replace(run, ledger=[*run.ledger, reading, {**first, "at": later, "effect": effect}])

    return forge


def _never_arrived_at_first(run: Evidence) -> Evidence:
    """A call without effect, as long before the one that was as there must be between them."""
    done = _closed(run)
    lost = {**done, "at": (datetime.fromisoformat(done["at"]) - QUARANTINE).isoformat(), "effect": False}
    reading = {**done, "call": "GET /payruns/:id/", "effect": False}
    place = run.ledger.index(done)
    return replace(run, ledger=[*run.ledger[:place], lost, reading, *run.ledger[place:]])


def _closed_again_blindly(run: Evidence) -> Evidence:
    first = _closed(run)
    later = (datetime.fromisoformat(first["at"]) + timedelta(minutes=1)).isoformat()
    place = run.ledger.index(first) + 1
    again = {**first, "at": later, "effect": False}
    return replace(run, ledger=[*run.ledger[:place], again, *run.ledger[place:]])


def _never_closed(run: Evidence) -> Evidence:
    return replace(run, ledger=[entry for entry in run.ledger if entry["call"] != "close"])


def _mailed(times: int, **changes: str) -> Forge:
    def forge(run: Evidence) -> Evidence:
        return replace(run, inbox=[*run.inbox, *[{**run.inbox[-1], **changes}] * (times - 1)])

    return forge


def _mailed_again_after_a_cut(run: Evidence) -> Evidence:
    write(run.database, "update mail set attempts = 2 where message_id = ?", run.inbox[-1]["target"])
    return _mailed(3)(run)


def _not_mailed(run: Evidence) -> Evidence:
    return replace(run, inbox=run.inbox[:-1])


def _in_the_logs(run: Evidence) -> Evidence:
    return replace(run, logs=run.logs + run.canaries[3])


def _in_a_mail(run: Evidence) -> Evidence:
    return replace(run, mails=[*run.mails, f"Subject: x\r\n\r\n{run.canaries[3]}".encode()])


def _in_the_database(run: Evidence) -> Evidence:
    write(run.database, "update inbox set raw = ?", run.canaries[-1].encode())
    return run


def _meant_twice(run: Evidence) -> Evidence:
    write(
        run.database,
        "insert into audit (at, actor, what_json, resource, prev, hash, key_id)"
        " select at + 1000, actor, what_json, resource, prev || 'x', hash, key_id from audit"
        " where what_json like '%is about to act%'",
    )
    return run


def _meant_by_another(run: Evidence) -> Evidence:
    """Another action begins right after the first one did: all that came later is moved behind it."""
    meant = "select max(seq) as seq from audit where what_json like '%is about to act%'"
    first = rows(run.database, meant)[0]["seq"]
    write(run.database, "update audit set seq = seq + 1000 where seq > ?", first)
    write(
        run.database,
        "insert into audit (seq, at, actor, what_json, resource, prev, hash, key_id)"
        " select seq + 1, at, actor, replace(what_json, '#1', '#2'), resource, prev || 'x', hash, key_id"
        " from audit where seq = ?",
        first,
    )
    return run


def _with_a_bug(run: Evidence) -> Evidence:
    return replace(run, logs=run.logs + '\n{"event": "a worker failed", "problem": "KeyError"}')


FORGED: dict[str, tuple[str, Forge]] = {
    "a webhook was answered and not kept": ("I1", _sql("delete from inbox")),
    "a webhook was kept and never looked at": ("I1", _sql("update inbox set state = 'new'")),
    "closed twice": ("I2", _closed_again(timedelta(minutes=1), effect=True)),
    "closed, and the journal says withdrawn": (
        "I2",
        _sql("update effect set state = 'withdrawn' where is_vendor"),
    ),
    "verified, and the vendor knows nothing": ("I2", _never_closed),
    "a yes without an effect": ("I3", _sql("delete from effect where is_vendor")),
    "an effect that stays where it is": ("I3", _sql("update effect set state = 'unknown' where is_vendor")),
    "parked, and nobody told": (
        "I3",
        _sql("update effect set state = 'parked' where is_vendor", "delete from mail"),
    ),
    "done, and its mail not sent": (
        "I3",
        _sql("update effect set state = 'withdrawn' where action = 'send_mail'"),
    ),
    "a letter that was never made": ("I3", _sql("update effect set state = 'planned' where action = 'tell'")),
    "a mail twice without a cut": ("I4", _mailed(2)),
    "a mail three times after a cut": ("I4", _mailed_again_after_a_cut),
    "the repeat has another content": ("I4", _mailed(2, sha256="other")),
    "a mail that nobody planned": ("I4", _mailed(2, target="<other@example.com>")),
    "a mail to somebody else": ("I4", _sql("update mail set recipient = 'other-' || recipient")),
    "a mail that counts as accepted and was not": ("I4", _not_mailed),
    "a mail that is still queued": ("I4", _sql("update mail set state = 'queued'")),
    "an audit line was changed": ("I5", _sql("update audit set actor = 'other' where seq = 3")),
    "an audit line is gone": ("I5", _sql("delete from audit where seq = 3")),
    "audit lines are not sealed": (
        "I5",
        _sql("update audit set hash = null where seq = (select max(seq) from audit)"),
    ),
    "an effect is held": ("I6", _sql("update effect set lease_until = 1")),
    "a mail is held": ("I6", _sql("update mail set lease_until = 1")),
    "a look is held": ("I6", _sql("update look set lease_until = 1")),
    "a secret in the logs": ("I7", _in_the_logs),
    "a secret in a mail": ("I7", _in_a_mail),
    "a secret in the database": ("I7", _in_the_database),
    "called again within the quarantine": (
        "I9",
        _closed_again(QUARANTINE - A_MOMENT, effect=False),
    ),
    "called again after it had happened": ("I9", _closed_again(QUARANTINE, effect=False)),
    "called while another was under way": ("R5", _meant_by_another),
    "called though the rule said no": ("R5", _sql("update decision_change set answer = 'no'")),
    "called though nobody had approved it": ("R5", _sql("update approval set state = 'rejected'")),
    "a process died of itself": ("I8", lambda run: replace(run, ends=[1, 0])),
    "a worker met a bug": ("I8", _with_a_bug),
    "called again without reading": ("I9", _closed_again_blindly),
    "two who died were about to call within the quarantine": ("I9", _meant_twice),
}


async def test_a_run_that_went_well_has_no_violation(clean: Evidence) -> None:
    assert await check(clean) == []


async def test_a_second_call_after_quarantine_and_reading_is_none(clean: Evidence) -> None:
    assert await check(_never_arrived_at_first(clean)) == []


async def test_a_repeat_after_a_cut_is_none(clean: Evidence) -> None:
    write(clean.database, "update mail set attempts = 2 where message_id = ?", clean.inbox[-1]["target"])

    assert await check(_mailed(2)(clean)) == []


@pytest.mark.parametrize(("invariant", "forge"), list(FORGED.values()), ids=list(FORGED))
async def test_a_forged_run_is_found_out(invariant: str, forge: Forge, clean: Evidence) -> None:
    violations = await check(forge(clean))

    assert invariant in {one.invariant for one in violations}


async def test_the_evidence_is_not_empty(clean: Evidence) -> None:
    assert clean.deliveries
    assert clean.mails
    assert clean.logs
    assert rows(clean.database, "select 1 from audit")
