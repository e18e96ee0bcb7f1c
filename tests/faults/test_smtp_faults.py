"""Whatever the mail server does at a command, each mail arrives once, or its end is written down.

Every kind of trouble meets every command once, and some sequences of troubles follow, in
which the sending process dies, too. The whole has five hundred of these.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.mail.smtp import Mailer
from bot.settings import Settings
from tests.databases import Migrated
from tests.engine.stand import Stand
from tests.faults.size import IS_WHOLE, shard, size
from tests.faults.smtp_stories import (
    COMMANDS,
    KINDS,
    Found,
    Trouble,
    Weather,
    brave,
    doubled_mails,
    look,
    posting,
    tell_people,
    until_settled,
)
from tests.faults.tally import note

TROUBLES = [
    *(Trouble(kind, command) for kind in KINDS for command in COMMANDS),
    Trouble("kept", "after-data"),
    Trouble("554", "RCPT", times=6),  # all of them, so that nobody is told of anything
    *(Trouble(kind, command, times=3) for kind in KINDS for command in COMMANDS if IS_WHOLE),
]


def count(made: Stand, found: Found) -> None:
    note("smtp", runs=1, lost=len(found.lost), doubled=len(found.doubled), repeats=doubled_mails(made))


@pytest.mark.in_every_share
@pytest.mark.parametrize("trouble", [pytest.param(one, id=str(one)) for one in shard(TROUBLES)])
async def test_a_trouble_at_a_command_loses_no_mail_and_doubles_none(
    tmp_path: Path, migrated: Migrated, trouble: Trouble
) -> None:
    hangs = trouble.kind == "hang" and trouble.may_double
    async with posting(tmp_path, migrated, hangs_at_content=hangs) as made:
        trouble.happens(made)
        await tell_people(made, 1)
        await until_settled(made)
        found = await look(made)

        count(made, found)
        repeats = doubled_mails(made)
        assert found == Found()
        assert made.inbox.faults.waiting == [], "the trouble was not met"
        assert repeats <= (trouble.times if trouble.may_double else 0)


async def test_one_of_two_recipients_is_refused_and_the_other_gets_the_mail(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with posting(tmp_path, migrated) as made:
        made.inbox.faults.add("refuse", call="RCPT", times=None, address="finance-2@example.com")
        await tell_people(made, 1)
        await until_settled(made)
        found = await look(made)

        count(made, found)
        assert found == Found()
        assert made.inbox.to("finance-2@example.com") == []
        assert len(made.inbox.to("finance-1@example.com")) == 1


def no_starttls(settings: Settings) -> Settings:
    """Settings that want TLS of a server that offers none."""
    server = replace(settings.mail.smtp, security="starttls")
    return settings.model_copy(update={"mail": settings.mail.model_copy(update={"smtp": server})})


def no_server(settings: Settings) -> Settings:
    """Settings with a port at which nobody listens."""
    server = replace(settings.mail.smtp, port=1)
    return settings.model_copy(update={"mail": settings.mail.model_copy(update={"smtp": server})})


@pytest.mark.parametrize("wrong", [no_starttls, no_server])
async def test_mail_waits_until_the_settings_are_mended_and_then_all_arrives_once(
    tmp_path: Path, migrated: Migrated, wrong: object
) -> None:
    assert wrong in (no_starttls, no_server)
    make = no_starttls if wrong is no_starttls else no_server
    async with posting(tmp_path, migrated) as made:
        right = made.bot.mailer
        made.bot.mailer = Mailer(make(made.bot.settings).mail, time_out_s=0.3)
        await tell_people(made, 1)
        await made.after(hours=6)
        before = len(made.inbox.messages)
        made.bot.mailer = right
        await until_settled(made)
        found = await look(made)

        count(made, found)
        assert before == 0
        assert found == Found()
        assert len(made.inbox.messages) == 6


@pytest.mark.in_every_share
@pytest.mark.parametrize("seed", shard(range(size(whole=500, small=8))))
async def test_any_sequence_of_troubles_and_deaths_loses_no_mail_and_doubles_none(
    tmp_path: Path, migrated: Migrated, seed: int
) -> None:
    weather = Weather.drawn(seed)
    hangs = any(one.kind == "hang" and one.may_double for one in weather.troubles)
    async with posting(tmp_path, migrated, hangs_at_content=hangs) as made:
        found = await brave(made, weather)

        count(made, found)
        assert found == Found(), weather
