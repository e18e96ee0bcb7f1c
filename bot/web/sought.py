"""What is looked for in a list: the fields of a filter, the same on pages and in the API.

A field that can mean nothing is refused by name: a list that quietly leaves a filter out
would show what was not asked for. A text that finds nothing is no mistake.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.core.money import NBSP
from bot.core.resource import split_reference
from bot.core.words import say
from bot.engine.bot import Bot
from bot.store import payruns
from bot.store.database import Tx
from bot.store.mails import FAILED, OPEN, MailState
from bot.store.payruns import Wanted
from bot.store.record import Sought
from bot.web.parts import Answer
from bot.web.wording import audit_stored

A_PAGE = 50
LONGEST = 200

PAYRUN_FIELDS = ("connection", "vendor", "status", "state", "paid_from", "paid_to", "needs", "q")
AUDIT_FIELDS = ("person", "what", "payrun", "rule", "since", "until")
MAIL_FIELDS = ("state", "q")

MAIL_STATES: Mapping[str, tuple[MailState, ...]] = {
    "sent": (MailState.ACCEPTED,),
    "waiting": OPEN,
    "failed": FAILED,
}
SOMEBODY = "somebody"

_PERIOD = re.compile(r"[12]\d{3}-(0\d|1[0-2])(-[0-3]\d)?")


def fields_of(query: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The fields of a filter that were filled in. Raises Answer 400 for one that can be none."""
    given = {name: query.get(name, "").replace(NBSP, " ").strip() for name in names}
    for name, value in given.items():
        if len(value) > LONGEST or not value.isprintable():
            raise wrong(name, say("it is at most {most} characters, on one line", most=LONGEST))
    return {name: value for name, value in given.items() if value}


def wrong(name: str, says: str) -> Answer:
    return Answer(
        400, say("That cannot be looked for"), (say("{field}: {problem}.", field=name, problem=says),)
    )


def _one_of(given: Mapping[str, str], name: str, known: Collection[str]) -> str:
    value = given.get(name, "")
    if value and value not in known:
        raise wrong(name, say("it is one of {known}", known=", ".join(known)))
    return value


def _day(given: Mapping[str, str], name: str) -> date | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise wrong(name, say("it is a day such as 2026-11-26")) from None
    if not 1970 < day.year < 9000:
        raise wrong(name, say("it is a day of this time"))
    return day


def vendors_of(bot: Bot) -> tuple[str, ...]:
    return tuple(dict.fromkeys(account.connector.vendor for account in bot.accounts.values()))


def statuses_of(bot: Bot) -> tuple[str, ...]:
    """Every status that a pay run of these vendors can have, in our words."""
    kinds = [kind for account in bot.accounts.values() for kind in account.connector.kinds.values()]
    known = {word for kind in kinds if kind.name.endswith(".payrun") for word in kind.fields["status"].words}
    return (*sorted(known), "unknown")


async def payruns_wanted(bot: Bot, tx: Tx, given: Mapping[str, str]) -> Wanted:
    """The pay runs that a filter is about. Raises Answer 400."""
    connection = _one_of(given, "connection", bot.accounts)
    vendor = _one_of(given, "vendor", vendors_of(bot))
    state = _one_of(given, "state", ("open", "closed"))
    needs = _one_of(given, "needs", (SOMEBODY,))
    among = [
        account.id
        for account in bot.accounts.values()
        if connection in ("", account.id) and vendor in ("", account.connector.vendor)
    ]
    only, ended = await payruns.need_somebody(tx) if needs else None, ""
    text = given.get("q", "")
    if text and _PERIOD.fullmatch(text):
        ended = text
    elif text:
        found = await payruns_named(bot, tx, text)
        only = found if only is None else only & found
    return Wanted(
        connections=among,
        status=_one_of(given, "status", statuses_of(bot)),
        is_open={"open": True, "closed": False}.get(state),
        paid_from=_day(given, "paid_from"),
        paid_to=_day(given, "paid_to"),
        ended=ended,
        only=only,
    )


async def payruns_named(bot: Bot, tx: Tx, text: str) -> frozenset[str]:
    """Ids of the pay runs that a reference, an id or its beginning, or an invoice names."""
    try:
        connection, vendor_id = split_reference(text)
    except ValueError:
        kinds = {
            account.id: [name for name in account.connector.kinds if name.endswith(".payrun")]
            for account in bot.accounts.values()
        }
        return await payruns.found_by(tx, text, kinds)
    return frozenset(await payruns.named(tx, vendor_id, [connection]))


async def audit_sought(bot: Bot, tx: Tx, given: Mapping[str, str]) -> Sought:
    """The lines of the record that a filter is about; days are those of the settings' zone."""
    since, until = _day(given, "since"), _day(given, "until")
    text = given.get("payrun", "")
    return Sought(
        actor=given.get("person", ""),
        what=audit_stored(given.get("what", "")),
        rule=given.get("rule", ""),
        resources=sorted(await payruns_named(bot, tx, text)) if text else None,
        since=_midnight(bot, since) if since else None,
        until=_midnight(bot, until + timedelta(days=1)) if until else None,
    )


def _midnight(bot: Bot, day: date) -> datetime:
    return datetime.combine(day, time.min, bot.settings.timezone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class MailsSought:
    """`about`, `recipient` and `subject` are what one text was taken for; at most one is given."""

    states: tuple[MailState, ...] = ()
    about: tuple[str, ...] | None = None
    recipient: str = ""
    subject: str = ""


async def mails_sought(bot: Bot, tx: Tx, given: Mapping[str, str]) -> MailsSought:
    """The mails that a filter is about: of a pay run, to a person or an address, or with a subject."""
    states = MAIL_STATES.get(_one_of(given, "state", MAIL_STATES), ())
    text = given.get("q", "")
    person = bot.settings.person(text) if text else None
    if person is not None:
        return MailsSought(states, recipient=person.mail)
    if "@" in text and " " not in text:
        return MailsSought(states, recipient=text)
    if text:
        found = await _exactly_named(bot, tx, text)
        return MailsSought(states, about=found) if found else MailsSought(states, subject=text)
    return MailsSought(states)


async def _exactly_named(bot: Bot, tx: Tx, text: str) -> tuple[str, ...]:
    try:
        connection, vendor_id = split_reference(text)
    except ValueError:
        return await payruns.named(tx, text, tuple(bot.accounts))
    return await payruns.named(tx, vendor_id, (connection,))
