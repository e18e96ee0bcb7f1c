"""What only a rule that alerts may say: what it collects, when it tells again, and whom else.

A reminder goes to those who were told. An escalation goes to somebody else, since the
same people once more are what `remind` is for.
"""

from bot.core.lapse import parse_lapse
from bot.core.rule import Escalate, Step
from bot.core.slots import Schedule, parse_schedule
from bot.rulebook.document import Table
from bot.rulebook.reader import Reader
from bot.rulebook.setup import Surroundings

OF_ALERTS = ("group_by", "wait", "remind", "escalate")


def read_remind(reader: Reader, table: Table) -> Schedule | None:
    """`remind: every working day at 09:00`."""
    return reader.parsed(reader.text(table, "remind", "a rule"), parse_schedule)


def read_escalate(
    reader: Reader, table: Table, then: tuple[Step, ...], around: Surroundings
) -> Escalate | None:
    """`escalate: {after: 4 working hours, to: payroll-lead}`."""
    part = table.values.get("escalate")
    said = reader.table(part, '"escalate"', ("after", "to")) if part is not None else None
    if said is None:
        return None
    after = reader.parsed(reader.text(said, "after", '"escalate"', required=True), parse_lapse)
    to = reader.text(said, "to", '"escalate"', required=True)
    if to is None:
        return None
    if around.setup.groups is not None:
        reader.choice(to, around.setup.groups, "a group of the settings")
    if to.value in [step.args.get("to") for step in then]:
        reader.refuse(to.spot, f'"{to.value}" is told first already: an alert is passed on to another group')
    return Escalate(after, to.value) if after is not None else None


def check_has_alert(reader: Reader, table: Table, then: tuple[Step, ...], around: Surroundings) -> None:
    """Refuse all of it in a rule that alerts of nothing."""
    general = around.vocabulary.general_actions
    if not then or any(step.action in general and general[step.action].is_alert for step in then):
        return
    for key in OF_ALERTS:
        if key in table.keys:
            reader.refuse(table.keys[key].spot, f'"{key}" is for alerts, and this rule has none')
