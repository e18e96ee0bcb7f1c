"""Many rules are put in force in few statements, and what takes long is done before: others wait little."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.engine.choose import Choice, signed_before
from bot.engine.rule_folder import read_rules, setup_now
from bot.rulebook import Rulebook
from bot.store import rules

from .stand import Stand

COUNT = 230
"""More than are written in one statement."""
RULE = """\
  - id: {id}
    title: {id}
    watch: gigapay.payrun
    when: [payouts is at least {least}]
    then: {{send_mail: {{template: payrun_closed, to: payroll}}}}
    mode: act
"""
ONE = "one-0"


def write(stand: Stand, *, least: int, count: int = COUNT) -> None:
    text = "".join(RULE.format(id=f"one-{number}", least=least) for number in range(count))
    stand.write_rule("many.yaml", f"rules:\n{text}")


@contextmanager
def statements() -> Iterator[list[str]]:
    """Those of the transactions that write."""
    seen: list[str] = []

    def hear(*said: object) -> None:
        seen.append(str(said[2]))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


async def choice_of(stand: Stand) -> tuple[Choice, Rulebook]:
    """What a reload has worked out before its transaction."""
    bot, setup = stand.bot, setup_now(stand.bot)
    choice = Choice(bot.settings, read_rules(bot.settings.rules, setup), setup, bot.now())
    async with bot.db.read() as tx:
        ahead = await choice.work_out(tx)
    ahead.all()
    return choice, choice.book


async def test_many_new_rules_are_put_in_force_in_few_statements(gigapay: Stand) -> None:
    write(gigapay, least=3)
    with statements() as seen:
        await gigapay.reload()

    assert len(gigapay.bot.rules) > COUNT
    assert len(seen) < COUNT / 2


async def test_many_signed_rules_that_change_are_put_in_force_in_few_statements(gigapay: Stand) -> None:
    write(gigapay, least=3)
    await gigapay.reload()
    await gigapay.sign()
    write(gigapay, least=2)
    with statements() as seen:
        await gigapay.reload()

    one = gigapay.bot.rules[ONE]
    assert (one.version, one.why) == (1, "version 2 waits for sign-off")
    assert one.wider.startswith("It is wider than version 1")
    assert len(seen) < COUNT / 2


async def test_many_rules_that_go_are_taken_out_in_few_statements(gigapay: Stand) -> None:
    write(gigapay, least=3)
    await gigapay.reload()
    await gigapay.sign()
    await asyncio.to_thread((gigapay.bot.settings.rules / "many.yaml").unlink)
    with statements() as seen:
        await gigapay.reload()
    async with gigapay.bot.db.read() as tx:
        states = await rules.states(tx)

    assert ONE not in gigapay.bot.rules
    assert (states[ONE].file_hash, states[ONE].running_hash, states[ONE].mode_now) == (None, None, "off")
    assert len(seen) < COUNT / 2


async def test_rules_are_in_the_order_of_their_files_whatever_was_known_of_them(gigapay: Stand) -> None:
    write(gigapay, least=3, count=150)
    await gigapay.reload()
    write(gigapay, least=3)
    await gigapay.reload()
    setup = setup_now(gigapay.bot)

    assert list(gigapay.bot.rules) == list(read_rules(gigapay.bot.settings.rules, setup).rules)


async def test_a_signature_given_while_the_files_were_read_counts(gigapay: Stand) -> None:
    write(gigapay, least=3, count=1)
    await gigapay.reload()
    choice, book = await choice_of(gigapay)
    rule, settings = book.rules[ONE], gigapay.bot.settings
    async with gigapay.bot.db.write() as tx:
        for person in ("finance-1", "finance-2"):
            await rules.sign(tx, rule.hash, person, gigapay.bot.now())
        (version,) = (await rules.of_hashes(tx, [rule.hash])).values()
        chosen = choice.of(rule, version, await signed_before(tx, settings, [version]))

    assert (chosen.mode, chosen.is_signed) == (rule.mode, True)


async def test_a_signature_taken_back_while_the_files_were_read_does_not_count(gigapay: Stand) -> None:
    write(gigapay, least=3, count=1)
    await gigapay.reload()
    await gigapay.sign()
    write(gigapay, least=2, count=1)
    await gigapay.reload()
    choice, book = await choice_of(gigapay)
    rule, settings = book.rules[ONE], gigapay.bot.settings
    async with gigapay.bot.db.write() as tx:
        (version,) = (await rules.of_hashes(tx, [rule.hash])).values()
        before = choice.of(rule, version, await signed_before(tx, settings, [version]))
        await rules.void_others(tx, ONE, "")
        after = choice.of(rule, version, await signed_before(tx, settings, [version]))

    assert (before.version, before.is_signed) == (1, True)
    assert (after.version, after.is_signed, after.mode.value) == (2, False, "watch")
