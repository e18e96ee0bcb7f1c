"""From a webhook to the vendor action that it led to, confirmed, with a vendor that takes 50 ms a call.

Beside it stand the calls that must be made one after another, made by a bare client in the same
round: the pay run and its payouts as news, the same as a fresh reading, the action, and the same
once more as the reading back. The workers tick as in service, and everything is written to a disk.
"""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from aiohttp import ClientSession

from bot import collector
from bot.connectors.gigapay.settings import GigapaySettings
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
PATHS = {READ[0]: "payruns/{}/?expand=invoice", READ[1]: "payouts/?payrun={}", "close": "payruns/{}/close/"}
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

    said = len(made.log.of("info"))
    began = perf_counter()
    await made.hook("Payrun.created", body, {"Gigapay-Signature": signature})
    async with asyncio.timeout(10):
        # The log says so once it is committed; asking the database would be in the way.
        while "confirmed" not in made.log.of("info")[said:]:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    took = perf_counter() - began

    await _idle(jobs)
    asked = _calls(made, before)
    assert await _is_confirmed(made, payrun)
    bare = await _bare(made, payrun)
    made.gigapay.faults.clear()
    assert asked == CALLS, asked
    return took / bare


async def _bare(made: Stand, payrun: str) -> float:
    """Seconds for the same calls, about the payrun that is closed by now."""
    (account,) = made.bot.accounts.values()
    part = made.bot.settings.connection(account.id)
    assert part is not None and isinstance(part.part, GigapaySettings)
    headers = {
        "Authorization": f"Token {part.part.token.get_secret_value()}",
        "Integration-ID": part.part.integration_id,
    }
    async with ClientSession(made.gigapay.base_url, headers=headers) as session:
        await _call(session, READ[0], payrun)  # which connects
        began = perf_counter()
        for name in CALLS:
            await _call(session, name, payrun)
        return perf_counter() - began


async def _call(session: ClientSession, name: str, payrun: str) -> None:
    method = "POST" if name == "close" else "GET"
    async with session.request(method, PATHS[name].format(payrun), allow_redirects=False) as reply:
        await reply.read()
        assert reply.status in (200, 400, 409), reply.status


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
