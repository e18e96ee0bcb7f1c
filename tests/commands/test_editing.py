"""`edit` prints what a change comes to before it proposes just that; `send-back` says what should change."""

from typing import Any

import pytest

from bot.__main__ import main
from tests.commands.place import Answering

Out = pytest.CaptureFixture[str]
VALUES = {
    "rule": "close",
    "file": "f1",
    "file_name": "rules/a.yaml",
    "may_be_written": True,
    "values": [
        {
            "key": "limits.ask_above",
            "sort": "amount",
            "label": "A person is asked above",
            "value": "20 000 SEK",
        }
    ],
}
SHOWN: dict[str, Any] = {
    "rule": "close",
    "file_name": "rules/a.yaml",
    "file": "f1",
    "result": "r1",
    "values": [
        {
            "key": "limits.ask_above",
            "label": "A person is asked above",
            "value": "20 000 SEK",
            "proposed": "22 000 SEK",
        }
    ],
    "changes": ["a person is asked above 20 000 SEK → 22 000 SEK"],
    "wider": "It is wider than version 1: it would act without asking.",
    "narrower": "",
    "lines": ["-     ask_above: 20 000 SEK", "+     ask_above: 22 000 SEK"],
    "tests": [],
}
FAILS = {"number": 2, "given": {"cost": "21 000 SEK"}, "expected": "ask", "got": "act", "changes": False}
PREVIEW, EDIT = "/api/rules/close/preview", "/api/rules/close/edit"
CHANGE = {"values": {"limits.ask_above": "22 000 SEK"}, "file": "f1"}


def _answer(answering: Answering, shown: dict[str, Any]) -> None:
    answering.replies["GET /api/rules/close/values"] = 200, VALUES
    answering.replies[f"POST {PREVIEW}"] = 200, shown
    answering.replies[f"POST {EDIT}"] = 200, {"said": "You proposed version 2.", "version": 2}


def test_without_a_new_value_the_values_are_listed(answering: Answering, capsys: Out) -> None:
    _answer(answering, SHOWN)

    assert main(["edit", "close"]) == 0

    assert answering.deeds == []
    assert "limits.ask_above  20 000 SEK  A person is asked above" in capsys.readouterr().out


def test_a_change_is_printed_and_then_just_that_is_proposed(answering: Answering, capsys: Out) -> None:
    _answer(answering, SHOWN)

    assert main(["edit", "close", "--set", "limits.ask_above=22 000 SEK", "--yes"]) == 0

    assert answering.deeds == [(PREVIEW, CHANGE), (EDIT, {**CHANGE, "result": "r1"})]
    assert capsys.readouterr().out == (
        "A person is asked above: 20 000 SEK -> 22 000 SEK\n"
        "It is wider than version 1: it would act without asking.\n"
        "\n"
        "rules/a.yaml:\n"
        "  -     ask_above: 20 000 SEK\n"
        "  +     ask_above: 22 000 SEK\n"
        "\n"
        "You proposed version 2.\n"
    )


def test_with_nobody_to_ask_nothing_is_proposed(answering: Answering, capsys: Out) -> None:
    _answer(answering, SHOWN)

    assert main(["edit", "close", "--set", "limits.ask_above=22 000 SEK"]) == 2

    assert [path for path, _ in answering.deeds] == [PREVIEW]


def test_tests_that_would_fail_change_only_where_that_is_said(answering: Answering, capsys: Out) -> None:
    _answer(answering, {**SHOWN, "tests": [FAILS]})

    assert main(["edit", "close", "--set", "limits.ask_above=22 000 SEK", "--yes"]) == 1
    assert "test 2 would fail: expects ask, got act  {cost: 21 000 SEK}" in capsys.readouterr().out
    assert main(["edit", "close", "--set", "limits.ask_above=22 000 SEK", "--tests", "--yes"]) == 1

    assert answering.deeds[-1] == (PREVIEW, {**CHANGE, "tests": [2]})
    assert EDIT not in [path for path, _ in answering.deeds]


@pytest.mark.parametrize(
    "said", [["mode"], ["=act"], ["mode=act", "mode=ask"]], ids=["no value", "no key", "twice"]
)
def test_a_value_without_its_key_is_usage(said: list[str], answering: Answering) -> None:
    sets = [part for one in said for part in ("--set", one)]

    assert main(["edit", "close", *sets]) == 2

    assert answering.asked == []


def test_what_waits_is_sent_back_by_its_version(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/rules/close"] = 200, {"waiting": {"version": 7}}
    answering.replies["POST /api/rules/close/send-back"] = 200, {"said": "You sent version 7 of close back."}

    assert main(["send-back", "close", "--reason", "too high"]) == 0

    assert answering.deeds == [("/api/rules/close/send-back", {"version": 7, "reason": "too high"})]


def test_nothing_that_waits_is_not_sent_back(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/rules/close"] = 200, {"waiting": None}

    assert main(["send-back", "close", "--reason", "too high"]) == 1

    assert answering.deeds == []
