"""Rules made at random over the whole grammar and the connectors' own words, the same by the same seed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from random import Random

from bot.actions import general_actions
from bot.connectors import kinds, vendor_actions
from bot.core.condition import Block, Claim, Condition, How
from bot.core.expect import parse_expectation
from bot.core.grammar import parse_claim
from bot.core.lapse import Lapse
from bot.core.money import Money
from bot.core.resource import Field, Type
from bot.core.rule import AtMost, Escalate, IfMissed, Limits, Mode, Rule, Step
from bot.core.slots import Schedule, parse_schedule
from bot.rulebook import Vocabulary, vocabulary

TRAPS = (
    "payroll", "a and b", "x; done at once.", "either ”this” or “that”", "or", ", then close it", "(open)",
    "status is open", "när 1, 2 och ) är", "”", "a”” b", "{value}", "0",
)  # fmt: skip
"""Texts that look like the sentence around them."""
SCHEDULES = (
    "working day at 09:00", "first working day of the week 08:00", "last working day of the week 08:00",
    "first working day of the month 07:30", "last working day of the month 16:00", "day 07:00",
    "Friday 15:00", "Mon 00:00", "25th 08:00", "1st 08:00", "22nd 08:00", "13th, 3 working days before 12:00",
    "31st, 1 working day before, 12:00", "last day of the month 12:00", "cron 0 8,12 * * 1-5",
)  # fmt: skip
EXPECTATIONS = (
    "at least 1 x per week by Thursday 12:00", "at least 20 x per day by 16:00", "x per working day by 09:30",
    "x per week by last working day 12:00", "at least 2 x per week by first working day 12:00",
    "x per month by 25th 12:00", "x per month by 25th, 3 working days before, 12:00",
    "at least 3 x per month by first working day 08:00", "x per month by last working day 08:00",
    "x per month by last day 12:00",
)  # fmt: skip
_WITHIN = {Type.INSTANT: ("minute", "hour", "day", "working day"), Type.DATE: ("day", "working day")}
_AGO = {Type.INSTANT: ("minute", "hour", "day", "working hour"), Type.DATE: ("day",)}
_NUMBERS = (Type.MONEY, Type.COUNT, Type.PERCENT, Type.DURATION)


def whole_vocabulary() -> Vocabulary:
    """Every word that a rule can have, of all connectors."""
    return vocabulary(kinds(), vendor_actions(), general_actions())


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes rules, and the same rule with one thing changed."""

    pick: Random
    words: Vocabulary

    def rule(self) -> Rule:
        pick = self.pick
        watch = pick.choice(sorted(self.words.fields))
        style = pick.choice(("changes", "changes", "times", "expected"))
        rule = Rule(
            id="made", title="Made", watch=watch, when=self.condition(watch), then=self.steps(watch),
            mode=pick.choice(list(Mode)), hash="", text="", file="made.yaml", line=1,
        )  # fmt: skip
        if style == "expected":
            rule = replace(rule, expect=parse_expectation(pick.choice(EXPECTATIONS)).expectation)
            rule = rule if pick.random() < 0.5 else replace(rule, when=Block(How.ALL, ()))
        if style == "times":
            rule = replace(rule, every=self.schedule())
        for key, value in self.others(rule).items():
            if pick.random() < 0.3:
                rule = replace(rule, **{key: value})
        return rule

    def others(self, rule: Rule) -> Mapping[str, object]:
        """Another value for everything that a rule may say besides what it is about, and what it does."""
        pick = self.pick
        return {
            "connections": tuple(
                pick.sample(("gigapay-se", "gigapay-uk", "x_1", "a and b"), pick.randint(1, 3))
            ),
            "calendar": pick.choice(("se", "uk-bacs", "a work calendar")),
            "limits": self.limits(rule.watch),
            "group_by": pick.choice(("payrun", "connection")),
            "wait": timedelta(**{pick.choice(("seconds", "minutes", "hours", "days")): pick.randint(1, 90)}),
            "remind": self.schedule(),
            "escalate": Escalate(self.lapse(), self.text()),
            "ask": self.text(),
            **({"if_missed": pick.choice(list(IfMissed))} if rule.every is not None else {}),
        }

    def limits(self, watch: str) -> Limits:
        pick = self.pick
        asked = tuple(self.condition(watch) for _ in range(pick.randint(0, 2)))
        return Limits(
            ask_above=self.money() if pick.random() < 0.6 else None,
            ask_when=asked,
            two_people_above=self.money() if pick.random() < 0.4 else None,
            only_during_working_hours=pick.random() < 0.4,
            at_most=AtMost(pick.randint(1, 9999), timedelta(hours=pick.randint(1, 500)))
            if pick.random() < 0.4
            else None,
        )

    # -- conditions ------------------------------------------------------------------

    def condition(self, watch: str, depth: int = 0) -> Condition:
        how = self.pick.choice((*How, None)) if depth else self.pick.choice((How.ALL, How.ALL, *How, None))
        if how is None or depth > 2:
            return self.claim(watch)
        count = 1 if how is How.NOT else self.pick.randint(1, 3)
        return Block(how, tuple(self.condition(watch, depth + 1) for _ in range(count)))

    def claim(self, watch: str) -> Claim:
        field = self.pick.choice(list(self.words.fields[watch].values()))
        line = f"{field.name} {self.said_of(watch, field)}"
        read = parse_claim(line, self.words.fields[watch], watch)
        assert isinstance(read, Claim), f"{line}: {read}"
        return read

    def said_of(self, watch: str, field: Field) -> str:
        pick = self.pick
        ways = ["is none", "is missing", "is known"]
        if field.type is not Type.INSTANT:
            several = ", ".join(self.value(field) for _ in range(pick.randint(2, 3)))
            ways += [f"is {self.value(field)}", f"is one of {several}"]
        if field.type in _NUMBERS:
            ops = ("at most", "at least", "more than", "less than")
            ways += [f"is {op} {self.value(field)}" for op in ops]
        if field.type in _WITHIN:
            times = [one.name for one in self.words.fields[watch].values() if one.type in _WITHIN]
            other = pick.choice((*times, "Fri 13 Nov 2026 15:05", "2026-11-13", "15:00", "08:30:15"))
            ways += [f"is before {other}", f"is after {other}"]
            ways += [f"is in the next {pick.randint(1, 30)} {pick.choice(_WITHIN[field.type])}s"]
        way = pick.choice(ways)
        if pick.random() < 0.3:
            way = way.replace("is ", "is not ", 1)
        if field.type in _AGO and pick.random() < 0.3:
            unit = pick.choice(_AGO[field.type])
            way = f"was {pick.choice(('more', 'less'))} than {pick.randint(1, 90)} {unit}s ago"
        return way

    def value(self, field: Field) -> str:
        pick = self.pick
        match field.type:
            case Type.MONEY:
                return str(self.money())
            case Type.COUNT:
                return str(pick.choice((0, 1, 2, 20_000)))
            case Type.PERCENT:
                return pick.choice(("10 %", "0 %", "10.05 %", "100.5 %"))
            case Type.DURATION:
                return pick.choice(("0 hours", "90 minutes", "1 hour", "36 hours", "2 weeks", "61 seconds"))
            case Type.DATE:
                return pick.choice(("Fri 13 Nov 2026", "2026-05-01", "31 Oct 2027"))
            case Type.FLAG:
                return pick.choice(("yes", "no"))
            case Type.STATUS:
                return pick.choice(field.words)
            case _:  # a comma would end the value, and "is" would begin another line
                return self.text().replace(",", " ").replace(" is ", " or ").strip()

    # -- the rest --------------------------------------------------------------------

    def steps(self, watch: str) -> tuple[Step, ...]:
        vendor = [name for name, one in self.words.vendor_actions.items() if one.kind == watch]
        known = [*vendor, *self.words.general_actions]
        return tuple(self.step(self.pick.choice(known)) for _ in range(self.pick.randint(1, 3)))

    def step(self, name: str) -> Step:
        vendor, general = self.words.vendor_actions.get(name), self.words.general_actions.get(name)
        takes = vendor or general
        assert takes is not None
        tables = vendor.tables if vendor is not None else ()
        texts = {self.text(): self.text() for _ in range(self.pick.randint(1, 3))}
        return Step(
            name,
            {
                arg: json.dumps(texts, ensure_ascii=False) if arg in tables else self.text()
                for arg in takes.args
                if arg in takes.required or self.pick.random() < 0.5
            },
        )

    def text(self) -> str:
        return self.pick.choice((*TRAPS, "payroll-lead", "payrun_closed"))

    def money(self) -> Money:
        amount = self.pick.choice(("20000", "20000.00", "20000.01", "0.5", "900", "1234567.891", "100000"))
        return Money(Decimal(amount), self.pick.choice(("SEK", "GBP")))

    def schedule(self) -> Schedule:
        return parse_schedule(self.pick.choice(SCHEDULES))

    def lapse(self) -> Lapse:
        return Lapse(
            self.pick.randint(1, 9),
            self.pick.choice(("minute", "hour", "day", "week", "working hour", "working day")),
        )
