"""Values of the rule files are changed in their own characters, and nothing else of a file is."""

import os
import resource
from pathlib import Path
from random import Random
from stat import S_IMODE

import pytest

from bot.engine.rule_folder import words_now
from bot.rulebook.document import Document, read
from bot.rulebook.edit import (
    CannotWrite,
    Moved,
    NotEdited,
    Sort,
    Value,
    can_write,
    change,
    fingerprint,
    save,
    values_of,
)
from tests.faults.size import size

VOCABULARY = words_now()
RULES = Path(__file__).resolve().parents[2] / "rules"
FILES = {
    f"rules/{path.name}": path.read_text("utf-8")
    for path in sorted(RULES.glob("*.yaml"))
    if path.name != "calendars.yaml"
}
_UNITS = {
    "minute": 9_000, "hour": 400, "day": 80, "working hour": 300, "working day": 50,
}  # fmt: skip


def documents() -> list[tuple[Document, str]]:
    """Every shipped rule with its file."""
    found = []
    for name, text in FILES.items():
        document = read(name, text)
        ids = [line.split("id: ")[1].strip() for line in text.splitlines() if line.startswith("  - id: ")]
        found += [(document, one) for one in ids]
    return found


SHIPPED = documents()


def typed(value: Value, random: Random) -> str:
    """Something else that could stand in a value's place, as people type it."""
    match value.sort:
        case Sort.AMOUNT:
            whole, cents = random.randrange(1, 10**7), random.choice(["", ".5", ".25", ".00"])
            return random.choice([f"{whole:,}{cents} SEK", f"SEK {whole}{cents}", f"{whole}{cents} gbp"])
        case Sort.COUNT:
            return str(random.randrange(1, 500))
        case Sort.PERCENT:
            return random.choice(["{} %", "{}%", "{}"]).format(random.randrange(1, 900) / 10)
        case Sort.LENGTH:
            unit = value.text.split(" ", 1)[1].removesuffix("s")
            return f"{random.randrange(1, _UNITS[unit])} {unit}s"
        case Sort.TIMES:
            at = f"{random.randrange(24):02}:{random.randrange(60):02}"
            if value.key == "expect.by":
                return f"{random.choice(['Monday', 'Tuesday', 'last working day'])} {at}"
            days = ["every working day at", "Friday", "first working day of the month", "25th"]
            return f"{random.choice(days)} {at}"
        case Sort.OFTEN:
            return f"{random.randrange(1, 20)} per {random.randrange(1, 60)} days"
        case Sort.MODE:
            return random.choice(["off", "watch", "ask", "act"])
        case other:
            raise AssertionError(f"no shipped rule has a {other}")


def test_every_shipped_rule_has_its_mode_and_its_numbers_among_its_values():
    keys = {rule: [one.key for one in values_of(document, rule, VOCABULARY)] for document, rule in SHIPPED}

    assert len(SHIPPED) > 15
    assert all(found[0] == "mode" for found in keys.values())
    assert keys["gigapay-weekly-close"] == [
        "mode", "when.2", "when.4", "limits.ask_above", "limits.two_people_above", "limits.ask_when.1",
    ]  # fmt: skip
    assert keys["weekly-payouts-expected"] == ["mode", "expect.least", "expect.by"]
    assert keys["vendor-silent-near-deadline"] == [
        "mode",
        "when.1",
        "when.2.any.1",
        "when.2.any.2",
        "escalate.after",
    ]


def test_seeded_edits_change_exactly_the_characters_of_the_value_and_read_back():
    random, edits, same = Random(20261120), size(whole=20_000, small=2_000), 0
    for number in range(edits):
        document, rule = random.choice(SHIPPED)
        value = random.choice(values_of(document, rule, VOCABULARY))
        text = typed(value, random)
        edited = change(document, rule, {value.key: text}, VOCABULARY)

        again = read(document.file, edited.text)
        (now,) = [one for one in values_of(again, rule, VOCABULARY) if one.key == value.key]
        said = f"edit {number}: {rule} {value.key} {value.text!r} to {text!r}"
        if not edited.changed:
            same += 1
            assert edited.text == document.text, said
            assert value.read(text).meaning == value.read(value.text).meaning, said
            continue
        assert edited.text[: value.start] == document.text[: value.start], said
        assert edited.text[now.end :] == document.text[value.end :], said
        assert now.start == value.start and now.text == edited.changed[0][1], said
        assert now.read(now.text).meaning == value.read(text).meaning, said
        others = [one.text for one in values_of(document, rule, VOCABULARY) if one.key != value.key]
        assert [one.text for one in values_of(again, rule, VOCABULARY) if one.key != value.key] == others, (
            said
        )
    assert same < edits / 4


@pytest.mark.parametrize(("document", "rule"), SHIPPED, ids=[rule for _, rule in SHIPPED])
def test_the_same_value_typed_again_changes_nothing(document: Document, rule: str):
    values = values_of(document, rule, VOCABULARY)

    for typed_again in (
        lambda text: text,
        str.lower,
        lambda text: f"  {text} ",
        lambda text: text.replace(" ", "\u00a0"),
    ):
        wanted = {one.key: typed_again(one.text) for one in values if one.sort is not Sort.AMOUNT}
        wanted |= {one.key: one.text.replace(" ", "\u00a0") for one in values if one.sort is Sort.AMOUNT}
        edited = change(document, rule, wanted, VOCABULARY)

        assert edited.text == document.text
        assert edited.changed == ()


def weekly() -> Document:
    return read("rules/gigapay.yaml", FILES["rules/gigapay.yaml"])


def test_an_amount_is_written_as_an_author_writes_it():
    edited = change(weekly(), "gigapay-weekly-close", {"limits.ask_above": "SEK 22,000.00"}, VOCABULARY)

    assert "      ask_above: 22 000 SEK            # at or under: done; over" in edited.text
    assert len(edited.text) == len(weekly().text)


def test_several_values_and_what_tests_expect_are_changed_together():
    wanted = {"limits.ask_above": "22 000 SEK", "when.4": "45 minutes", "mode": "ask"}
    edited = change(weekly(), "gigapay-weekly-close", wanted, VOCABULARY, expect={1: "act", 3: "unknown"})

    changed = [
        (before, after)
        for before, after in zip(weekly().text.splitlines(), edited.text.splitlines(), strict=True)
        if before != after
    ]
    assert [after.strip() for _, after in changed] == [
        "- last payout was more than 45 minutes ago",
        "mode: ask",
        "ask_above: 22 000 SEK            # at or under: done; over: a person approves",
        "expect: act",
        "expect: unknown",
    ]


HOSTILE = [
    "20 000 SEK\n    mode: act",
    "20 000 SEK\r\n",
    "1 SEK\x00",
    "1 SEK\u2028",
    "1 SEK\u202e",
    "&a 1 SEK",
    "*a",
    "!!int 1",
    "{a: 1}",
    "[1 SEK]",
    "1 SEK # more",
    "1 SEK, two_people_above: 1 SEK",
    "|",
    ">-",
    "'1 SEK'",
    '"1 SEK"',
    "? 1",
    "- 1 SEK",
    "<<: 1",
    "%TAG",
    "@1",
    "`1`",
    "1 SEK: 2",
    "nan SEK",
    "inf SEK",
    "1e9 SEK",
    "",
    "  ",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "٣ SEK",
    "-1 SEK",
    "1.000 SEK",
    "9" * 1_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[repr(one[:24]) for one in HOSTILE])
@pytest.mark.parametrize("key", ["limits.ask_above", "when.4", "when.2", "mode"])
def test_what_is_no_value_is_refused_by_its_name(key: str, text: str):
    with pytest.raises(NotEdited) as refused:
        change(weekly(), "gigapay-weekly-close", {key: text}, VOCABULARY)

    assert list(refused.value.wrong) == [key]
    assert len(refused.value.wrong[key]) < 1_000


@pytest.mark.parametrize(
    "key", ["title", "id", "tests", "limits", "when.9", "then.1", "../calendars", "limits.only_during", ""]
)
def test_only_values_are_changed_never_the_structure(key: str):
    with pytest.raises(NotEdited, match="is no value of this rule"):
        change(weekly(), "gigapay-weekly-close", {key: "1"}, VOCABULARY)


def test_the_rule_of_another_file_is_not_changed_in_this_one():
    with pytest.raises(NotEdited, match="There is no rule roubler-errors in rules/gigapay"):
        change(weekly(), "roubler-errors", {"mode": "act"}, VOCABULARY)


def small(limits: str, when: str = "[status is open, payouts is at least 3]") -> Document:
    return read(
        "rules/a.yaml",
        f"rules:\n  - id: a\n    title: A\n    watch: gigapay.payrun\n    when: {when}\n"
        f"    then: gigapay.close_payrun\n    mode: 'watch'   # as yet\n    limits: {limits}\n",
    )


def test_a_value_in_brackets_that_would_be_two_is_refused():
    document = read(
        "rules/b.yaml",
        "rules:\n  - {id: b, title: B, watch: payrun, every: Friday 15:00, when: [still open is yes]}\n",
    )
    fine = change(document, "b", {"every": "Monday 08:00"}, VOCABULARY)

    assert "every: Monday 08:00, when" in fine.text
    with pytest.raises(NotEdited, match="it would be read as something else"):
        change(document, "b", {"every": "25th, 3 working days before, 12:00"}, VOCABULARY)


def test_a_value_in_quotes_stays_in_them():
    document = small('{ask_above: "20 000 SEK", at_most: 1 per 7 days}')
    edited = change(
        document, "a", {"mode": "ask", "limits.ask_above": "5 SEK", "limits.at_most": "2 per day"}, VOCABULARY
    )

    assert "mode: 'ask'   # as yet" in edited.text
    assert 'limits: {ask_above: "5 SEK", at_most: 2 per day}' in edited.text


@pytest.mark.parametrize(
    ("when", "keys"),
    [
        ("\n      - cost is at most\n        50 000 SEK", []),
        ('\n      - "cost is at most \\x35 SEK"', []),
        ("\n      - cost is one of 1 SEK, 2 SEK", ["when.1.1", "when.1.2"]),
        (
            "\n      - not: {any: [payouts is 3, cost is more than 5 SEK]}",
            ["when.1.not.any.1", "when.1.not.any.2"],
        ),
        ("\n      - now is after 15:00\n      - now is not before Fri 13 Nov 2026", ["when.1", "when.2"]),
        (
            "\n      - now is after cut-off\n      - cost is missing\n      - status is one of open, closed",
            [],
        ),
        ("\n      - cut-off is in the next  2 days", ["when.1"]),
    ],
    ids=["over two lines", "escaped", "one of several", "in blocks", "moments", "no values", "a short name"],
)
def test_which_values_a_line_has(when: str, keys: list[str]):
    values = values_of(small("{}", when), "a", VOCABULARY)

    assert [one.key for one in values if one.key.startswith("when")] == keys
    for one in values:
        assert small("{}", when).text[one.start : one.end] == one.text


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("when.4", "45 weeks", "Say how long, in minutes, hours, days, working hours"),
        ("when.4", "0 minutes", "Say how long"),
        ("limits.ask_above", "20.000 SEK", "can be read in two ways"),
        ("limits.ask_above", "20 000", "has no currency: write for example 20000 SEK"),
        ("limits.ask_above", "20 000 kr", "is not an amount"),
        ("when.2", "many", "is not a whole number"),
        ("mode", "acts", "Known are: off, watch, ask, act"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(key: str, text: str, says: str):
    with pytest.raises(NotEdited) as refused:
        change(weekly(), "gigapay-weekly-close", {key: text}, VOCABULARY)

    assert says in refused.value.wrong[key]


# -- writing ---------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "a.yaml"
    found.write_bytes(b"one\r\ntwo\n")
    found.chmod(0o640)
    return found


def test_a_file_is_replaced_whole_with_its_permissions(file: Path):
    save(file, "one\r\nthree\n", instead_of=fingerprint(b"one\r\ntwo\n"))

    assert file.read_bytes() == b"one\r\nthree\n"
    assert S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(file.parent) == ["a.yaml"]


def test_a_file_that_somebody_changed_meanwhile_is_left_as_it_is(file: Path):
    with pytest.raises(Moved):
        save(file, "three\n", instead_of=fingerprint(b"one\ntwo\n"))

    assert file.read_bytes() == b"one\r\ntwo\n"


def test_a_link_is_not_followed(file: Path, tmp_path: Path):
    link = tmp_path / "b.yaml"
    link.symlink_to(file)
    with pytest.raises(CannotWrite, match=r"b\.yaml is a link"):
        save(link, "three\n", instead_of=fingerprint(b"one\r\ntwo\n"))

    assert not can_write(link)
    assert file.read_bytes() == b"one\r\ntwo\n" and link.is_symlink()


def test_where_there_is_no_room_the_old_file_stays_and_nothing_is_left_behind(file: Path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    try:
        with pytest.raises(CannotWrite, match="File too large"):
            save(file, "one\r\nthree\n", instead_of=fingerprint(b"one\r\ntwo\n"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert file.read_bytes() == b"one\r\ntwo\n"
    assert os.listdir(file.parent) == ["a.yaml"]
