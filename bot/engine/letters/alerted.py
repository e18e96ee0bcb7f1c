"""A plain alert: what its rule saw, what comes next and what the rule's advice is. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.answer import answer
from bot.core.condition import Answer, Claim, claims
from bot.core.resource import MISSING, Known, Missing, Type
from bot.core.rule import Rule
from bot.core.seen import seen
from bot.core.sentence import field_title
from bot.core.watched import is_payrun
from bot.core.words import joined, say
from bot.engine.case import Case
from bot.engine.letters import connection
from bot.engine.letters.measured import status
from bot.mail.lasting import Still
from bot.mail.letters import Notice
from bot.mail.parts import FEWEST_PEOPLE

Rows = tuple[tuple[str, str], ...]
_AMOUNTS = (Type.MONEY, Type.PERCENT)


def notice(
    case: Case,
    rule: Rule | None,
    common: Mapping[str, Any],
    *,
    over: bool = False,
    still: Still | None = None,
) -> Notice:
    """The mail of a rule whose alert names no template, or `notice`. `common` is what every letter has.

    Without its advice where the thing is over, and without anything of a rule that is gone.
    """
    what = rule.title if rule is not None else common["reason"].rule
    zone = common["zone"]
    title = joined((what, case.title))
    about = connection.rows_of(case, zone) if connection.is_connection(case) else None
    return Notice(
        **{**common, "title": say("Over: {title}", title=title) if over else title},
        says=(
            say("It is no longer so.") if over else say("payrunbot changes nothing by this; it only tells."),
        ),
        rows=about if about is not None else rows_of(case, None if over else rule, zone),
        do=(rule.advice,) if rule is not None and rule.advice and not over else (),
        still=still,
    )


def rows_of(case: Case, rule: Rule | None, zone: ZoneInfo) -> Rows:
    """`("Still open", "yes")`, `("Bank deadline", "Wed 18 Nov 18:00")`: each name once.

    First the lines of the rule that hold, then the deadlines ahead. Where fewer than three
    people are paid no amount is among them, and nothing that could name one.
    """
    found: dict[str, str] = {}
    for claim in claims(rule.when) if rule is not None else ():
        if (said := _said(case, claim, zone)) is not None:
            found.setdefault(field_title(claim.field.name), said)
    for one in case.next_deadlines():
        found.setdefault(one.what, _at(one.at, zone))
    return tuple(found.items())


def _said(case: Case, claim: Claim, zone: ZoneInfo) -> str | None:
    """The value behind one line; None where the line does not hold, or must not be shown."""
    calendar, now = case.facts.calendar, case.now
    if answer(claim, case.facts.values, calendar, now).answer is not Answer.YES or claim.field.name == "now":
        return None
    value = case.value(claim.field.name) or MISSING
    if is_payrun(case.kind.name) and (case.people or 0) < FEWEST_PEOPLE:
        if claim.field.type in _AMOUNTS:
            return None
        value = replace(value, detail=()) if isinstance(value, Known) else value
    if isinstance(value, Known) and isinstance(value.value, date):
        return _at(value.value, zone)
    match value:
        case Known(bool() as flag, ()):
            return say("yes") if flag else say("no")
        case Known(str() as word, ()) if claim.field.type is Type.STATUS:
            return status(word)
        case Missing():
            return say("none")
    return seen(value, calendar, now)


def _at(at: datetime | date | str, zone: ZoneInfo) -> str:
    if isinstance(at, str):
        return at
    return words.moment(at, zone) if isinstance(at, datetime) else words.day(at)
