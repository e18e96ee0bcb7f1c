"""What a new version of a rule changes, in the words of its sentence.

Conditions and steps are compared line by line, everything else part by part. What is
changed and makes no line here still makes one: that it is the same in other words, or
that something the rule is read with is not what it was.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.condition import Block, Claim, Compared, Condition, Ordered
from bot.core.rule import Rule
from bot.core.sentence import values, write
from bot.core.sentence.conditions import condition_in_words
from bot.core.sentence.language import Language
from bot.core.sentence.normal import lines


def difference(old: Rule, new: Rule, language: Language, calendars: Sequence[str] = ()) -> tuple[str, ...]:
    """Each thing that is not as it was. Two rules with one hash have none."""
    found = list(_Differ(old, new, language).all())
    found += [language.say("calendar changed", calendar=values.name(language, one)) for one in calendars]
    if not found and old.hash != new.hash:
        found.append(language.say("surroundings" if old.text == new.text else "wording"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Line:
    """A condition or a step in words. Lines with one `topic` may be two versions of one."""

    words: str
    topic: Hashable


@dataclass(frozen=True, slots=True)
class _Differ:
    old: Rule
    new: Rule
    language: Language

    def all(self) -> Iterator[str]:
        language = self.language
        yield from self._changed("title", self._quoted(self.old.title), self._quoted(self.new.title))
        yield from self._changed("watch", language.kind(self.old.watch), language.kind(self.new.watch))
        yield from self._parts(write.scope(self.old, language), write.scope(self.new, language))
        yield from self._parts(_times(self.old, language), _times(self.new, language))
        yield from self._lines("line", self._conditions(self.old), self._conditions(self.new))
        yield from self._lines("step", self._steps(self.old), self._steps(self.new))
        yield from self._moved()
        yield from self._changed("mode", self.old.mode, self.new.mode)
        yield from self._parts(self._clauses(self.old), self._clauses(self.new))
        yield from self._changed("advice", self._quoted(self.old.advice), self._quoted(self.new.advice))

    # -- what there is one of --------------------------------------------------------

    def _changed(self, what: str, old: str, new: str) -> Iterator[str]:
        if old != new:
            yield self._becomes(self.language.say(what), old, new)

    def _parts(self, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
        for key in dict.fromkeys([*old, *new]):
            before, after = old.get(key, "").strip(), new.get(key, "").strip()
            if before == after:
                continue
            if before and after:
                yield self._as_it_becomes(before, after)
            else:
                said = "clause new" if after else "clause gone"
                yield self.language.say(said, line=after or before)

    def _clauses(self, rule: Rule) -> Mapping[str, str]:
        said = dict(write.clauses(rule, self.language))
        del said["mode"]  # is said by its own short word
        return said

    # -- what there are several of ---------------------------------------------------

    def _conditions(self, rule: Rule) -> list[_Line]:
        return [_Line(condition_in_words(one, self.language), _topic(one)) for one in lines(rule.when)]

    def _steps(self, rule: Rule) -> list[_Line]:
        return [_Line(write.step(one, self.language), one.action) for one in rule.then]

    def _lines(self, what: str, old: list[_Line], new: list[_Line]) -> Iterator[str]:
        """Lines that are gone, new, or another version of one; their order is no matter."""
        gone, come = _without(old, new), _without(new, old)
        for line in gone:
            after = next((one for one in come if one.topic == line.topic), None)
            if after is None:
                yield self.language.say(f"{what} gone", line=line.words)
            else:
                come.remove(after)
                yield self._as_it_becomes(line.words, after.words)
        for line in come:
            yield self.language.say(f"{what} new", line=line.words)

    def _moved(self) -> Iterator[str]:
        old, new = ([write.step(one, self.language) for one in rule.then] for rule in (self.old, self.new))
        if old != new and sorted(old) == sorted(new):
            yield self.language.say("steps moved", line=self.language.say("then").join(new))

    # -- words -----------------------------------------------------------------------

    def _quoted(self, text: str) -> str:
        return values.quoted(self.language, text) if text else self.language.say("nothing")

    def _as_it_becomes(self, old: str, new: str) -> str:
        """`a person is asked above 20 000 SEK → 30 000 SEK`: what both begin with is said once."""
        shared = _beginning(old, new)
        return self._becomes(old[:shared], old[shared:], new[shared:])

    def _becomes(self, before: str, old: str, new: str) -> str:
        return self.language.say("becomes", before=before, old=old, new=new)


def _times(rule: Rule, language: Language) -> Mapping[str, str]:
    """When the rule is asked, where that is at set times."""
    every = {"every": values.times(language, rule.every)} if rule.every is not None else {}
    if rule.expect is None:
        return every
    return {**every, "expect": write.expected(rule.expect, language)}


def _topic(condition: Condition) -> Hashable:
    """Two lines about one field that differ in nothing but the value have one topic."""
    match condition:
        case Block(how):
            return how
        case Claim(field=field, test=Compared(op), negated=negated):
            return field.name, op, negated
        case Claim(field=field, test=Ordered(after), negated=negated):
            return field.name, after, negated
        case Claim(field=field, test=test, negated=negated):
            return field.name, type(test), negated


def _without(these: Sequence[_Line], those: Sequence[_Line]) -> list[_Line]:
    """The lines that the others don't have, each as often as it is there more often."""
    left = Counter(line.words for line in those)
    found = []
    for line in these:
        if left[line.words]:
            left[line.words] -= 1
        else:
            found.append(line)
    return found


def _beginning(old: str, new: str) -> int:
    """How many characters both begin with, in whole words, and never in the midst of an amount."""
    before, after = old.split(" "), new.split(" ")
    same = 0
    while same < min(len(before), len(after)) - 1 and before[same] == after[same]:
        same += 1
    while same and before[same - 1].isdecimal():  # "20 000 SEK" and "20 500 SEK" begin alike
        same -= 1
    return sum(len(word) + 1 for word in before[:same])
