"""Mail templates are checked before a mail is made of them; what was right last is kept."""

import os
import time
from pathlib import Path

import pytest

from bot.app import shipped
from bot.engine.bot import TemplateState
from bot.engine.rule_files import RuleFiles
from bot.engine.templates import check_templates, refused
from bot.mail import checked as checking
from bot.mail import template_files
from bot.mail.previews import PREVIEWS
from bot.mail.render import Renderer
from bot.store import kept_templates

from .stand import Stand

MAIL = "payrun_closed"
LETTER = PREVIEWS[MAIL]
ENDLESS = (
    "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}"
    "{% endfor %}{% endfor %}{% endfor %}"
)


class Templates:
    """The operators' folder of a stand, whose shipped mails are this one and the notice."""

    def __init__(self, made: Stand, folder: Path) -> None:
        self.bot = made.bot
        self.made = made
        self.folder, self.ours = folder / "theirs", folder / "ours"
        self.folder.mkdir()
        self.ours.mkdir()
        for name in (MAIL, "notice", "_layout.html", "_parts.html", "_parts.txt", "_done.txt", "_done.html"):
            (self.ours / name).symlink_to(shipped("templates") / name)
        self.again()

    def again(self) -> None:
        """As after a restart: nothing is known but what the database has."""
        self.bot.renderer = Renderer(self.folder, self.ours)
        self.bot.templates = {}

    def write(self, name: str, content: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    async def check(self) -> TemplateState:
        await check_templates(self.bot)
        return self.bot.templates[MAIL]

    async def subject(self) -> str:
        return (await self.bot.renderer.render(MAIL, "en", LETTER.context())).subject


@pytest.fixture
def templates(gigapay: Stand, tmp_path: Path) -> Templates:
    folder = tmp_path / "mails"
    folder.mkdir()
    return Templates(gigapay, folder)


async def test_a_folder_without_files_makes_the_mails_that_ship(templates: Templates) -> None:
    assert await templates.check() == TemplateState(is_theirs=False)
    assert "2859272" in await templates.subject()


async def test_what_is_right_is_used_once_it_is_checked_and_not_before(templates: Templates) -> None:
    await templates.check()
    ours = await templates.subject()
    templates.write(f"{MAIL}/subject.txt", "Closed, says the house")

    assert await templates.subject() == ours
    assert await templates.check() == TemplateState(is_theirs=True)
    assert await templates.subject() == "Closed, says the house"
    assert not templates.bot.templates["notice"].is_theirs


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        pytest.param("subject.txt", "a\n{% if %}", "/subject.txt:2: Expected an expression", id="syntax"),
        pytest.param(
            "body.txt", "a\nb {{ nobody }}", "/body.txt:2: 'nobody' is undefined", id="no such word"
        ),
        pytest.param("body.sv.txt", "{{ nobody }}", "/body.sv.txt:1: 'nobody'", id="in Swedish alone"),
        pytest.param("body.txt", ENDLESS, ": took longer than 2 s to render", id="it never ends"),
        pytest.param("body.txt", "{{ 'a' * 10 ** 9 }}", "/body.txt:1: a text or list", id="a gigabyte"),
        pytest.param(
            "body.txt", "{% include '../../secret.txt' %}", "/body.txt:1: includes ../../secret.txt", id="out"
        ),
        pytest.param(
            "body.txt",
            "\n{% include '/etc/hostname' %}",
            "/body.txt:2: includes /etc/hostname",
            id="from the root",
        ),
        pytest.param("body.txt", b"\xff\xfe\x00\x01", "/body.txt:1: it is no text in UTF-8", id="binary"),
        pytest.param("body.txt", b"a\x00b", "/body.txt:1: it is no text: it has", id="a character 0"),
        pytest.param("body.txt", "a" * 131_073, "/body.txt:1: it is larger than 128 KiB", id="large"),
        pytest.param("subject.txt", " ", "/subject.txt: the subject must be one line", id="no subject"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_place_and_the_last_good_runs_on(
    templates: Templates, monkeypatch: pytest.MonkeyPatch, name: str, content: str | bytes, why: str
) -> None:
    monkeypatch.setattr(checking, "LONGEST_S", 2.0)
    (templates.folder.parent / "secret.txt").write_text("secret")
    templates.write(f"{MAIL}/subject.txt", "The last good one")
    await templates.check()
    templates.write(f"{MAIL}/{name}", content)
    began = time.monotonic()

    state = await templates.check()

    assert time.monotonic() - began < 20
    assert state.is_theirs
    assert state.refused.startswith(f"{MAIL}{why}")
    assert refused(templates.bot) == (MAIL,)
    assert await templates.subject() == "The last good one"
    templates.again()
    assert await templates.check() == state, "a restart has it, too"
    assert await templates.subject() == "The last good one"

    (templates.folder / MAIL / name).unlink()
    templates.write(f"{MAIL}/subject.txt", "Mended")
    assert await templates.check() == TemplateState(is_theirs=True)
    assert await templates.subject() == "Mended"


async def test_what_was_never_right_is_made_of_the_shipped_files(templates: Templates) -> None:
    await templates.check()
    ours = await templates.subject()
    templates.again()
    templates.write(f"{MAIL}/subject.txt", "{{ nobody }}")

    state = await templates.check()

    assert (state.is_theirs, bool(state.refused)) == (False, True)
    assert await templates.subject() == ours


async def test_a_mistake_in_a_shared_file_keeps_every_mail_of_it_as_it_was(templates: Templates) -> None:
    templates.write("_parts.txt", (shipped("templates") / "_parts.txt").read_text())
    await templates.check()
    templates.write("_parts.txt", "{% macro")

    await templates.check()

    assert refused(templates.bot) == ("notice", MAIL)
    assert "2859272" in await templates.subject()


async def test_a_mistake_in_one_mail_takes_no_other_back(templates: Templates) -> None:
    templates.write(f"{MAIL}/subject.txt", "{% if %}")
    templates.write("notice/subject.txt", "News of {{ title }}")

    await templates.check()

    assert refused(templates.bot) == (MAIL,)
    assert templates.bot.templates["notice"] == TemplateState(is_theirs=True)


async def test_a_file_that_was_deleted_is_the_shipped_one_again(templates: Templates) -> None:
    await templates.check()
    ours = await templates.subject()
    templates.write(f"{MAIL}/subject.txt", "Theirs")
    await templates.check()
    (templates.folder / MAIL / "subject.txt").unlink()

    assert await templates.check() == TemplateState(is_theirs=False)
    assert await templates.subject() == ours
    async with templates.bot.db.read() as tx:
        assert await kept_templates.kept(tx) == {}


async def test_a_file_that_is_deleted_though_another_includes_it_leaves_the_mail_as_it_was(
    templates: Templates,
) -> None:
    templates.write("_house.txt", "Of the house")
    templates.write(f"{MAIL}/subject.txt", "{% include '_house.txt' %}")
    await templates.check()
    (templates.folder / "_house.txt").unlink()

    state = await templates.check()

    assert state.refused == f"{MAIL}/subject.txt:1: includes _house.txt, which is not there"
    assert await templates.subject() == "Of the house"


async def test_a_link_that_leads_out_of_the_folder_is_not_followed(templates: Templates) -> None:
    (templates.folder.parent / "secret.txt").write_text("secret")
    templates.write(f"{MAIL}/subject.txt", "Theirs")
    os.symlink(templates.folder.parent / "secret.txt", templates.folder / MAIL / "body.txt")

    state = await templates.check()

    assert state.refused.startswith(f"{MAIL}/body.txt:1: it is a link that leads out")


async def test_many_files_are_bounded(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_files, "MOST_FILES", 3)
    for number in range(9):
        templates.write(f"_{number}.txt", "x")

    files = template_files.read_files(templates.folder)

    assert (len(files.texts), len(files.unreadable)) == (3, 1)
    assert len(template_files.stamp(templates.folder)) <= 4


async def test_operations_are_told_once_with_the_place(templates: Templates) -> None:
    templates.write(f"{MAIL}/body.txt", "a\n{{ nobody }}")
    await templates.check()
    templates.again()
    await templates.check()
    await templates.made.settle()

    told = [one for one in templates.made.subjects() if "templates are refused" in one]
    assert len(told) == len(templates.bot.settings.members("ops"))
    said = " ".join(" ".join(templates.made.texts()).split())
    assert f"In templates/{MAIL}/body.txt:2: 'nobody' is undefined" in said


async def test_no_more_is_kept_than_mails_need(templates: Templates) -> None:
    for number in range(5):
        templates.write(f"{MAIL}/subject.txt", f"Number {number}")
        await templates.check()

    async with templates.bot.db.read() as tx:
        rows = await tx.exec_driver_sql("SELECT count(*) FROM template_files")
        assert rows.scalar_one() == 1


async def test_edited_templates_are_looked_at_by_themselves_once_they_stand_still(
    templates: Templates,
) -> None:
    async def check() -> None:
        await check_templates(templates.bot)

    files = RuleFiles(
        templates.folder, check, templates.bot.log, stamp=template_files.stamp, what="templates"
    )
    await templates.check()
    templates.write(f"{MAIL}/subject.txt", "Theirs")

    await files.look()
    assert not templates.bot.templates[MAIL].is_theirs
    await files.look()
    assert templates.bot.templates[MAIL].is_theirs
