"""What the deciding commands ask of the service, and what they make of its answers."""

from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import ENVIRON, Answering, write_settings

Out = pytest.CaptureFixture[str]

ASKED = {
    "id": "8f3k2",
    "ref": "gigapay-se/2859272",
    "question": "Close Gigapay payrun 2859272",
    "amount": {"amount": "18450.25", "currency": "SEK"},
    "decide_by": "2026-11-20T15:30:00+00:00",
    "rule": "gigapay-weekly-close",
    "checks": [
        {"check": "first-time-payees", "title": "First-time payees: 2", "detail": "payee 1078, payee 1080"}
    ],
}

TWO_WAIT = {
    "approvals": [
        ASKED,
        {"id": "2b7q1", "ref": "xero-uk/W%20N"},
        {"id": "9c4m7", "ref": "xero-uk/W%20N"},
    ]
}
SENTENCE = "For each Gigapay payrun, when status is open: close it; done at once."
RULES = {
    "rules": [
        {
            "id": "close",
            "version": 6,
            "mode": "ask",
            "why": "signed off by finance-2",
            "sentence": SENTENCE,
            "changes": ["mode: ask → act"],
            "wider": "It is wider than version 6: it would act at cost: 900 SEK.",
            "wrong": ["close and other both do gigapay.close_payrun."],
            "guards": ["250 000 SEK an action"],
            "who": "payroll-1 proposed it, so one other person signs.",
            "waiting": {"version": 7, "mode": "act"},
        },
        {
            "id": "tell",
            "version": 2,
            "mode": "act",
            "why": "signed off by finance-2",
            "sentence": "Tell.",
            "changes": [],
            "wider": "",
            "wrong": [],
            "guards": [],
            "who": "",
            "waiting": None,
        },
    ]
}
WHY = {
    "title": "Gigapay payrun 1",
    "ref": "gigapay-se/1",
    "status": "open",
    "observed_at": "2026-11-20T13:58:00+00:00",
    "timezone": "Europe/Stockholm",
    "rules": [
        {
            "rule": "close",
            "title": "Close it",
            "answer": "no",
            "verdict": "nothing",
            "since": "2026-11-20T12:04:00+00:00",
            "until": "2026-11-20T14:00:01+00:00",
            "lines": [
                {"answer": "yes", "says": "status is open", "saw": "", "until": None},
                {
                    "answer": "no",
                    "says": "any of",
                    "saw": "",
                    "until": "2026-11-20T14:00:01+00:00",
                    "under": [
                        {
                            "answer": "no",
                            "says": "now is after input cut-off",
                            "saw": "14:58, cut-off 15:00",
                            "until": "2026-11-20T14:00:01+00:00",
                        },
                        {"answer": "unknown", "says": "cost is known", "saw": "not read", "until": None},
                    ],
                },
            ],
        },
        {
            "rule": "tell",
            "title": "",
            "answer": "yes",
            "verdict": "ask",
            "since": "2026-11-20T12:04:00+00:00",
            "until": None,
            "lines": [],
        },
    ],
}


@pytest.mark.parametrize(
    ("argv", "path", "body"),
    [
        (
            ["reject", "8f3k2", "--reason", "too much"],
            "/api/approvals/8f3k2",
            {"answer": "reject", "comment": "too much"},
        ),
        (
            ["hold", "gigapay-se/2859272", "--reason", "mine", "--until", "2026-11-23 12:00+01"],
            "/api/payruns/gigapay-se/2859272/hold",
            {"reason": "mine", "until": "2026-11-23T12:00:00+01:00"},
        ),
        (["release", "xero-uk/a%2Fb%20c"], "/api/payruns/xero-uk/a%2Fb%20c/release", {}),
        (
            ["settle", "gigapay-se/1", "happened", "--comment", "saw it"],
            "/api/payruns/gigapay-se/1/settle",
            {"what": "happened", "comment": "saw it"},
        ),
        (["pause", "--reason", "audit"], "/api/pause", {"scope": "*", "reason": "audit"}),
        (
            ["pause", "xero-uk", "--reason", "audit", "--until", "2026-11-23T12:00+01:00"],
            "/api/pause",
            {"scope": "xero-uk", "reason": "audit", "until": "2026-11-23T12:00:00+01:00"},
        ),
        (["resume"], "/api/resume", {"scope": "*"}),
        (["resume", "xero-uk"], "/api/resume", {"scope": "xero-uk"}),
        (["propose"], "/api/rules/propose", {}),
        (["replay", "hook-12ab"], "/api/replay", {"event": "hook-12ab"}),
        (
            ["replay", "--failed-since", "2026-11-20T12:00+01:00"],
            "/api/replay",
            {"failed_since": "2026-11-20T12:00:00+01:00"},
        ),
        (["replay", "--everything"], "/api/replay", {"everything": True}),
        (
            ["replay", "--everything", "--connection", "xero-uk"],
            "/api/replay",
            {"everything": True, "connection": "xero-uk"},
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_deed_is_asked_for_once_as_the_person_of_the_token(
    argv: list[str], path: str, body: dict[str, str | bool], answering: Answering, capsys: Out
) -> None:
    answering.replies[f"POST {path}"] = 200, {"said": "It is so."}

    assert main(argv) == 0

    assert answering.deeds == [(path, body)]
    assert answering.asked[0].token == "prb_canary"
    assert capsys.readouterr().out == "It is so.\n"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["7", "--everything"],
        ["7", "--connection", "xero-uk"],
        ["--failed-since", "2026-11-20T12:00Z", "--everything"],
    ],
    ids=" ".join,
)
def test_a_replay_that_does_not_say_what_or_says_two_things_asks_for_nothing(
    argv: list[str], answering: Answering
) -> None:
    try:
        code = main(["replay", *argv])
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1

    assert code == 2
    assert answering.deeds == []


def test_a_pay_run_that_needs_somebody_says_so_before_its_rules(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/payruns/gigapay-se/1/why"] = 200, {**WHY, "needs_you": "it is odd"}

    assert main(["why", "gigapay-se/1"]) == 0

    assert capsys.readouterr().out.startswith(
        "Gigapay payrun 1 (gigapay-se/1): open, as read Fri 20 Nov 2026 14:58\n"
        "needs you: it is odd\n\nclose: "
    )


def test_a_pay_run_stands_for_the_one_approval_about_it(answering: Answering) -> None:
    answering.replies["GET /api/approvals"] = 200, TWO_WAIT
    answering.replies["POST /api/approvals/8f3k2"] = 200, {"said": "Approved."}

    assert main(["approve", "gigapay-se/2859272", "--yes"]) == 0

    assert [path for path, _ in answering.deeds] == ["/api/approvals/8f3k2"]


def test_what_is_approved_is_printed_first_with_what_the_checks_found(
    answering: Answering, capsys: Out
) -> None:
    answering.replies["GET /api/approvals"] = 200, {"approvals": [ASKED]}
    answering.replies["POST /api/approvals/8f3k2"] = 200, {"said": "Approved."}

    assert main(["approve", "8f3k2", "--comment", "seen", "--yes"]) == 0

    said = capsys.readouterr().out
    assert "Close Gigapay payrun 2859272  18450.25 SEK" in said
    assert "check: First-time payees: 2, payee 1078, payee 1080" in said
    answer = {"answer": "approve", "comment": "seen", "checks": ["first-time-payees"]}
    assert answering.deeds == [("/api/approvals/8f3k2", answer)]


def test_a_time_that_is_asked_for_is_named_and_given(answering: Answering, capsys: Out) -> None:
    wanted = {"at": "Paid at", "help": "When the money was paid."}
    answering.replies["GET /api/approvals"] = 200, {"approvals": [{**ASKED, "asks_for": wanted}]}
    answering.replies["POST /api/approvals/8f3k2"] = 200, {"said": "Approved."}

    assert main(["approve", "8f3k2", "--at", "2026-11-20T15:00+01:00", "--yes"]) == 0

    assert "to be given with --at: Paid at. When the money was paid." in capsys.readouterr().out
    ((_, sent),) = answering.deeds
    assert sent["at"] == "2026-11-20T15:00:00+01:00"


def test_without_anybody_to_ask_nothing_is_approved(answering: Answering) -> None:
    answering.replies["GET /api/approvals"] = 200, {"approvals": [ASKED]}

    assert main(["approve", "8f3k2"]) == 2

    assert answering.deeds == []


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("xero-uk/W%20N", "More than one thing is asked about xero-uk/W%20N: name one of 2b7q1, 9c4m7.\n"),
        ("xero-uk/other", "Nothing waits for an answer about xero-uk/other.\n"),
    ],
)
def test_a_pay_run_with_several_approvals_or_none_decides_nothing(
    ref: str, said: str, answering: Answering, capsys: Out
) -> None:
    answering.replies["GET /api/approvals"] = 200, TWO_WAIT

    assert main(["reject", ref, "--reason", "no"]) == 1

    assert answering.deeds == []
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("status", "content", "code", "said"),
    [
        pytest.param(
            403, {"title": "Not allowed", "detail": "Viewers look."}, 1, "Not allowed: Viewers look.\n",
            id="refused",
        ),
        pytest.param(409, {"title": "Gone.", "detail": ""}, 1, "Gone.\n", id="only a title"),
        pytest.param(500, "<h1>oops</h1>", 1, "It said 500 Internal Server Error.\n", id="no words"),
        pytest.param(200, "<h1>hello</h1>", 1, "What answers at {url} is not payrunbot", id="another site"),
        pytest.param(307, "", 1, "It said 307 Temporary Redirect.\n", id="a redirect is not followed"),
        pytest.param(
            503, {"title": "Busy"}, 3, "{url} cannot answer now: Busy.\n", id="the proxy finds nobody"
        ),
        pytest.param(0, "", 3, "Look on its page whether it was done", id="the answer is lost"),
    ],
)  # fmt: skip
def test_what_is_not_a_yes_is_told_and_never_sent_again(
    status: int, content: object, code: int, said: str, answering: Answering, capsys: Out
) -> None:
    answering.replies["POST /api/pause"] = status, content

    assert main(["pause", "--reason", "x"]) == code

    assert len(answering.asked) == 1
    assert said.format(url=answering.url) in capsys.readouterr().err


def test_a_service_that_is_not_there_is_unreachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, capsys: Out
) -> None:
    write_settings(tmp_path, port=unused_tcp_port)
    monkeypatch.setenv("PAYRUNBOT_TOKEN", "prb_canary")

    assert main(["resume"]) == 3

    said = capsys.readouterr().err
    assert said.startswith(f"Nobody answers at http://127.0.0.1:{unused_tcp_port} (")
    assert not [value for value in (*ENVIRON.values(), "prb_canary") if value in said]


def test_a_service_that_listens_everywhere_is_called_on_loopback(
    tmp_path: Path, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = answering.url.rpartition(":")[2]
    write_settings(tmp_path, listen=('listen: "127.0.0.1:8080"', f'listen: "0.0.0.0:{port}"'))
    monkeypatch.delenv("PAYRUNBOT_URL")
    answering.replies["POST /api/resume"] = 200, {"said": "Resumed."}

    assert main(["resume"]) == 0


def test_without_a_token_nothing_is_asked(
    answering: Answering, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.delenv("PAYRUNBOT_TOKEN")

    assert main(["resume"]) == 1

    assert answering.asked == []
    assert capsys.readouterr().err.startswith("PAYRUNBOT_TOKEN is not set")


@pytest.mark.parametrize("url", ["payrun.example.com", "ftp://x", "http://"])
def test_an_address_that_is_none_is_told(
    url: str, answering: Answering, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("PAYRUNBOT_URL", url)

    assert main(["resume"]) == 1

    assert capsys.readouterr().err.startswith("PAYRUNBOT_URL is no address")


def test_a_reference_that_is_none_is_usage(answering: Answering) -> None:
    assert main(["release", "2859272"]) == 2

    assert answering.asked == []


def test_sign_off_reads_back_what_waits_before_it_signs(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/rules"] = 200, RULES
    answering.replies["POST /api/rules/close/sign-off"] = 200, {"said": "Signed."}

    assert main(["sign-off", "--all", "--yes"]) == 0

    assert answering.deeds == [("/api/rules/close/sign-off", {"version": 7})]
    assert capsys.readouterr().out == (
        "close, version 7 (act)\n"
        f"  {SENTENCE}\n"
        "  changes: mode: ask → act\n"
        "  It is wider than version 6: it would act at cost: 900 SEK.\n"
        "  wrong: close and other both do gigapay.close_payrun.\n"
        "  guard: 250 000 SEK an action\n"
        "  payroll-1 proposed it, so one other person signs.\n"
        "\n"
        "close: Signed.\n"
    )


def test_sign_off_with_nobody_to_ask_signs_nothing(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/rules"] = 200, RULES

    assert main(["sign-off", "close"]) == 2

    assert answering.deeds == []
    assert "close, version 7 (act)" in capsys.readouterr().out


def test_a_signature_that_is_refused_does_not_keep_the_others_from_being_given(
    answering: Answering, capsys: Out
) -> None:
    answering.replies["GET /api/rules"] = 200, RULES
    answering.replies["POST /api/rules/close/sign-off"] = 409, {"detail": "You proposed it."}
    answering.replies["POST /api/rules/tell/sign-off"] = 200, {"said": "Signed."}

    assert main(["sign-off", "close", "tell", "--yes"]) == 1

    assert capsys.readouterr().out.endswith("close: You proposed it.\ntell: Signed.\n")


@pytest.mark.parametrize("argv", [["sign-off"], ["sign-off", "close", "--all"]])
def test_sign_off_is_of_named_rules_or_of_all(argv: list[str], answering: Answering) -> None:
    assert main(argv) == 2

    assert answering.asked == []


def test_sign_off_of_an_unknown_rule_names_the_known(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/rules"] = 200, RULES

    assert main(["sign-off", "clsoe", "--yes"]) == 1

    assert capsys.readouterr().err == "There is no rule clsoe. Known are: close, tell.\n"


def test_a_moment_without_a_zone_is_on_the_settings_clocks(tmp_path: Path, answering: Answering) -> None:
    write_settings(tmp_path)
    answering.replies["POST /api/payruns/gigapay-se/1/hold"] = 200, {"said": "Held."}

    assert main(["hold", "gigapay-se/1", "--reason", "x", "--until", "2026-07-01T12:00"]) == 0

    assert answering.deeds[0][1]["until"] == "2026-07-01T12:00:00+02:00"


def test_a_moment_whose_zone_nobody_knows_is_usage(answering: Answering, capsys: Out) -> None:
    assert main(["pause", "--reason", "x", "--until", "2026-07-01T12:00"]) == 2

    assert answering.asked == []
    assert "in which time zone?" in capsys.readouterr().err


def test_why_tells_each_rule_line_by_line(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/payruns/gigapay-se/1/why"] = 200, WHY

    assert main(["why", "gigapay-se/1"]) == 0

    assert capsys.readouterr().out == (
        "Gigapay payrun 1 (gigapay-se/1): open, as read Fri 20 Nov 2026 14:58\n"
        "\n"
        "close: Close it\n"
        "  no; since Fri 20 Nov 2026 13:04\n"
        "  if nothing else changes, it may change by itself Fri 20 Nov 2026 15:00:01\n"
        "    yes      status is open\n"
        "    no       any of\n"
        "      no       now is after input cut-off  (14:58, cut-off 15:00)  until Fri 20 Nov 2026 15:00:01\n"
        "      unknown  cost is known  (not read)\n"
        "\n"
        "tell\n"
        "  yes, so it asks a person; since Fri 20 Nov 2026 13:04\n"
        "  it stays so until something changes at the vendor\n"
    )


def test_why_of_one_rule_tells_of_no_other(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/payruns/gigapay-se/1/why"] = 200, WHY

    assert main(["why", "gigapay-se/1", "--rule", "tell"]) == 0

    said = capsys.readouterr().out
    assert "\ntell\n" in said
    assert "close" not in said


def test_why_of_a_rule_that_has_not_answered_is_told(answering: Answering, capsys: Out) -> None:
    answering.replies["GET /api/payruns/gigapay-se/1/why"] = 200, WHY

    assert main(["why", "gigapay-se/1", "--rule", "other"]) == 1

    assert capsys.readouterr().err == "other has not answered about gigapay-se/1.\n"
