"""The stand of the engine, with its console served on loopback: real vendors, mails, pages and a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, Page

from bot.engine.access import issue_token
from bot.web.server import make_web_app
from tests.databases import Migrated
from tests.engine.stand import Stand, stand


@dataclass(slots=True)
class Served:
    """A stand with the address of its pages, and a token for each person."""

    stand: Stand
    url: str
    tokens: dict[str, str]

    async def sign_in(self, context: BrowserContext, person: str, *, to: str = "/") -> Page:
        """A new tab in which this person has typed the token, and was brought to `to`."""
        page = await context.new_page()
        await page.goto(f"{self.url}{to}")
        await page.get_by_label("Your personal token").fill(self.tokens[person])
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"{self.url}{to}")
        return page


@asynccontextmanager
async def served(
    folder: Path, *vendors: str, history: bool = False, database: Migrated | None = None
) -> AsyncIterator[Served]:
    """A stand whose pages are served at a free port of loopback, which its mails and links name."""
    async with stand(folder, *vendors, history=history, database=database) as made:
        server = TestServer(make_web_app(made.bot, made.reload))
        await server.start_server()
        try:
            url = str(server.make_url("")).rstrip("/")
            http = made.bot.settings.http.model_copy(update={"public_url": url})
            made.bot.settings = made.bot.settings.model_copy(update={"http": http})
            yield Served(made, url, {one.id: await _token(made, one.id) for one in made.bot.settings.people})
        finally:
            await server.close()


async def _token(made: Stand, person: str) -> str:
    bot = made.bot
    async with bot.db.write() as tx:
        token, _ = await issue_token(
            tx, bot.settings, made.person(person), issued_by="this machine", now=bot.now()
        )
    return token
