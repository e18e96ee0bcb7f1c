"""Values of a rule in fields: shown as what they would come to, then written and proposed.

A form carries what was typed and the fingerprints of the file it was made of and of the
text that was shown; never the text, and never a path.
"""

from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from bot.backtest.inforce import InForce
from bot.core.rule import Mode
from bot.core.words import joined, say, told_by
from bot.engine import edits
from bot.engine.bot import Bot
from bot.engine.edits import CannotWrite, Editable, Moved, NotEdited, NotThere, Reach, Shown, Wanted
from bot.engine.may import Deed, NotAllowed, check
from bot.engine.read_back import sentence_of
from bot.rulebook.calendars import stored_calendars
from bot.rulebook.edit import Sort, Value, can_write
from bot.rulebook.edit.sorts import EXAMPLES
from bot.store.rules import Version
from bot.web.console.rule import MONTH
from bot.web.console.rule_checks import row_of
from bot.web.console.rule_trial import trial_of
from bot.web.desk import done, frame_of, shown
from bot.web.forms import Fields, first, forms_for, posted
from bot.web.parts import PERSON, RELOAD, Answer, bot_of
from bot.web.rule_views import RuleChange, RuleEdit, ValueField
from bot.web.standing import Standing, standing_of, until_then, who_signs

FIELD = "v:"
_LABELS = {
    "mode": say("Mode"),
    "limits.ask_above": say("A person is asked above"),
    "limits.two_people_above": say("Two people are asked above"),
    "limits.at_most": say("Done at most"),
    "every": say("Asked at"),
    "every.cron": say("Asked at, as a cron line"),
    "wait": say("Told after waiting for"),
    "remind": say("Told again"),
    "escalate.after": say("Passed on after"),
    "expect.least": say("At least so many come"),
    "expect.by": say("They come by"),
}
_HINTS = {
    Sort.AMOUNT: say("Amount, such as {example}", example=EXAMPLES[Sort.AMOUNT]),
    Sort.COUNT: say("Count, such as {example}", example=EXAMPLES[Sort.COUNT]),
    Sort.PERCENT: say("Percentage, such as {example}", example=EXAMPLES[Sort.PERCENT]),
    Sort.LENGTH: say("Length of time, such as {example}", example=EXAMPLES[Sort.LENGTH]),
    Sort.TIMES: say("Set times, such as {example}", example=EXAMPLES[Sort.TIMES]),
    Sort.CRON: say("Cron line, such as {example}", example=EXAMPLES[Sort.CRON]),
    Sort.MOMENT: say("Moment, such as {example}", example=EXAMPLES[Sort.MOMENT]),
    Sort.DAY: say("Day, such as {example}", example=EXAMPLES[Sort.DAY]),
    Sort.OFTEN: say("How often, such as {example}", example=EXAMPLES[Sort.OFTEN]),
    Sort.MODE: say("How far it may go: off, watch, ask, act."),
}
_MOVED = Answer(
    409,
    say("Nothing was changed: somebody changed the file meanwhile"),
    (say("What you were shown was made of the file as it was before."),),
)


async def form(request: web.Request) -> web.Response:
    """The fields, as the file has the values now."""
    bot, rule = bot_of(request), request.match_info["rule"]
    _check_may(request)
    return await _fields(request, bot, await editable_of(bot, rule))


async def preview(request: web.Request) -> web.Response:
    """What the change comes to, or the fields again with what is wrong."""
    fields = await posted(request)
    bot, rule, wanted = bot_of(request), request.match_info["rule"], wanted_of(fields)
    try:
        found = await edits.show(bot, request[PERSON], rule, wanted)
    except NotEdited as wrong:
        return await _fields(request, bot, await editable_of(bot, rule), typed=wanted.values, wrong=wrong)
    except (NotAllowed, Moved) as refused:
        raise answer_of(refused, rule) from None
    return await _change(request, bot, found, wanted, await edits.reach_of(bot, found))


async def propose(request: web.Request) -> web.Response:
    """Write what was shown, and propose it."""
    fields = await posted(request)
    bot, rule = bot_of(request), request.match_info["rule"]
    try:
        version = await edits.propose(
            bot, request[PERSON], rule, wanted_of(fields), first(fields, "result"), request.app[RELOAD]
        )
    except (NotEdited, NotAllowed, Moved, CannotWrite) as refused:
        raise answer_of(refused, rule) from None
    return done(request, f"/rules/{rule}", await proposed_says(bot, rule, version))


async def proposed_says(bot: Bot, rule: str, version: Version | None) -> str:
    """What has become of a change that was written."""
    async with bot.db.read() as tx:
        standing: Standing | None = await standing_of(bot, tx, rule)
    waiting = standing.waiting if standing else None
    if version is None:
        return say("The file was changed, but it is refused: see the problems on the page of rules.")
    if standing is None or waiting is None or waiting.hash != version.hash:
        return say(
            "The file was changed. It is version {version}, which was signed off before and runs.",
            version=version.number,
        )
    proposed = say("You proposed version {version}.", version=version.number)
    told = (proposed, who_signs(bot, waiting), until_then(standing))
    return joined([one for one in told if one], " ")


def wanted_of(fields: Fields) -> Wanted:
    """What a form says. What is no number of a test is none."""
    values = {name.removeprefix(FIELD): said[-1] for name, said in fields.items() if name.startswith(FIELD)}
    tests = {int(one) for one in fields.get("test", ()) if one.isascii() and one.isdecimal() and len(one) < 6}
    return Wanted(values, first(fields, "file"), frozenset(tests))


def answer_of(refused: Exception, rule: str) -> Answer:
    """A refusal of the engine as an answer, for pages and for the API."""
    url, back = f"/rules/{quote(rule, safe='')}/edit", say("To its values as they are now")
    nothing = say("Nothing was changed")
    match refused:
        case NotAllowed():
            return Answer(
                403,
                say("Nothing was changed: you may not"),
                (told_by(refused),),
                say("To the rule"),
                f"/rules/{rule}",
            )
        case Moved():
            return Answer(409, _MOVED.title, _MOVED.says, back, url)
        case CannotWrite():
            why = say("The rule files cannot be changed from here: {why}", why=told_by(refused))
            return Answer(409, nothing, (why, say("Hand the change to operations.")), back, url)
        case NotThere():
            no_values = say("There are no values to change")
            return Answer(404, no_values, (refused.says,), say("To the rules"), "/rules")
        case NotEdited():
            wrong = [
                say("{value}: {problem}", value=key, problem=said) for key, said in refused.wrong.items()
            ]
            says = tuple(wrong or refused.says.splitlines())
            return Answer(409, nothing, says, back, url)
        case _:
            raise refused


def _check_may(request: web.Request) -> None:
    try:
        check(bot_of(request).settings, request[PERSON], Deed.PROPOSE)
    except NotAllowed as refused:
        raise answer_of(refused, request.match_info["rule"]) from None


async def editable_of(bot: Bot, rule: str) -> Editable:
    """The values of a rule. Raises Answer 404 where there are none to change."""
    found = await edits.editable(bot, rule)
    if found is None:
        raise Answer(
            404,
            say("There are no values to change"),
            (say("The rule files have no such rule, or its file has a problem that comes first."),),
            say("To the rules"),
            "/rules",
        )
    return found


async def _fields(
    request: web.Request,
    bot: Bot,
    found: Editable,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: NotEdited | None = None,
) -> web.Response:
    here = f"/rules/{found.rule.id}/preview"
    forms = await forms_for(request, here)
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
    typed, wrongs = typed or {}, wrong.wrong if wrong else {}
    known = {one.key for one in found.values}
    fields = tuple(
        _field(number, one, typed.get(one.key), wrongs.get(one.key, ""))
        for number, one in enumerate(found.values, 1)
    )
    says = wrong.says if wrong else ""
    view = RuleEdit(
        frame=frame,
        id=found.rule.id,
        sentence=sentence_of(found.rule),
        fields=fields,
        file=found.file,
        file_name=found.rule.file,
        preview=forms[here],
        may_be_written=found.may_be_written,
        wrong=says or joined([said for key, said in wrongs.items() if key not in known], " "),
    )
    return shown(request, view, status=422 if wrong else 200)


def _field(number: int, value: Value, typed: str | None, wrong: str) -> ValueField:
    options = tuple(Mode) if value.sort is Sort.MODE else ()
    # Of what cannot be shown as it was typed, what stands in the file is shown.
    is_shown = typed is not None and len(typed) <= 100 and typed.isprintable()
    return ValueField(
        key=f"{FIELD}{value.key}",
        id=f"v{number}",
        label=label_of(value),
        after=value.after if value.key not in _LABELS else "",
        text=typed if is_shown and typed is not None else value.text,
        hint=hint_of(value),
        options=tuple(str(one) for one in options),
        wrong=wrong,
    )


def hint_of(value: Value) -> str:
    """`Length of time, such as 45 minutes`"""
    return _HINTS[value.sort]


def label_of(value: Value) -> str:
    """`last payout was more than`, `A person is asked above`."""
    if value.key in _LABELS:
        return _LABELS[value.key]
    if value.key.startswith("limits.ask_when"):
        return say("A person is asked when: {line}", line=value.before)
    return value.before


async def _change(request: web.Request, bot: Bot, found: Shown, wanted: Wanted, reach: Reach) -> web.Response:
    rule = found.new.id
    here, there = f"/rules/{rule}/preview", f"/rules/{rule}/propose"
    forms, running = await forms_for(request, here, there), bot.rules.get(rule)
    async with bot.db.read() as tx:
        frame = await frame_of(request, tx, forms)
    before = InForce(running.rule, running.mode, running.calendars) if running is not None else None
    new = InForce(found.new, found.new.mode, stored_calendars(found.calendars_text).by_name)
    may_be_written = can_write(found.path)
    view = RuleChange(
        frame=frame,
        id=rule,
        rows=tuple((place_of(value), value.text, now) for value, now in found.changed),
        changes=found.in_words,
        wider=reach.wider,
        narrower=reach.narrower,
        signed=say("version {version}", version=reach.signed.number) if reach.signed else "",
        lines=found.lines,
        file_name=found.new.file,
        tests=tuple(
            (row_of(one.number + 1, found.new.tests[one.number], one.result), one.is_ticked, one.may_change)
            for one in found.tests
        ),
        tests_run=found.tests_run,
        trial=await trial_of(request, bot, MONTH, new, before),
        typed=tuple((f"{FIELD}{key}", text) for key, text in wanted.values.items()),
        file=found.file,
        result=found.result,
        preview=forms[here] if found.tests else None,
        propose=forms[there] if may_be_written and not found.waits_for_tests else None,
        text="" if may_be_written else found.text,
        edit_url=f"/rules/{rule}/edit",
    )
    return shown(request, view)


def place_of(value: Value) -> str:
    """`last payout was more than … ago`, `A person is asked above`."""
    label = label_of(value)
    if not value.after or value.key in _LABELS:
        return label
    return joined([part for part in (label, "…", value.after) if part], " ")
