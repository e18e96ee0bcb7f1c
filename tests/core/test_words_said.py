"""A text that is made in English is made again, whole, in the language of whoever reads."""

import copy
import pickle
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.core import words
from bot.core.money import Money
from bot.core.words import Said, catalogue, joined, said, say, say_many, translated

PAID = Money.of("18450.25", "SEK")
AT = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def a_small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small catalogue beside the shipped one, which may change its words."""
    known = {
        "{who} paid {amount}": ("{who} har betalat {amount}",),
        "{count} check": ("{count} kontroll", "{count} kontroller"),
        "and": ("och",),
        "closed": ("stängd",),
        "not yet translated": ("",),
    }
    monkeypatch.setattr(
        said, "catalogue", lambda language: catalogue.Catalogue(known if language == "sv" else {})
    )


@pytest.mark.parametrize(
    ("text", "english", "swedish"),
    [
        (say("closed"), "closed", "stängd"),
        (
            say("{who} paid {amount}", who="1041", amount=PAID),
            "1041 paid 18 450.25 SEK",
            "1041 har betalat 18 450,25 SEK",
        ),
        (say("{who} paid {amount}", who=say("closed"), amount=3), "closed paid 3", "stängd har betalat 3"),
        (say_many(1, "{count} check", "{count} checks"), "1 check", "1 kontroll"),
        (say_many(9, "{count} check", "{count} checks"), "9 checks", "9 kontroller"),
        (say_many(0, "{count} check", "{count} checks"), "0 checks", "0 kontroller"),
        (joined(["1041", say("closed"), "7"], last=say("and")), "1041, closed and 7", "1041, stängd och 7"),
        (joined([], last=say("and")), "", ""),
        (joined(["7"], last=say("and")), "7", "7"),
        (words.money(PAID), "18 450.25 SEK", "18 450,25 SEK"),
        (words.amount(PAID), "18 450.25", "18 450,25"),
        (words.signed(PAID), "+18 450.25", "+18 450,25"),
        (words.percent(Decimal("-5")), "−5.0 %", "−5,0 %"),
        (words.day(date(2026, 11, 26)), "Thu 26 Nov", "tors 26 nov."),
        (words.day_and_year(date(2026, 9, 3)), "Thu 3 Sep 2026", "tors 3 sep. 2026"),
        (words.moment(AT, UTC), "Thu 26 Nov 15:30", "tors 26 nov. 15:30"),
        (words.clock(AT, UTC), "15:30", "15:30"),
        (say("nobody has said this"), "nobody has said this", "nobody has said this"),
        (say("not yet translated"), "not yet translated", "not yet translated"),
    ],
)
def test_it_is_its_english_and_can_be_said_in_swedish(text: Said, english: str, swedish: str) -> None:
    assert text.replace("\u00a0", " ") == english
    assert text.in_("en").replace("\u00a0", " ") == english
    assert text.in_("sv").replace("\u00a0", " ") == swedish


def test_of_a_part_only_its_text_is_taken() -> None:
    class Telling:
        secret = "canary"

        def __str__(self) -> str:
            return "{secret}"

    assert say("{who} paid {amount}", who=Telling(), amount="{who}") == "{secret} paid {who}"
    assert say("{who.secret} {0} {who!r} {", who=Telling()) == "{who.secret} {0} {who!r} {"
    with pytest.raises(ValueError, match="names when, which is not among its parts"):
        say("{who} paid {when}", who="7")


def test_an_instant_is_refused_where_nobody_knows_its_zone() -> None:
    with pytest.raises(TypeError, match="with its zone"):
        say("{who} paid {amount}", who="1041", amount=AT)


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    amount: Money
    more: tuple[object, ...] = ()


def test_everything_in_a_view_is_said_and_the_rest_is_the_very_same() -> None:
    plain = Row("closed", PAID, ("a", 1, AT))
    view = Row(say("closed"), PAID, (plain, [say("closed")], {"word": say("closed")}))

    there = translated(view, "sv")

    assert there == Row("stängd", PAID, (plain, ["stängd"], {"word": "stängd"}))
    assert there.more[0] is plain
    assert translated(view, "en") is view


def test_it_can_be_copied_and_sent() -> None:
    text = say("{who} paid {amount}", who="1041", amount=PAID)

    for copied in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert copied == text
        assert copied.in_("sv") == text.in_("sv") != text
