"""The kinds that no connector declares: the pay run of any vendor, and connections."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.connectors import kinds
from bot.core.connection import KIND, changes
from bot.core.deadline import DEADLINES
from bot.core.resource import MISSING, Known, Snapshot, Type, Value
from bot.core.watched import CONNECTION, PAYRUN, is_about, may_be_of
from bot.facts import facts_of
from bot.rulebook import parse_rule_text
from bot.rulebook.shared import not_shared, payruns, shared_kind, words_of_some
from tests.rules.vocabulary import small_vocabulary

NOW = datetime(2026, 11, 13, 12, tzinfo=UTC)
RULE = """\
id: any
title: Any
watch: payrun
when: [{line}]
then: {{alert: {{to: ops}}}}
"""


@pytest.mark.parametrize(
    ("watch", "kind", "answer"),
    [
        ("gigapay.payrun", "gigapay.payrun", True),
        ("gigapay.payrun", "xero.payrun", False),
        (PAYRUN, "gigapay.payrun", True),
        (PAYRUN, "xero.payrun", True),
        (PAYRUN, "xero.calendar", False),
        (PAYRUN, "acme.not-a-payrun", False),
        (PAYRUN, CONNECTION, False),
        (CONNECTION, CONNECTION, True),
        (CONNECTION, "gigapay.payrun", False),
    ],
)
def test_a_rule_is_about_its_own_kind_and_payrun_about_every_vendors(
    watch: str, kind: str, answer: bool
) -> None:
    assert is_about(watch, kind) is answer


@pytest.mark.parametrize(
    ("watch", "answer"),
    [("gigapay.payrun", True), ("xero.payrun", False), (PAYRUN, True), (CONNECTION, True)],
)
def test_what_a_rule_watches_is_at_its_vendor_or_at_all(watch: str, answer: bool) -> None:
    assert may_be_of(watch, "gigapay") is answer


def test_the_pay_run_of_any_vendor_has_what_all_of_them_have_with_one_type() -> None:
    own = [kind.fields for kind in payruns(kinds())]

    shared = shared_kind(payruns(kinds())).fields

    assert len(own) >= 4
    assert {"status", "net pay", "payees"} <= set(shared)
    for name in set().union(*own):
        types = {fields[name].type for fields in own if name in fields}
        assert (name in shared) is (len(types) == 1 and all(name in fields for fields in own))


def test_its_status_has_the_words_of_all() -> None:
    words = shared_kind(payruns(kinds())).fields["status"].words

    assert set(words) == {word for kind in payruns(kinds()) for word in kind.fields["status"].words}
    assert len(words) == len(set(words))


def test_its_words_are_the_shared_fields_the_deadlines_and_the_facts_of_all() -> None:
    known = small_vocabulary()
    vendors = [kind.name for kind in payruns(known.kinds)]
    facts = set.intersection(*(set(facts_of(name)) for name in vendors))

    assert (
        set(known.fields[PAYRUN])
        == {"now"} | set(shared_kind(payruns(known.kinds)).fields) | set(DEADLINES) | facts
    )
    assert set(known.fact_versions[PAYRUN]) == facts
    assert facts


def test_a_connection_has_its_own_words_and_no_deadlines() -> None:
    assert set(small_vocabulary().fields[CONNECTION]) == {"now"} | set(KIND.fields)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("warnings", '"warnings" is not something every pay run has. Only staffology.payrun has it:'),
        ("period end", '"period end" is not something every pay run has. Only roubler.payrun'),
        ("zero net pay", "Only staffology.payrun has it"),
    ],
)
def test_a_field_of_some_vendors_is_refused_naming_them(word: str, says: str) -> None:
    known = small_vocabulary()

    assert says in not_shared(word, known.kinds, known.fact_versions)


def test_a_field_of_no_vendor_is_left_to_the_usual_guess() -> None:
    known = small_vocabulary()

    assert not_shared("csot", known.kinds, known.fact_versions) == ""


@pytest.mark.parametrize(
    ("line", "notes"),
    [
        (
            "status is paid",
            ('"status is paid": no roubler.payrun or staffology.payrun is ever paid, so of these it is no',),
        ),
        (
            "status is not open",
            ('"status is not open": no roubler.payrun is ever open, so of these it is yes',),
        ),
        ("net pay is known", ()),
    ],
)
def test_check_says_of_which_vendors_a_status_is_none(line: str, notes: tuple[str, ...]) -> None:
    known = small_vocabulary()
    rule, problems = parse_rule_text(RULE.format(line=line), "", vocabulary=known)

    assert problems == ()
    assert rule is not None
    assert words_of_some(rule, known.kinds) == notes


def health(**values: Value) -> Snapshot:
    fields: dict[str, Value] = dict.fromkeys(KIND.fields, MISSING)
    told = {name.replace("_", " "): value for name, value in values.items()}
    return Snapshot(CONNECTION, "a", "a", {**fields, **told}, NOW)


def test_time_alone_ends_a_pause_a_rest_and_a_deadline() -> None:
    soon, later = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)

    found = changes(
        health(resting_until=Known(soon), paused_until=Known(later), first_deadline=Known(later)), NOW
    )

    assert found == {
        "status": soon,
        "resting until": soon,
        "paused until": later,
        "paused by": later,
        "paused since": later,
        "first deadline": later,
    }


def test_what_has_come_changes_no_more() -> None:
    assert changes(health(resting_until=Known(NOW), first_deadline=Known(NOW)), NOW) == {}


def test_every_word_for_a_connection_has_help_and_a_harmless_example() -> None:
    for field in KIND.fields.values():
        assert field.help.endswith(".")
        assert field.source.startswith("ours: ")
        assert (field.example in field.words) or field.type is not Type.STATUS
