"""What waited while mail could not be sent comes as one mail, and nothing of it is lost or comes twice."""

from datetime import timedelta

from bot.core.fault import set_fault_hook
from bot.core.rank import Rank
from bot.engine.tell import tell
from bot.store import mails
from bot.store.effects import State
from bot.store.mails import Mail, MailState

from .posting import OPS, add, all_mails, bounded, sent_to
from .stand import Stand, text

RECOVERED = "gigapay-se can be read again"


async def tell_news(stand: Stand, *causes: str) -> None:
    """One mail of mere news to ops for each cause."""
    now = stand.clock.now()
    async with stand.bot.db.write() as tx:
        for cause in causes:
            await tell(
                tx,
                cause,
                "connection_recovered",
                now=now,
                correlation="c",
                connection="gigapay-se",
                since=now.isoformat(),
                recovered_at=now.isoformat(),
            )
    await stand.settle()


async def outage(stand: Stand, news: int) -> None:
    """So much news in half an hour without a mail server, which is there again when this returns."""
    port = stand.inbox.port
    await stand.inbox.stop()
    for number in range(news):
        await tell_news(stand, f"news{number}")
        await stand.after(minutes=30 / news)
    await stand.inbox.start(port=port)


async def states(stand: Stand) -> list[State]:
    return [one.state for one in await stand.effects("tell")]


def merged(found: list[Mail]) -> list[Mail]:
    return [one for one in found if one.state is MailState.MERGED]


async def test_news_of_an_outage_comes_as_one_mail_that_names_each_with_its_page(gigapay: Stand) -> None:
    await outage(gigapay, 9)
    await gigapay.after(hours=1)

    found = await all_mails(gigapay)
    (digest,) = [one for one in found if one.template == "digest"]
    held = merged(found)
    assert sent_to(gigapay) == [RECOVERED, "8 things happened while mail could not be sent"]
    assert {one.merged_into for one in held} == {digest.message_id}
    assert len(held) == 8
    words = text(gigapay.inbox.to(OPS)[1].message)
    assert words.count(RECOVERED) == 8
    for one in held:
        assert f"https://payrun.example.com/mails/{one.message_id.strip('<>').replace('@', '%40')}" in words
    assert set(await states(gigapay)) == {State.VERIFIED}


async def test_what_needs_somebody_comes_by_itself_and_first(gigapay: Stand) -> None:
    await outage(gigapay, 9)
    await add(gigapay, "close-1", "close-2", rank=Rank.URGENT)
    await add(gigapay, "mistake")
    await gigapay.after(hours=1)

    assert sorted(sent_to(gigapay)[:2]) == ["close-1", "close-2"]
    assert sent_to(gigapay)[2:] == ["mistake", "9 things happened while mail could not be sent"]


async def test_five_that_waited_come_one_by_one(gigapay: Stand) -> None:
    await outage(gigapay, 5)
    await gigapay.after(hours=1)

    assert sent_to(gigapay) == [RECOVERED] * 5


async def test_many_at_once_that_did_not_wait_come_one_by_one(gigapay: Stand) -> None:
    await tell_news(gigapay, *(f"news{number}" for number in range(12)))

    assert sent_to(gigapay) == [RECOVERED] * 12


async def test_what_the_bound_on_an_hour_held_back_comes_as_one_mail(gigapay: Stand) -> None:
    bounded(gigapay, per_hour_each=3)
    await tell_news(gigapay, *(f"news{number}" for number in range(12)))
    await gigapay.after(hours=1)

    assert sent_to(gigapay) == [RECOVERED] * 3 + ["9 things happened while mail could not be sent"]


async def test_a_mail_that_may_have_arrived_is_never_merged(gigapay: Stand) -> None:
    gigapay.inbox.faults.add("drop", call="after-data")
    await tell_news(gigapay, "news")
    await outage(gigapay, 8)
    await gigapay.after(hours=1)

    assert sent_to(gigapay) == [
        RECOVERED,  # cut off, and kept
        RECOVERED,  # the one by which the server was tried
        f"Possibly a second copy: {RECOVERED}",
        "7 things happened while mail could not be sent",
    ]
    assert set(await states(gigapay)) == {State.VERIFIED}


async def test_a_digest_that_is_refused_is_told_once_for_all_it_held(gigapay: Stand) -> None:
    async def refuse_it(point: str) -> None:
        if point == "mail.merged":
            gigapay.inbox.faults.add("reply", call="RCPT", code=550)

    await outage(gigapay, 9)
    set_fault_hook(refuse_it)
    try:
        await gigapay.after(hours=1)
    finally:
        set_fault_hook(None)

    refused = [one for one in await gigapay.effects("tell") if one.state is State.REFUSED]
    (told,) = gigapay.texts("ops")[1:]
    assert len(refused) == 8
    assert gigapay.subjects("ops") == [RECOVERED, "Somebody was not told"]
    assert "and 8 of them reached nobody" in " ".join(told.split())


async def test_a_mistake_in_the_digests_template_costs_no_mail(gigapay: Stand) -> None:
    folder = gigapay.bot.settings.templates / "digest"
    folder.mkdir()
    (folder / "body.txt").write_text("{{ no_such_name }}")
    await outage(gigapay, 7)
    await gigapay.after(hours=1)

    assert sorted(sent_to(gigapay)) == ["A mail template has a mistake", *[RECOVERED] * 7]


async def test_who_dies_while_merging_leaves_it_undone_or_done(gigapay: Stand) -> None:
    await outage(gigapay, 9)
    for point in ("mail.before_merge", "mail.merged"):
        set_fault_hook(Dies(point))
        try:
            await gigapay.after(hours=1)
        except Died:
            pass
        finally:
            set_fault_hook(None)
    await gigapay.after(hours=1)

    assert sent_to(gigapay) == [RECOVERED, "8 things happened while mail could not be sent"]
    assert set(await states(gigapay)) == {State.VERIFIED}


class Died(Exception):
    """The process ends where the hook is."""


class Dies:
    def __init__(self, point: str) -> None:
        self.point = point

    async def __call__(self, point: str) -> None:
        if point == self.point:
            raise Died


async def test_what_was_merged_for_one_is_told_once_all_have_their_mail(gigapay: Stand) -> None:
    """The digest of one reader and the single mail of another settle the same action together."""
    await outage(gigapay, 9)
    async with gigapay.bot.db.write() as tx:
        effect = (await gigapay.effects("tell"))[0]
        (one,) = await mails.of_effect(tx, effect.key, 1)
        await mails.queue(
            tx,
            [mails.Ready("<second@example.com>", "a@example.com", one.template, one.subject, one.raw)],
            cause=one.cause,
            now=gigapay.clock.now() + timedelta(hours=2),
            correlation="c",
            effect_key=effect.key,
            round=1,
        )
    await gigapay.after(hours=1)
    before = set(await states(gigapay))
    await gigapay.after(hours=1)

    assert before == {State.VERIFIED, State.CONFIRMING}
    assert set(await states(gigapay)) == {State.VERIFIED}
