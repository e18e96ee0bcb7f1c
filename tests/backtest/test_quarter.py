"""The recorded quarter: the same by the same seed, and replayed through the commands."""

import asyncio
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.demo.quarter import SEED, record

Out = pytest.CaptureFixture[str]
TABLES = ("snapshot", "resource", "decision", "decision_change", "rule_version", "sign_off", "rule_state")


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "quarter"
    asyncio.run(record(folder))
    return folder


@pytest.fixture
def edited(quarter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(quarter / "rules", tmp_path / "rules-new"))


def content(folder: Path) -> dict[str, list[object]]:
    with sqlite3.connect(f"file:{folder / 'bot.db'}?mode=ro", uri=True) as db:
        return {table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in TABLES}


def backtest(quarter: Path, rules: Path, *more: str) -> int:
    return main(["backtest", str(rules), "--config", str(quarter / "bot.yaml"), *more])


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_same_seed_gives_the_same_record_and_another_seed_another(quarter: Path, tmp_path: Path) -> None:
    asyncio.run(record(tmp_path / "again"))
    asyncio.run(record(tmp_path / "other", seed=SEED + 1))
    first = content(quarter)

    assert content(tmp_path / "again") == first
    assert content(tmp_path / "other")["snapshot"] != first["snapshot"]


def test_it_has_thirteen_weeks_of_four_vendors(quarter: Path) -> None:
    with sqlite3.connect(f"file:{quarter / 'bot.db'}?mode=ro", uri=True) as db:
        counts = dict(db.execute("SELECT kind, count(*) FROM resource GROUP BY kind"))

    assert counts == {
        "gigapay.payrun": 13,
        "staffology.payrun": 13,
        "xero.payrun": 13,
        "xero.calendar": 1,
        "roubler.payrun": 6,
    }


def test_unchanged_rules_differ_in_nothing_from_now_and_from_then(quarter: Path, capsys: Out) -> None:
    for against in ("now", "then"):
        assert backtest(quarter, quarter / "rules", "--against", against, "--json") == 0
        told = json.loads(capsys.readouterr().out)

        assert told["differences"] == []
        assert told["same"] > 20


def test_the_database_is_left_as_it_was(quarter: Path, edited: Path, tmp_path: Path, capsys: Out) -> None:
    """A copy without its settings' folder is enough: it is only read."""
    copy = tmp_path / "copy.db"
    shutil.copy(quarter / "bot.db", copy)
    copy.chmod(0o400)
    before = copy.read_bytes()

    assert backtest(quarter, edited, "--database", str(copy)) == 0

    assert copy.read_bytes() == before
    assert capsys.readouterr().out.startswith("same ")


def test_one_file_is_compared_with_the_rules_of_that_file(quarter: Path, edited: Path, capsys: Out) -> None:
    change(edited, "gigapay.yaml", "ask_above: 20 000 SEK", "ask_above: 30 000 SEK")
    change(edited, "staffology.yaml", "run type is main", "run type is supplementary")

    assert backtest(quarter, edited / "gigapay.yaml", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["rule"] for one in told["differences"]} == {"gigapay-weekly-close"}
    assert [one["change"] for one in told["changes"]] == ["act_more"]

    assert backtest(quarter, edited, "--json") == 0
    both = json.loads(capsys.readouterr().out)
    assert {one["rule"] for one in both["differences"]} == {"gigapay-weekly-close", "staffology-finalise"}


def test_since_counts_back_from_the_end_of_the_record(quarter: Path, edited: Path, capsys: Out) -> None:
    change(edited, "gigapay.yaml", "ask_above: 20 000 SEK", "ask_above: 30 000 SEK")

    assert backtest(quarter, edited, "--since", "1d", "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert [one["at"] for one in told["differences"]] == ["2026-11-06T14:00:01+00:00"]
    assert told["until"] == "2026-11-06T14:10:00+00:00"


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["backtest", "nowhere"], 1, "There is no nowhere: name a folder with rules, or one file of it.\n"),
        (
            ["backtest", "alone"],
            1,
            "There is no calendars.yaml in alone: edit a copy of the whole rules folder.\n",
        ),
        (
            ["backtest", "rules-new", "--since", "soon"],
            2,
            "--since: soon is not a length of time: write for example 30s, 5m, 12h, 90d or 7y.\n",
        ),
        (
            ["try", "--month", "2027-01"],
            1,
            "Nothing was recorded in that month: the record is of Mon 10 Aug to Fri 6 Nov 2026.\n",
        ),
        (
            ["try", "--database", "none.db"],
            1,
            "There is no database {here}/none.db yet: the service makes it when it starts.\n",
        ),
        (["demo", "--quarter", "rules-new"], 1, "rules-new is there already: name a new folder.\n"),
    ],
    ids=["no folder", "no calendars", "no length", "no such month", "no database", "demo there already"],
)
def test_what_cannot_be_done_says_why(
    argv: list[str],
    code: int,
    says: str,
    quarter: Path,
    edited: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Out,
) -> None:
    here = edited.parent
    monkeypatch.chdir(here)
    (here / "alone").mkdir()
    config = [] if argv[0] == "demo" else ["--config", str(quarter / "bot.yaml")]

    assert main([*argv, *config]) == code

    assert capsys.readouterr().err == says.format(here=here)


def test_a_folder_with_a_mistake_is_refused_with_all_of_them(
    quarter: Path, edited: Path, capsys: Out
) -> None:
    change(edited, "gigapay.yaml", "payouts is at least 1", "payout is at least 1")

    assert backtest(quarter, edited) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert '"payout" is not something a gigapay.payrun has' in said.err


def test_try_takes_the_last_whole_month_and_counts_it(quarter: Path, capsys: Out) -> None:
    assert main(["try", "--config", str(quarter / "bot.yaml"), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["since"], told["until"]) == ("2026-09-30T22:00:00+00:00", "2026-10-31T23:00:00+00:00")
    (close,) = [one for one in told["rules"] if one["rule"] == "gigapay-weekly-close"]
    assert close["ask"] == {"count": 4, "money": [{"amount": "119926.00", "currency": "SEK"}]}
    assert close["act"] == {"count": 0, "money": []}
    assert [one["outcome"] for one in close["came"]] == ["ask"] * 4
    assert (close["nothing"], close["unknown"]) == (2, 0)


def test_what_is_piped_is_plain(quarter: Path, capsys: Out) -> None:
    assert main(["try", "--config", str(quarter / "bot.yaml")]) == 0

    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert said.err.startswith("172 recorded readings, ")
