"""Summaries of 100 rows, rendered and handed over in one kept session, beside ready bytes.

Those are handed over by the bare library, in one session as well. The server is a process of
its own. Of every mail the two have the same bytes; each round makes mails that were not made
before.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

from aiosmtplib import SMTP

from bot import collector
from bot.app import shipped
from bot.mail.deadlines import Deadline, DeadlinesAhead, DeadlineWeek
from bot.mail.message import Message
from bot.mail.preview_deadlines import DEADLINES_AHEAD
from bot.mail.render import Renderer
from bot.mail.smtp import Accepted, Envelope, Mailer
from bot.settings import Mail
from tests.bench.mail_server import mail_server
from tests.bench.measure import Figure

ROWS = 100
ROUNDS, EACH = 6, 40
"""Of five hundred, so many as half a minute has room for."""
SENDER, RECIPIENT = "bot@example.com", "finance-1@example.com"


def summary(number: int) -> DeadlinesAhead:
    """One with a row for each of a hundred pay runs."""
    rows = tuple(
        Deadline(
            DEADLINES_AHEAD.slot_at + timedelta(hours=row),
            "Bank deadline",
            f"Gigapay payrun {2_859_000 + number * ROWS + row}",
            f"https://payrun.example.com/payruns/gigapay-se/{2_859_000 + number * ROWS + row}",
            status="Open",
        )
        for row in range(ROWS)
    )
    return replace(DEADLINES_AHEAD, weeks=(DeadlineWeek("This week", rows),), total=ROWS)


class Ways:
    """Both ways to the same server."""

    def __init__(self, port: int) -> None:
        self._renderer = Renderer(shipped("templates"), shipped("templates"))
        settings = Mail(smtp=f"smtp+plain://127.0.0.1:{port}", sender=SENDER)
        self.mailer = Mailer(settings, kept_for_s=60)
        self.bare = SMTP(hostname="127.0.0.1", port=port, start_tls=False)

    async def made(self, number: int) -> bytes:
        letter = summary(number)
        rendered = await self._renderer.render(letter.template, "en", letter.context())
        return self.mailer.build(
            Message(
                message_id=f"<summary-{number}@example.com>",
                recipient=RECIPIENT,
                at=letter.made_at,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
            )
        )

    async def make_and_send(self, numbers: range) -> None:
        """As the workers do it: one makes mails while another hands over what is made."""
        made: asyncio.Queue[bytes] = asyncio.Queue(2)

        async def make() -> None:
            for number in numbers:
                await made.put(await self.made(number))

        making = asyncio.create_task(make())
        for _ in numbers:
            envelope = Envelope(RECIPIENT, await made.get())
            outcome = await self.mailer.send(envelope, before_data=_nothing)
            assert isinstance(outcome, Accepted), outcome
        await making

    async def send(self, ready: Sequence[bytes]) -> None:
        for raw in ready:
            await self.bare.sendmail(SENDER, [RECIPIENT], raw)


async def _nothing() -> None: ...


async def bench() -> list[Figure]:
    with mail_server() as port, collector.aside():
        ways = Ways(port)
        await ways.bare.connect()
        seen = [await _round(ways, number) for number in range(ROUNDS + 1)][1:]
        await ways.bare.quit()
        await ways.mailer.close()
    what = f"mails of {ROWS} rows rendered and handed over in a kept session, beside ready bytes: their rate"
    return [Figure(what, 0.45, seen, at_least=True)]


async def _round(ways: Ways, number: int) -> float:
    numbers = range(number * EACH, (number + 1) * EACH)
    ready = [await ways.made(one) for one in numbers]
    seconds = {}
    for is_bare in (True, False) if number % 2 else (False, True):
        began = perf_counter()
        await (ways.send(ready) if is_bare else ways.make_and_send(numbers))
        seconds[is_bare] = perf_counter() - began
    return seconds[True] / seconds[False]
