"""A mail that waits for a reading which never comes is sent with what is known."""

from pathlib import Path

from bot.core.fault import set_fault_hook
from bot.store.effects import State
from tests.databases import Migrated

from .stand import Stand, at, stand, text


async def asked_for_a_calendar(made: Stand) -> None:
    """Somebody is asked whether the next calendar may be made."""
    await made.sign()
    await made.until(at(2, 9))
    (calendar,) = made.xero.state.calendars
    made.xero.draft_pay_run(calendar, made.xero.usual_slips("Fortnightly", 6), roll=False)
    await made.poll()
    while not await made.askings():
        await made.after(hours=6)


async def test_a_calendar_that_is_never_read_again_is_told_of_after_twenty_minutes(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "xero", database=migrated, begins=at(2, 8)) as made:
        await asked_for_a_calendar(made)

        async def nothing_can_be_read(point: str) -> None:
            if point == "effect.verified":
                made.xero.faults.add("status", call="GET*", code=403, times=None)

        set_fault_hook(nothing_can_be_read)
        try:
            await made.approve()
            await made.settle()
        finally:
            set_fault_hook(None)
        before = made.subjects("payroll-1")
        await made.after(minutes=19)
        early = made.subjects("payroll-1")
        await made.after(minutes=2)
        await made.after(hours=2)

        (told,) = made.inbox.to("payroll-1@example.com")[len(before) :]
        assert early == before
        assert "which could not be read since" in str(told.message["Subject"])
        assert "What came of it has not been read." in " ".join(text(told.message).split())
        assert (await made.effect("send_mail")).state is State.VERIFIED
