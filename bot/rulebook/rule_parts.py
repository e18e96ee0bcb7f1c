"""The parts of one rule: its conditions, steps, limits and tests.

`when: [status is one of open, approved]` is two conditions to YAML. It is refused with
a sentence about the brackets, because the second half reads like nonsense by itself.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.core.condition import Block, Claim, Condition, How
from bot.core.grammar import Misread, parse_claim, unknown_field
from bot.core.hint import guess, listing
from bot.core.literal import parse_duration, parse_money
from bot.core.money import Money
from bot.core.resource import Field
from bot.core.rule import NO_LIMITS, AtMost, Limits, RuleTest, Step
from bot.core.watched import PAYRUN
from bot.rulebook.document import Items, Part, Table, Text
from bot.rulebook.given import CALENDAR, given_value
from bot.rulebook.reader import Reader
from bot.rulebook.setup import Surroundings
from bot.rulebook.shared import not_shared

EXPECTATIONS = ("act", "ask", "watch", "nothing", "unknown")
LIMITS = ("ask_above", "ask_when", "two_people_above", "only_during", "at_most")
_TARGET = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_AT_MOST = re.compile(r"(\d{1,4}) per (.+)")


@dataclass(frozen=True, slots=True)
class RuleParts:
    """Reads parts of a rule about one kind of resource."""

    reader: Reader
    about: str
    fields: Mapping[str, Field]
    around: Surroundings

    # -- conditions --------------------------------------------------------------

    def condition(self, part: Part) -> Condition | None:
        """A list is "all of these"; a block names how its lines count."""
        match part:
            case Items():
                return self._block(How.ALL, part)
            case Table():
                return self._named_block(part)
            case Text():
                return self._claim(part, None)

    def _named_block(self, table: Table) -> Condition | None:
        if (line := self._written_as_a_key(table)) is not None:
            self.reader.refuse(table.spot, f"a condition is one line, without a colon: - {line}")
            return None
        known = self.reader.table(table, "a condition", tuple(How))
        if known is None or set(table.values) - set(How):
            return None
        if len(table.values) != 1:
            self.reader.refuse(
                table.spot, "a block is one of all, any and not; write several below each other"
            )
            return None
        ((name, inner),) = table.values.items()
        if How(name) is not How.NOT:
            return self._block(How(name), inner)
        lines = self.reader.several(inner)
        if len(lines) != 1:
            self.reader.refuse(inner.spot, '"not" takes one condition; put several into all or any')
            return None
        read = self.condition(lines[0])
        return Block(How.NOT, (read,)) if read is not None else None

    def _written_as_a_key(self, table: Table) -> str | None:
        """`status: open`, as the line that it should be; None where it is something else."""
        for name, value in table.values.items():
            if isinstance(value, Text) and name not in tuple(How):
                for line in (f"{name} is {value.value}", f"{name} {value.value}"):
                    if isinstance(parse_claim(line, self.fields, self.about), Claim):
                        return line
        return None

    def _block(self, how: How, part: Part) -> Condition | None:
        items = self.reader.several(part)
        if not items:
            self.reader.refuse(part.spot, "a list of conditions has at least one")
            return None
        in_brackets = isinstance(part, Items) and part.in_brackets
        read: list[Condition | None] = []
        before: Text | None = None
        for item in items:
            if isinstance(item, Text):
                read.append(self._claim(item, before if in_brackets else None))
                before = item
            else:
                read.append(self.condition(item))
        complete = tuple(one for one in read if one is not None)
        return Block(how, complete) if len(complete) == len(items) else None

    def _claim(self, text: Text, before: Text | None) -> Condition | None:
        if not text.value or text.is_null:
            self.reader.refuse(text.spot, "this condition is empty")
            return None
        claim = parse_claim(text.value, self.fields, self.about)
        if not isinstance(claim, Misread):
            return claim
        if before is not None and " one of " in before.value and not re.search(r" (is|was) ", text.value):
            whole = f"{before.value}, {text.value}"
            self.reader.refuse(
                text.spot,
                f'inside [ ] a comma begins the next condition; quote the line, "{whole}", '
                "or write each condition on a line of its own",
            )
        else:
            blamed = text.value[claim.offset : claim.offset + claim.length]
            message = self._of_some_vendors(blamed) or claim.message + self._of_others(blamed)
            self.reader.refuse(text.part(claim.offset, claim.length), message)
        return None

    def _of_others(self, word: str) -> str:
        """Whose field it is, where it is one of another kind's."""
        others = [kind for kind, fields in self.around.vocabulary.fields.items() if word.lower() in fields]
        return f" It is something of {listing(others)}." if others and word.lower() not in self.fields else ""

    def _of_some_vendors(self, word: str) -> str:
        """The sentence about a field that only some vendors' pay runs have; empty where that is not it."""
        known = self.around.vocabulary
        return not_shared(word, known.kinds, known.fact_versions) if self.about == PAYRUN else ""

    # -- then --------------------------------------------------------------------

    def steps(self, part: Part) -> tuple[Step, ...]:
        if not self.reader.several(part) or (isinstance(part, Text) and not part.value):
            self.reader.refuse(part.spot, '"then" has at least one step')
            return ()
        read = (self._step(item) for item in self.reader.several(part))
        return tuple(step for step in read if step is not None)

    def _step(self, part: Part) -> Step | None:
        if isinstance(part, Table) and len(part.values) == 1:
            ((name, args),) = part.values.items()
            key = part.keys[name]
        elif isinstance(part, Text):
            name, key, args = part.value, part, None
        else:
            self.reader.refuse(
                part.spot,
                'a step is an action, or an action with what it needs: send_mail: {…}; each begins with "- "',
            )
            return None
        words = self.around.vocabulary
        general, vendor = words.general_actions.get(name), words.vendor_actions.get(name)
        if general is None and vendor is None:
            known = [*words.vendor_actions, *words.general_actions]
            hint = guess(name, known) or f" There is: {listing(sorted(known))}."
            self.reader.refuse(key.spot, f'"{name}" is not an action.{hint}')
            return None
        if vendor is not None and vendor.kind != self.about:
            tells = "" if "." in self.about else ", so that it can only tell"
            self.reader.refuse(
                key.spot, f"{name} acts on a {vendor.kind}, and this rule watches {self.about}{tells}"
            )
            return None
        takes = general if general is not None else vendor
        assert takes is not None, "it is one of both"
        tables = vendor.tables if vendor is not None else ()
        return self._with_args(name, key, args, takes.required, tuple(takes.args), tables)

    def _with_args(
        self,
        name: str,
        key: Text,
        args: Part | None,
        required: tuple[str, ...],
        known: tuple[str, ...],
        tables: tuple[str, ...],
    ) -> Step | None:
        if args is None or (isinstance(args, Text) and args.is_null):
            if required:
                self.reader.refuse(
                    key.spot, f"{name} needs {listing(required)}: {name}: {{{required[0]}: …}}"
                )
                return None
            return Step(name)
        table = self.reader.table(args, name, known)
        if table is None:
            return None
        said: dict[str, str] = {}
        for argument in known:
            if argument in tables and argument in table.values:
                said[argument] = self._names_with_texts(table.values[argument], argument)
                continue
            text = self.reader.text(table, argument, name, required=argument in required)
            if text is not None:
                said[argument] = self._known_argument(argument, text) or text.value
        return Step(name, said)

    def _names_with_texts(self, part: Part, argument: str) -> str:
        """A table of an action's own names, as JSON in their order."""
        if not isinstance(part, Table) or not part.values:
            self.reader.refuse(part.spot, f'"{argument}" is written as names with texts: {{name: text}}')
            return ""
        read = {name: self.reader.plain(value, f'"{name}"') for name, value in part.values.items()}
        return json.dumps(
            {name: text.value for name, text in read.items() if text is not None}, ensure_ascii=False
        )

    def _known_argument(self, argument: str, text: Text) -> str | None:
        """A name as it is written where it comes from, which may be in other letters here."""
        setup = self.around.setup
        if argument == "to" and setup.groups is not None:
            return self.reader.choice(text, setup.groups, "a group of the settings")
        if argument == "target":
            return self._target(text)
        if argument in ("template", "when_cleared") and setup.templates is not None:
            return self.reader.choice(text, sorted(setup.templates), "a template")
        return None

    def _target(self, text: Text) -> str | None:
        """A name of the settings: whoever writes a rule must not be able to say where anything goes."""
        known = self.around.setup.targets
        if not _TARGET.fullmatch(text.value):
            self.reader.refuse(
                text.spot,
                f'"{text.value}" is not the name of a target: a rule never holds an address; it stands in '
                "the settings, under webhook_targets",
            )
        elif known is not None:
            return self.reader.choice(text, known, "a target of the settings' webhook_targets")
        return None

    # -- limits ------------------------------------------------------------------

    def limits(self, part: Part | None) -> Limits:
        table = self.reader.table(part, "limits", LIMITS) if part is not None else None
        if table is None:
            return NO_LIMITS
        asked = [self.condition(item) for item in self.reader.several(table.values.get("ask_when"))]
        only = self.reader.text(table, "only_during", "limits")
        return Limits(
            ask_above=self.reader.parsed(self.reader.text(table, "ask_above", "limits"), parse_limit),
            ask_when=tuple(condition for condition in asked if condition is not None),
            two_people_above=self.reader.parsed(
                self.reader.text(table, "two_people_above", "limits"), parse_limit
            ),
            only_during_working_hours=self.reader.choice(only, ["working hours"], "a time known here")
            is not None,
            at_most=self.reader.parsed(self.reader.text(table, "at_most", "limits"), parse_at_most),
        )

    # -- tests -------------------------------------------------------------------

    def tests(self, part: Part | None) -> tuple[RuleTest, ...]:
        read = (self._test(item) for item in self.reader.several(part))
        return tuple(test for test in read if test is not None)

    def _test(self, part: Part) -> RuleTest | None:
        table = self.reader.table(part, "a test", ("given", "expect"))
        if table is None:
            return None
        expect = self.reader.text(table, "expect", "a test", required=True)
        expected = self.reader.choice(expect, EXPECTATIONS, "something a test can expect")
        values = table.values.get("given")
        if not isinstance(values, Table):
            self.reader.refuse(part.spot, 'a test needs "given", with fields and their values')
            return None
        given: dict[str, str] = {}
        for name, value in values.values.items():
            text = self.reader.plain(value, f'"{name}"')
            if name == CALENDAR and text is not None:
                self.reader.choice(text, self.around.calendars, "a calendar")
            elif name not in self.fields:
                self.reader.refuse(values.keys[name].spot, unknown_field(name, self.fields, self.about))
                continue
            elif text is not None:
                self.reader.parsed(text, partial(given_value, self.fields[name]))
            if text is not None:
                given[name] = text.value
        return RuleTest(given, expected, part.spot.line + 1) if expected is not None else None


def parse_limit(text: str) -> Money:
    amount = parse_money(text)
    if amount.amount < 0:
        raise ValueError(f'"{text}" is below zero, which no limit is')
    return amount


def parse_at_most(text: str) -> AtMost:
    match = _AT_MOST.fullmatch(" ".join(text.split()))
    if match is None or int(match[1]) == 0:
        raise ValueError(f'"{text}" is not a limit such as 1 per 7 days')
    length = parse_duration(match[2] if match[2][0].isdigit() else f"1 {match[2]}")
    if length <= timedelta(0):
        raise ValueError(f'"{text}" is not a limit such as 1 per 7 days')
    return AtMost(int(match[1]), length)
