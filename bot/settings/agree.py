"""What must hold between settings that are each right by themselves.

Each check answers the problems it found as (path of the setting, sentence). A part
that could not be read is None, and its checks wait until it can.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.core.money import Money
from bot.settings.models import GuardLimits, Mail, Person
from bot.settings.values import close_to, mail_address, name

Found = Iterator[tuple[tuple[str | int, ...], str]]


def people(everybody: Sequence[Person]) -> Found:
    by_id = {person.id: person for person in everybody}
    for number, person in enumerate(everybody):
        earlier = everybody[:number]
        if any(person.id == one.id for one in earlier):
            yield ("people", number, "id"), f"people.{person.id} is there twice: an id names one person"
        if any(person.mail.lower() == one.mail.lower() for one in earlier):
            yield ("people", number, "mail"), f"people.{person.id}.mail is another person's, too"
        if person.up_to is not None and not person.is_approver:
            yield ("people", number, "up_to"), f"people.{person.id}.up_to needs the role approver"
        if person.substitute_for is not None:
            stand_in = by_id.get(person.substitute_for)
            where = ("people", number, "substitute_for")
            if stand_in is None:
                near = close_to(person.substitute_for, by_id)
                yield where, f"people.{person.id}.substitute_for names nobody in people.{near}"
            elif stand_in is person or not (stand_in.is_approver and person.is_approver):
                yield where, f"people.{person.id}.substitute_for needs two different approvers"
    if not any(person.is_approver for person in everybody):
        yield ("people",), "people has no approver: give at least one person the role approver"


def groups(every: Mapping[str, Sequence[str]], everybody: Sequence[Person] | None) -> Found:
    ids = None if everybody is None else [person.id for person in everybody]
    if "ops" not in every:
        yield ("groups",), "groups.ops is missing: it is who is told when something does not work"
    for group, members in every.items():
        try:
            name(group)
        except ValueError as error:
            yield ("groups", group), f"groups: {error}"
        if not members:
            yield ("groups", group), f"groups.{group} is empty: write at least one member"
        for number, member in enumerate(members):
            where = ("groups", group, number)
            if "@" in member:
                try:
                    mail_address(member)
                except ValueError as error:
                    yield where, f"groups.{group}: {error}"
            elif ids is not None and member not in ids:
                near = close_to(member, ids)
                yield where, f"groups.{group}: {member} is neither a mail address nor in people.{near}"


def targets(named: Iterable[str]) -> Found:
    for target in named:
        try:
            name(target)
        except ValueError as error:
            yield ("webhook_targets", target), f"webhook_targets: {error}"


def mail(settings: Mail) -> Found:
    if settings.smtp.user and settings.password is None:
        yield ("mail", "smtp"), f"mail.password is missing: {settings.smtp.user} is to log in with it"
    if settings.password is not None and not settings.smtp.user:
        yield ("mail", "password"), "mail.smtp names no user for mail.password: write smtp://user@host"
    if settings.ca is not None:
        try:
            ssl.create_default_context(cafile=str(settings.ca))
        except OSError as error:
            yield (
                ("mail", "ca"),
                f"mail.ca: {settings.ca} holds no certificate to read: {error.strerror or error}",
            )


def tighter(own: GuardLimits, default: GuardLimits, path: tuple[str | int, ...], title: str) -> Found:
    """A connection may ask for more care than the default guards, never for less."""
    for limit in ("per_action", "per_day"):
        mine: Mapping[str, Money] = getattr(own, limit)
        theirs: Mapping[str, Money] = getattr(default, limit)
        for currency, amount in mine.items():
            if currency not in theirs:
                # Without a guard an action is refused, so a new currency would loosen.
                if limit == "per_action":
                    yield (
                        (*path, limit, currency),
                        (f"{title}.{limit}.{currency} has no default to be tighter than: add it to guards"),
                    )
            elif theirs[currency] < amount:
                yield (
                    (*path, limit, currency),
                    (
                        f"{title}.{limit}.{currency} is {amount.plain()}, looser than the default "
                        f"{theirs[currency].plain()}: a connection may only be tighter"
                    ),
                )
    mine_pc, theirs_pc = own.change_from_median, default.change_from_median
    if mine_pc is not None and theirs_pc is not None and mine_pc > theirs_pc:
        yield (
            (*path, "change_from_median"),
            (
                f"{title}.change_from_median is {mine_pc} %, looser than the default {theirs_pc} %: "
                "a connection may only be tighter"
            ),
        )


def merged(own: GuardLimits, default: GuardLimits) -> GuardLimits:
    return GuardLimits(
        per_action={**default.per_action, **own.per_action},
        per_day={**default.per_day, **own.per_day},
        change_from_median=(
            default.change_from_median if own.change_from_median is None else own.change_from_median
        ),
    )
