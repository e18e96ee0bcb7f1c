"""What happened to one pay run, in order: from its first reading to the last mail about it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from bot.core import words
from bot.core.resource import Snapshot
from bot.core.words import joined, say, upper
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.case import Case
from bot.mail.parts import NAMED, LineChange, line_changes
from bot.store import decisions, record
from bot.store.approvals import Approval, Given
from bot.store.database import Tx
from bot.store.effects import Effect, State
from bot.store.mails import Mail, MailState
from bot.store.replays import FAILED, UNPARSED
from bot.web import reads
from bot.web.shapes import Event, Icon
from bot.web.wording import closed_says, deed, state_of

MOST = 200
_ICONS: Mapping[str, Icon] = {"yes": "yes", "no": "no"}
_ANSWERS = {"yes": say("yes"), "no": say("no"), "unknown": say("unknown")}
_VERDICTS = {"watch": say("it only watches"), "ask": say("a person is asked"), "act": say("it acts")}
_BY_PEOPLE = {
    "held": say("held it"),
    "released": say("released it"),
    "muted": say("muted it"),
    "unmuted": say("unmuted it"),
    "settled as happened": say("says that it happened"),
    "settled as again": say("says to try again"),
    "settled as never": say("says that it is not to be done"),
}
"""Audit lines that nothing else on the page tells."""


async def timeline(
    bot: Bot, tx: Tx, case: Case, done: Sequence[Effect], asked: Sequence[Approval], mails: Sequence[Mail]
) -> tuple[Event, ...]:
    """Everything that is kept of it, oldest first; at one instant, cause before consequence."""
    events = [
        *await _readings(tx, case),
        *await _answers(tx, case),
        *(event for one in asked for event in _askings(bot, one)),
        *(event for effect in done if effect.is_vendor for event in _deeds(bot, case, effect)),
        *_mailed(mails),
        *await _people(tx, case),
    ]
    return tuple(sorted(events, key=lambda event: event.at)[-MOST:])


async def _readings(tx: Tx, case: Case) -> list[Event]:
    vendor = case.account.connector.title
    past = await reads.history_of(tx, case.found.id)
    events = [Event(case.found.first_seen_at, say("First seen"), "open")]
    for before, after in pairwise(past):
        if before.snapshot.vendor_status != after.snapshot.vendor_status:
            status = after.snapshot.vendor_status or say("nothing of its status")
            what = say("{vendor} says: {status}", vendor=vendor, status=status)
            events.append(Event(after.snapshot.observed_at, what, "open"))
        else:
            events += _changed(vendor, before.snapshot, after.snapshot, case.instant("input cut-off"))
    if case.found.gone_at is not None:
        events.append(Event(case.found.gone_at, say("Gone at {vendor}", vendor=vendor), "no", tone="wrn"))
    came = await reads.webhooks_about(
        tx,
        case.account.id,
        case.kind.name,
        case.snapshot.vendor_id,
        {one.correlation for one in past},
    )
    cut_off = case.instant("input cut-off")
    if cut_off is not None and case.found.first_seen_at <= cut_off <= case.now:
        events.append(Event(cut_off, say("Input cut-off"), "wait"))
    for one in came:
        what = say("{vendor} sent {event}", vendor=vendor, event=one.event)
        events.append(Event(one.received_at, what, "mail", joined(_of_delivery(one))))
    return events


def _of_delivery(one: reads.Delivery) -> Iterable[str]:
    """What was unusual about a webhook."""
    if one.deliveries > 1:
        yield say("delivered {count} times", count=one.deliveries)
    if one.signature == "stale":
        yield say("old signature")
    if one.state == UNPARSED:
        yield say("could not be read")
    if one.state == FAILED:
        yield say("what it is about could not be read")
    if one.state in (UNPARSED, FAILED):
        yield say("number {number}", number=one.id)


def _changed(vendor: str, before: Snapshot, after: Snapshot, cut_off: datetime | None) -> list[Event]:
    """What another reading found, line by line where both were read."""
    moved: tuple[LineChange, ...] = ()
    if before.lines is not None and after.lines is not None:
        moved = line_changes(before.lines, after.lines, joined=say("added"), left=say("taken out"))
    amount = after.money("net pay")
    if not moved and before.money("net pay") == amount:
        return []
    note = joined([say("payee {payee} {note}", payee=one.payee, note=one.note) for one in moved[:NAMED]])
    if len(moved) > NAMED:
        note = say("{some} and {count} more", some=note, count=len(moved) - NAMED)
    if cut_off is not None and after.observed_at > cut_off and before.is_open is not False:
        what = say("Changed at {vendor} after the cut-off", vendor=vendor)
        return [Event(after.observed_at, what, "warn", note, "hot", "wrn", amount)]
    what = say("Lines changed") if moved else say("Net pay changed")
    return [Event(after.observed_at, what, "open", note, amount=amount)]


async def _answers(tx: Tx, case: Case) -> list[Event]:
    """Each time a rule's answer was another than before; a first no says nothing."""
    last: dict[str, str] = {}
    events = []
    for row in await decisions.changes_of(tx, case.found.id):
        before, last[row.rule] = last.get(row.rule, "no"), row.answer
        if row.answer == before:
            continue
        answer = _ANSWERS.get(row.answer, row.answer)
        what = say("{rule} answers {answer}", rule=row.rule, answer=answer)
        events.append(Event(row.at, what, _ICONS.get(row.answer, "unknown"), _VERDICTS.get(row.verdict, "")))
    return events


def _deeds(bot: Bot, case: Case, effect: Effect) -> Iterable[Event]:
    what, vendor = deed(bot, effect), case.account.connector.title
    if effect.sent_at is not None:
        yield Event(effect.sent_at, say("Sent to {vendor}: {what}", vendor=vendor, what=what), "done")
    state = state_of(bot, effect)
    is_bad = effect.state in (State.PARKED, State.REFUSED)
    said_already = effect.state in (State.VERIFIED, State.PLANNED) or effect.reason == state.word
    note = "" if said_already else effect.reason
    at = effect.planned_at if effect.state is State.PLANNED else effect.changed_at
    yield Event(
        at,
        say("{what}: {state}", what=upper(what), state=state.word),
        state.icon,
        note,
        weight="hot" if effect.state is State.VERIFIED else "",
        tone="wrn" if is_bad else "",
    )


def _askings(bot: Bot, one: Approval) -> Iterable[Event]:
    was = asked_from_json(one.shown["asked"])
    people = ", ".join(one.shown["people"]) or say("nobody, since no one may")
    until = words.moment(one.expires_at, bot.settings.timezone)
    yield Event(
        one.asked_at,
        say("Asked again {people}", people=people) if was.is_again else say("Asked {people}", people=people),
        "need",
        say("decide by {when}", when=until),
        weight="hot",
        tone="acc",
        amount=was.amount,
    )
    for answer in one.answers:
        yield Event(answer.at, _answered(answer), "done", answer.comment, weight="hot")
    if one.closed_at is not None and not one.answers:
        yield Event(one.closed_at, closed_says(bot, one), "no")


def _answered(one: Given) -> str:
    match one.answer:
        case "approve":
            return say("{person} approved", person=one.person)
        case "reject":
            return say("{person} rejected", person=one.person)
        case _:
            return f"{one.person} {one.answer}"


def _mailed(mails: Sequence[Mail]) -> Iterable[Event]:
    """One line for one cause, however many it went to."""
    causes: dict[str, list[Mail]] = {}
    for one in mails:
        causes.setdefault(one.cause, []).append(one)
    for sent in causes.values():
        to = ", ".join(one.recipient for one in sent)
        accepted = all(one.state is MailState.ACCEPTED for one in sent)
        note = say("to {people}", people=to)
        if not accepted:
            outcomes = joined(dict.fromkeys(said_of(one) for one in sent))
            note = say("to {people}: {outcomes}", people=to, outcomes=outcomes)
        at = max(one.settled_at or one.created_at for one in sent)
        yield Event(at, say("Mailed: {subject}", subject=sent[0].subject), "mail", note)


def said_of(mail: Mail) -> str:
    """What became of one mail."""
    match mail.state:
        case MailState.ACCEPTED:
            return say("accepted")
        case MailState.REFUSED:
            return say("refused: {why}", why=mail.outcome)
        case MailState.UNKNOWN:
            return say("could not be confirmed")
        case MailState.MERGED:
            return say("came in one mail with others")
        case _:
            return say("waiting: {why}", why=mail.outcome) if mail.outcome else say("waiting")


async def _people(tx: Tx, case: Case) -> list[Event]:
    return [
        Event(
            line.at, joined((line.actor, _BY_PEOPLE[line.what]), " "), "wait", str(line.more.get("why", ""))
        )
        for line in map(record.line_of, await record.of_resource(tx, case.found.id, at_most=MOST))
        if line.what in _BY_PEOPLE
    ]
