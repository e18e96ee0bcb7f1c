"""Whoever has read a rule's sentence has read the rule: it can be read back, in one way."""

from dataclasses import fields
from random import Random
from typing import Any

import pytest

from bot.core.condition import Block, Claim, How, OneOf, claims
from bot.core.grammar import parse_claim
from bot.core.resource import Type
from bot.core.rule import Rule
from bot.core.sentence import LANGUAGES, condition_in_words, sentence
from bot.core.words import LanguageCode
from tests.core.made_rules import Maker, whole_vocabulary
from tests.core.sentence_reader import SentenceReader, plain_condition

MADE = 2_000
UNSAID = {"id", "title", "advice", "tests", "hash", "text", "file", "line"}
"""What a sentence leaves out: it changes nothing that the rule does."""


def parts_of(rule: Rule) -> dict[str, Any]:
    """What a rule says, as the reader gives it."""
    limits = rule.limits
    optional = {
        "group_by": rule.group_by,
        "wait": rule.wait,
        "remind": rule.remind and rule.remind.form,
        "escalate": rule.escalate,
        "if_missed": rule.if_missed if rule.every is not None else None,
        "mode": rule.mode,
        "ask": rule.ask,
        "ask_above": limits.ask_above,
        "ask_when": plain_condition(Block(How.ANY, limits.ask_when)) if limits.ask_when else None,
        "two_people_above": limits.two_people_above,
        "only_during": limits.only_during_working_hours,
        "at_most": limits.at_most,
    }
    return {
        "watch": rule.watch,
        "connections": rule.connections,
        "calendar": rule.calendar,
        "when": plain_condition(rule.when),
        "every": rule.every and rule.every.form,
        "expect": rule.expect and (rule.expect.at_least, rule.expect.per, rule.expect.by.form),
        "then": rule.then,
        **{key: value for key, value in optional.items() if value},
    }


@pytest.mark.parametrize("language", ["en", "sv"])
def test_each_rule_can_be_read_back_from_its_sentence_in_one_way_only(language: LanguageCode) -> None:
    words = whole_vocabulary()
    maker = Maker(Random(20261120), words)
    readers = {kind: SentenceReader(LANGUAGES[language], words, [kind]) for kind in words.fields}

    for _ in range(MADE):
        rule = maker.rule()
        said = sentence(rule, language)
        assert readers[rule.watch].read(said) == [parts_of(rule)], said


def test_a_sentence_says_of_which_kind_it_is() -> None:
    words = whole_vocabulary()
    maker = Maker(Random(7), words)
    for code in ("en", "sv"):
        reader = SentenceReader(LANGUAGES[code], words, words.fields)
        for _ in range(50):
            rule = maker.rule()
            assert {read["watch"] for read in reader.read(sentence(rule, code))} == {rule.watch}


def test_all_that_a_rule_has_is_read_back_or_known_to_be_unsaid() -> None:
    """A new key of a rule comes into the sentence, or it is said here why not."""
    read_back = {*parts_of(Maker(Random(1), whole_vocabulary()).rule())}
    optional = {"group_by", "wait", "remind", "escalate", "if_missed", "mode", "ask", "limits"}

    assert {one.name for one in fields(Rule) if one.init} - UNSAID - optional <= read_back
    assert {one.name for one in fields(Rule)} >= optional


def test_an_english_line_is_one_that_a_rule_file_takes() -> None:
    words = whole_vocabulary()
    maker = Maker(Random(5), words)
    for _ in range(2_000):
        watch = maker.pick.choice(sorted(words.fields))
        (line,) = claims(maker.claim(watch))
        if line.field.type is Type.TEXT or (isinstance(line.test, OneOf) and len(line.test.values) > 1):
            continue  # these are read aloud in other words
        said = condition_in_words(line)
        again = parse_claim(said, words.fields[watch], watch)
        assert isinstance(again, Claim), said
        assert (again.field, again.test, again.negated) == (line.field, line.test, line.negated)
