"""A vendor that does not answer, or says what we do not know, is told of once."""

from datetime import timedelta

from bot.core.resource import Known

from .stand import CUT_OFF, Stand, at


async def fail(stand: Stand, times: int) -> None:
    """The list cannot be read for so many polls."""
    stand.gigapay.faults.add("status", call="GET*", code=403, times=None)
    for _ in range(times):
        await stand.poll()


async def test_two_lost_answers_are_the_weather(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.gigapay.faults.add("status", call="GET*", code=400, times=2)
    await gigapay.poll()
    await gigapay.poll()
    await gigapay.poll()

    assert gigapay.subjects("ops") == []


async def test_a_connection_that_fails_is_told_once_and_its_recovery_once(gigapay: Stand) -> None:
    await gigapay.weekly()
    await fail(gigapay, 6)
    failing = gigapay.subjects("ops")
    gigapay.gigapay.faults.clear()
    await gigapay.poll()
    await gigapay.poll()

    assert len(failing) == 1
    assert "gigapay-se" in failing[0]
    assert len(gigapay.subjects("ops")) == 2


async def test_a_second_failure_later_is_told_again(gigapay: Stand) -> None:
    await gigapay.weekly()
    for _ in range(2):
        await fail(gigapay, 4)
        gigapay.gigapay.faults.clear()
        await gigapay.poll()
        await gigapay.after(minutes=1)

    assert len(gigapay.subjects("ops")) == 4


async def test_an_unknown_status_word_is_kept_answered_unknown_and_told_once(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.state.payruns[payrun]["latest_status"] = "frozen"
    for _ in range(3):
        await gigapay.poll()
    await gigapay.until(at(13, 16))

    snapshot = await gigapay.snapshot("gigapay-se", payrun)
    assert snapshot.vendor_status == "frozen"
    assert not isinstance(snapshot.value("status"), Known)
    assert gigapay.close_calls() == 0
    (mail,) = gigapay.texts("ops")
    assert "frozen" in mail


async def test_an_answer_that_time_alone_changes_is_not_asked_for_when_the_rule_is_off(
    gigapay: Stand,
) -> None:
    """The answer falls due at the cut-off, and no rule is left that would give another."""
    await gigapay.weekly()
    gigapay.change_rule("gigapay.yaml", "mode: act", "mode: off")
    await gigapay.reload()
    await gigapay.until(CUT_OFF + timedelta(hours=1))

    assert gigapay.close_calls() == 0
