"""Other settings than last time stand in the record, and approvers hear of what concerns them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.core.money import Money
from bot.engine import settings_seen
from bot.engine.bot import Bot
from bot.engine.seal import keys_of, seal_once
from bot.settings import new_key
from bot.settings.models import Proxy
from bot.store import audit, record
from bot.store.record import Line, Sought

from .stand import Stand

TITLE = "Who may approve, or up to what, was changed in the settings"


def started_with(bot: Bot, **changed: Any) -> Bot:
    """The service after a start with other settings."""
    return replace(bot, settings=bot.settings.model_copy(update=changed))


def guarded(bot: Bot, amount: str) -> Bot:
    before = bot.settings.guards
    guards = before.model_copy(update={"per_action": {**before.per_action, "SEK": Money.parse(amount)}})
    connections = (replace(one, guards=guards.as_guards()) for one in bot.settings.connections)
    return started_with(bot, guards=guards, connections=tuple(connections))


async def lines(bot: Bot) -> list[Line]:
    """Oldest first."""
    async with bot.db.read() as tx:
        found, _ = await record.page(tx, Sought(what=settings_seen.TOOK_UP), None, at_most=50)
    return list(reversed(found))


async def changed(bot: Bot) -> list[list[str]]:
    """What the newest line says of changes."""
    more = (await lines(bot))[-1].more
    return [[text.replace("\u00a0", " ") for text in one] for one in more["changed"]]


async def test_the_first_start_writes_all_of_them_down_and_tells_nobody(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    await gigapay.settle()
    (line,) = await lines(gigapay.bot)

    assert line.actor == audit.BOT
    assert line.more["changed"] == []
    assert line.more["settings"]["people.finance-1.roles"] == "approver"
    assert TITLE not in gigapay.subjects()


async def test_a_start_with_the_same_settings_writes_nothing(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    await settings_seen.note(started_with(gigapay.bot))

    assert len(await lines(gigapay.bot)) == 1


async def test_a_guard_that_was_raised_is_in_the_record_and_told_to_every_approver(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    await settings_seen.note(guarded(gigapay.bot, "900 000 SEK"))
    await gigapay.settle()

    before = str(gigapay.bot.settings.guards.per_action["SEK"]).replace("\u00a0", " ")
    assert await changed(gigapay.bot) == [["guards.per_action.SEK", before, "900 000.00 SEK"]]
    told = {one.recipients[0] for one in gigapay.inbox.messages if str(one.message["Subject"]) == TITLE}
    assert told == {
        f"{one}@example.com" for one in ("ops", "payroll-1", "finance-1", "finance-2", "finance-3")
    }
    (text,) = (one for one in gigapay.texts("ops") if "guards.per_action.SEK" in one)
    says = " ".join(text.replace("\u00a0", " ").split())
    assert f"The setting guards.per_action.SEK is 900 000.00 SEK, and was {before}." in says
    assert "pause, and ask who changed bot.yaml" in says


async def test_each_change_is_told_and_going_back_is_one(gigapay: Stand) -> None:
    for amount in ("1 000 SEK", "2 000 SEK", "1 000 SEK", "2 000 SEK"):
        await settings_seen.note(guarded(gigapay.bot, amount))
        gigapay.clock.go_to(gigapay.clock.now() + timedelta(seconds=1))
    await gigapay.settle()

    assert [len(one.more["changed"]) for one in await lines(gigapay.bot)] == [0, 1, 1, 1]
    assert gigapay.subjects("ops").count(TITLE) == 3


async def test_what_concerns_no_approver_is_in_the_record_alone(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    keep = gigapay.bot.settings.keep.model_copy(update={"raw": gigapay.bot.settings.keep.raw * 2})
    await settings_seen.note(started_with(gigapay.bot, keep=keep))
    await gigapay.settle()

    assert await changed(gigapay.bot) == [["keep.raw", "90d", "180d"]]
    assert TITLE not in gigapay.subjects()


@pytest.mark.parametrize(
    ("update", "name"),
    [
        pytest.param({"roles": ("approver", "operator")}, "people.finance-1.roles", id="a role"),
        pytest.param({"mail": "canary@example.com"}, "people.finance-1.mail", id="an address"),
        pytest.param({"up_to": None}, "people.finance-1.up_to.SEK", id="no limit any more"),
    ],
)
async def test_what_a_person_may_is_told(gigapay: Stand, update: dict[str, Any], name: str) -> None:
    limited = {"up_to": {"SEK": Money.parse("50 000 SEK")}}
    first = with_person(gigapay.bot, limited)
    await settings_seen.note(first)
    await settings_seen.note(with_person(first, update))
    await gigapay.settle()

    assert [one[0] for one in await changed(gigapay.bot)] == [name]
    assert "canary" not in str((await lines(gigapay.bot))[-1].more)
    assert TITLE in gigapay.subjects("ops")


async def test_who_says_who_somebody_is_is_told(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    proxy = Proxy.model_validate({"user_header": "X-Forwarded-User", "trusted": ["10.0.0.0/8"]})
    http = gigapay.bot.settings.http.model_copy(update={"proxy": proxy})
    await settings_seen.note(started_with(gigapay.bot, http=http))
    await gigapay.settle()

    assert ["http.proxy.trusted", "", "10.0.0.0/8"] in await changed(gigapay.bot)
    assert TITLE in gigapay.subjects("ops")


async def test_a_clock_that_was_set_back_makes_no_change_a_new_one(gigapay: Stand) -> None:
    await settings_seen.note(guarded(gigapay.bot, "1 000 SEK"))
    await settings_seen.note(guarded(gigapay.bot, "2 000 SEK"))
    gigapay.clock.set_to(gigapay.clock.now() - timedelta(hours=1))
    await settings_seen.note(guarded(gigapay.bot, "3 000 SEK"))
    await settings_seen.note(guarded(gigapay.bot, "3 000 SEK"))

    assert len(await lines(gigapay.bot)) == 3


def with_person(bot: Bot, update: dict[str, Any]) -> Bot:
    people = [one.model_copy(update=update) if one.id == "finance-1" else one for one in bot.settings.people]
    return started_with(bot, people=tuple(people))


async def test_a_secret_that_was_replaced_shows_and_is_not_there(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    mail = gigapay.bot.settings.mail.model_copy(update={"password": SecretStr("canary-new")})
    await settings_seen.note(started_with(gigapay.bot, mail=mail))

    ((name, _, now),) = await changed(gigapay.bot)
    assert name == "mail.password"
    assert now.startswith("…")
    assert "canary" not in str([one.more for one in await lines(gigapay.bot)])


async def test_another_audit_key_changes_no_mark_while_the_former_is_there(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    old = gigapay.bot.settings.keys.audit
    both = keyed(gigapay.bot, SecretStr(new_key()), *old)
    await settings_seen.note(both)

    assert len(await lines(gigapay.bot)) == 1


async def test_without_the_key_of_its_marks_what_can_be_compared_still_is(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    other = keyed(guarded(gigapay.bot, "900 000 SEK"), SecretStr(new_key()))
    await settings_seen.note(other)
    await settings_seen.note(other)

    assert [one[0] for one in await changed(gigapay.bot)] == ["guards.per_action.SEK"]
    assert [one.more["marks"] for one in await lines(gigapay.bot)] == [
        keys_of(gigapay.bot.settings)[0][0],
        keys_of(other.settings)[0][0],
    ]


def keyed(bot: Bot, *keys: SecretStr) -> Bot:
    return started_with(bot, keys=bot.settings.keys.model_copy(update={"audit": keys}))


async def test_many_changes_are_told_in_part_and_the_rest_is_counted(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    groups = {f"group-{number}": ("finance-1",) for number in range(25)}
    await settings_seen.note(started_with(gigapay.bot, groups={**gigapay.bot.settings.groups, **groups}))
    await gigapay.settle()

    (text,) = (one for one in gigapay.texts("ops") if "group-0" in one)
    assert "5 more stand in the record" in " ".join(text.split())
    assert len(await changed(gigapay.bot)) == 25


async def test_the_line_is_sealed_like_any_other(gigapay: Stand) -> None:
    await settings_seen.note(gigapay.bot)
    await seal_once(gigapay.bot)

    assert (await lines(gigapay.bot))[-1].hash is not None
