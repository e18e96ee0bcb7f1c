"""What happened to one pay run, in order: from its first reading to the last mail about it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from bot.core import words
from bot.core.resource import Snapshot
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.case import Case
from bot.mail.parts import NAMED, LineChange, line_changes
from bot.store import decisions, record
from bot.store.approvals import Approval
from bot.store.database import Tx
from bot.store.effects import Effect, State
from bot.store.mails import Mail, MailState
from bot.store.replays import FAILED, UNPARSED
from bot.web import reads
from bot.web.shapes import Event, Icon
from bot.web.wording import audit_says, closed_says, deed, state_of

MOST = 200
_ICONS: Mapping[str, Icon] = {"yes": "yes", "no": "no"}
_VERDICTS = {"watch": "it only watches", "ask": "a person is asked", "act": "it acts"}
_BY_PEOPLE = (
    *("held", "released", "muted", "unmuted"),
    *("settled as happened", "settled as again", "settled as never"),
)
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
    events = [Event(case.found.first_seen_at, "First seen", "open")]
    for before, after in pairwise(past):
        if before.snapshot.vendor_status != after.snapshot.vendor_status:
            what = f"{vendor} says: {after.snapshot.vendor_status or 'nothing of its status'}"
            events.append(Event(after.snapshot.observed_at, what, "open"))
        else:
            events += _changed(vendor, before.snapshot, after.snapshot, case.instant("input cut-off"))
    if case.found.gone_at is not None:
        events.append(Event(case.found.gone_at, f"Gone at {vendor}", "no", tone="wrn"))
    came = await reads.webhooks_about(
        tx,
        case.account.id,
        case.kind.name,
        case.snapshot.vendor_id,
        {one.correlation for one in past},
    )
    cut_off = case.instant("input cut-off")
    if cut_off is not None and case.found.first_seen_at <= cut_off <= case.now:
        events.append(Event(cut_off, "Input cut-off", "wait"))
    for one in came:
        times = f"delivered {one.deliveries} times" if one.deliveries > 1 else ""
        note = ", ".join(
            part
            for part in (
                times,
                "old signature" if one.signature == "stale" else "",
                "could not be read" if one.state == UNPARSED else "",
                "what it is about could not be read" if one.state == FAILED else "",
                f"number {one.id}" if one.state in (UNPARSED, FAILED) else "",
            )
            if part
        )
        events.append(Event(one.received_at, f"{vendor} sent {one.event}", "mail", note))
    return events


def _changed(vendor: str, before: Snapshot, after: Snapshot, cut_off: datetime | None) -> list[Event]:
    """What another reading found, line by line where both were read."""
    moved: tuple[LineChange, ...] = ()
    if before.lines is not None and after.lines is not None:
        moved = line_changes(before.lines, after.lines, joined="added", left="taken out")
    amount = after.money("net pay")
    if not moved and before.money("net pay") == amount:
        return []
    note = ", ".join(f"payee {one.payee} {one.note}" for one in moved[:NAMED])
    if len(moved) > NAMED:
        note += f" and {len(moved) - NAMED} more"
    if cut_off is not None and after.observed_at > cut_off and before.is_open is not False:
        what = f"Changed at {vendor} after the cut-off"
        return [Event(after.observed_at, what, "warn", note, "hot", "wrn", amount)]
    return [
        Event(after.observed_at, "Lines changed" if moved else "Net pay changed", "open", note, amount=amount)
    ]


async def _answers(tx: Tx, case: Case) -> list[Event]:
    """Each time a rule's answer was another than before; a first no says nothing."""
    last: dict[str, str] = {}
    events = []
    for row in await decisions.changes_of(tx, case.found.id):
        before, last[row.rule] = last.get(row.rule, "no"), row.answer
        if row.answer == before:
            continue
        what = f"{row.rule} answers {row.answer}"
        events.append(Event(row.at, what, _ICONS.get(row.answer, "unknown"), _VERDICTS.get(row.verdict, "")))
    return events


def _deeds(bot: Bot, case: Case, effect: Effect) -> Iterable[Event]:
    what, vendor = deed(bot, effect), case.account.connector.title
    if effect.sent_at is not None:
        yield Event(effect.sent_at, f"Sent to {vendor}: {what}", "done")
    state = state_of(bot, effect)
    is_bad = effect.state in (State.PARKED, State.REFUSED)
    said_already = effect.state in (State.VERIFIED, State.PLANNED) or effect.reason == state.word
    note = "" if said_already else effect.reason
    at = effect.planned_at if effect.state is State.PLANNED else effect.changed_at
    yield Event(
        at,
        f"{what[:1].upper()}{what[1:]}: {state.word}",
        state.icon,
        note,
        weight="hot" if effect.state is State.VERIFIED else "",
        tone="wrn" if is_bad else "",
    )


def _askings(bot: Bot, one: Approval) -> Iterable[Event]:
    was = asked_from_json(one.shown["asked"])
    people = ", ".join(one.shown["people"]) or "nobody, since no one may"
    until = words.moment(one.expires_at, bot.settings.timezone)
    yield Event(
        one.asked_at,
        f"Asked {'again ' if was.is_again else ''}{people}",
        "need",
        f"decide by {until}",
        weight="hot",
        tone="acc",
        amount=was.amount,
    )
    for answer in one.answers:
        verb = {"approve": "approved", "reject": "rejected"}.get(answer.answer, answer.answer)
        yield Event(answer.at, f"{answer.person} {verb}", "done", answer.comment, weight="hot")
    if one.closed_at is not None and not one.answers:
        yield Event(one.closed_at, closed_says(bot, one), "no")


def _mailed(mails: Sequence[Mail]) -> Iterable[Event]:
    """One line for one cause, however many it went to."""
    causes: dict[str, list[Mail]] = {}
    for one in mails:
        causes.setdefault(one.cause, []).append(one)
    for sent in causes.values():
        to = ", ".join(one.recipient for one in sent)
        accepted = all(one.state is MailState.ACCEPTED for one in sent)
        note = (
            f"to {to}" if accepted else f"to {to}: {', '.join(dict.fromkeys(said_of(one) for one in sent))}"
        )
        at = max(one.settled_at or one.created_at for one in sent)
        yield Event(at, f"Mailed: {sent[0].subject}", "mail", note)


def said_of(mail: Mail) -> str:
    """What became of one mail."""
    match mail.state:
        case MailState.ACCEPTED:
            return "accepted"
        case MailState.REFUSED:
            return f"refused: {mail.outcome}"
        case MailState.UNKNOWN:
            return "could not be confirmed"
        case MailState.MERGED:
            return "came in one mail with others"
        case _:
            return f"waiting: {mail.outcome}" if mail.outcome else "waiting"


async def _people(tx: Tx, case: Case) -> list[Event]:
    return [
        Event(line.at, f"{line.actor} {audit_says(line.what)} it", "wait", str(line.more.get("why", "")))
        for line in map(record.line_of, await record.of_resource(tx, case.found.id, at_most=MOST))
        if line.what in _BY_PEOPLE
    ]
