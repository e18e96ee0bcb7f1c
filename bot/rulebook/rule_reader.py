"""One rule of a file, or of its stored text: read, checked against itself, hashed.

A rule is refused as a whole when anything in it is wrong; the others of the file stand.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.core.condition import Block, How, names
from bot.core.hint import listing
from bot.core.literal import parse_duration
from bot.core.rule import Escalate, IfMissed, Limits, Mode, Rule, Step
from bot.core.watched import may_be_of
from bot.rulebook.alert_parts import check_has_alert, read_escalate, read_remind
from bot.rulebook.calendars import plain
from bot.rulebook.document import Part, Table
from bot.rulebook.expectations import (
    check_not_its_mail,
    check_only_expects,
    read_came_tests,
    read_expectation,
)
from bot.rulebook.problem import Spot
from bot.rulebook.reader import Reader
from bot.rulebook.rule_parts import RuleParts
from bot.rulebook.set_times import check_no_times, check_one_clock, check_only_tells, read_times
from bot.rulebook.setup import Surroundings

KEYS = (
    "id", "title", "every", "if_missed", "expect", "watch", "connections", "calendar", "when", "then", "mode",
    "limits", "group_by", "wait", "remind", "escalate", "ask", "advice", "tests",
)  # fmt: skip
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
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
    table = reader.table(part, "a rule", KEYS)
    if table is None:
        return None
    rule = _rule(reader, table, around)
    whole = reader.document.is_troubled(table.spot.line, max(table.end.line, table.spot.line + 1))
    if rule is None or whole or len(reader.document.problems) > before:
        return None
    return rule


def _rule(reader: Reader, table: Table, around: Surroundings) -> ReadRule | None:
    what = "a rule"
    name = reader.parsed(reader.text(table, "id", what, required=True), _id)
    title = reader.text(table, "title", what, required=True)
    expects = "expect" in table.values
    expected = read_expectation(reader, table, around) if expects else None
    watch = (expected[0] if expected else None) if expects else _watch(reader, table, around)
    mode = reader.choice(reader.text(table, "mode", what), tuple(Mode), "a mode")
    calendar = reader.choice(reader.text(table, "calendar", what), around.calendars, "a calendar")
    needed = ("then",) if expects else ("when", "then")
    for key in needed:
        if key not in table.values:
            reader.needs(table, key, what)
    if watch is None or any(key not in table.values for key in needed):
        return None
    parts = RuleParts(reader, watch, around.vocabulary.fields[watch], around)
    when = parts.condition(table.values["when"]) if "when" in table.values else Block(How.ALL, ())
    then = parts.steps(table.values["then"])
    limits = parts.limits(table.values.get("limits"))
    said = table.values.get("tests")
    tests = read_came_tests(reader, said) if expects else parts.tests(said)
    group_by = reader.choice(
        reader.text(table, "group_by", what), ("payrun", "connection"), "what alerts group by"
    )
    wait = reader.parsed(reader.text(table, "wait", what), parse_duration)
    remind, escalate = read_remind(reader, table), read_escalate(reader, table, then, around)
    ask = reader.text(table, "ask", what)
    if ask is not None and around.setup.groups is not None:
        reader.choice(ask, around.setup.groups, "a group of the settings")
    advice = reader.text(table, "advice", what)
    connections = _connections(reader, table, watch, around)
    every, if_missed = None, IfMissed.TELL
    if expects:
        check_only_expects(reader, table, then, around)
    elif "every" in table.values:
        every, if_missed = read_times(reader, table)
        check_only_tells(reader, table, then, around)
        check_one_clock(reader, table, watch, connections, calendar, around)
    else:
        check_no_times(reader, table, then)
    if not expects:
        check_not_its_mail(reader, table, then)
    _check_steps(reader, table, then, Mode(mode or Mode.WATCH), around)
    if name is None or title is None or when is None or not then:
        return None
    basis = _basis(table, watch, when_names(when, limits), then, escalate, calendar, connections, around)
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
            remind=remind,
            escalate=escalate,
            ask=ask.value if ask is not None else None,
            every=every,
            if_missed=if_missed,
            expect=expected[1] if expected else None,
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
        plain_letters = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
        near = "-".join(re.findall(r"[a-z0-9]+", plain_letters))[:60]
        known = f'"{text}" is not an id such as gigapay-weekly-close: small letters, digits and hyphens'
        raise ValueError(known + (f'. Did you mean "{near}"?' if near else ""))
    return text


def _watch(reader: Reader, table: Table, around: Surroundings) -> str | None:
    text = reader.text(table, "watch", "a rule", required=True)
    if text is not None and text.value in around.vocabulary.parts:
        reader.refuse(text.spot, f'no rule watches a {text.value}; a rule with "expect" counts how many come')
        return None
    return reader.choice(text, around.vocabulary.kinds, "a kind of resource")


def _connections(reader: Reader, table: Table, watch: str, around: Surroundings) -> tuple[str, ...]:
    read = reader.words(table.values.get("connections"), "a connection")
    known = around.setup.connections
    if known is not None:
        what = f"a connection with a {watch}" if "." in watch else "a connection of the settings"
        of_vendor = [name for name, one in known.items() if may_be_of(watch, one.vendor)]
        for text in read:
            reader.choice(text, of_vendor, what)
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
    check_has_alert(reader, table, then, around)


def _own_text(text: str, table: Table) -> str:
    """The rule's lines as a document of their own: without its "- " and indentation."""
    # As the YAML reader counts lines: Python's own idea of one is wider, and what a person
    # signs must be the very lines that run.
    lines = re.split("\r\n|\r|\n", text)
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
    escalate: Escalate | None,
    calendar: str | None,
    connections: tuple[str, ...],
    around: Surroundings,
) -> str:
    content = {key: plain(value) for key, value in table.values.items() if key not in (*_NOT_HASHED, "mode")}
    setup = around.setup
    named = {calendar} if calendar is not None else set()
    if named and "every" not in table.values:
        used = named
    elif setup.connections is not None:
        used = named | {
            one.calendar
            for name, one in setup.connections.items()
            if may_be_of(watch, one.vendor) and (not connections or name in connections)
        }
    else:
        used = set(around.calendars)
    said = {value for step in then for argument, value in step.args.items() if argument == "to"}
    said |= {content["ask"]} if isinstance(content.get("ask"), str) else set()
    said |= {escalate.to} if escalate is not None else set()
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
