"""A payrun is closed by rule, once, whatever else happens."""

from .stand import Stand, at


async def test_a_payrun_past_its_cut_off_is_closed_once_and_confirmed(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()

    await gigapay.until(at(14, 8))

    assert gigapay.closes() == [payrun]
