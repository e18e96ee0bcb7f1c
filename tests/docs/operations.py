"""docs/operations/ as pages to follow: the first one sets a service up, and each other one begins there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.follow import DOCS
from tests.docs.house import House, house
from tests.docs.operate import Operator, Shell

PAGES = DOCS / "operations"
FIRST = "deploy.md"
CODES: dict[str, list[int]] = {
    "alerts.md": [],
    "backup.md": [1],
    "leaving.md": [],
    "personal-data.md": [],
    "postgresql.md": [1],
    "secrets.md": [],
    "sizing.md": [],
    "upgrade.md": [],
}
"""The pages with commands, and what those end with that is not 0: a `mv` that finds no log to move, a
backup that is not made here."""
BY_THEMSELVES = ("postgresql.md", "secrets.md", "upgrade.md")
"""Those that need more around them than a service and a shell."""


def page(name: str) -> str:
    return (PAGES / name).read_text("utf-8")


@dataclass
class Deployed:
    """A service as the first page leaves it, by following it."""

    house: House
    deploying: Operator
    followed: str
    token: str
    """payroll-1's own, which the page has left in the shell."""

    def secrets(self) -> list[str]:
        lines = (self.house.service / "payrunbot.env").read_text().splitlines()
        return [value for line in lines if (value := line.partition("=")[2])]

    def operator(self, shell: Shell) -> Operator:
        return Operator(self.house, shell)

    @contextmanager
    def shell(self) -> Iterator[Shell]:
        """Beside the service as it was left, of somebody who has payroll-1's token."""
        self.house.as_kept()
        environ = {**self.house.environ(), "PAYRUNBOT_TOKEN": self.token}
        with Shell(environ, self.house.service) as one:
            yield one
        self.house.end()


@contextmanager
def deploy(folder: Path) -> Iterator[Deployed]:
    """Follow the first page, in an empty folder."""
    with house(folder) as one:
        with Shell(one.environ(), one.service) as shell:
            somebody = Operator(one, shell)
            followed = somebody.follow(page(FIRST))
            token = shell.run("echo $PAYRUNBOT_TOKEN")[1].strip()
        one.keep()
        yield Deployed(one, somebody, followed, token)
