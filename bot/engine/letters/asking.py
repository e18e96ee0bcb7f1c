"""The question, and that it no longer stands."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.words import joined, say
from bot.engine.ask import asked_from_json
from bot.engine.away import back_on, stand_ins, who_instead
from bot.engine.bot import Bot
from bot.engine.case import load_case
from bot.engine.clean import TOGETHER, is_told_in_a_list, together_with, told_at
from bot.engine.letters.parts import Addressed, as_sentence, reason, text_of, to_people, zone_of
from bot.engine.may import Deed, asked_about, may_do
from bot.mail.asked_list import ApprovalsListed, ListedAsk
from bot.mail.letters import ApprovalAsked, ApprovalWithdrawn
from bot.mail.parts import Reason
from bot.settings import Person
from bot.store import approvals, away
from bot.store.approvals import Approval, ApprovalState
from bot.store.away import Absence
from bot.store.database import Tx
from bot.store.effects import Effect


async def asked(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To everybody who may approve it. Nobody, once it has been answered or withdrawn.

    Whoever stands in for one of them who is away, and may approve it, gets it as well. Who is asked about
    several clean ones at once gets one mail of them, with the first.
    """
    approval = await _approval(tx, effect)
    gone = await away.now_away(tx, bot.now())
    letters, singly = await _in_lists(bot, tx, approval, gone)
    if approval.state is not ApprovalState.OPEN:
        return letters
    letter = await _question(bot, tx, effect, approval, gone)
    away_of = [gone[one.id] for one in singly if one.id in gone]
    told = [*letters, *_to_each(bot, approval, letter, singly, away_of)]
    return list({one.to: one for one in reversed(told)}.values())[::-1]


async def _in_lists(
    bot: Bot, tx: Tx, approval: Approval, gone: Mapping[str, Absence]
) -> tuple[list[Addressed], list[Person]]:
    """The lists that go with this one, and those who are told of it by itself."""
    people = _people(bot, approval)
    if not is_told_in_a_list(bot.settings, approval.shown, approval.asked_at, approval.expires_at):
        return [], people
    around = await approvals.asked_between(
        tx, told_at(approval.asked_at) - TOGETHER, told_at(approval.asked_at)
    )
    letters: list[Addressed] = []
    singly = []
    for person in people:
        together = together_with(bot.settings, approval, person.id, around)
        if len(together) < 2:
            singly.append(person)
        elif together[0].id == approval.id:
            waiting = [one for one in together if one.state is ApprovalState.OPEN]
            letters += _listed(bot, person, waiting, gone)
    return letters, singly


def _listed(
    bot: Bot, person: Person, waiting: Sequence[Approval], gone: Mapping[str, Absence]
) -> list[Addressed]:
    """One mail of all these, to this person, and to who stands in for them while they are away."""
    if not waiting:
        return []
    zone, path = zone_of(bot), "/approvals/list"
    because: str = say("you may approve these")
    day = min(one.asked_at for one in waiting).astimezone(zone).date()
    told = []
    asked_all = list(dict.fromkeys(id for one in waiting for id in one.shown["people"]))
    absent = gone.get(person.id)
    for to, theirs in _with_stand_ins(bot, person, waiting, absent):
        if absent is not None and to is not person:
            because = _stands_in(absent, zone)
        letter = ApprovalsListed(
            made_at=bot.now(),
            zone=zone,
            reason=Reason(because, bot.link(path)),
            url=bot.link(path),
            day=day,
            decide_by=min(one.expires_at for one in theirs),
            asks=tuple(
                ListedAsk.of(asked_from_json(one.shown["asked"]), bot.link(f"/approvals/{one.id}"))
                for one in sorted(theirs, key=lambda asked: (asked.expires_at, asked.id))
            ),
            away=who_instead(asked_all, gone, zone),
        )
        told += to_people([to], letter, thread=f"list:{waiting[0].id}")
    return told


def _with_stand_ins(
    bot: Bot, person: Person, waiting: Sequence[Approval], absent: Absence | None
) -> list[tuple[Person, Sequence[Approval]]]:
    """Who gets the list of what waits for this person, each with what they may approve of it."""
    told: list[tuple[Person, Sequence[Approval]]] = [(person, waiting)]
    for to in stand_ins(bot.settings, person.id) if absent is not None else ():
        theirs = [one for one in waiting if _may_approve(bot, to, one)]
        told += [(to, theirs)] if theirs else []
    return told


def _may_approve(bot: Bot, person: Person, approval: Approval) -> bool:
    return may_do(bot.settings, person, Deed.APPROVE, asked_about(bot, approval))


async def reminded(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """The same question once more, to whoever was asked, has not answered, and is there."""
    approval = await _approval(tx, effect)
    if approval.state is not ApprovalState.OPEN or bot.now() >= approval.expires_at:
        return []
    gone = await away.now_away(tx, bot.now())
    letter = await _question(bot, tx, effect, approval, gone)
    waiting = [one for one in _people(bot, approval) if one.id not in approval.approved_by]
    there = [one for one in waiting if one.id not in gone]
    letter = replace(letter, reminder=_reminder(bot, approval))
    return _to_each(bot, approval, letter, there, [gone[one.id] for one in waiting if one.id in gone])


def _reminder(bot: Bot, approval: Approval) -> str:
    when = words.moment(approval.asked_at, zone_of(bot))
    if approval.approved_by:
        who = joined(approval.approved_by, say(" and "))
        return say("{who} approved it, and it needs another person: asked {when}.", who=who, when=when)
    return say("Nobody has answered since it was asked {when}.", when=when)


def _stands_in(one: Absence, zone: ZoneInfo) -> str:
    until = back_on(one.until, zone)
    return say("you stand in for {person}, who is away until {until}", person=one.person, until=until)


async def _question(
    bot: Bot, tx: Tx, effect: Effect, approval: Approval, gone: Mapping[str, Absence]
) -> ApprovalAsked:
    zone = zone_of(bot)
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    return ApprovalAsked(
        made_at=bot.now(),
        zone=zone,
        reason=await reason(
            bot,
            tx,
            effect,
            say("you may approve for {connection}", connection=effect.connection),
            case=case,
            note=say("asked at {clock}", clock=words.clock(approval.asked_at, zone)),
        ),
        url=bot.link(f"/approvals/{approval.id}"),
        ask=asked_from_json(approval.shown["asked"]),
        away=who_instead(approval.shown["people"], gone, zone),
    )


def _to_each(
    bot: Bot, approval: Approval, letter: ApprovalAsked, people: Sequence[Person], gone: Sequence[Absence]
) -> list[Addressed]:
    """To these people, and with a reason of their own to those who stand in for who is away.

    Nobody is asked what they may not answer: by their limit, by the rule, or since they
    proposed it or have answered.
    """
    thread = approval.effect_key
    told = [one for person in people for one in _to_one(person, letter, thread)]
    for one in gone:
        theirs = replace(letter, reason=replace(letter.reason, because=_stands_in(one, letter.zone)))
        told += [
            to
            for person in stand_ins(bot.settings, one.person)
            if _may_approve(bot, person, approval)
            for to in _to_one(person, theirs, thread)
        ]
    return list({one.to: one for one in reversed(told)}.values())[::-1]


def _to_one(person: Person, letter: ApprovalAsked, thread: str) -> list[Addressed]:
    return to_people([person], replace(letter, ask=letter.ask.to(person.id)), thread=thread)


async def withdrawn(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To everybody who was asked, in the same thread."""
    approval = await _approval(tx, effect)
    question = asked_from_json(approval.shown["asked"])
    zone = zone_of(bot)
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    answers = [
        say("{person} had answered at {clock}", person=one.person, clock=words.clock(one.at, zone))
        for one in approval.answers
    ]
    counts = approval.state is not ApprovalState.REJECTED and answers
    letter = ApprovalWithdrawn(
        made_at=bot.now(),
        zone=zone,
        reason=await reason(bot, tx, effect, say("you were asked to approve it"), case=case),
        url=bot.link(case.path if case else "/approvals"),
        title=question.title,
        verb=question.verb,
        asked_at=approval.asked_at,
        withdrawn_at=approval.closed_at or bot.now(),
        why=as_sentence(text_of(effect.args["why"])),
        next=_next(approval, question.if_rejected, bool(effect.args["expired"])),
        answered=say("{answers}; that no longer counts.", answers=joined(answers, "; ")) if counts else "",
    )
    return to_people(_people(bot, approval), letter, thread=approval.effect_key)


async def _approval(tx: Tx, effect: Effect) -> Approval:
    approval = await approvals.get(tx, str(effect.args["approval"]))
    assert approval is not None, "an asking is never deleted while its mail waits"
    return approval


def _people(bot: Bot, approval: Approval) -> list[Person]:
    return [one for id in approval.shown["people"] if (one := bot.settings.person(id)) is not None]


def _next(approval: Approval, if_rejected: str, expired: bool) -> str:
    if approval.state is ApprovalState.REJECTED:
        return if_rejected or say("It is not asked again unless it changes.")
    if expired:
        return say("payrunbot does nothing with it now. Do it by hand where it is still needed.")
    return say("If the rule says yes again you are asked anew, and shown what is different.")
