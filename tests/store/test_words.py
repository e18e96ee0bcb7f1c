"""A text for people is stored as it reads, with how it was made behind it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from json import dumps, loads
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Text, cast, insert, literal, select, update

from bot.core import words
from bot.core.money import Money
from bot.core.said_json import said_from_json, said_to_json, saids_of, with_saids
from bot.core.sentence import field_title
from bot.core.words import Said, joined, lower, plain, say, say_many, translated
from bot.engine.ask import asked_from_json, asked_to_json
from bot.mail.preview_asks import ASK
from bot.store.database import Database
from bot.store.erase import without_how_made
from bot.store.tables.journal import approval

AT = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
PAID = Money.of("18450.25", "SEK")
EACH = (
    say("it keeps to working hours"),
    say("{person} holds it: {why}", person="payroll-1", why="wait \x1e for {me}"),
    say("{person} {at}", person=say("everything"), at=words.moment(AT, ZoneInfo("Europe/Stockholm"))),
    say_many(2, "{count} payee", "{count} payees"),
    joined(["1041", say("none"), PAID, date(2026, 11, 26)], say(" and "), last=say("none")),
    words.money(PAID),
    words.signed(PAID),
    plain(PAID),
    words.percent(Decimal("-5")),
    words.day_and_year(date(2026, 11, 26)),
    words.clock(AT, UTC),
    lower(say("Close")),
    field_title("possible duplicates"),
)


@pytest.mark.parametrize("said", EACH, ids=str)
def test_it_is_made_again_as_it_was(said: Said) -> None:
    again = said_from_json(said_to_json(said))

    assert (again, again.in_("sv")) == (said, said.in_("sv"))


async def test_a_reader_of_the_table_sees_english_and_nothing_is_lost(db: Database) -> None:
    said = EACH[1]
    async with db.write() as tx:
        for id, why in (("made", said), ("plain", "somebody's own \x1e words")):
            row = {"id": id, "effect_key": id, "round": 1, "fingerprint": "", "shown_json": "{}", "why": why}
            row |= {"asked_at": AT, "expires_at": AT, "people_needed": 1, "state": "open"}
            await tx.execute(insert(approval).values(row))
        await tx.execute(insert(approval).values({**row, "id": "broken", "effect_key": "broken", "why": "x"}))
        await tx.execute(
            update(approval).where(approval.c.id == "broken").values(why=literal('x\x1e{"say', Text))
        )
    async with db.read() as tx:
        read = {one.id: one.why for one in await tx.execute(select(approval.c.id, approval.c.why))}
        stored = (
            await tx.execute(select(cast(approval.c.why, Text)).where(approval.c.id == "made"))
        ).scalar_one()

    assert read["made"].in_("sv") == said.in_("sv") != said
    assert (read["plain"], read["broken"]) == ("somebody's own   words", "x")
    assert stored.startswith("payroll-1 holds it: wait   for {me}")


def test_a_question_is_asked_again_in_the_language_of_whoever_reads() -> None:
    asked = replace(ASK, silence=say("everything"), clean=(say("{check}: no", check=field_title("net pay")),))
    stored = loads(dumps(asked_to_json(asked)))
    again = asked_from_json(stored)

    assert again == asked
    assert translated(again, "sv").silence == "allt"
    assert translated(again, "sv").clean == ("Nettolönen: nej",)
    assert translated(asked_from_json(without_how_made(stored)), "sv").silence == "everything"


def test_what_stands_elsewhere_by_now_is_passed_over() -> None:
    saids = saids_of({"a": say("none"), "b": [say("everything")]})

    assert with_saids({"b": ["everything"], "c": "none"}, saids) == {"b": ["everything"], "c": "none"}
    assert translated(with_saids({"b": ["everything"]}, saids), "sv") == {"b": ["allt"]}
