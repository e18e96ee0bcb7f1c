"""What went wrong, told to operations: what happened, what was not done, what to do."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.words import joined, lower, say
from bot.engine.bot import Bot
from bot.engine.case import load_case, page_of, title_of
from bot.engine.letters.parts import OPS, Addressed, as_sentence, in_group, reason, text_of, to_group, zone_of
from bot.mail.letters import ConnectionFailing, ConnectionRecovered, NeedsPerson, Notice
from bot.mail.parts import Next
from bot.store import effects, resources
from bot.store.database import Tx
from bot.store.effects import Effect

AFFECTED_SHOWN = 10

TROUBLES = {
    "refused": (
        say("was refused"),
        say("Read what the vendor says, mend it there, and the rule asks again once it has changed."),
    ),
    "unconfirmed": (
        say("could not be confirmed"),
        say("Look at it at the vendor. Then say on its page what is true: it happened, try again, or never."),
    ),
    "guard": (
        say("was stopped by a guard"),
        say("Do it by hand at the vendor if it is right, or have the guards of the settings changed."),
    ),
    "unread": (
        say("cannot be read"),
        say("Look at the connection's page, and at the vendor's own status page."),
    ),
    "unexpected": (
        say("stopped on an error"),
        say("Look at it at the vendor, then say on its page what is true. What went wrong is in the log."),
    ),
    "differs": (
        say("went with other lines than were seen"),
        say(
            "Compare it at the vendor with what was meant. Its rule asks each time until it is signed off "
            "again."
        ),
    ),
    "not_done": (
        say("was not done"),
        say("Do it by hand at the vendor if it is to be done. payrunbot does it if its rule says yes again."),
    ),
    "at_most": (
        say("waits"),
        say("Do it by hand at the vendor if it cannot wait. It goes on by itself otherwise."),
    ),
}
"""For each trouble: how the mail's heading ends, and what to do."""


async def needs_person(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """A vendor action that a person must look at."""
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    key, round = effect.args["effect"]
    deed = await effects.get(tx, key, round)
    assert case is not None and deed is not None, "the effect of a planned mail is never deleted"
    action = bot.actions[deed.action]
    trouble, do = TROUBLES[str(effect.args["trouble"])]
    called = (
        say("payrunbot called the vendor and read it back.")
        if deed.calls
        else say("payrunbot did not call the vendor.")
    )
    letter = NeedsPerson(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(OPS), case=case),
        url=bot.link(case.path),
        title=case.title,
        verb=action.verb,
        connection=case.account.id,
        trouble=trouble,
        at=effect.planned_at,
        happened=joined((called, as_sentence(text_of(effect.args["why"]))), " "),
        vendor_said=deed.outcome.get("detail", ""),
        do=(do,),
        by=case.instant("bank deadline")
        if (case.instant("bank deadline") or bot.now()) > bot.now()
        else None,
        silence=say("payrunbot leaves it as it is"),
    )
    return to_group(bot, OPS, letter)


async def failing(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """One mail for the cause, with the runs that it holds up."""
    account = bot.accounts[effect.connection]
    runs = await resources.all_of(tx, account.id, kind_ends=".payrun")
    open_runs = [one for one in runs if one.snapshot.is_open]
    affected = []
    for run in open_runs:
        case = await load_case(bot, tx, run.id)
        deadline = next(iter(case.next_deadlines()), None) if case else None
        if case is not None and deadline is not None:
            what = say("{run}: {deadline}", run=case.title, deadline=lower(deadline.what))
            affected.append(Next(what, deadline.at))
    affected.sort(key=lambda one: _first_of(one.at, zone_of(bot)))
    last = effect.args.get("last_read_at")
    letter = ConnectionFailing(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(OPS), note=say("told once until it is over")),
        url=bot.link("/connections"),
        connection=account.id,
        vendor=account.connector.title,
        since=datetime.fromisoformat(str(effect.args["since"])),
        what=joined((account.connector.title, text_of(effect.args["what"])), " "),
        last_read_at=datetime.fromisoformat(last) if last else None,
        affected=tuple(affected[:AFFECTED_SHOWN]),
        runs=len(open_runs),
        needs=text_of(effect.args.get("needs") or ""),
    )
    return to_group(bot, OPS, letter)


def _first_of(at: datetime | date | str, zone: ZoneInfo) -> datetime:
    """A deadline as an instant, to sort by; a day begins it, and words come last."""
    if isinstance(at, datetime):
        return at
    return datetime.combine(at, time.min, zone) if isinstance(at, date) else datetime.max.replace(tzinfo=UTC)


async def recovered(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    account = bot.accounts[effect.connection]
    letter = ConnectionRecovered(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(OPS)),
        url=bot.link("/connections"),
        connection=account.id,
        vendor=account.connector.title,
        since=datetime.fromisoformat(str(effect.args["since"])),
        recovered_at=datetime.fromisoformat(str(effect.args["recovered_at"])),
    )
    return to_group(bot, OPS, letter)


async def notice(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """Something to be known once, by operations if nobody else: what, about what, and what to do."""
    group = str(effect.args.get("to") or OPS)
    group = group if group in bot.settings.groups else OPS
    letter = Notice(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(group), note=say("told once")),
        url=bot.link("/connections"),
        title=text_of(effect.args["title"]),
        connection=effect.connection,
        says=tuple(as_sentence(text_of(one)) for one in effect.args["says"]),
        rows=((say("About"), text_of(effect.args["about"])),),
        do=(text_of(effect.args["do"]),),
    )
    return to_group(bot, group, letter)


async def set_apart(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """A pay run that the bot keeps off, since something about it cannot be explained.

    No fact of it is worked out for the mail: one that fails may be why.
    """
    about = str(effect.args["about"])
    found, account = await resources.get(tx, effect.resource), bot.accounts.get(effect.connection)
    title = ref = about.partition(":")[2] or about
    url = "/"
    if found is not None and account is not None:
        title = title_of(account.kind(found.snapshot.kind), found.snapshot)
        ref = found.ref
        url = page_of(found.snapshot)
    letter = Notice(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(OPS), note=say("told once")),
        url=bot.link(url),
        title=say("Needs you: {title}", title=title),
        connection=effect.connection,
        says=(
            as_sentence(text_of(effect.args["why"])),
            say("payrunbot does nothing about it until somebody has looked at it. Everything else goes on."),
        ),
        rows=((say("About"), ref),),
        do=(
            say("Look at it at the vendor, and do by hand what cannot wait."),
            say("Then take it up again on its page, or with: payrunbot release {ref}", ref=ref),
        ),
    )
    return to_group(bot, OPS, letter)


async def undecided(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """A rule that has not been able to answer for too long."""
    found = await resources.get(tx, effect.resource)
    account = bot.accounts[effect.connection]
    title = title_of(account.kind(found.snapshot.kind), found.snapshot) if found else effect.resource
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    since = datetime.fromisoformat(str(effect.args["since"]))
    letter = Notice(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, in_group(OPS), case=case, note=say("told once")),
        url=bot.link(case.path if case else "/"),
        title=say("{title}: the rule cannot be answered", title=title),
        connection=account.id,
        says=(
            say(
                "Since {since} the rule has answered unknown. Unknown never acts.",
                since=words.moment(since, zone_of(bot)),
            ),
        ),
        rows=tuple((text_of(name), text_of(why)) for name, why in effect.args["unknown"]),
        do=(say("Look at it at the vendor, and do by hand what cannot wait."),),
    )
    return to_group(bot, OPS, letter)
