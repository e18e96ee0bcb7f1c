"""docs/operations/: its commands say what the pages say, and nothing that is asked of people is left out."""

import ast
import asyncio
import configparser
import json
import re
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.commands.serving import ENDS_WITHIN_S
from bot.engine.letters.trouble import TROUBLES
from bot.sandbox.gigapay import sign
from tests.commands.place import REPO
from tests.docs.follow import DOCS
from tests.docs.house import SMTP_PASSWORDS
from tests.docs.operate import Shell, says
from tests.docs.operations import BY_THEMSELVES, CODES, FIRST, PAGES, Deployed, deploy, page
from tests.life.test_rolling import next_version
from tests.postgres import Server, empty_database, programs


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deploy(tmp_path_factory.mktemp("house")) as one:
        yield one


@pytest.fixture
def shell(deployed: Deployed) -> Iterator[Shell]:
    with deployed.shell() as one:
        yield one


def test_the_page_that_all_begin_with_is_as_it_goes(deployed: Deployed) -> None:
    assert deployed.deploying.astray == []
    assert deployed.followed == page(FIRST)
    assert deployed.deploying.codes == []


@pytest.mark.parametrize("name", [name for name in CODES if name not in BY_THEMSELVES])
def test_a_page_says_what_its_commands_say(deployed: Deployed, shell: Shell, name: str) -> None:
    somebody = deployed.operator(shell)

    followed = somebody.follow(page(name))

    assert somebody.astray == []
    assert followed == page(name)
    assert somebody.codes == CODES[name]


def test_an_upgrade_goes_to_a_version_with_more_in_its_tables_and_back(
    deployed: Deployed, shell: Shell, tmp_path: Path
) -> None:
    deployed.house.install("0.2.0", next_version(tmp_path))
    somebody = deployed.operator(shell)

    followed = somebody.follow(page("upgrade.md"))

    assert somebody.astray == []
    assert followed == page("upgrade.md")
    assert somebody.codes == CODES["upgrade.md"]
    code, added = shell.run(
        "sqlite3 data/bot.db \"select count(*) from pragma_table_info('mail') where name='later'\""
    )
    assert (code, added) == (0, "1\n")


def test_a_file_is_carried_over_to_a_server_which_is_dumped_and_put_back(
    deployed: Deployed, shell: Shell, postgres: Server
) -> None:
    again, first = (asyncio.run(empty_database(postgres)) for _ in range(2))
    deployed.house.elsewhere.update(
        {"postgresql://bot@db/bot_again": again, "postgresql://bot@db/bot": first}
    )
    shell.run(f"PATH={programs()}:$PATH")  # a dump is not made by an older program than the server
    somebody = deployed.operator(shell)

    followed = somebody.follow(page("postgresql.md"))

    assert somebody.astray == []
    assert followed == page("postgresql.md")
    assert somebody.codes == CODES["postgresql.md"]


class Vendor:
    """Gigapay, which sends a webhook after each command, signed with what it was last told."""

    def __init__(self, deployed: Deployed) -> None:
        self._house = deployed.house
        self.sent: list[int] = []

    def signs_with(self) -> set[str]:
        return {str(one["secret_key"]) for one in self._house.vendor.state.webhooks.values()}

    def sends(self, secret: str) -> int:
        body = json.dumps({"id": f"{len(self.sent)}-{secret[:4]}", "open": True}).encode()
        link = HTTPConnection("127.0.0.1", self._house.port, timeout=20)
        headers = {"Gigapay-Signature": sign(secret, int(time.time()), body)}
        link.request("POST", "/hooks/gigapay-se/Payrun.created", body, headers)
        status = link.getresponse().status
        link.close()
        return status

    def after(self, command: str) -> None:
        if "SMTP" in (self._house.service / "payrunbot.env").read_text():
            self._change_the_mail_password(command)
        self.sent += [self.sends(secret) for secret in self.signs_with()]

    def _change_the_mail_password(self, command: str) -> None:
        changed = SMTP_PASSWORDS["changed"]
        if f"SMTP_PASSWORD={changed}\n" in (self._house.service / "payrunbot.env").read_text():
            self._house.set_mail_password(changed)


def test_secrets_are_replaced_and_no_webhook_is_refused_by_it(deployed: Deployed, shell: Shell) -> None:
    vendor = Vendor(deployed)
    (before,) = vendor.signs_with()
    somebody = deployed.operator(shell)
    somebody.after_each = vendor.after

    followed = somebody.follow(page("secrets.md"))

    assert somebody.astray == []
    assert followed == page("secrets.md")
    assert somebody.codes == CODES["secrets.md"]
    assert set(vendor.sent) == {200}
    (after,) = vendor.signs_with()
    assert (before != after, vendor.sends(before), vendor.sends(after)) == (True, 401, 200)


def test_no_secret_is_seen_in_what_is_said_logged_or_mailed(deployed: Deployed, shell: Shell) -> None:
    somebody = deployed.operator(shell)
    somebody.follow(page("alerts.md"))

    mails = "".join(one.raw.decode("utf-8", "replace") for one in deployed.house.inbox.messages)
    seen = "".join(somebody.said + deployed.deploying.said) + deployed.house.log + mails
    assert [one for one in deployed.secrets() if one in seen] == []


def test_the_unit_lets_the_service_end_by_itself_and_starts_it_again(deployed: Deployed) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(deployed.house.folder / "etc" / "systemd" / "system" / "payrunbot.service")

    assert int(unit["Service"]["TimeoutStopSec"]) > ENDS_WITHIN_S
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["User"] == "payrunbot"


# What is asked of people, beside what the program asks of them


def headings(name: str, level: int) -> set[str]:
    return set(re.findall(rf"^{'#' * level} (.+)$", page(name), re.MULTILINE))


def test_every_alert_has_its_entry_and_no_entry_is_without_an_alert() -> None:
    rules = YAML(typ="safe", pure=True).load(DOCS / "monitoring" / "alerts.yaml")
    alerts = {
        rule["alert"]: rule["labels"]["severity"] for group in rules["groups"] for rule in group["rules"]
    }

    assert headings("alerts.md", 2) == set(alerts)
    for name, severity in alerts.items():
        entry = page("alerts.md").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert entry.startswith(f"\n*{severity.capitalize()}")
        assert "*Do:*" in entry


def test_every_trouble_of_an_action_has_its_entry() -> None:
    part = page("needs-you.md").partition("\n## *Needs you* about an action\n")[2].partition("\n## ")[0]

    assert set(re.findall(r"^### (.+)$", part, re.MULTILINE)) == {str(how) for how, _ in TROUBLES.values()}


def said_in(tree: ast.AST) -> Iterator[str]:
    """The words of each `say("…")` in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            text = ast.literal_eval(node.args[0])
            yield re.sub(r"\{\w+\}", "…", text)


def parsed(*folders: str) -> Iterator[ast.AST]:
    for folder in folders:
        for path in sorted((REPO / folder).rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


APART = {"Unexplained", "park_resource", "park_effect"}
"""What is given a reason for which a resource is set apart."""
APART_FILES = (
    "store/unexplained.py",
    "store/effects.py",
    "store/approvals.py",
    "engine/check.py",
    "engine/park.py",
)
OF_NO_RESOURCE = "{why}, so nobody gets that mail"


def reasons_to_be_set_apart() -> Iterator[str]:
    for name in APART_FILES:
        for statement in ast.parse((REPO / "bot" / name).read_text("utf-8")).body:
            if isinstance(statement, ast.Assign):
                yield from said_in(statement)
    for tree in parsed("bot/engine", "bot/store"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in APART:
                yield from said_in(node)


def rows(name: str, heading: str) -> set[str]:
    """The first cells of the tables below a heading."""
    part = page(name).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = (line.split("|")[1].strip() for line in part.splitlines() if line.startswith("|"))
    return {cell for cell in cells if not re.fullmatch("-+|it says|subject|template", cell)}


def test_every_reason_to_set_something_apart_has_its_entry() -> None:
    assert rows("needs-you.md", "Set apart") == set(reasons_to_be_set_apart())


def titles_of_notices() -> Iterator[str]:
    for tree in parsed("bot/engine"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for given in node.keywords:
                    if given.arg == "title":
                        yield from said_in(given.value)


NO_NOTICES = {"Needs you: …"}
"""Titles that have a section of their own."""


def test_every_notice_and_every_mail_has_its_entry() -> None:
    known = rows("needs-you.md", "Mails to `ops`")
    templates = {path.name for path in (REPO / "templates").iterdir() if path.is_dir()}
    named = {one for cell in known for one in re.findall(r"`(\w+)`", cell)}

    assert named == templates
    assert {cell for cell in known if "`" not in cell} == set(titles_of_notices()) - NO_NOTICES


@pytest.mark.parametrize(
    "trouble", re.findall(r'^        "([a-z ]+)": ', (REPO / "bot/web/health.py").read_text(), re.M)
)
def test_every_trouble_of_readyz_leads_somewhere(trouble: str) -> None:
    assert f"`{trouble}`" in page("alerts.md").partition("\n## ")[0]


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    lines = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for there in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        if there.startswith("https://"):
            continue
        name, _, anchor = there.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_file(), there
        assert not anchor or anchor in anchors(target), there


def test_every_page_is_in_the_index() -> None:
    assert set(re.findall(r"\]\((\w[\w-]*\.md)\)", page("README.md"))) == {
        path.name for path in PAGES.glob("*.md") if path.name != "README.md"
    }


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        pytest.param("one … three\n", True, id="a part of a line left out"),
        pytest.param("… three\n", True, id="its beginning"),
        pytest.param("one two three\n…\n", False, id="no line is left out"),
        pytest.param("one three\n", False, id="left out and not said so"),
    ],
)
def test_a_part_of_a_line_may_be_left_out(expected: str, right: bool) -> None:
    assert says(expected, "one two three\n") is right
