"""`payrunbot demo`: the whole product on this machine, with no account.

`--once` plays the story to its end and prints what happened; without it the story
stops wherever it needs the visitor, and goes on in real time when it is over.
"""

import asyncio
import json as json_
import logging
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from aiohttp import web
from rich import box
from rich.console import Console
from rich.table import Table

from bot.demo.cast import Cast, call_the_cast
from bot.demo.clock import DemoClock
from bot.demo.drive import Stuck, play
from bot.demo.mailbox import mailbox_app
from bot.demo.report import ReportLine, as_json, report
from bot.demo.stage import Stage, set_up
from bot.demo.story import BEGINS, ENDS, STOCKHOLM, steps

USUAL_PORT = 8080
PIPED_WIDTH = 140


def main(*, once: bool, json: bool, port: int | None) -> int:
    """Run the demo. Exit code 0 only if every line of the story happened."""
    _quiet_logs()
    try:
        return asyncio.run(_run(once=once, json=json, port=port))
    except KeyboardInterrupt:
        return 0


async def _run(*, once: bool, json: bool, port: int | None) -> int:
    # With --json standard output holds the JSON alone, so that a program can read it.
    console = Console(stderr=json, highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="payrunbot-demo-") as folder:
        clock = DemoClock(BEGINS)
        stage = await set_up(Path(folder), clock, _free_port(port))
        cast: Cast | None = None
        try:
            cast = await call_the_cast(stage)
            if not once:
                return await _for_a_visitor(stage, cast, console)
            return await _once(stage, cast, console, json=json, started=started)
        finally:
            if cast is not None:
                await cast.close()
            await stage.stop()


async def _once(stage: Stage, cast: Cast, console: Console, *, json: bool, started: float) -> int:
    console.print("[bold]payrunbot demo[/bold]: ten days in the life of five connections, Stockholm time")

    said = _teller(console)
    stuck = ""
    try:
        await play(stage, cast, steps(), ENDS, said)
    except Stuck as trouble:
        stuck = str(trouble)
    took_s = time.monotonic() - started
    lines = report(stage, cast)
    if stuck:
        lines.append(ReportLine(0, "stuck", "the story came to its end", "yes", stuck, False))
    if json:
        result = as_json(stage, lines, started_at=BEGINS, ended_at=stage.clock.now(), took_s=took_s)
        sys.stdout.write(json_.dumps(result, ensure_ascii=False, indent=2) + "\n")
    else:
        _print(console, lines, took_s, len(stage.inbox.messages))
    return 0 if all(line.ok for line in lines) else 1


def _teller(console: Console) -> Callable[[datetime, str], None]:
    """Prints each step as it happens, with the time as the story tells it."""

    def said(at: datetime, what: str) -> None:
        console.print(f"  {at.astimezone(STOCKHOLM):%a %d %b %H:%M}  {what}", soft_wrap=True)

    return said


def _print(console: Console, lines: list[ReportLine], took_s: float, mails: int) -> None:
    table = Table(
        title="What happened, from the vendors' own ledgers and the mail inbox",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("")
    table.add_column("what", ratio=3)
    table.add_column("expected", ratio=2)
    table.add_column("seen", ratio=2)
    table.add_column("")
    story = 0
    for line in lines:
        if line.story != story:
            table.add_section()
            story = line.story
        mark = "[green]ok[/green]" if line.ok else "[bold red]NO[/bold red]"
        table.add_row(str(line.story), line.what, line.expected, line.seen, mark)
    console.print(table)
    good = sum(line.ok for line in lines)
    console.print(f"{good} of {len(lines)} happened, {mails} mails, in {took_s:.0f} s.")


async def _for_a_visitor(stage: Stage, cast: Cast, console: Console) -> int:
    mailbox = web.AppRunner(mailbox_app(stage, STOCKHOLM), access_log=None)
    await mailbox.setup()
    site = web.TCPSite(mailbox, "127.0.0.1", 0)
    await site.start()
    host, port = mailbox.addresses[0][:2]
    _welcome(console, stage, cast, f"http://{host}:{port}/")

    try:
        await play(stage, cast, steps(), ENDS, _teller(console), visitor=True)
        stage.clock.run()
        stage.bot.bot.wake()
        console.print("The story is over; the clock goes on in real time. Ctrl-C ends the demo.")
        await asyncio.Event().wait()
    finally:
        await mailbox.cleanup()
    return 0


def _welcome(console: Console, stage: Stage, cast: Cast, inbox: str) -> None:
    def said(line: str) -> None:
        console.print(line, soft_wrap=True)  # a command that is broken into two lines can't be copied

    said("[bold]payrunbot demo[/bold]: four vendors, a mail inbox and the bot, all on this machine.")
    said(f"  The pages   {stage.bot.url}/")
    said(f"  The inbox   {inbox}")
    said(f"  The rules   {stage.settings.rules}")
    for person in cast.tokens:
        said(f"  Sign in as  {person}: {inbox}sign-in/{person}")
    said("  For the command line (.venv/bin/payrunbot in a checkout), as one of them:")
    said(f"    export PAYRUNBOT_CONFIG={stage.folder / 'bot.yaml'} PAYRUNBOT_URL={stage.bot.url}")
    for person, token in cast.tokens.items():
        said(f"    export PAYRUNBOT_TOKEN={token}   # {person}")
    said("  The clock jumps from one thing to the next, and waits while an approval waits for you.\n")


def _free_port(wanted: int | None) -> int:
    """The port asked for; without one the usual where it is free; else, and for 0, any."""
    if wanted:
        return wanted
    for port in (USUAL_PORT, 0) if wanted is None else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free on 127.0.0.1")


def _quiet_logs() -> None:
    """The story is what to read; what the bot logs is on its pages and in its audit."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
