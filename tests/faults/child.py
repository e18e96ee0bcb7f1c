"""The bot of one run, as a process that dies when it is told to.

It is the service that `serve` starts, on the settings of the run, with three things added:
the shared clock, a hook at the fault points, and a second action that does what closing does.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO
from pathlib import Path

from bot import app
from bot.app import connection_models, start
from bot.core.fault import set_fault_hook
from bot.logs import configure_logs
from bot.settings import Timing, load
from tests.faults import breaks, disk, naive, rival
from tests.faults.fate import Fate, Orders
from tests.faults.machine import SharedClock

READY = "ready"
PACE = float(os.environ.get("PAYRUNBOT_PACE", "1"))
"""On a machine that has other things to do, everything that a run waits for takes this many times as long."""
LEASE = timedelta(seconds=2) * PACE
QUARANTINE = timedelta(seconds=3) * PACE
TIMING = Timing(
    lease=LEASE,
    call_time_out=timedelta(seconds=0.6) * PACE,
    quarantine=QUARANTINE,
    tick=timedelta(seconds=0.2),
    look_gap=timedelta(seconds=0.05),
)
SENDS_ON_S = 0.1 * PACE
"""Shorter than in life: a run waits all of these out for real.

The quarantine is the longer one, so that a lease that runs out does not look like it.
"""


def live(orders: Orders) -> None:
    """Serve until SIGTERM, or until the fault point."""
    configure_logs()
    if orders.breaks is not None:
        breaks.BREAKS[orders.breaks]()
    if orders.has_disk:
        disk.install(disk.Disk(Path(orders.folder)))
    if orders.naive:
        naive.instead_of_the_journal()
    set_fault_hook(Fate(orders) if orders.is_fated else None)
    asyncio.run(_serve(orders))


def warm_up(orders: Orders) -> None:
    """Start a service and stop it: what is loaded and compiled on the way stays."""
    with redirect_stdout(StringIO()):
        asyncio.run(_serve(orders))


async def _serve(orders: Orders) -> None:
    asked = asyncio.Event()
    if orders.warms:
        asked.set()
    else:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    rival.register()
    folder = Path(orders.folder)
    settings = load(folder / "bot.yaml", orders.environ, connection_models())
    settings = settings.model_copy(update={"timing": TIMING})
    app.SENDS_ON_S = SENDS_ON_S
    service = await start(settings, SharedClock(folder / "clock"))
    if orders.registers:
        for account in service.bot.accounts.values():
            await account.connection.register_hooks(settings.http.public_url)
    (folder / READY).touch()
    await asked.wait()
    await service.stop()


if __name__ == "__main__":
    live(Orders(**json.loads(sys.argv[1])))
