"""From a webhook to the vendor action that it led to, confirmed, with a vendor that takes 50 ms a call.

Beside it stands the sum of the calls that must be made one after another: the pay run and its
payouts as news, the same as a fresh reading, the action, and the same once more as the reading
back. The workers tick as in service, and everything is written to a disk.
"""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bot import collector
from bot.jobs import Jobs
from bot.sandbox.gigapay.desk import sign
from bot.store.effects import State
from tests.bench.measure import Figure
from tests.engine.place import HOOK_SECRET
from tests.engine.stand import Stand, stand

DELAY_S = 0.05
ROUNDS = 12
READ = ("GET /payruns/:id/", "GET /payouts/")
CALLS = (*READ, *READ, "close", *READ)
RULE = """\
rules:
  - id: bench-close
    title: Close a payrun that has a payout
    watch: gigapay.payrun
    when:
      - status is open
      - payouts is at least 1
    then:
      - gigapay.close_payrun
      - send_mail: {template: payrun_closed, to: payroll}
    mode: act
"""


async def bench() -> list[Figure]:
    with TemporaryDirectory() as folder:
        async with stand(Path(folder), history=True, guards=GUARDS) as made:
            made.write_rule("gigapay.yaml", RULE)
            await made.reload()
            await made.sign()
            jobs = Jobs(made.bot)
            jobs.start()
            try:
                with collector.aside():
                    seen = [await _react(made, jobs) for _ in range(ROUNDS + 1)][1:]
            finally:
                await jobs.stop()
    what = "webhook in to vendor action confirmed, beside the calls it must make one after another"
    return [Figure(what, 1.3, seen)]


GUARDS = "per_action: {SEK: 250 000}\n  per_day: {SEK: 100 000 000}"


async def _react(made: Stand, jobs: Jobs) -> float:
    """One round: a payrun that nobody has read gets payouts, and the vendor says so."""
    made.clock.go_to(made.clock.now() + timedelta(minutes=2))
    await _idle(jobs)
    payrun = made.add_payouts("1450.00", "1650.00", "1780.00")
    made.gigapay.faults.add("slow", "*", times=None, delay_s=DELAY_S)
    before = len(made.gigapay.ledger.entries)
    body = json.dumps(made.gigapay.state.payruns[payrun]).encode()
    signature = sign(HOOK_SECRET, int(made.clock.now().timestamp()), body)

    began = perf_counter()
    await made.hook("Payrun.created", body, {"Gigapay-Signature": signature})
    async with asyncio.timeout(10):
        # Asking the database is left for when the last call has been made: it would be in the way.
        while len(_calls(made, before)) < len(CALLS) or not await _is_confirmed(made, payrun):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    took = perf_counter() - began

    await _idle(jobs)
    made.gigapay.faults.clear()
    asked = _calls(made, before)
    assert asked == CALLS, asked
    return took / (len(CALLS) * DELAY_S)


def _calls(made: Stand, first: int) -> tuple[str, ...]:
    return tuple(one["call"] for one in made.gigapay.ledger.entries[first:] if one["by"] == "client")


async def _is_confirmed(made: Stand, payrun: str) -> bool:
    return any(
        one.state is State.VERIFIED and one.resource.endswith(payrun)
        for one in await made.effects("gigapay.close_payrun")
    )


async def _idle(jobs: Jobs) -> None:
    """Until nothing has been under way for a while."""
    for _ in range(20):
        await asyncio.sleep(0.01)
        while not jobs.is_idle:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
