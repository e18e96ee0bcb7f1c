"""`why` about a pay run that was not closed, from the database to the words at the terminal."""

from dataclasses import replace
from datetime import timedelta

from bot.commands.why import in_words
from bot.core.resource import Known, Line
from bot.engine.plan import decide_about
from bot.store import resources

from .stand import APPROVER, FRIDAY, Stand, run, sek

NOT_CLOSED = """\
Gigapay payrun 2859399 (gigapay-se/2859399): open, as read Fri 20 Nov 2026 15:05

gigapay-weekly-close: Close the batched Gigapay payrun at the weekly cut-off
  no; since Fri 20 Nov 2026 15:05
  it stays so until something changes at the vendor
    yes      status is open  (open)
    yes      payouts is at least 1  (2)
    yes      now is after input cut-off  (15:05, cut-off 15:00)
    no       last payout was more than 30 minutes ago  (14:50, 15 minutes)  until Fri 20 Nov 2026 15:20:01
    no       possible duplicates is none  (1 (payee 1078: 2 times 900.00 SEK))
    yes      payouts not onboarded is none  (0)
"""
LATE_ONLY = "\n".join(
    [
        "  no; since Fri 20 Nov 2026 15:05",
        "  if nothing else changes, it may change by itself Fri 20 Nov 2026 15:20:01",
    ]
)


async def why(site: Stand, payee: str) -> str:
    """What the terminal shows of a payrun with two payouts of one amount, the last of 14:50."""
    late = FRIDAY - timedelta(minutes=15)
    payees = "1078", payee
    lines = tuple(
        Line(f"p{number}", one, sek("900.00"), sek("900.00"), late, "available")
        for number, one in enumerate(payees)
    )
    open_run = replace(run("2859399", **{"last payout": Known(late)}), lines=lines)
    async with site.bot.db.write() as tx:
        saved = await resources.save(tx, open_run, now=FRIDAY, correlation="test")
        await decide_about(site.bot, tx, saved.resource.id, correlation="test")
    async with site.client() as client:
        reply = await client.get("/api/payruns/gigapay-se/2859399/why", headers=site.bearer(APPROVER))
        return "".join(f"{line}\n" for line in in_words(await reply.json()))


async def test_every_line_says_what_it_saw_and_whether_waiting_will_help(site: Stand) -> None:
    assert await why(site, "1078") == NOT_CLOSED


async def test_where_only_time_stands_in_the_way_it_says_until_when(site: Stand) -> None:
    assert LATE_ONLY in await why(site, "1080")
