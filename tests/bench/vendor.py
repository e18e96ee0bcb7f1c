"""Gigapay as a process of its own, with a long list: each page takes so long, whatever else goes on here.

The pages are made beforehand, so that answering costs as little as it can. Which of two lists
is shown is chosen by the first part of the address: `/0/` or `/1/`, where one run in ten has
another price.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from subprocess import PIPE, Popen
from typing import Any

from aiohttp import web

PAGE = 100
FIRST = datetime(2016, 1, 4, 9, 30, 12, 345678, tzinfo=UTC)
ONE_IN = 10


def payrun(number: int, turn: int) -> dict[str, Any]:
    """A paid payrun with its invoice, as the documents show one."""
    created = (FIRST + timedelta(hours=number)).isoformat().replace("+00:00", "Z")
    price = f"{5_000 + number}.{turn if number % ONE_IN == 0 else 0}0"
    return {
        "app": f"https://app.gigapay.se/i/{number}/?token=Ii9pbnZvaWNpbmcvb3Blbl9pbnZvaWNlcy8",
        "created_at": created,
        "currency": "SEK",
        "id": f"{2_000_000 + number}",
        "invoice": f"c133c202-1050-4959-8306-{number:012}",
        "latest_status": "paid",
        "metadata": {},
        "ocr_number": f"{38_000_000_000 + number}",
        "open": False,
        "paid_at": created,
        "pdf": None,
        "price": price,
    }


def _pages(count: int, turn: int) -> list[bytes]:
    rows = [payrun(number, turn) for number in range(count)]
    last = max(0, (count - 1) // PAGE)
    return [
        json.dumps(
            {
                "count": count,
                "next": f"https://api.gigapay.se/v2/payruns/?page={number + 2}" if number < last else None,
                "previous": None,
                "results": rows[number * PAGE : (number + 1) * PAGE],
            }
        ).encode()
        for number in range(last + 1)
    ]


async def _serve(count: int, delay_s: float) -> None:
    lists = [_pages(count, turn) for turn in (0, 1)]

    async def listed(request: web.Request) -> web.Response:
        await asyncio.sleep(delay_s)
        pages = lists[int(request.match_info["turn"])]
        return web.Response(body=pages[int(request.query["page"]) - 1], content_type="application/json")

    app = web.Application()
    app.router.add_get("/{turn}/payruns/", listed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until whoever started it is gone
    await runner.cleanup()


@contextmanager
def long_list(count: int, delay_s: float) -> Iterator[str]:
    """The address of one that runs, without the turn."""
    told = [sys.executable, "-m", __name__, str(count), str(delay_s)]
    with Popen(told, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
