"""After every start a connection's list is read before anything is done there."""

from datetime import timedelta

from bot.engine import look

from .stand import CUT_OFF, JUST_AFTER, Stand


def restart(stand: Stand) -> None:
    """What a start forgets: which lists were read."""
    stand.bot.polled.clear()


async def ready_to_close(stand: Stand) -> None:
    await stand.weekly("1450.00", "1630.00", "1800.00")


async def test_nothing_is_done_before_the_list_was_read_since_the_start(gigapay: Stand) -> None:
    await ready_to_close(gigapay)
    restart(gigapay)
    gigapay.gigapay.faults.add("status", call="GET /payruns/", code=503, times=1000)
    await gigapay.until(CUT_OFF + JUST_AFTER)
    await gigapay.after(minutes=5)
    waits = await gigapay.effect()

    assert (waits.state, waits.reason) == ("waiting", "the list is read first, as after every start")
    assert gigapay.close_calls() == 0


async def test_it_is_done_at_once_when_the_list_has_been_read(gigapay: Stand) -> None:
    await ready_to_close(gigapay)
    restart(gigapay)
    await gigapay.until(CUT_OFF + JUST_AFTER)
    before = gigapay.close_calls()
    await look.start_polling(gigapay.bot)
    await gigapay.settle()

    assert (before, gigapay.close_calls()) == (0, 1)
    assert (await gigapay.effect()).state == "verified"


async def test_a_list_that_was_read_since_the_start_is_enough(gigapay: Stand) -> None:
    await ready_to_close(gigapay)
    await gigapay.until(CUT_OFF + JUST_AFTER + timedelta(seconds=1))

    assert gigapay.close_calls() == 1
