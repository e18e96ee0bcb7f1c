"""Rules with `every`: asked at set times about all they watch, and told as one mail.

Such a rule only tells. What it lists was read some time ago and nobody decides on each
of them by itself, so that no vendor action, approval or limit has a place in it.
"""

from bot.core.hint import listing
from bot.core.rule import IfMissed, Mode, Step
from bot.core.slots import Schedule, parse_schedule
from bot.core.watched import is_payrun, may_be_of
from bot.rulebook.document import Table, Text
from bot.rulebook.reader import Reader
from bot.rulebook.setup import Surroundings

MAIL = "scheduled"
MONTH = "month"
MAILS = (MAIL, "deadlines_ahead", MONTH)
"""The templates of what such a rule tells: a list of what matches, their deadlines by week, a month."""
_ONLY_SINGLY = {
    "limits": "limits are for a rule that acts",
    "ask": "nobody is asked before a mail",
}


def read_times(reader: Reader, table: Table) -> tuple[Schedule | None, IfMissed]:
    """`every: Friday 15:00`, or `every:` with `cron:` below it; and what if one was missed."""
    part = table.values["every"]
    if isinstance(part, Table):
        lines = reader.table(part, '"every"', ("cron",))
        cron = reader.text(lines, "cron", '"every"', required=True) if lines is not None else None
        every = reader.parsed(cron, lambda line: parse_schedule(f"cron {line}"))
    else:
        every = reader.parsed(reader.plain(part, '"every"'), parse_schedule)
    said = reader.text(table, "if_missed", "a rule")
    missed = reader.choice(said, tuple(IfMissed), "what to do about a missed time")
    return every, IfMissed(missed or IfMissed.TELL)


def check_only_tells(reader: Reader, table: Table, then: tuple[Step, ...], around: Surroundings) -> None:
    """Refuse in a rule with `every` all that is not telling people."""
    spot = table.keys["then"].spot
    vendor = [step.action for step in then if step.action in around.vocabulary.vendor_actions]
    if vendor:
        reader.refuse(
            spot,
            f'a rule with "every" only tells, and {listing(vendor)} acts: make it a rule of its own, '
            "which is asked whenever something changes",
        )
    for step in then:
        if step.action in vendor:
            continue
        if step.action != "send_mail":
            reader.refuse(
                spot,
                f'a rule with "every" tells by send_mail: {{template: {MAIL}, to: …}}, not by {step.action}',
            )
        elif step.args.get("template", MAIL) not in MAILS:
            known = f"{listing(MAILS[:-1])} or {MAILS[-1]}"
            reader.refuse(spot, f'the template of a rule with "every" is {known}')
        elif step.args.get("template") == MONTH and not _is_of_payruns(table):
            reader.refuse(spot, f'"{MONTH}" adds up pay runs, so its rule watches some: watch: payrun')
    for key, why in _ONLY_SINGLY.items():
        if key in table.keys:
            reader.refuse(table.keys[key].spot, f'"{key}" has no place in a rule with "every": {why}')
    mode = table.values.get("mode")
    if isinstance(mode, Text) and mode.value.casefold() == Mode.ASK:
        reader.refuse(
            table.keys["mode"].spot, "nobody is asked before a mail: write mode: act, or mode: watch"
        )


def _is_of_payruns(table: Table) -> bool:
    watch = table.values.get("watch")
    return not isinstance(watch, Text) or is_payrun(watch.value)


def check_one_clock(
    reader: Reader,
    table: Table,
    watch: str,
    connections: tuple[str, ...],
    calendar: str | None,
    around: Surroundings,
) -> None:
    """Refuse a rule whose connections have several work calendars and which names none."""
    if calendar is not None or "calendar" in table.keys:
        return
    clocks = {
        one.calendar
        for name, one in (around.setup.connections or {}).items()
        if may_be_of(watch, one.vendor) and (not connections or name in connections)
    }
    if len(clocks) > 1:
        reader.refuse(
            table.keys["every"].spot,
            f"its connections have several work calendars, {listing(sorted(clocks))}: "
            "say by which one it is asked, such as calendar: " + min(clocks),
        )


def check_no_times(reader: Reader, table: Table, then: tuple[Step, ...]) -> None:
    """Refuse in a rule without `every` what only makes sense beside it."""
    if "if_missed" in table.keys:
        reader.refuse(
            table.keys["if_missed"].spot, '"if_missed" is for set times, and this rule has no "every"'
        )
    for mail in MAILS:
        if any(step.args.get("template") == mail for step in then):
            reader.refuse(
                table.keys["then"].spot, f'"{mail}" is the mail of a rule with "every", which this is not'
            )
