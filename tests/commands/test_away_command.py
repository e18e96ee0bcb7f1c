"""`away`, `back`, `token list`, `token revoke`, and what `doctor` says while people are away."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.commands.doctor import absences
from bot.settings import Settings
from bot.store import away
from bot.store.away import Absence
from bot.store.database import open_database
from tests.commands.place import Answering, write_settings
from tests.settings.settings_kit import loaded

UNTIL = "2026-11-30T00:00+01:00"
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("argv", "path", "body"),
    [
        pytest.param(
            ["away", "--until", UNTIL],
            "/api/away",
            {"until": "2026-11-30T00:00:00+01:00"},
            id="myself, from now",
        ),
        pytest.param(
            [
                "away",
                "--from",
                "2026-11-23T00:00+01:00",
                "--until",
                UNTIL,
                "--for",
                "finance-1",
                "--note",
                "leave",
            ],
            "/api/away",
            {
                "until": "2026-11-30T00:00:00+01:00",
                "since": "2026-11-23T00:00:00+01:00",
                "person": "finance-1",
                "note": "leave",
            },
            id="somebody, later",
        ),
        pytest.param(["back"], "/api/back", {}, id="back"),
        pytest.param(
            ["back", "--for", "finance-1"], "/api/back", {"person": "finance-1"}, id="somebody is back"
        ),
        pytest.param(
            ["token", "revoke", "1f2e3d4c"], "/api/tokens/revoke", {"which": "1f2e3d4c"}, id="a token ends"
        ),
    ],
)
def test_it_is_asked_for_once_and_the_answer_is_printed(
    argv: list[str],
    path: str,
    body: dict[str, str],
    answering: Answering,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answering.replies[f"POST {path}"] = 200, {"said": "It is so."}

    assert main(argv) == 0

    assert answering.deeds == [(path, body)]
    assert capsys.readouterr().out == "It is so.\n"


def test_a_day_without_a_zone_is_on_the_settings_clocks(tmp_path: Path, answering: Answering) -> None:
    write_settings(tmp_path)
    answering.replies["POST /api/away"] = 200, {"said": "It is so."}

    main(["away", "--until", "2026-11-30"])

    assert answering.deeds[0][1] == {"until": "2026-11-30T00:00:00+01:00"}


def test_tokens_are_listed_in_columns_and_whole_for_programs(
    answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    token = {
        "id": "1f2e3d4c",
        "person": "finance-1",
        "issued_by": "this machine",
        "issued_at": "2026-11-02T08:00:00+00:00",
        "expires_at": "2027-01-31T08:00:00+00:00",
        "last_used_at": None,
    }
    answering.replies["GET /api/tokens"] = 200, {"tokens": [token]}

    assert main(["token", "list"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert main(["token", "list", "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == {"tokens": [token]}
    assert table[1].split() == [
        "1f2e3d4c", "finance-1", "2026-11-02T08:00", "this", "machine", "2027-01-31T08:00", "never",
    ]  # fmt: skip


def test_tokens_are_listed_by_the_clocks_of_the_settings(
    answering: Answering, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = {
        "id": "1f2e3d4c",
        "person": "finance-1",
        "issued_by": "finance-1",
        "issued_at": "2026-11-02T08:00:00+00:00",
        "expires_at": "2027-06-30T23:00:00+00:00",
        "last_used_at": "2026-11-02T23:30:00+00:00",
    }
    answering.replies["GET /api/tokens"] = 200, {"tokens": [token]}

    assert main(["token", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "1f2e3d4c", "finance-1", "2026-11-02T09:00", "finance-1", "2027-07-01T01:00", "2026-11-03T00:30",
    ]  # fmt: skip


def test_an_absence_without_an_end_asks_for_nothing(answering: Answering) -> None:
    with pytest.raises(SystemExit):
        main(["away"])

    assert answering.asked == []


def _doctor(settings: Settings, folder: Path, *people: str) -> list[tuple[bool | None, str]]:
    async def examined() -> list[tuple[bool | None, str]]:
        database = await open_database(f"sqlite+aiosqlite:///{folder}/bot.db")
        try:
            async with database.write() as tx:
                for person in people:
                    await away.put(tx, Absence(person, NOW, NOW + timedelta(days=9), "", person, NOW))
            return [(one.ok, one.said) for one in await absences(settings, database, NOW)]
        finally:
            await database.close()

    return asyncio.run(examined())


def test_doctor_says_who_is_away_and_that_nobody_is_left(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    approvers = [one.id for one in settings.people if one.is_approver]
    (tmp_path / "none").mkdir()
    (tmp_path / "all").mkdir()

    assert _doctor(settings, tmp_path / "none") == []
    ((ok, said),) = _doctor(settings, tmp_path / "all", *approvers)
    assert ok is False
    assert said.endswith("nobody may approve anything.")


def test_doctor_without_a_database_knows_of_no_absence(tmp_path: Path) -> None:
    assert asyncio.run(absences(loaded(tmp_path), None, NOW)) == []
