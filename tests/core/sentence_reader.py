"""Reads a sentence about a rule back, by every way in which it can be understood.

What it yields twice could be understood in two ways; what it can't read says something
that no rule says. It knows the phrases and words of a language, and nothing of how
sentences are written.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.core.condition import (
    Ago,
    Block,
    Claim,
    Compared,
    Condition,
    Empty,
    HasValue,
    How,
    OneOf,
    Op,
    Ordered,
    Unit,
    Within,
)
from bot.core.expect import Per
from bot.core.lapse import Lapse
from bot.core.literal import UNITS, Wall, parse_date, parse_time
from bot.core.money import Money
from bot.core.resource import Field, Type
from bot.core.rule import AtMost, Escalate, IfMissed, Mode, Step
from bot.core.sentence.language import Language
from bot.core.slots import Cron, Days, OnDays
from bot.core.workdays import MonthlyCutOff, WeeklyCutOff
from bot.rulebook import Vocabulary

Reads = Iterator[tuple[Any, int]]
"""What stands at a place, by each way to read it, with the place behind it."""
Part = Callable[[str, int], Reads]

_SLOT = re.compile(r"\{(\w+)\}")
_NUMBERS = (Type.MONEY, Type.COUNT, Type.PERCENT, Type.DURATION)
_TIMES = (Type.INSTANT, Type.DATE)
_STARTS = 4


def fixed(words: str, meaning: Any = None) -> Part:
    def read(text: str, at: int) -> Reads:
        if text.startswith(words, at):
            yield meaning, at + len(words)

    return read


def pattern(regex: str, make: Callable[[re.Match[str]], Any]) -> Part:
    compiled = re.compile(regex)

    def read(text: str, at: int) -> Reads:
        found = compiled.match(text, at)
        if found is not None:
            yield make(found), found.end()

    return read


def either(*parts: Part) -> Part:
    def read(text: str, at: int) -> Reads:
        for part in parts:
            yield from part(text, at)

    return read


def several(part: Part, joined: str, least: int = 1) -> Part:
    def read(text: str, at: int) -> Reads:
        for first, end in part(text, at):
            if least <= 1:
                yield (first,), end
            if text.startswith(joined, end):
                for rest, last in several(part, joined, least - 1)(text, end + len(joined)):
                    yield (first, *rest), last

    return read


def phrase(template: str, make: Callable[[dict[str, Any]], Any], **slots: Part) -> Part:
    """A phrase with what stands in its places."""
    pieces = _SLOT.split(template)

    def read(text: str, at: int, piece: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
        if not text.startswith(pieces[piece], at):
            return
        at += len(pieces[piece])
        if piece + 1 == len(pieces):
            yield {}, at
            return
        for said, end in slots[pieces[piece + 1]](text, at):
            for others, last in read(text, end, piece + 2):
                yield {pieces[piece + 1]: said, **others}, last

    def made(text: str, at: int) -> Reads:
        for said, end in read(text, at):
            yield make(said), end

    return made


def maybe(part: Part, otherwise: Any) -> Part:
    return either(fixed("", otherwise), part)


class SentenceReader:
    """Everything that can be said in one language about what this vocabulary has."""

    def __init__(self, language: Language, vocabulary: Vocabulary, kinds: Iterable[str]) -> None:
        self.language = language
        self.vocabulary = vocabulary
        self.kinds = tuple(kinds)
        self.say = language.phrases
        self._claims: dict[str, Mapping[str, list[Part]]] = {}
        self._sentences = {kind: self._sentence(kind) for kind in self.kinds}

    def read(self, text: str) -> list[dict[str, Any]]:
        """Every rule that the sentence can be about, by its parts."""
        found = []
        for start in {text, text[:1].lower() + text[1:]}:
            for kind in self.kinds:
                found += [parts for parts, end in self._sentences[kind](start, 0) if end == len(text)]
        return found

    # -- the whole -------------------------------------------------------------------

    def _sentence(self, kind: str) -> Part:
        clause = phrase("; {clause}", lambda said: said["clause"], clause=self._clause(kind))
        about_it, steps = self._about(kind), several(self._step(), self.say["then"])

        def read(text: str, at: int) -> Reads:
            for about, end in about_it(text, at):
                for _, colon in fixed(": ")(text, end):
                    for then, told in steps(text, colon):
                        for clauses, last in self._clauses(clause, text, told):
                            for _, over in fixed(".")(text, last):
                                yield {**about, "then": then, **clauses}, over

        return read

    def _clauses(self, clause: Part, text: str, at: int) -> Iterator[tuple[dict[str, Any], int]]:
        yield {}, at
        for (key, meaning), end in clause(text, at):
            for others, last in self._clauses(clause, text, end):
                assert key not in others, f"{key} is said twice"
                yield {key: meaning, **others}, last

    def _about(self, kind: str) -> Part:
        names = several(self._name(), self.say["and"])
        shared = {
            "watch": fixed(self.language.kind(kind), kind),
            "of": maybe(phrase(self.say["of"], lambda said: said["connections"], connections=names), ()),
            "by": maybe(phrase(self.say["by"], lambda said: said["calendar"], calendar=self._name()), None),
            "when": self._condition(kind),
        }
        counted = phrase(self.say["counted"], lambda said: said["when"], when=shared["when"])

        def about(said: dict[str, Any]) -> dict[str, Any]:
            return {
                "watch": said["watch"],
                "connections": said["of"],
                "calendar": said["by"],
                "when": said.get("when", said.get("counted", Block(How.ALL, ()))),
                "every": None if "due" in said else said.get("times"),
                "expect": (said["times"], *said["due"]) if "due" in said else None,
            }

        return either(
            phrase(self.say["for each"], about, **shared),
            phrase(self.say["at times"], about, times=self._times(), **shared),
            phrase(
                self.say["unless"],
                about,
                **shared,
                times=self._length(lambda count, unit: count),
                due=self._due(),
                counted=maybe(counted, Block(How.ALL, ())),
            ),
        )

    def _clause(self, kind: str) -> Part:
        say, named, amount = self.say, self._name(), self._money()

        def clause(key: str, words: str, **slots: Part) -> Part:
            (slot,) = slots or ("",)
            return phrase(say[words], lambda said: (key, said[slot] if slot else True), **slots)

        def choice(key: str, words: str, meaning: Any) -> Part:
            return phrase(say[words], lambda _: (key, meaning))

        lapse = self._length(lambda count, unit: Lapse(count, unit))
        return either(
            *(choice("mode", f"mode: {mode}", mode) for mode in Mode),
            *(choice("if_missed", f"if missed: {one}", one) for one in IfMissed),
            *(choice("group_by", f"group by {one}", one) for one in ("payrun", "connection")),
            clause("wait", "wait", length=self._duration()),
            clause("remind", "remind", times=self._times()),
            phrase(
                say["escalate"],
                lambda said: ("escalate", Escalate(said["after"], said["to"])),
                after=lapse,
                to=named,
            ),
            clause("ask", "ask", group=named),
            clause("ask_above", "ask above", amount=amount),
            clause("ask_when", "ask when", when=self._condition(kind)),
            clause("two_people_above", "two people above", amount=amount),
            clause("only_during", "only during"),
            phrase(
                say["at most"],
                lambda said: ("at_most", AtMost(said["count"], said["length"])),
                count=pattern(r"\d+", lambda found: int(found[0])),
                length=self._duration(),
            ),
        )

    # -- steps -----------------------------------------------------------------------

    def _step(self) -> Part:
        known = [*self.vocabulary.vendor_actions, *self.vocabulary.general_actions]
        return either(*(self._action(name) for name in known))

    def _action(self, name: str) -> Part:
        words = self.language.step(name)
        texts = phrase(
            "{name}: {text}",
            lambda said: (said["name"], said["text"]),
            name=self._quoted(),
            text=self._quoted(),
        )
        table = several(texts, ", ")

        def as_json(pairs: tuple[tuple[str, str], ...]) -> str:
            return json.dumps(dict(pairs), ensure_ascii=False)

        args = [
            maybe(
                phrase(
                    joins,
                    lambda said, arg=arg: {arg: said.get("value") or as_json(said["table"])},
                    value=self._name(),
                    table=table,
                ),
                {},
            )
            for arg, joins in words.args.items()
        ]  # fmt: skip

        def read(text: str, at: int, left: list[Part] = args) -> Iterator[tuple[dict[str, str], int]]:
            if not left:
                yield {}, at
                return
            for said, end in left[0](text, at):
                for others, last in read(text, end, left[1:]):
                    yield {**said, **others}, last

        def step(text: str, at: int) -> Reads:
            for _, end in fixed(words.says)(text, at):
                for said, last in read(text, end):
                    yield Step(name, said), last

        return step

    # -- conditions ------------------------------------------------------------------

    def _condition(self, kind: str) -> Part:
        def whole(text: str, at: int) -> Reads:
            yield from unit(text, at)
            for parts, end in all_of(text, at):
                yield Block(How.ALL, parts), end
            for parts, end in any_of(text, at):
                yield Block(How.ANY, parts), end

        negated = phrase(self.say["not"], lambda said: Block(How.NOT, (said["inner"],)), inner=whole)
        in_brackets = phrase(self.say["bracket"], lambda said: said["inner"], inner=whole)

        def unit(text: str, at: int) -> Reads:
            yield from negated(text, at)
            yield from in_brackets(text, at)
            for claim in self._claims_of(kind)[text[at : at + _STARTS]]:
                yield from claim(text, at)

        def all_of(text: str, at: int) -> Reads:
            for first, end in unit(text, at):
                for last_and in (self.say["and"], self.say["and after or"]):
                    if text.startswith(last_and, end):
                        for second, last in unit(text, end + len(last_and)):
                            yield (first, second), last
                if text.startswith(", ", end):
                    for rest, last in all_of(text, end + 2):
                        yield (first, *rest), last

        any_of = several(unit, self.say["or"], 2)
        return whole

    def _claims_of(self, kind: str) -> Mapping[str, list[Part]]:
        """The lines that can be said of a kind, by their first letters."""
        if kind not in self._claims:
            by_start = defaultdict(list)
            for field in self.vocabulary.fields[kind].values():
                for words, negated, make, value in self._ways(kind, field):
                    template = self.say[f"{words}, not" if negated else words]
                    filled = template.replace("{subject}", self.language.subject(field))
                    filled = filled.replace("{field}", self.language.field(field))

                    def claim(said: dict[str, Any], *, field=field, make=make, negated=negated) -> Claim:
                        return Claim("", field, make(said.get("value")), negated)

                    by_start[filled[:_STARTS]].append(phrase(filled, claim, value=value))
            self._claims[kind] = by_start
        return self._claims[kind]

    def _ways(self, kind: str, field: Field) -> Iterator[tuple[str, bool, Callable[[Any], Any], Part]]:
        nothing, value = fixed(""), self._value(field)
        for no in (False, True):
            if field.type is Type.COUNT:
                yield "is none", no, lambda _: Empty(True), nothing
            yield "is missing", no, lambda _: Empty(False), nothing
            yield "is known", no, lambda _: HasValue(), nothing
            if field.type is Type.FLAG:
                yield "is yes", no, lambda _: OneOf((True,)), nothing
                yield "is no", no, lambda _: OneOf((False,)), nothing
            elif field.type is not Type.INSTANT:
                yield "is", no, lambda one: OneOf((one,)), value
            if field.type is not Type.INSTANT:
                yield "is one of", no, OneOf, several(value, self.say["nor" if no else "or"], 2)
            if field.type in _NUMBERS:
                for op in Op:
                    yield f"is {op}", no, lambda one, op=op: Compared(op, one), value
            if field.type in _TIMES:
                yield "is after", no, lambda one: Ordered(True, one), self._other(kind)
                yield "is before", no, lambda one: Ordered(False, one), self._other(kind)
                yield "is within", no, lambda one: Within(*one), self._length(_pair)
        if field.type in _TIMES:
            yield "was more ago", False, lambda one: Ago(True, *one), self._length(_pair)
            yield "was less ago", False, lambda one: Ago(False, *one), self._length(_pair)

    def _other(self, kind: str) -> Part:
        fields = (one for one in self.vocabulary.fields[kind].values() if one.type in _TIMES)
        at = pattern(r"\d\d:\d\d(:\d\d)?", lambda found: parse_time(found[0]))
        return either(
            *(fixed(self.language.subject(one), one) for one in fields),
            self._day(),
            phrase("{at}", lambda said: Wall(None, said["at"]), at=at),
            phrase("{day} {at}", lambda said: Wall(said["day"], said["at"]), day=self._day(), at=at),
        )

    # -- values ----------------------------------------------------------------------

    def _value(self, field: Field) -> Part:
        mark = re.escape(self.language.decimal_mark)
        match field.type:
            case Type.MONEY:
                return self._money()
            case Type.COUNT:
                return pattern(r"\d+", lambda found: int(found[0]))
            case Type.PERCENT:
                return pattern(rf"(\d+(?:{mark}\d+)?) %", lambda found: Decimal(found[1].replace(",", ".")))
            case Type.DURATION:
                return self._duration()
            case Type.DATE:
                return self._day()
            case Type.FLAG:
                return either(fixed(self.say["yes"], True), fixed(self.say["no"], False))
            case Type.STATUS:
                return either(*(fixed(self.language.status(word), word) for word in field.words))
            case _:
                return self._quoted()

    def _money(self) -> Part:
        mark = re.escape(self.language.decimal_mark)
        return pattern(
            rf"−?\d[\d ]*(?:{mark}\d+)? [A-Z]{{3}}",
            lambda found: Money.parse(found[0].replace(self.language.decimal_mark, ".")),
        )

    def _length(self, make: Callable[[int, str], Any]) -> Part:
        units = {word: unit for unit, both in self.language.units.items() for word in both}
        words = "|".join(re.escape(word) for word in sorted(units, key=len, reverse=True))
        return pattern(rf"(\d+) ({words})\b", lambda found: make(int(found[1]), units[found[2]]))

    def _duration(self) -> Part:
        return self._length(lambda count, unit: count * UNITS.get(unit, timedelta.max))

    def _day(self) -> Part:
        months = "|".join(self.language.months)
        weekdays = "|".join(name[:3] for name in self.language.weekdays)

        def day(found: re.Match[str]) -> Any:
            month = self.language.months.index(found[3]) + 1
            read = parse_date(f"{found[4]}-{month:02}-{int(found[2]):02}")
            assert self.language.weekdays[read.weekday()].startswith(found[1])
            return read

        return pattern(rf"({weekdays}) (\d+) ({months}) (\d{{4}})", day)

    def _quoted(self) -> Part:
        opens, closes = self.say["quoted"].split("{text}")
        return pattern(
            rf"{opens}((?:[^{closes}]|{closes}{closes})*){closes}(?!{closes})",
            lambda found: found[1].replace(closes * 2, closes),
        )

    def _name(self) -> Part:
        return either(pattern(r"[A-Za-z0-9_-]+", lambda found: found[0]), self._quoted())

    def _times(self) -> Part:
        at = pattern(r"\d\d:\d\d", lambda found: parse_time(found[0]))
        weekday = either(*(fixed(name, number) for number, name in enumerate(self.language.weekdays)))

        def on(day: Part, make: Callable[[Any, Any], Any]) -> Part:
            return phrase(self.say["at"], lambda said: make(said["day"], said["at"]), day=day, at=at)

        monthly = phrase(self.say["on"], lambda said: said["day"], day=self._day_of_month())
        return either(
            phrase(self.say["cron"], lambda said: Cron(said["line"]), line=self._quoted()),
            *(on(fixed(self.say[f"on {days}"], days), OnDays) for days in Days),
            on(
                phrase(self.say["every weekday"], lambda said: said["weekday"], weekday=weekday), WeeklyCutOff
            ),
            on(monthly, lambda day, time: MonthlyCutOff(*day, time)),
        )

    def _day_of_month(self) -> Part:
        numbered = phrase(
            self.say["numbered day"],
            lambda said: said["number"],
            number=pattern(r"\d+", lambda found: int(found[0])),
            ending=pattern("st|nd|rd|th", lambda found: found[0]),
        )
        named = either(numbered, fixed(self.say["last day"], 31))
        working_days = self._length(lambda count, unit: count if unit == Unit.WORKING_DAYS else -1)
        return either(
            phrase("{day}", lambda said: (said["day"], 0), day=named),
            phrase(
                self.say["before day"],
                lambda said: (said["day"], said["length"]),
                length=working_days,
                day=named,
            ),
        )

    def _due(self) -> Part:
        weekday = either(*(fixed(name, number) for number, name in enumerate(self.language.weekdays)))
        at = pattern(r"\d\d:\d\d", lambda found: parse_time(found[0]))

        def due(per: Per) -> Part:
            each = fixed(f"{self.say[f'each {per}']} ")
            if per in (Per.DAY, Per.WORKING_DAY):
                days = Days.ALL if per is Per.DAY else Days.WORKING
                by = phrase(self.say["due at"], lambda said: OnDays(days, said["at"]), at=at)
            else:
                first, last = (Days(f"{end} working day of the {per}") for end in ("first", "last"))
                day = either(
                    fixed(self.say["its first"], lambda at: OnDays(first, at)),
                    fixed(self.say["its last"], lambda at: OnDays(last, at)),
                    phrase("{day}", lambda said: lambda at: WeeklyCutOff(said["day"], at), day=weekday)
                    if per is Per.WEEK
                    else phrase(
                        "{day}",
                        lambda said: lambda at: MonthlyCutOff(*said["day"], at),
                        day=self._day_of_month(),
                    ),
                )
                by = phrase(self.say["due on"], lambda said: said["day"](said["at"]), day=day, at=at)
            return phrase("{each}{by}", lambda said: (per, said["by"]), each=each, by=by)

        return either(*(due(per) for per in Per))


def _pair(count: int, unit: str) -> tuple[int, Unit]:
    return count, Unit(unit)


def plain_condition(condition: Condition) -> Condition:
    """A condition without its bracketing that means nothing, worked out here on its own."""
    if isinstance(condition, Claim):
        return Claim("", condition.field, condition.test, condition.negated)
    parts = [plain_condition(part) for part in condition.parts]
    if condition.how is How.NOT:
        return Block(How.NOT, tuple(parts))
    flat: list[Condition] = []
    for part in parts:
        flat += part.parts if isinstance(part, Block) and part.how is condition.how else [part]
    return flat[0] if len(flat) == 1 else Block(condition.how, tuple(flat))
