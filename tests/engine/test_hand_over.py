"""Webhooks of rules: signed, repeated with one id until they are taken, and given up aloud."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.engine.standard_webhook import WAITS, NotNow, NotWanted, Taken, headers, outcome_of, wait_after
from bot.settings import WebhookTarget
from bot.settings.values import signing_key
from bot.store.effects import Effect, State
from tests.databases import Migrated

from .receiver import SECRET, Receiver
from .stand import CUT_OFF, OPENED, Stand, stand

PAID_IN = ("1450.00", "1650.00", "1780.00")
RULE = """\
rules:
  - id: tell-the-ledger
    title: Tell the ledger of an open payrun
    watch: gigapay.payrun
    when:
      - status is one of open, closed, paid
      - payouts is at least 1
      - cost is at least 1 000 SEK
      - bank reference is known
    then: [{then}]
    mode: act
"""
POST = "{post_webhook: {target: ledger}}"
MAIL = "{send_mail: {template: notice, to: payroll}}"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def posting(tmp_path: Path, migrated: Migrated, receiver: Receiver) -> AsyncIterator[Stand]:
    """Gigapay, and a rule that has only to meet an open payrun with payouts to post to `ledger`."""
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        point(made, ledger=receiver.url)
        await put(made, POST)
        yield made


def point(stand: Stand, **targets: str) -> None:
    known = {name: WebhookTarget(url=url, secret=(SecretStr(SECRET),)) for name, url in targets.items()}
    timing = stand.bot.settings.timing.model_copy(update={"lease": timedelta(seconds=0.6)})
    stand.bot.settings = stand.bot.settings.model_copy(update={"webhook_targets": known, "timing": timing})


async def put(stand: Stand, *then: str) -> None:
    stand.write_rule("ledger.yaml", RULE.replace("{then}", ", ".join(then)))
    await stand.reload()
    assert stand.bot.problems == ()


async def begin(stand: Stand) -> str:
    return await stand.weekly(*PAID_IN)


async def posted(stand: Stand) -> Effect:
    return await stand.effect("post_webhook")


def lost(stand: Stand) -> list[str]:
    return [one for one in stand.texts("ops") if "was not taken" in " ".join(one.split())]


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    key = signing_key(SecretStr(SECRET))

    found = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [key])

    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    old, new = signing_key(SecretStr(SECRET)), b"n" * 32

    both = headers("msg_1", at, b"{}", [new, old])["webhook-signature"].split(" ")

    assert both == [headers("msg_1", at, b"{}", [one])["webhook-signature"] for one in (new, old)]


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (200, Taken()),
        (299, Taken()),
        (301, NotWanted("it answered 301, and redirects are not followed")),
        (399, NotWanted("it answered 399, and redirects are not followed")),
        (400, NotWanted("it answered 400")),
        (408, NotNow("it answered 408")),
        (410, NotWanted("it answered 410")),
        (425, NotNow("it answered 425")),
        (429, NotNow("it answered 429")),
        (499, NotWanted("it answered 499")),
        (500, NotNow("it answered 500")),
        (599, NotNow("it answered 599")),
    ],
)
def test_a_reply_means_one_of_three_things(status: int, means: Any) -> None:
    assert outcome_of(status) == means


def test_the_waits_grow_and_end_within_a_day() -> None:
    assert [wait_after(tries) for tries in range(1, 9)] == [*WAITS, None]
    assert list(WAITS) == sorted(WAITS)
    assert sum(WAITS, timedelta(0)) < timedelta(days=1)


async def test_what_is_posted_is_signed_and_says_which_lines_are_so_without_amounts_or_texts(
    posting: Stand, receiver: Receiver
) -> None:
    payrun = await begin(posting)

    (got,) = receiver.got
    assert got.is_right
    assert got.stamp == int(posting.clock.wall().timestamp())
    assert got.told == {
        "type": "rule.yes",
        "timestamp": OPENED.isoformat(),
        "data": {
            "rule": "tell-the-ledger",
            "kind": "gigapay.payrun",
            "connection": "gigapay-se",
            "resource": f"gigapay-se/{payrun}",
            "lines": [
                "status is one of open, closed, paid (open)",
                "payouts is at least 1 (3)",
                "cost is at least 1 000 SEK",
                "bank reference is known",
            ],
            "done": [],
            "at": OPENED.isoformat(),
        },
    }
    assert (await posted(posting)).state is State.VERIFIED


@pytest.mark.parametrize("first", [503, 429, "lost", "hang"])
async def test_the_same_comes_again_under_the_same_id_until_it_is_taken(
    posting: Stand, receiver: Receiver, first: int | str
) -> None:
    receiver.answers = [first, first]
    await begin(posting)
    tries = [len(receiver.got)]
    for wait in WAITS[:2]:
        posting.clock.pass_wall(wait)
        await posting.after(seconds=wait.total_seconds())
        tries.append(len(receiver.got))
    await posting.after(days=2)

    assert tries == [1, 2, 3]
    assert len(receiver.got) == 3
    assert len({one.id for one in receiver.got}) == 1
    assert len({one.body for one in receiver.got}) == 1
    assert [one.stamp - receiver.got[0].stamp for one in receiver.got] == [0, 5, 65]
    assert all(one.is_right for one in receiver.got)
    assert lost(posting) == []


async def test_a_rule_that_was_changed_between_two_tries_changes_nothing_of_what_is_sent(
    posting: Stand, receiver: Receiver
) -> None:
    """A receiver that had the first without our knowing must not meet two contents under one id."""
    receiver.answers = ["lost"]
    await begin(posting)
    posting.change_rule("ledger.yaml", "payouts is at least 1", "payouts is at least 2")
    await posting.reload()
    await posting.sign()
    await posting.after(seconds=5)

    first, second = receiver.got
    assert first.body == second.body
    assert first.id == second.id


async def test_a_try_is_not_made_a_second_too_early(posting: Stand, receiver: Receiver) -> None:
    receiver.answers = [503]
    await begin(posting)
    await posting.after(seconds=4)
    early = len(receiver.got)
    await posting.after(seconds=1)

    assert (early, len(receiver.got)) == (1, 2)


@pytest.mark.parametrize(("answer", "says"), [(400, "it answered 400"), (307, "redirects are not followed")])
async def test_what_is_refused_is_not_sent_again_and_operations_hear_of_it(
    posting: Stand, receiver: Receiver, answer: int, says: str
) -> None:
    receiver.answers = [answer]
    await begin(posting)
    await posting.after(days=2)

    assert len(receiver.got) == 1
    assert receiver.elsewhere == 0
    (told,) = lost(posting)
    assert says in " ".join(told.split())
    assert (await posted(posting)).state is State.REFUSED


async def test_what_is_never_taken_is_given_up_within_a_day_and_told(
    posting: Stand, receiver: Receiver
) -> None:
    receiver.answers = [500] * 100
    await begin(posting)
    await posting.after(days=1)

    assert len(receiver.got) == len(WAITS) + 1
    (told,) = lost(posting)
    assert "it answered 500, and 8 tries are enough" in " ".join(told.split())


async def test_a_target_that_left_the_settings_is_told(posting: Stand, receiver: Receiver) -> None:
    receiver.answers = [503]
    await begin(posting)
    point(posting)
    await posting.after(seconds=5)

    assert len(receiver.got) == 1
    (told,) = lost(posting)
    assert "that target is no longer in the settings" in " ".join(told.split())


async def test_what_stands_after_it_does_not_wait_for_a_receiver_that_hangs(
    posting: Stand, receiver: Receiver
) -> None:
    receiver.answers = ["hang"] * 100
    await put(posting, POST, MAIL)
    await begin(posting)

    assert [one for one in posting.subjects("payroll-1") if "Gigapay payrun" in one]
    assert (await posted(posting)).state is State.PLANNED


async def test_one_that_is_not_taken_keeps_back_what_else_goes_there_and_nothing_that_goes_elsewhere(
    posting: Stand, receiver: Receiver
) -> None:
    other = Receiver()
    await other.start()
    receiver.answers = [503]
    point(posting, ledger=receiver.url, archive=other.url)
    await put(posting, POST, POST, "{post_webhook: {target: archive}}")
    await begin(posting)
    at_first = len(receiver.got), len(other.got)
    await posting.after(seconds=5)
    await other.stop()

    assert at_first == (1, 1)
    assert len(receiver.got) == 3
    assert len({one.id for one in receiver.got}) == 2
    assert lost(posting) == []


async def test_after_an_action_it_comes_when_that_is_confirmed_and_says_so(
    posting: Stand, receiver: Receiver
) -> None:
    mail = "- send_mail: {template: payrun_closed, to: payroll}"
    posting.change_rule("gigapay.yaml", mail, f"{mail}\n      - {POST[1:-1]}")
    (posting.bot.settings.rules / "ledger.yaml").unlink()
    await posting.reload()
    await begin(posting)
    await posting.until(CUT_OFF)
    before = len(receiver.got)
    await posting.after(minutes=5)

    assert before == 0
    assert len(posting.closes()) == 1
    (got,) = receiver.got
    assert got.told["data"]["done"] == ["gigapay.close_payrun"]
    assert got.told["data"]["rule"] == "gigapay-weekly-close"


async def test_the_same_is_posted_once_however_often_it_is_decided(
    posting: Stand, receiver: Receiver
) -> None:
    await begin(posting)
    posting.add_payouts("100.00", first=2000)
    await posting.poll()
    await posting.reload()
    await posting.after(minutes=30)

    assert len(receiver.got) == 1
