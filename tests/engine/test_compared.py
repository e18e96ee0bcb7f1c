"""A version that nobody signed runs only where it is proved to do no more than the signed one."""

from bot.app import reload_of
from bot.core.rule import Mode
from bot.engine import versions
from bot.engine.bot import Running
from tests.engine.test_versions import FILE, RULE, running, sign

from .stand import Stand, text

LIMIT = "ask_above: 20 000 SEK"
NARROWER = {
    "a lower limit": (LIMIT, "ask_above: 19 999.99 SEK"),
    "one more condition": (
        "      - status is open\n",
        "      - status is open\n      - payees is at least 2\n",
    ),
    "a stricter condition": ("payouts is at least 1", "payouts is at least 2"),
    "one more reason to ask": (
        "ask_when: [payouts after cut-off is at least 1]",
        "ask_when: [payouts after cut-off is at least 1, first-time payees is at least 1]",
    ),
    "two people from less on": ("two_people_above: 100 000 SEK", "two_people_above: 20 000 SEK"),
    "another title": ("title: Close", "title: Always close"),
    "the same, said otherwise": ("payouts is at least 1", "payouts is more than 0"),
}
WIDER = {
    "a higher limit": (
        LIMIT,
        "ask_above: 20 000.01 SEK",
        "it would act without asking, and the signed version would not",
    ),
    "one condition less": (
        "      - possible duplicates is none\n",
        "",
        "it would act, and the signed version would not",
    ),
    "one condition wider": (
        "payouts is at least 1",
        "payouts is at least 0",
        "it would act, and the signed version would not",
    ),
    "no reason to ask": (
        "      ask_when: [payouts after cut-off is at least 1]\n",
        "",
        "it would act without asking, and the signed version would not",
    ),
    "one person for more": (
        "two_people_above: 100 000 SEK",
        "two_people_above: 200 000 SEK",
        "it would ask one person instead of two, and the signed version would not",
    ),
    "at any hour": ("      only_during: working hours\n", "", "it no longer keeps to working hours"),
    "one more recipient": (
        "to: payroll}",
        "to: finance}",
        "what it does is not the same, or not in the same order",
    ),
}


async def changed(stand: Stand, old: str, new: str) -> Running:
    stand.change_rule(FILE, old, new)
    await stand.reload()
    return running(stand)


async def test_what_is_only_narrower_takes_effect_at_once(gigapay: Stand) -> None:
    await gigapay.sign()
    path = gigapay.bot.settings.rules / FILE
    before = path.read_text()
    for number, (what, (old, new)) in enumerate(NARROWER.items(), start=2):
        path.write_text(before)
        now = await changed(gigapay, old, new)

        assert (now.version, now.mode, now.why) == (number, Mode.ACT, "only narrower than version 1"), what
        assert now.wider == "", what


async def test_what_is_wider_waits_and_says_in_what(gigapay: Stand) -> None:
    await gigapay.sign()
    path = gigapay.bot.settings.rules / FILE
    before = path.read_text()
    for number, (what, (old, new, why)) in enumerate(WIDER.items(), start=2):
        path.write_text(before)
        now = await changed(gigapay, old, new)

        assert (now.version, now.why) == (1, f"version {number} waits for sign-off"), what
        assert why in now.wider, what


async def test_the_example_is_a_resource_on_which_it_would(gigapay: Stand) -> None:
    await gigapay.sign()
    now = await changed(gigapay, LIMIT, "ask_above: 20 000.01 SEK")

    said, _, example = now.wider.partition(", for example at ")
    assert said == (
        "It is wider than version 1: it would act without asking, and the signed version would not"
    )
    assert "status: open, " in example
    assert "cost: 20 000.01 SEK, " in example


async def test_what_narrowed_is_compared_with_what_was_signed_and_not_with_what_runs(gigapay: Stand) -> None:
    await gigapay.sign()
    await changed(gigapay, LIMIT, "ask_above: 5 000 SEK")
    wider_than_what_ran = await changed(gigapay, "ask_above: 5 000 SEK", "ask_above: 6 000 SEK")
    back = await changed(gigapay, "ask_above: 6 000 SEK", LIMIT)

    assert (wider_than_what_ran.version, wider_than_what_ran.why) == (3, "only narrower than version 1")
    assert (back.version, back.why) == (1, "signed off by finance-1")


async def test_once_what_narrowed_is_signed_what_was_before_waits(gigapay: Stand) -> None:
    await gigapay.sign()
    await changed(gigapay, LIMIT, "ask_above: 5 000 SEK")
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    await sign(gigapay, "finance-1")
    back = await changed(gigapay, "ask_above: 5 000 SEK", LIMIT)

    assert (back.version, back.why) == (2, "version 1 waits for sign-off")


async def test_what_only_watches_needs_no_signature_whatever_it_says(gigapay: Stand) -> None:
    await gigapay.sign()
    gigapay.change_rule(FILE, "mode: act", "mode: watch")
    now = await changed(gigapay, "      - status is open\n", "")

    assert (now.version, now.mode, now.why) == (2, Mode.WATCH, "only narrower than version 1")


async def test_whoever_proposed_what_was_signed_is_the_proposer_of_what_narrowed(gigapay: Stand) -> None:
    await versions.propose(gigapay.bot, gigapay.person("finance-2"))
    await sign(gigapay, "finance-1")
    now = await changed(gigapay, LIMIT, "ask_above: 5 000 SEK")

    assert (now.version, now.proposed_by) == (2, "finance-2")


async def test_a_rule_narrowed_after_a_surprise_stays_so_in_a_narrower_version(gigapay: Stand) -> None:
    await gigapay.sign()
    async with gigapay.bot.db.write() as tx:
        await versions.narrow(gigapay.bot, tx, RULE, Mode.ASK)
    now = await changed(gigapay, LIMIT, "ask_above: 5 000 SEK")

    assert (now.version, now.mode) == (2, Mode.ASK)


async def test_another_work_calendar_is_wider_whatever_it_changes(gigapay: Stand) -> None:
    await gigapay.sign()
    calendars = gigapay.bot.settings.rules / "calendars.yaml"
    calendars.write_text(calendars.read_text().replace("if_closed: before", "if_closed: nearest", 1))
    now = await changed(gigapay, LIMIT, "ask_above: 5 000 SEK")

    assert now.version == 1
    assert now.wider == (
        "It counts as wider than version 1: the work calendar se is another than when that one "
        "was signed off."
    )


async def test_another_name_for_the_work_calendar_is_wider(gigapay: Stand) -> None:
    await gigapay.sign()
    now = await changed(
        gigapay, "    watch: gigapay.payrun\n", "    watch: gigapay.payrun\n    calendar: uk-bacs\n"
    )

    assert now.version == 1
    assert "it names another work calendar" in now.wider


async def test_another_member_of_a_group_is_wider(gigapay: Stand) -> None:
    await gigapay.sign()
    groups = {**gigapay.bot.settings.groups, "payroll": ("finance-2",)}
    gigapay.bot.settings = gigapay.bot.settings.model_copy(update={"groups": groups})
    now = await changed(gigapay, LIMIT, "ask_above: 5 000 SEK")

    assert now.version == 1
    assert "who is in its groups" in now.wider


async def test_the_approvers_mail_says_in_what_it_is_wider(gigapay: Stand) -> None:
    await gigapay.sign()
    await changed(gigapay, LIMIT, "ask_above: 30 000 SEK")
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    await gigapay.settle()

    (mail,) = [text(one.message) for one in gigapay.inbox.to("finance-1@example.com")]
    assert "It is wider than version 1: it would act without asking" in " ".join(mail.split())


OTHER = """\
rules:
  - id: gigapay-late-close
    title: Close what is still open
    watch: gigapay.payrun
    when: [status is open, payouts is at least 1]
    then: gigapay.close_payrun
    mode: ask
"""


async def test_the_approvers_mail_says_what_lint_finds_wrong_with_it(gigapay: Stand) -> None:
    await gigapay.sign()
    gigapay.write_rule("own.yaml", OTHER)
    await reload_of(gigapay.bot)()
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    await gigapay.settle()

    (mail,) = [text(one.message) for one in gigapay.inbox.to("finance-1@example.com")]
    said = " ".join(mail.split())
    assert "Wrong: gigapay-weekly-close and gigapay-late-close both do gigapay.close_payrun" in said
    assert "are not asked, for example at status: open, " in said
    assert gigapay.bot.wrong.keys() == {"gigapay-late-close", RULE}


async def test_a_rule_in_which_nothing_is_wrong_is_said_to_have_nothing(gigapay: Stand) -> None:
    await reload_of(gigapay.bot)()
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    await gigapay.settle()

    (mail,) = [text(one.message) for one in gigapay.inbox.to("finance-1@example.com")]
    assert gigapay.bot.wrong == {}
    assert "Wrong" not in mail
