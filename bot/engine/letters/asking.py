"""The question, and that it no longer stands."""

from bot.core import words
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.case import load_case
from bot.engine.letters.parts import Addressed, as_sentence, reason, to_people, zone_of
from bot.mail.letters import ApprovalAsked, ApprovalWithdrawn
from bot.settings import Person
from bot.store import approvals
from bot.store.approvals import Approval, ApprovalState
from bot.store.database import Tx
from bot.store.effects import Effect


async def asked(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To everybody who may approve it. Nobody, once it has been answered or withdrawn."""
    approval = await _approval(tx, effect)
    if approval.state is not ApprovalState.OPEN:
        return []
    question = asked_from_json(approval.shown["asked"])
    zone = zone_of(bot)
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    letter = ApprovalAsked(
        made_at=bot.now(),
        zone=zone,
        reason=await reason(
            bot,
            tx,
            effect,
            f"you may approve for {effect.connection}",
            case=case,
            note=f"asked at {words.clock(approval.asked_at, zone)}",
        ),
        url=bot.link(f"/approvals/{approval.id}"),
        ask=question,
    )
    return to_people(_people(bot, approval), letter, thread=approval.effect_key)


async def withdrawn(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To everybody who was asked, in the same thread."""
    approval = await _approval(tx, effect)
    question = asked_from_json(approval.shown["asked"])
    zone = zone_of(bot)
    case = await load_case(bot, tx, effect.resource, rule=effect.rule)
    answers = [f"{one.person} had answered at {words.clock(one.at, zone)}" for one in approval.answers]
    counts = approval.state is not ApprovalState.REJECTED and answers
    letter = ApprovalWithdrawn(
        made_at=bot.now(),
        zone=zone,
        reason=await reason(bot, tx, effect, "you were asked to approve it", case=case),
        url=bot.link(case.path if case else "/approvals"),
        title=question.title,
        verb=question.verb,
        asked_at=approval.asked_at,
        withdrawn_at=approval.closed_at or bot.now(),
        why=as_sentence(str(effect.args["why"])),
        next=_next(approval, bool(effect.args["expired"])),
        answered=f"{'; '.join(answers)}; that no longer counts." if counts else "",
    )
    return to_people(_people(bot, approval), letter, thread=approval.effect_key)


async def _approval(tx: Tx, effect: Effect) -> Approval:
    approval = await approvals.get(tx, str(effect.args["approval"]))
    assert approval is not None, "an asking is never deleted while its mail waits"
    return approval


def _people(bot: Bot, approval: Approval) -> list[Person]:
    return [one for id in approval.shown["people"] if (one := bot.settings.person(id)) is not None]


def _next(approval: Approval, expired: bool) -> str:
    if approval.state is ApprovalState.REJECTED:
        return "It is not asked again unless it changes."
    if expired:
        return "payrunbot does nothing with it now. Do it by hand where it is still needed."
    return "If the rule says yes again you are asked anew, and shown what is different."
