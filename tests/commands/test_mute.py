"""`mute` and `unmute` ask the service for exactly what was said."""

from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import Answering, write_settings

WHY = "Roubler mends it"


@pytest.mark.parametrize(
    ("argv", "path", "body"),
    [
        pytest.param(
            ["mute", "roubler-errors", "--why", WHY, "--until", "2026-11-23T12:00+01:00"],
            "/api/mute",
            {"about": "roubler-errors", "why": WHY, "until": "2026-11-23T12:00:00+01:00"},
            id="until a moment",
        ),
        pytest.param(
            ["mute", "roubler-au/412", "--why", WHY, "--until", "3 days"],
            "/api/mute",
            {"about": "roubler-au/412", "why": WHY, "lasts": "3 days"},
            id="for so long",
        ),
        pytest.param(["unmute", "roubler-au"], "/api/unmute", {"about": "roubler-au"}, id="unmute"),
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


def test_a_moment_without_a_zone_is_on_the_settings_clocks(tmp_path: Path, answering: Answering) -> None:
    write_settings(tmp_path)
    answering.replies["POST /api/mute"] = 200, {"said": "It is so."}

    main(["mute", "roubler-errors", "--why", WHY, "--until", "2026-11-23T12:00"])

    assert answering.deeds[0][1]["until"] == "2026-11-23T12:00:00+01:00"


@pytest.mark.parametrize("missing", ["--until", "--why"])
def test_a_mute_without_its_end_or_its_reason_asks_for_nothing(missing: str, answering: Answering) -> None:
    said = {"--until": "3 days", "--why": WHY}
    del said[missing]

    with pytest.raises(SystemExit):
        main(["mute", "roubler-errors", *(word for pair in said.items() for word in pair)])

    assert answering.asked == []
