"""The API of changing a rule: its values, what a change comes to, proposing it, sending one back."""

from aiohttp import web

from bot.engine import edits
from bot.engine.bot import Bot
from bot.engine.edits import CannotWrite, Moved, NotEdited, Shown, Wanted
from bot.engine.may import NotAllowed
from bot.engine.send_back import send_back
from bot.web import replies
from bot.web.api_shapes import Empty, RuleEdit, RuleProposal, SendBack
from bot.web.console.rule_edit import answer_of, editable_of, label_of, place_of, proposed_says
from bot.web.deeds import refusals_as_answers
from bot.web.parts import PERSON, RELOAD, bot_of


async def rule_values(request: web.Request, _: Empty) -> replies.RuleValues:
    """Of each value its key, by which it is changed, and what stands in the file."""
    found = await editable_of(bot_of(request), request.match_info["rule"])
    return replies.RuleValues(
        rule=found.rule.id,
        file=found.file,
        file_name=found.rule.file,
        may_be_written=found.may_be_written,
        values=[
            replies.RuleValue(key=one.key, sort=one.sort.value, label=label_of(one), value=one.text)
            for one in found.values
        ],
    )


async def preview_rule(request: web.Request, body: RuleEdit) -> replies.RuleChange:
    bot, rule = bot_of(request), request.match_info["rule"]
    try:
        found = await edits.show(bot, request[PERSON], rule, _wanted(body))
    except (NotEdited, NotAllowed, Moved) as refused:
        raise answer_of(refused, rule) from None
    reach = await edits.reach_of(bot, found)
    return _change(bot, found, reach.wider, reach.narrower)


async def edit_rule(request: web.Request, body: RuleProposal) -> replies.RuleEdited:
    bot, rule = bot_of(request), request.match_info["rule"]
    try:
        version = await edits.propose(
            bot, request[PERSON], rule, _wanted(body), body.result, request.app[RELOAD]
        )
    except (NotEdited, NotAllowed, Moved, CannotWrite) as refused:
        raise answer_of(refused, rule) from None
    said = await proposed_says(bot, rule, version)
    return replies.RuleEdited(said=said, version=version.number if version else None)


async def send_rule_back(request: web.Request, body: SendBack) -> replies.Said:
    bot, rule = bot_of(request), request.match_info["rule"]
    with refusals_as_answers():
        said = await send_back(bot, request[PERSON], rule, number=body.version, why=body.reason)
    return replies.Said(said=said)


def _wanted(body: RuleEdit) -> Wanted:
    return Wanted(body.values, body.file, frozenset(one - 1 for one in body.tests))


def _change(bot: Bot, found: Shown, wider: str, narrower: str) -> replies.RuleChange:
    return replies.RuleChange(
        rule=found.new.id,
        file_name=found.new.file,
        file=found.file,
        result=found.result,
        values=[
            replies.RuleValueChange(key=one.key, label=place_of(one), value=one.text, proposed=now)
            for one, now in found.changed
        ],
        changes=[one.in_(bot.settings.language) for one in found.in_words],
        wider=wider,
        narrower=narrower,
        lines=[f"{mark} {line}" for mark, line in found.lines],
        tests=[
            replies.RuleTestChange(
                number=one.number + 1,
                given=dict(found.new.tests[one.number].given),
                expected=one.result.expected,
                got=one.result.got,
                changes=one.is_ticked,
            )
            for one in found.tests
        ],
    )
