"""Settings that are wrong: each mistake beside the exact text that it must produce."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from settings_kit import ENVIRON, KEY, SECTIONS, Acme, loaded, write

from bot.settings import Place, Problem, SettingsError, load


def problems(folder, environ=None, **changes) -> list[str]:
    """What is wrong, with the folder left out of the places."""
    with pytest.raises(SettingsError) as caught:
        loaded(folder, environ, **changes)
    text = str(caught.value)
    assert "canary" not in text
    assert KEY not in text
    return text.replace(f"{folder}/", "").splitlines()


def mistakes() -> Iterator[tuple[str, str]]:
    """Each mistake of mistakes.txt with its message, which is indented."""
    blocks = (Path(__file__).parent / "mistakes.txt").read_text("utf-8").strip().split("\n\n")
    for block in blocks:
        mistake, message = block.split("\n")
        yield mistake, message.strip()


@pytest.mark.parametrize(("written", "message"), [one for one in mistakes() if "§" in one[0]])
def test_a_mistake_is_told_with_its_place_and_how_to_mend_it(tmp_path, written, message):
    section = written.replace("§", "")
    name = section.partition(":")[0]
    is_extra = name not in SECTIONS or "twice" in message
    line = len(SECTIONS) + 1 if is_extra else list(SECTIONS).index(name) + 1

    found = problems(tmp_path, **{"extra" if is_extra else name: section})

    assert found == [f"bot.yaml:{line}:{written.index('§') + 1}: {message}"]


@pytest.mark.parametrize(("written", "message"), [one for one in mistakes() if "§" not in one[0]])
def test_a_mistake_in_the_environment_names_its_variable(tmp_path, written, message):
    variable, _, value = written.partition("=")

    assert problems(tmp_path, {variable: value}) == [f"{variable}: {message}"]


def test_all_problems_are_told_at_once_the_files_first_and_in_its_order(tmp_path):
    found = problems(
        tmp_path,
        {"PAYRUNBOT_FOO": "1"},
        timezone="timezone: Mars/Base",
        mail="mail: {smtp: x, password: canary}",
        groups="groups: {}",
        connections="connections: [{id: a, vendor: acme}, {id: B, vendor: acme, calendar: se}]",
    )

    assert ["".join(one.split(" ")[:2]) for one in found] == [
        "bot.yaml:1:1:timezone",
        "bot.yaml:4:1:mail.from",
        "bot.yaml:4:8:mail.smtp",
        "bot.yaml:4:17:mail.password",
        "bot.yaml:6:1:groups.ops",
        "bot.yaml:8:15:connections.a.calendar",
        "bot.yaml:8:15:connections.a.token",
        "bot.yaml:8:38:connections.B.token",
        "bot.yaml:8:39:connections.B.id",
        "PAYRUNBOT_FOO:is",
    ]


def test_people_and_connections_are_there_once(tmp_path):
    twice = "{id: finance-1, mail: a@b.example, roles: [approver]}"
    account = "{id: a, vendor: acme, calendar: se, token: env:TOKEN}"

    found = problems(
        tmp_path, people=f"people: [{twice}, {twice}]", connections=f"connections: [{account}, {account}]"
    )

    assert found == [
        "bot.yaml:5:66: people.finance-1 is there twice: an id names one person",
        "bot.yaml:5:81: people.finance-1.mail is another person's, too",
        "bot.yaml:8:71: connections.a is there twice: an id names one connection",
    ]


def test_a_file_that_is_not_there_is_told_like_any_problem(tmp_path):
    with pytest.raises(SettingsError, match=r"bot\.yaml: cannot be read: No such file or directory$"):
        load(tmp_path / "bot.yaml", ENVIRON, {"acme": Acme})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"\xff\xfe", "is not UTF-8 text", id="not text"),
        pytest.param(b"- a", "settings are names and values, such as timezone: UTC", id="a list"),
        pytest.param(b"a: " + b"[" * 400_000, "is nested deeper than any setting", id="deep"),
        pytest.param(b"#" * 1_000_001, "is larger than 1 MB, which no settings file is", id="large"),
    ],
)
def test_a_file_that_holds_no_settings_is_answered(tmp_path, content, message):
    path = write(tmp_path)
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=message):
        load(path, ENVIRON, {"acme": Acme})


def test_an_empty_file_lacks_everything_that_has_no_default(tmp_path):
    path = write(tmp_path)
    path.write_text("# nothing yet\n")

    with pytest.raises(SettingsError) as caught:
        load(path, {}, {})

    assert [str(problem).partition(": ")[2].split(" ")[0] for problem in caught.value.problems] == [
        "groups", "http.public_url", "keys.audit", "keys.sessions", "keys.tokens", "mail.from", "mail.smtp",
        "people", "timezone",
    ]  # fmt: skip


def test_a_problem_is_told_once():
    problem = Problem(Place("bot.yaml", 1, 1), "is wrong")

    assert str(SettingsError([problem, problem])) == "bot.yaml:1:1: is wrong"
