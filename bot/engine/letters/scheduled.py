"""The mails of rules at set times, and of deadlines: what one lists, what moved, which times were missed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.agenda import Due, What, of_run
from bot.core.words import joined, say, say_many
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.engine.letters.measured import times
from bot.engine.letters.parts import OPS, Addressed, in_group, reason, text_of, to_group, zone_of
from bot.mail.deadlines import Deadline, DeadlinesAhead, DeadlineWeek, HolidayAhead, Moved
from bot.mail.due_words import NAMES, elsewhere, holidays, moved
from bot.mail.lasting import Still
from bot.mail.letters import Notice
from bot.mail.parts import Next, Reason
from bot.mail.scheduled import Listed, NotAnswered, Scheduled
from bot.store.database import Tx
from bot.store.effects import Effect

MOST_TIMES = 20
MOST_DEADLINES = 60
WEEKS = (say("This week"), say("Next week"), say("Further ahead"))
UNDO = say(
    "Dates come from calendars.yaml and from the vendors. If one is wrong, hold the pay run on its page and "
    "tell payroll; nothing is closed while it is held."
)


async def listed(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To the group that the rule names. Which runs it is about was decided at the time itself."""
    group, args = str(effect.args["to"]), effect.args
    common = await common_of(bot, tx, effect)
    if args.get("template") == DeadlinesAhead.template:
        return to_group(bot, group, await _ahead(bot, tx, effect, common))
    letter = Scheduled(
        **common,
        url=bot.link("/payruns"),
        listed=tuple([await _listed(bot, tx, effect, about, why) for about, why in args["matched"]]),
        total=int(args["matched_total"]),
    )
    return to_group(bot, group, letter)


async def common_of(bot: Bot, tx: Tx, effect: Effect) -> dict[str, Any]:
    """What every letter of a rule at set times says, whatever it is about."""
    args = effect.args
    return {
        "made_at": bot.now(),
        "zone": zone_of(bot),
        "reason": await _reason(bot, tx, effect, in_group(str(args["to"]))),
        "title": _title(bot, effect),
        "times": _times(bot, effect),
        "slot_at": datetime.fromisoformat(str(args["due_at"])),
        "late": _late(bot, effect),
        "not_answered": tuple(
            [await _not_answered(bot, tx, effect, about, why) for about, why in args["unanswered"]]
        ),
        "not_answered_total": int(args["unanswered_total"]),
    }


async def _ahead(bot: Bot, tx: Tx, effect: Effect, common: Mapping[str, Any]) -> DeadlinesAhead:
    """The deadlines of what matched, instead of what matched."""
    matched, dues = effect.args["matched"], list[Due]()
    cases: dict[str, Case] = {}
    for about, _ in matched:
        case = await load_case(bot, tx, about, rule=effect.rule)
        if case is not None:
            cases[about] = case
            dues += dues_ahead(case, about)
    return deadlines_letter(
        common,
        sorted(dues, key=lambda due: (moment_of(due), due.group)),
        {about: (case, bot.link(case.path)) for about, case in cases.items()},
        url=bot.link("/calendar"),
        more_runs=int(effect.args["matched_total"]) - len(matched),
    )


def dues_ahead(case: Case, about: str) -> list[Due]:
    """What is still due of a pay run. Once it is closed, that is the bank's and pay day. Pure."""
    calendar, now = case.facts.calendar, case.now
    closed = case.snapshot.is_open is False
    return [
        due
        for due in of_run(case.snapshot, calendar, now, whose="", group=about)
        if (due.instant > now if due.instant is not None else due.on >= calendar.today(now))
        and not (closed and due.what not in (What.BANK, What.PAY_DATE))
    ]


def deadlines_letter(
    common: Mapping[str, Any],
    dues: Sequence[Due],
    cases: Mapping[str, tuple[Case, str]],
    *,
    url: str,
    more_runs: int = 0,
) -> DeadlinesAhead:
    """The letter on these, in their order; each case with the address of its page. Pure."""
    zone, today = common["zone"], common["made_at"].astimezone(common["zone"]).date()
    monday = today - timedelta(days=today.weekday())
    weeks: dict[str, list[Deadline]] = {}
    for due in dues[:MOST_DEADLINES]:
        case, page = cases[due.group]
        on = due.instant.astimezone(zone).date() if due.instant is not None else due.on
        number = min((on - monday).days // 7, len(WEEKS) - 1)
        weeks.setdefault(WEEKS[number], []).append(due_line(due, case, page, zone))
    return DeadlinesAhead(
        **common,
        url=url,
        weeks=tuple(DeadlineWeek(name, tuple(found)) for name, found in weeks.items()),
        total=len(dues),
        first_at=dues[0].at if dues else None,
        last_on=max((due.on for due in dues), default=None),
        moved=sum(due.moved_from is not None for due in dues),
        more_runs=more_runs,
        undo=(UNDO,),
    )


def due_line(due: Due, case: Case, page: str, zone: ZoneInfo) -> Deadline:
    """One deadline of a pay run, with the address of its page. Pure."""
    return Deadline(
        at=due.at,
        what=NAMES[due.what],
        run=case.title,
        url=page,
        elsewhere=elsewhere(due, zone),
        status=case.snapshot.vendor_status,
        moved=moved(due, zone),
    )


def holiday_letter(
    common: Mapping[str, Any], case: Case, advice: str, *, still: Still | None = None
) -> HolidayAhead | None:
    """What holidays move of a pay run; None where they move nothing of it that is still ahead. Pure."""
    zone = common["zone"]
    dues = sorted((due for due in dues_ahead(case, "") if due.is_moved), key=moment_of)
    if not dues:
        return None
    return HolidayAhead(
        **common,
        by=joined(found, say(" and ")) if (found := holidays(dues)) else say("A holiday"),
        moves=tuple(Moved(NAMES[due.what], due.usual, due.at, elsewhere(due, zone)) for due in dues),
        do=(advice,) if advice else (),
        still=still,
    )


def moment_of(due: Due) -> datetime:
    """What to order by: of what is due on a whole day, its beginning."""
    return due.instant if due.instant is not None else due.calendar.start_of(due.on)


async def missed(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To operations: times at which the rule was not asked, and will not be."""
    zone = zone_of(bot)
    at = [datetime.fromisoformat(one) for one in effect.args["missed"]]
    following = datetime.fromisoformat(str(effect.args["next_at"]))
    shown = at[-MOST_TIMES:]
    earlier = len(at) - len(shown)
    letter = Notice(
        made_at=bot.now(),
        zone=zone,
        reason=await _reason(bot, tx, effect, in_group(OPS)),
        url=bot.link(f"/rules/{effect.rule}"),
        title=say_many(
            len(at),
            "{title}: a set time was missed",
            "{title}: {count} set times were missed",
            title=_title(bot, effect),
        ),
        connection=effect.rule,
        says=(
            say("The rule was not asked then: {why}.", why=text_of(effect.args["why"])),
            say("Nothing was mailed for these times, and they are not made up for."),
            say("It is asked again {at}.", at=words.moment(following, zone)),
        ),
        rows=(
            *(((say("Earlier"), say("{count} more", count=earlier)),) if earlier else ()),
            *((say("Missed"), words.moment(one, zone)) for one in shown),
        ),
        do=(say("Look at the pay runs yourself where that cannot wait."),),
    )
    return to_group(bot, OPS, letter)


async def _reason(bot: Bot, tx: Tx, effect: Effect, because: str) -> Reason:
    """The rule's page answers why: there is no one pay run that could."""
    return replace(await reason(bot, tx, effect, because), why_url=bot.link(f"/rules/{effect.rule}"))


def _title(bot: Bot, effect: Effect) -> str:
    running = bot.rules.get(effect.rule)
    return running.rule.title if running is not None else effect.rule


def _times(bot: Bot, effect: Effect) -> str:
    running = bot.rules.get(effect.rule)
    every = running.rule.every if running is not None else None
    return say("at a set time") if every is None else times(every)


def _late(bot: Bot, effect: Effect) -> str:
    """That it comes late, and which times it stands for."""
    if not effect.args["late"]:
        return ""
    zone = zone_of(bot)
    due_at = datetime.fromisoformat(str(effect.args["due_at"]))
    before = [datetime.fromisoformat(one) for one in effect.args["missed"]]
    said = say(
        "This was due {due} and comes late: payrunbot was not running then, or its clock was set forward.",
        due=words.moment(due_at, zone),
    )
    if not before:
        return said
    stands = say_many(
        len(before),
        "It stands for the time before it, too, from {since} on.",
        "It stands for the {count} times before it, too, from {since} on.",
        since=words.moment(before[0], zone),
    )
    return joined((said, stands), " ")


async def _listed(bot: Bot, tx: Tx, effect: Effect, about: str, why: str) -> Listed:
    case = await load_case(bot, tx, about, rule=effect.rule)
    if case is None:
        return Listed(about, "", bot.link("/payruns"), why)
    return listed_of(case, bot.link(case.path), why)


def listed_of(case: Case, url: str, why: str) -> Listed:
    """One line of the list. Pure."""
    name, label = ("net pay", say("net pay")) if case.money("net pay") is not None else ("cost", say("cost"))
    return Listed(
        title=case.title,
        status=case.snapshot.vendor_status,
        url=url,
        why=why,
        people=case.people,
        amount_label=label,
        amount=case.money(name),
        dates=_dates(case),
    )


def _dates(case: Case) -> tuple[Next, ...]:
    """The next deadline and the pay date."""
    ahead = case.next_deadlines()
    return tuple(one for number, one in enumerate(ahead) if number == 0 or one.what == "Pay date")


async def _not_answered(bot: Bot, tx: Tx, effect: Effect, about: str, why: str) -> NotAnswered:
    """A resource, or a whole connection of which not even the list is known."""
    case = await load_case(bot, tx, about, rule=effect.rule)
    if case is None:
        return NotAnswered(about, bot.link("/connections"), why)
    return NotAnswered(case.title, bot.link(case.path), why)
