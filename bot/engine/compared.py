"""Whether a version does more than the one that was signed off, asked of the proof.

The proof compares two rules that are read alike. What they are read with may have changed
since the older one was signed: a work calendar, who is in a group, how a fact is worked
out. Then nothing is compared, and that counts as wider.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.core.prove import Wider, Would, amount_of, given_line, wider
from bot.core.resource import Field
from bot.core.rule import Mode, Rule
from bot.core.watched import PAYRUN, is_about
from bot.core.words import joined, say
from bot.core.workdays import WorkCalendar
from bot.rulebook import Setup, Vocabulary, parse_rule_text
from bot.rulebook.calendars import stored_calendars
from bot.store.rules import Version


@dataclass(frozen=True, slots=True)
class Reading:
    """The words and the set-up that both versions are read with, and the moment examples are near."""

    vocabulary: Vocabulary
    setup: Setup
    now: datetime


def why_wider(new: Rule, version: Version, signed: Version, reading: Reading) -> str:
    """Why this version waits for its own signatures, in a sentence; empty where it need not.

    `new` is the rule that `version` is. Where it is not wider, nothing comes of it that
    would not come of the signed version, too.
    """
    if new.mode.steps < Mode.ASK.steps:
        return ""
    counts = say("It counts as wider than version {number}:", number=signed.number)

    def says(why: str) -> str:
        return joined((counts, why), " ")

    old, _ = parse_rule_text(
        signed.text,
        signed.calendars_text,
        vocabulary=reading.vocabulary,
        setup=reading.setup,
        file=signed.file,
    )
    if old is None:
        return says(say("that one cannot be read with today's words."))
    if old.hash != signed.hash:
        return says(
            say(
                "since that one was signed off, who is in its groups, which connections there are "
                "or how a fact is worked out has changed, so the two cannot be compared."
            )
        )
    if old.calendar != new.calendar:
        return says(say("it names another work calendar, and what two of them say is not compared."))
    before, after = stored_calendars(signed.calendars_text), stored_calendars(version.calendars_text)
    for name, amount in _read_with(new, old, reading):
        if name not in after.contents or before.contents.get(name) != after.contents[name]:
            return says(
                say("the work calendar {name} is another than when that one was signed off.", name=name)
            )
        found = wider(new, old, after.by_name[name], reading.now, amount)
        if isinstance(found, Wider):
            return _said(found, after.by_name[name], signed, counts)
    return ""


def _said(found: Wider, calendar: WorkCalendar, signed: Version, counts: str) -> str:
    if found.example is None:
        return f"{counts} {found.why}."
    example = given_line(found.example, calendar)
    return say(
        "It is wider than version {number}: {why}, for example at {example}.",
        number=signed.number,
        why=found.why,
        example=example,
    )


def _read_with(new: Rule, old: Rule, reading: Reading) -> Iterator[tuple[str, Field | None]]:
    """Each work calendar that they are decided by, with the amount that their limits are about there."""
    fields, found = reading.vocabulary.fields, dict[tuple[str, str], Field | None]()
    for name, one in sorted((reading.setup.connections or {}).items()):
        for rule in (new, old):
            if not rule.watches(name) or not rule.may_be_of(one.vendor):
                continue
            kind = f"{one.vendor}.{PAYRUN}" if rule.watch == PAYRUN else rule.watch
            assert is_about(rule.watch, kind), "each vendor has a pay run"
            amount = amount_of(list(fields[kind].values()))
            found[rule.calendar_for(one.calendar), amount.name if amount else ""] = amount
    for (name, _), amount in found.items():
        yield name, amount


def why_narrower(new: Rule, version: Version, signed: Version, reading: Reading) -> str:
    """In what this version does less than the signed one, with an example; empty where that is not proved.

    A version may be wider and narrower at once: elsewhere.
    """
    old, _ = parse_rule_text(
        signed.text,
        signed.calendars_text,
        vocabulary=reading.vocabulary,
        setup=reading.setup,
        file=signed.file,
    )
    if old is None or old.calendar != new.calendar:
        return ""
    before, after = stored_calendars(signed.calendars_text), stored_calendars(version.calendars_text)
    for name, amount in _read_with(new, old, reading):
        if name not in after.contents or before.contents.get(name) != after.contents[name]:
            return ""
        found = wider(old, new, after.by_name[name], reading.now, amount)
        if isinstance(found, Wider) and found.example is not None and found.would is not None:
            example = given_line(found.example, after.by_name[name])
            return say(
                "It does less than version {number}: {less}, for example at {example}.",
                number=signed.number,
                less=_LESS[found.would],
                example=example,
            )
    return ""


_LESS = {
    Would.ACT: say("it would not act where that one acts"),
    Would.ACT_UNASKED: say("it would ask a person where that one acts at once"),
    Would.ASK: say("it would not ask where that one asks"),
    Would.ASK_ONE: say("it would ask two people where that one asks one"),
}
