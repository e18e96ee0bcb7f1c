"""One mail for one cause, however many pay runs feel it."""

from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path

import pytest

from tests.databases import Migrated

from .stand import Stand, at, stand

RUNS = 60


async def many_runs(made: Stand) -> None:
    """So many open payruns that were opened at Friday 13:00, three payouts each."""
    first = await made.weekly()
    state = made.gigapay.state
    for number in range(1, RUNS):
        run, invoice = (
            deepcopy(state.payruns[first]),
            deepcopy(state.invoices[state.payruns[first]["invoice"]]),
        )
        run["id"], run["invoice"], invoice["id"] = f"run-{number}", f"invoice-{number}", f"invoice-{number}"
        run["created_at"] = f"{run['created_at'][:17]}{number:02}.000000Z"  # by which a run is known again
        state.payruns[run["id"]], state.invoices[invoice["id"]] = run, invoice
        for payout in [one for one in state.payouts.values() if one["payrun"] == first]:
            copied = {**deepcopy(payout), "id": f"{payout['id']}-{number}", "payrun": run["id"]}
            state.payouts[copied["id"]] = {**copied, "invoice": invoice["id"]}
    await made.poll()
    await made.after(minutes=1)


@pytest.fixture
async def sixty(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=migrated, poll="10m") as made:
        await many_runs(made)
        made.inbox.messages.clear()
        yield made


async def test_sixty_runs_on_a_dead_connection_are_one_mail_with_their_number_and_first_deadline(
    sixty: Stand,
) -> None:
    sixty.gigapay.faults.add("drop_before", call="*", times=None)
    await sixty.until(at(14, 13))

    (mail,) = sixty.texts("ops")
    words = " ".join(mail.split())
    assert "gigapay-se cannot be read" in words
    assert f"It holds up {RUNS} open pay runs; the first deadline is 15:00 today." in words
    assert "and 50 more on the page." in words
    assert [one for one in sixty.subjects() if "cannot be read" in one] == sixty.subjects()
