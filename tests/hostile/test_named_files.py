"""Names that somebody gives a command or a rule: nothing is written over, or through a link."""

from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from bot.__main__ import main
from bot.commands.failed import Failed
from bot.commands.new_file import write_new
from bot.rulebook import Rulebook, load
from bot.store.backup import NoBackup, make_backup
from tests.faults.tally import note
from tests.rules.test_mistakes import SETUP, SHIPPED
from tests.rules.vocabulary import small_vocabulary

THERE = "it was there"


def tree(folder: Path) -> dict[str, bytes]:
    """Every name below it, with what is in it; a link with where it leads."""
    return {
        str(path.relative_to(folder)): bytes(path.readlink()) if path.is_symlink() else _content(path)
        for path in sorted(folder.rglob("*"))
    }


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b"a folder"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with a file, a folder, and links to a file, to nothing, to a folder and to themselves."""
    here = tmp_path / "house"
    (here / "folder").mkdir(parents=True)
    (tmp_path / "outside.txt").write_text(THERE)
    (here / "file.txt").write_text(THERE)
    (here / "locked").mkdir(mode=0o500)
    for name, to in (
        ("to-outside", tmp_path / "outside.txt"), ("to-nothing", tmp_path / "made-by-a-link"),
        ("to-folder", here / "folder"), ("to-itself", here / "to-itself"),
    ):  # fmt: skip
        (here / name).symlink_to(to)
    return here


NAMES = (
    "file.txt", "folder", "folder/", ".", "..", "", "../outside.txt", "to-outside", "to-nothing", "to-folder",
    "to-itself", "no/such/folder/x", "file.txt/x", "n" * 5_000, "a\x00b", "\x00", "folder/../file.txt",
    "/proc/self/mem", "/dev/full/x", "/proc/1/no-such",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_new_file_is_never_another_one(house: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house)
    before = tree(house.parent)

    note("hostile names", written=1)
    with pytest.raises(Failed):
        write_new(name, b"new")
    assert tree(house.parent) == before


@pytest.mark.parametrize("name", ["new.html", "folder/new.html", "-new.html", "ny fil å.html", "a" * 200])
def test_a_new_file_is_its_owners_alone(house: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(house)
    write_new(name, b"new")

    assert (house / name).read_bytes() == b"new"
    assert (house / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", NAMES)
def test_a_backup_is_never_another_file(house: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = house.parent / "kept.db"
    with closing(connect(database)) as made:
        made.execute("CREATE TABLE kept (id INTEGER)")
    monkeypatch.chdir(house)
    before = tree(house.parent)

    note("hostile names", written=1)
    with pytest.raises(NoBackup):
        make_backup(database, Path(name).absolute())
    assert tree(house.parent) == before


@pytest.mark.parametrize("name", [*NAMES, "to-outside"])
def test_the_preview_of_a_mail_is_written_over_nothing(
    house: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(house)
    before = tree(house.parent)
    code = main(["mail", "preview", "notice", "--html", name])

    said = capsys.readouterr().err
    note("hostile names", written=1)
    assert code == 1
    assert said.count("\n") == 1 and "Traceback" not in said
    assert tree(house.parent) == before


# What a rule names


TEMPLATES = (
    "../../etc/passwd", "/etc/passwd", "..", ".", "notice/../notice", "notice/subject.txt", "..\\\\notice",
    "~/notice", "file:///etc/passwd", "_layout.html", "_parts.txt", "%2e%2e/notice", "none-of-mine", "nötice",
    "n" * 3_000,
)  # fmt: skip
RULE = """\
rules:
  - id: told
    title: Told
    watch: gigapay.payrun
    when: [status is open]
    then: [{{{action}: {{to: payroll, {key}: "{name}"}}}}]
"""


def read(folder: Path, text: str) -> Rulebook:
    (folder / "calendars.yaml").write_text((SHIPPED / "calendars.yaml").read_text())
    (folder / "a.yaml").write_text(text)
    return load(folder, vocabulary=small_vocabulary(), setup=SETUP)


@pytest.mark.parametrize(
    ("action", "key"), [("send_mail", "template"), ("alert", "template"), ("alert", "when_cleared")]
)
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_that_is_none_refuses_the_rule_with_its_place_and_those_that_are(
    tmp_path: Path, action: str, key: str, name: str
) -> None:
    book = read(tmp_path, RULE.format(action=action, key=key, name=name))

    note("hostile names", templates=1)
    assert "told" not in book.rules
    said = book.report()
    assert said.startswith(f"{tmp_path.name}/a.yaml:6:")
    assert "is not a template." in said
    assert "Known are: " in said or "Did you mean" in said


@pytest.mark.parametrize(("key", "name"), [("to", "Payroll"), ("template", "Payrun_Closed")])
def test_a_name_in_other_letters_is_the_one_that_there_is(tmp_path: Path, key: str, name: str) -> None:
    args = {"to": "payroll", "template": "payrun_closed"} | {key: name}
    said = ", ".join(f"{one}: {value}" for one, value in args.items())
    rule = RULE.partition("    then")[0]
    book = read(tmp_path, f"{rule}    then: [{{send_mail: {{{said}}}}}]\n")

    assert book.report() == ""
    assert dict(book.rules["told"].then[0].args) == {"to": "payroll", "template": "payrun_closed"}
