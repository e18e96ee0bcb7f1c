"""One rule of a file, or of its stored text: read, checked against itself, hashed.

A rule is refused as a whole when anything in it is wrong; the others of the file stand.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.core.condition import names
from bot.core.hint import listing
from bot.core.literal import parse_duration
from bot.core.rule import IfMissed, Limits, Mode, Rule, Step
from bot.rulebook.calendars import plain
from bot.rulebook.document import Part, Table
from bot.rulebook.problem import Spot
from bot.rulebook.reader import NOT_YET, Reader
from bot.rulebook.rule_parts import RuleParts
from bot.rulebook.set_times import check_no_times, check_one_clock, check_only_tells, read_times
from bot.rulebook.setup import Surroundings

_KEYS = (
    "id", "title", "every", "if_missed", "watch", "connections", "calendar", "when", "then", "mode",
    "limits", "group_by", "wait", "ask", "advice", "tests",
)  # fmt: skip
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KINDS_NOT_YET = {
    "payrun": "a rule watches one vendor's pay runs, such as gigapay.payrun",
    "connection": "no rule watches a connection's health",
}
_NOT_HASHED = ("tests",)


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule with `basis`: the hash of everything but its mode.

    Two versions with one basis differ in the mode alone.
    """

    rule: Rule
    basis: str
    spot: Spot


def read_rule(reader: Reader, part: Part, around: Surroundings) -> ReadRule | None:
    """Read one rule; None when it was refused, with the reasons in the document."""
    before = len(reader.document.problems)
    table = reader.table(part, "a rule", _KEYS)
    if table is None:
        return None
    rule = _rule(reader, table, around)
    whole = reader.document.is_troubled(table.spot.line, max(table.end.line, table.spot.line + 1))
    if rule is None or whole or len(reader.document.problems) > before:
        return None
    return rule


def _rule(reader: Reader, table: Table, around: Surroundings) -> ReadRule | None:
    if any(key in NOT_YET for key in table.keys):
        return None
    what = "a rule"
    name = reader.parsed(reader.text(table, "id", what, required=True), _id)
    title = reader.text(table, "title", what, required=True)
    watch = _watch(reader, table, around)
    mode = reader.choice(reader.text(table, "mode", what), tuple(Mode), "a mode")
    calendar = reader.choice(reader.text(table, "calendar", what), around.calendars, "a calendar")
    for key in ("when", "then"):
        if key not in table.values:
            reader.refuse(table.spot, f'a rule needs "{key}"')
    if watch is None or "when" not in table.values or "then" not in table.values:
        return None
    parts = RuleParts(reader, watch, around.vocabulary.fields[watch], around)
    when = parts.condition(table.values["when"])
    then = parts.steps(table.values["then"])
    limits = parts.limits(table.values.get("limits"))
    tests = parts.tests(table.values.get("tests"))
    group_by = reader.choice(
        reader.text(table, "group_by", what), ("payrun", "connection"), "what alerts group by"
    )
    wait = reader.parsed(reader.text(table, "wait", what), parse_duration)
    ask = reader.text(table, "ask", what)
    if ask is not None and around.setup.groups is not None:
        reader.choice(ask, around.setup.groups, "a group of the settings")
    advice = reader.text(table, "advice", what)
    connections = _connections(reader, table, watch, around)
    if "every" in table.values:
        every, if_missed = read_times(reader, table)
        check_only_tells(reader, table, then, around)
        check_one_clock(reader, table, watch, connections, calendar, around)
    else:
        every, if_missed = None, IfMissed.TELL
        check_no_times(reader, table, then)
    _check_steps(reader, table, then, Mode(mode or Mode.WATCH), around)
    if name is None or title is None or when is None or not then:
        return None
    basis = _basis(table, watch, when_names(when, limits), then, calendar, connections, around)
    return ReadRule(
        Rule(
            id=name,
            title=title.value,
            watch=watch,
            when=when,
            then=then,
            mode=Mode(mode or Mode.WATCH),
            hash=_sha256({"basis": basis, "mode": mode or Mode.WATCH.value}),
            text=_own_text(reader.document.text, table),
            file=reader.document.file,
            line=table.spot.line + 1,
            connections=connections,
            calendar=calendar,
            limits=limits,
            group_by=group_by,
            wait=wait or timedelta(0),
            ask=ask.value if ask is not None else None,
            every=every,
            if_missed=if_missed,
            advice=advice.value if advice is not None else "",
            tests=tests,
        ),
        basis,
        table.spot,
    )


def when_names(when: Any, limits: Limits) -> frozenset[str]:
    """Every field the rule asks about, in its conditions and its limits."""
    return names(when).union(*(names(condition) for condition in limits.ask_when))


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(
            f'"{text}" is not an id such as gigapay-weekly-close: small letters, digits and hyphens'
        )
    return text


def _watch(reader: Reader, table: Table, around: Surroundings) -> str | None:
    text = reader.text(table, "watch", "a rule", required=True)
    if text is not None and text.value in _KINDS_NOT_YET:
        reader.refuse(
            text.spot,
            f'"{text.value}" is not there yet: in this version {_KINDS_NOT_YET[text.value]}',
        )
        return None
    return reader.choice(text, around.vocabulary.kinds, "a kind of resource")


def _connections(reader: Reader, table: Table, watch: str, around: Surroundings) -> tuple[str, ...]:
    read = reader.words(table.values.get("connections"), "a connection")
    known = around.setup.connections
    if known is not None:
        of_vendor = [name for name, one in known.items() if one.vendor == watch.partition(".")[0]]
        for text in read:
            reader.choice(text, of_vendor, f"a connection with a {watch}")
    return tuple(text.value for text in read)


def _check_steps(
    reader: Reader, table: Table, then: tuple[Step, ...], mode: Mode, around: Surroundings
) -> None:
    spot = table.keys["then"].spot
    vendor = [step.action for step in then if step.action in around.vocabulary.vendor_actions]
    general = around.vocabulary.general_actions
    alerts = [step.action for step in then if step.action in general and general[step.action].is_alert]
    if alerts and vendor:
        reader.refuse(spot, f"an alert tells, {listing(vendor)} acts: make them two rules")
    if len(set(vendor)) != len(vendor):
        reader.refuse(spot, "the same vendor action is in this chain twice")
    elif len(vendor) > 1:  # after the first the conditions are asked again, and seldom still say yes
        reader.refuse(spot, f"{listing(vendor)} each change the pay run: make them two rules")
    for name in vendor:
        if mode is Mode.ACT and around.vocabulary.vendor_actions[name].always_asks:
            reader.refuse(table.keys["mode"].spot, f"{name} always asks a person: write mode: ask")
    for key in ("group_by", "wait"):
        if key in table.keys and then and not alerts:
            reader.refuse(table.keys[key].spot, f'"{key}" is for alerts, and this rule has none')


def _own_text(text: str, table: Table) -> str:
    """The rule's lines as a document of their own: without its "- " and indentation."""
    # By line feeds alone, as the YAML reader counts: Python's own idea of a line is wider,
    # and what a person signs must be the very lines that run.
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    start, column = table.spot.line, table.spot.column
    if table.end.line == start:
        return lines[start][column : table.end.column]
    own = [lines[start][column:]]
    inside = lines[start + 1 : table.end.line]
    own += [line.lstrip() if line[:column].strip() else line[column:] for line in inside]
    if table.end.line < len(lines) and table.end.column > column:
        own.append(lines[table.end.line][column : table.end.column])
    while own and (not own[-1].strip() or own[-1].lstrip().startswith("#")):
        own.pop()
    return "\n".join(own) + "\n"


def _basis(
    table: Table,
    watch: str,
    asked: frozenset[str],
    then: tuple[Step, ...],
    calendar: str | None,
    connections: tuple[str, ...],
    around: Surroundings,
) -> str:
    content = {key: plain(value) for key, value in table.values.items() if key not in (*_NOT_HASHED, "mode")}
    setup = around.setup
    if calendar is not None:
        used = {calendar}
    elif setup.connections is not None:
        vendor = watch.partition(".")[0]
        used = {
            one.calendar
            for name, one in setup.connections.items()
            if one.vendor == vendor and (not connections or name in connections)
        }
    else:
        used = set(around.calendars)
    said = {value for step in then for argument, value in step.args.items() if argument == "to"}
    said |= {content["ask"]} if isinstance(content.get("ask"), str) else set()
    facts = around.vocabulary.fact_versions[watch]
    return _sha256(
        {
            "rule": content,
            "calendars": {name: around.calendars[name] for name in used if name in around.calendars},
            "groups": {name: list(members) for name, members in (setup.groups or {}).items() if name in said},
            "facts": {name: version for name, version in facts.items() if name in asked},
        }
    )


def _sha256(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
