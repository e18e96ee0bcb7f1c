"""How rules read aloud, in English and in Swedish, and that both have a word for everything."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.condition import Block, Claim, How
from bot.core.expect import parse_expectation
from bot.core.grammar import parse_claim
from bot.core.lapse import Lapse
from bot.core.money import Money
from bot.core.resource import Field, Type
from bot.core.rule import AtMost, Escalate, IfMissed, Limits, Mode, Rule, Step
from bot.core.sentence import LANGUAGES, condition_in_words, sentence
from bot.core.slots import parse_schedule
from bot.core.words import LanguageCode
from tests.core.made_rules import whole_vocabulary

WORDS = whole_vocabulary()
_SLOT = re.compile(r"\{\w+\}")


def line(text: str, kind: str = "gigapay.payrun") -> Claim:
    read = parse_claim(text, WORDS.fields[kind], kind)
    assert isinstance(read, Claim), read
    return read


def both(*lines: str) -> Block:
    return Block(How.ALL, tuple(map(line, lines)))


def either(*lines: str) -> Block:
    return Block(How.ANY, tuple(map(line, lines)))


RULE = Rule(
    id="gigapay-weekly-close",
    title="Close it",
    watch="gigapay.payrun",
    when=both("status is open", "payouts is at least 1"),
    then=(Step("gigapay.close_payrun"), Step("send_mail", {"template": "payrun_closed", "to": "payroll"})),
    mode=Mode.ACT,
    hash="",
    text="",
    file="",
    line=1,
)
LIMITS = Limits(
    Money(Decimal(20_000), "SEK"),
    (line("payouts after cut-off is at least 1"), line("cost is missing")),
    Money(Decimal("100000.50"), "SEK"),
    True,
    AtMost(1, timedelta(days=7)),
)
ALERT = Step("alert", {"to": "ops", "template": "errors", "when_cleared": "errors_cleared"})


@pytest.mark.parametrize(
    ("rule", "english", "swedish"),
    [
        pytest.param(
            RULE,
            "For each Gigapay payrun, when status is open and payouts is at least 1: close it, then mail "
            "payrun_closed to payroll; done at once.",
            "För varje payrun i Gigapay, när statusen är öppen och antalet utbetalningar är minst 1: "
            "stäng den, sedan mejla payrun_closed till payroll; görs genast.",
            id="the plain form",
        ),
        pytest.param(
            replace(
                RULE, connections=("gigapay-se", "gigapay-uk"), calendar="se", ask="finance", limits=LIMITS
            ),
            "For each Gigapay payrun of gigapay-se and gigapay-uk by the work calendar se, when status is "
            "open and payouts is at least 1: close it, then mail payrun_closed to payroll; done at once; "
            "only finance is asked; a person is asked above 20 000 SEK; a person is asked when payouts "
            "after cut-off is at least 1 or cost is missing; two people approve above 100 000.50 SEK; "
            "only during working hours; at most 1 in 7 days.",
            "För varje payrun i Gigapay hos gigapay-se och gigapay-uk enligt arbetskalendern se, när "
            "statusen är öppen och antalet utbetalningar är minst 1: stäng den, sedan mejla payrun_closed "
            "till payroll; görs genast; bara finance tillfrågas; en person tillfrågas över 20 000 SEK; en "
            "person tillfrågas när antalet utbetalningar efter brytdatum är minst 1 eller uppgift om "
            "kostnaden saknas; två personer godkänner över 100 000,50 SEK; bara under arbetstid; högst 1 "
            "på 7 dagar.",
            id="with every limit",
        ),
        pytest.param(
            replace(
                RULE,
                watch="roubler.payrun",
                when=line("errors is at least 1", "roubler.payrun"),
                then=(ALERT,),
                group_by="payrun",
                wait=timedelta(minutes=10),
                remind=parse_schedule("every working day at 09:00"),
                escalate=Escalate(Lapse(4, "working hour"), "payroll-lead"),
            ),
            "For each Roubler pay run, when errors is at least 1: alert ops with errors, and once it is "
            "over with errors_cleared; one alert for each pay run; collected for 10 minutes before it is "
            "told; told again every working day at 09:00 while it lasts; payroll-lead is told too after 4 "
            "working hours; done at once.",
            "För varje löneutbetalning i Roubler, när antalet fel är minst 1: larma ops med errors, och "
            "när det är över med errors_cleared; ett larm för varje löneutbetalning; samlas i 10 minuter "
            "innan det meddelas; meddelas igen varje arbetsdag kl. 09:00 så länge det varar; efter 4 "
            "arbetstimmar meddelas även payroll-lead; görs genast.",
            id="an alert",
        ),
        pytest.param(
            replace(
                RULE,
                every=parse_schedule("25th, 3 working days before, 08:00"),
                if_missed=IfMissed.RUN_LATE,
                when=line("status is open"),
                then=(Step("send_mail", {"template": "scheduled", "to": "payroll"}),),
            ),
            "On the day 3 working days before the 25th of the month at 08:00, list each Gigapay payrun "
            "for which status is open: mail scheduled to payroll; after missed times it is listed once, "
            "late; done at once.",
            "3 arbetsdagar före den 25:e i månaden kl. 08:00, lista varje payrun i Gigapay där statusen "
            "är öppen: mejla scheduled till payroll; efter missade tider listas det en gång, sent; görs "
            "genast.",
            id="at set times",
        ),
        pytest.param(
            replace(
                RULE,
                expect=parse_expectation("at least 2 x per week by Thursday 12:00").expectation,
                when=Block(How.ALL, ()),
                then=(Step("alert", {"to": "payroll"}),),
                mode=Mode.WATCH,
            ),
            "Unless a Gigapay payrun comes at least 2 times each week by Thursday at 12:00: alert "
            "payroll; only watched: recorded, never done.",
            "Om inte en payrun i Gigapay kommer minst 2 gånger varje vecka senast torsdag kl. 12:00: "
            "larma payroll; bara bevakad: det noteras men görs aldrig.",
            id="what is expected",
        ),
    ],
)
def test_a_rule_reads_aloud_as_one_sentence(rule: Rule, english: str, swedish: str) -> None:
    assert sentence(rule, "en") == english
    assert sentence(rule, "sv") == swedish


@pytest.mark.parametrize(
    ("said", "english", "swedish"),
    [
        ("status is open", "status is open", "statusen är öppen"),
        ("status is not paid", "status is not paid", "statusen inte är betald"),
        ("status is one of open, closed", "status is open or closed", "statusen är öppen eller stängd"),
        (
            "status is not one of open, paid",
            "status is neither open nor paid",
            "statusen varken är öppen eller betald",
        ),
        (
            "cost is at most 20,000.50 SEK",
            "cost is at most 20 000.50 SEK",
            "kostnaden är högst 20 000,50 SEK",
        ),
        ("net pay is more than 1 GBP", "net pay is more than 1 GBP", "nettolönen är mer än 1 GBP"),
        ("payouts is at least 1", "payouts is at least 1", "antalet utbetalningar är minst 1"),
        (
            "payouts is not less than 2",
            "payouts is not less than 2",
            "antalet utbetalningar inte är mindre än 2",
        ),
        ("payouts is 0", "payouts is 0", "antalet utbetalningar är 0"),
        ("payouts is none", "payouts is none", "det inte finns några utbetalningar"),
        ("payouts is not none", "payouts is not none", "det finns utbetalningar"),
        ("payouts is missing", "payouts is missing", "uppgift om antalet utbetalningar saknas"),
        ("pay date is known", "pay date is known", "uppgift om utbetalningsdagen finns"),
        (
            "pay date is ours is yes",
            "pay date is ours is yes",
            "det stämmer att utbetalningsdagen är vår egen",
        ),
        (
            "pay date is ours is no",
            "pay date is ours is no",
            "det inte stämmer att utbetalningsdagen är vår egen",
        ),
        (
            "change in net pay is at most 10.5 %",
            "change in net pay is at most 10.5 %",
            "ändringen av nettolönen är högst 10,5 %",
        ),
        ("now is after cut-off", "now is after input cut-off", "nu är efter brytdatum"),
        (
            "pay date is before 2026-11-13",
            "pay date is before Fri 13 Nov 2026",
            "utbetalningsdagen är före fre 13 nov 2026",
        ),
        ("now is after 15:00", "now is after 15:00", "nu är efter 15:00"),
        (
            "bank deadline is in the next 1 working day",
            "bank deadline is in the next 1 working day",
            "bankens tidsgräns är inom 1 arbetsdag",
        ),
        (
            "last payout was less than 30 minutes ago",
            "last payout was less than 30 minutes ago",
            "den senaste utbetalningen var för mindre än 30 minuter sedan",
        ),
        ("bank reference is a, b", "bank reference is “a, b”", "betalningsreferensen är ”a, b”"),
    ],
)
def test_each_kind_of_line_reads_aloud(said: str, english: str, swedish: str) -> None:
    assert condition_in_words(line(said), "en") == english
    assert condition_in_words(line(said), "sv") == swedish


@pytest.mark.parametrize(
    ("condition", "english"),
    [
        pytest.param(
            Block(How.ALL, (line("status is open"), either("cost is known", "net pay is known"))),
            "status is open and (cost is known or net pay is known)",
            id="any in all",
        ),
        pytest.param(
            Block(How.ANY, (line("status is open"), both("cost is known", "net pay is known"))),
            "status is open or (cost is known and net pay is known)",
            id="all in any",
        ),
        pytest.param(
            Block(How.NOT, (both("cost is known", "net pay is known"),)),
            "not (cost is known and net pay is known)",
            id="not all",
        ),
        pytest.param(
            Block(How.ALL, (Block(How.NOT, (line("cost is known"),)), line("net pay is known"))),
            "not (cost is known) and net pay is known",
            id="not is of what is in its brackets alone",
        ),
        pytest.param(
            both("status is one of open, closed", "cost is known"),
            "status is open or closed, and cost is known",
            id="a comma where an or would run on",
        ),
        pytest.param(
            either("status is one of open, closed", "cost is known"),
            "(status is open or closed) or cost is known",
            id="words that one or the other",
        ),
        pytest.param(
            Block(
                How.ALL,
                (both("cost is known", "net pay is known"), Block(How.ANY, (line("price is known"),))),
            ),
            "cost is known, net pay is known and price is known",
            id="none where they mean nothing",
        ),
    ],
)
def test_brackets_stand_where_they_are_needed(condition: Block, english: str) -> None:
    assert condition_in_words(condition) == english


# -- both languages have a word for everything -----------------------------------------


def every_field() -> dict[str, Field]:
    return {name: field for fields in WORDS.fields.values() for name, field in fields.items()}


def test_each_word_of_the_vocabulary_has_a_swedish_one() -> None:
    swedish = LANGUAGES["sv"]

    assert sorted(every_field().keys() - swedish.fields.keys()) == []
    assert (
        sorted({word for one in every_field().values() for word in one.words} - swedish.statuses.keys()) == []
    )


@pytest.mark.parametrize("code", ["en", "sv"])
def test_each_kind_and_each_action_with_all_it_takes_has_words(code: LanguageCode) -> None:
    language = LANGUAGES[code]
    actions = {**WORDS.vendor_actions, **WORDS.general_actions}

    assert sorted(WORDS.fields.keys() - language.kinds.keys()) == []
    assert sorted(actions.keys() - language.steps.keys()) == []
    assert {name: set(one.args) - set(language.steps[name].args) for name, one in actions.items()} == {
        name: set() for name in actions
    }


def test_an_english_sentence_calls_a_kind_what_screens_call_it() -> None:
    english = LANGUAGES["en"]

    assert {english.kind(name).casefold() for name in WORDS.kinds} == {
        kind.title.casefold() for kind in WORDS.kinds.values()
    }


@pytest.mark.parametrize("code", ["en", "sv"])
def test_no_two_words_are_said_alike(code: LanguageCode) -> None:
    language = LANGUAGES[code]
    for kind, fields in WORDS.fields.items():
        said = [language.subject(field) for field in fields.values()]
        assert len(set(said)) == len(said), kind
    for field in every_field().values():
        assert len({language.status(word) for word in field.words}) == len(field.words), field.name
    kinds = [language.kind(name) for name in WORDS.fields]
    assert len(set(kinds)) == len(kinds)
    for kind in WORDS.kinds:
        verbs = [language.step(name).says for name, one in WORDS.vendor_actions.items() if one.kind == kind]
        assert len(set(verbs)) == len(verbs)


def test_both_languages_say_the_same_things() -> None:
    english, swedish = LANGUAGES["en"], LANGUAGES["sv"]

    assert english.phrases.keys() == swedish.phrases.keys()
    assert english.units.keys() == swedish.units.keys()
    assert english.steps.keys() == swedish.steps.keys()
    may_differ = {"numbered day"} | {name for name in english.phrases if name.startswith("is ")}
    for name in english.phrases.keys() - may_differ:
        assert set(_SLOT.findall(english.phrases[name])) == set(_SLOT.findall(swedish.phrases[name])), name


def test_the_words_of_the_readers_country() -> None:
    """Two words that change places read well and say something else: those that matter stand here."""
    swedish = LANGUAGES["sv"]

    fields = ("pay date", "input cut-off", "bank deadline", "approval deadline", "cost", "net pay", "price")
    assert [swedish.field(every_field()[name]) for name in fields] == [
        "utbetalningsdagen",
        "brytdatum",
        "bankens tidsgräns",
        "tidsgränsen för godkännande",
        "kostnaden",
        "nettolönen",
        "priset",
    ]
    assert {name: swedish.status(name) for name in ("open", "closed", "paid", "approved", "finalised")} == {
        "open": "öppen",
        "closed": "stängd",
        "paid": "betald",
        "approved": "godkänd",
        "finalised": "slutförd",
    }
    assert swedish.kind("gigapay.payrun") == "payrun i Gigapay"
    assert swedish.kind("xero.payrun") == "löneutbetalning i Xero"


@pytest.mark.parametrize("code", ["en", "sv"])
def test_what_has_no_word_yet_is_said_as_the_file_says_it(code: LanguageCode) -> None:
    """A new vendor works before anybody has found words for it."""
    field = Field("tips", Type.MONEY, "", None, "")
    claim = parse_claim("tips is at most 5 SEK", {"tips": field}, "new.payrun")
    assert isinstance(claim, Claim)
    rule = replace(RULE, watch="new.payrun", when=claim, then=(Step("new.pay", {"at once": "a b"}),))

    said = sentence(rule, code)

    assert "new.payrun" in said
    assert "tips" in said
    assert "new.pay (at once: " in said
