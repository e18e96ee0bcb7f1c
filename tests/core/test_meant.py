"""What is offered to an author: always a line that is read, never one of two meanings."""

import re
import time
from pathlib import Path

import pytest

from bot.core.condition import Claim
from bot.core.grammar import Misread, parse_claim
from bot.core.meant import LONGEST, in_our_words
from tests.rules.vocabulary import small_vocabulary

WORDS = small_vocabulary().fields["gigapay.payrun"]
MISTAKES = Path(__file__).parent.parent / "testdata" / "rules"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("cost == 5 SEK", "cost is 5 SEK"),
        ("cost >= 5 SEK", "cost is at least 5 SEK"),
        ("cost <= 5 SEK", "cost is at most 5 SEK"),
        ("cost is < 5 SEK", "cost is less than 5 SEK"),
        ("status != open", "status is not open"),
        ("status wasn't open", "status was not open"),
        ("cost is no more than 5 SEK", "cost is at most 5 SEK"),
        ("cost is above 5 SEK", "cost is more than 5 SEK"),
        ("cost is at most 1.234.567,80 SEK", "cost is at most 1 234 567.80 SEK"),
        ("cost is at most 1.234.567 SEK", "cost is at most 1 234 567 SEK"),
        ("cost is at most €5", "cost is at most 5 EUR"),
        ("now is after 12am", "now is after 00:00"),
        ("now is after 12:30 pm", "now is after 12:30"),
        ("now is after 15.05", "now is after 15:05"),
        ("pay date is 13.02.2026", "pay date is 13 Feb 2026"),
        ("pay date is 04.03.2026", "pay date is 4 Mar 2026"),
        ("pay date is 2026/11/13", "pay date is 2026-11-13"),
        ("status är en av open eller paid", "status is one of open, paid"),
        ("payouts is at least ten", "payouts is at least 10"),
    ],
)
def test_other_peoples_words_become_ours(said: str, meant: str) -> None:
    assert in_our_words(said) == meant


@pytest.mark.parametrize(
    "said",
    ["pay date is 03/04/2026", "cost is at most 20.000 SEK", "status is one of open, paid", "cost is $5"],
)
def test_what_is_ours_or_could_mean_two_things_is_left_alone(said: str) -> None:
    assert in_our_words(said) == said


def test_a_guess_about_any_line_of_the_mistakes_is_a_line_that_is_read() -> None:
    guesses = 0
    for path in MISTAKES.glob("*.yaml"):
        for line in re.findall(r"^ *- (\S+ .+)$", path.read_text(), re.MULTILINE):
            read = parse_claim(line, WORDS, "gigapay.payrun")
            guess = re.search(r'Did you mean "(\S+ (?:is|was) .+)"\?$', getattr(read, "message", ""))
            if guess:
                guesses += 1
                assert isinstance(parse_claim(guess[1], WORDS, "gigapay.payrun"), Claim), guess[1]

    assert guesses > 20


@pytest.mark.parametrize("said", ["weather == sunny", "cost == cheap", "status is purple, blue or open."])
def test_what_would_not_be_read_either_is_not_offered(said: str) -> None:
    read = parse_claim(said, WORDS, "gigapay.payrun")

    assert isinstance(read, Misread)
    assert in_our_words(said) != said
    assert "Did you mean" not in read.message


def test_every_line_that_is_read_stays_as_it_is() -> None:
    rules = (MISTAKES.parents[2] / "rules" / "gigapay.yaml").read_text()
    lines = re.findall(r"^      - (\S+ (?:[a-z-]+ )*(?:is|was) [^#\n]+?)\s*$", rules, re.MULTILINE)

    assert len(lines) >= 6
    assert [in_our_words(line) for line in lines] == lines


def test_a_line_that_nobody_wrote_is_not_guessed_about() -> None:
    line = "status == " + "open or " * LONGEST
    begun = time.perf_counter()

    read = parse_claim(line, WORDS, "gigapay.payrun")

    assert isinstance(read, Misread)
    assert "Did you mean" not in read.message
    assert time.perf_counter() - begun < 0.5
