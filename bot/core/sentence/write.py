"""A rule as one sentence, which says everything that changes what the rule does.

Two rules that do different things never have one sentence: whoever signs a sentence
has signed the rule. Its id, title, advice and tests are not in it.
"""

import json
from collections.abc import Mapping

from bot.core.expect import Expectation
from bot.core.rule import Rule, Step
from bot.core.sentence import values
from bot.core.sentence.conditions import any_of, condition_in_words
from bot.core.sentence.language import Language
from bot.core.sentence.normal import lines
from bot.core.slots import Days, OnDays
from bot.core.workdays import MonthlyCutOff, WeeklyCutOff


def sentence(rule: Rule, language: Language) -> str:
    """`For each Gigapay payrun, when status is open: close it; done at once.`"""
    steps = language.phrases["then"].join(step(one, language) for one in rule.then)
    told = "; ".join([f"{_about(rule, language)}: {steps}", *clauses(rule, language).values()])
    return f"{told[:1].upper()}{told[1:]}."


def clauses(rule: Rule, language: Language) -> Mapping[str, str]:
    """What a rule says besides its conditions and steps, by the key of the file, in the order of saying."""
    say, limits = language.say, rule.limits
    said = {
        "group_by": say(f"group by {rule.group_by}") if rule.group_by else "",
        "wait": say("wait", length=values.duration(language, rule.wait)) if rule.wait else "",
        "remind": say("remind", times=values.times(language, rule.remind)) if rule.remind else "",
        "if_missed": say(f"if missed: {rule.if_missed}") if rule.every is not None else "",
        "mode": say(f"mode: {rule.mode}"),
        "ask": say("ask", group=values.name(language, rule.ask)) if rule.ask else "",
        "only_during": say("only during") if limits.only_during_working_hours else "",
    }
    if rule.escalate:
        after = language.length(rule.escalate.after.count, rule.escalate.after.unit)
        said["escalate"] = say("escalate", after=after, to=values.name(language, rule.escalate.to))
    if limits.ask_above is not None:
        said["ask_above"] = say("ask above", amount=values.money(language, limits.ask_above))
    if limits.ask_when:
        said["ask_when"] = say("ask when", when=any_of(limits.ask_when, language))
    if limits.two_people_above is not None:
        said["two_people_above"] = say(
            "two people above", amount=values.money(language, limits.two_people_above)
        )
    if limits.at_most is not None:
        length = values.duration(language, limits.at_most.per)
        said["at_most"] = say("at most", count=limits.at_most.count, length=length)
    return {key: said[key] for key in _ORDER if said.get(key)}


_ORDER = (
    "group_by", "wait", "remind", "escalate", "if_missed", "mode", "ask",
    "ask_above", "ask_when", "two_people_above", "only_during", "at_most",
)  # fmt: skip


def _about(rule: Rule, language: Language) -> str:
    """What the rule looks at, when, and for what."""
    when = condition_in_words(rule.when, language) if lines(rule.when) else ""
    about = {"watch": language.kind(rule.watch), **scope(rule, language)}
    if rule.expect is not None:
        counted = language.say("counted", when=when) if when else ""
        return language.say(
            "unless",
            **about,
            times=language.length(rule.expect.at_least, "time"),
            due=_due(rule.expect, language),
            counted=counted,
        )
    if rule.every is not None:
        return language.say("at times", **about, times=values.times(language, rule.every), when=when)
    return language.say("for each", **about, when=when)


def scope(rule: Rule, language: Language) -> Mapping[str, str]:
    """The connections and the work calendar that a rule names; nothing for what it does not."""
    listed = language.phrases["and"].join(values.name(language, one) for one in rule.connections)
    calendar = values.name(language, rule.calendar) if rule.calendar else ""
    return {
        "of": language.say("of", connections=listed) if listed else "",
        "by": language.say("by", calendar=calendar) if calendar else "",
    }


def expected(expectation: Expectation, language: Language) -> str:
    """What is expected, but for what it is: `expected at least 1 time each week by Thursday at 12:00`."""
    least = language.length(expectation.at_least, "time")
    return language.say("expected", times=least, due=_due(expectation, language))


def _due(expectation: Expectation, language: Language) -> str:
    per = language.say(f"each {expectation.per}")
    match expectation.by.form:
        case OnDays(Days.ALL | Days.WORKING, at):
            by = language.say("due at", at=values.clock(at))
        case OnDays(days, at):
            first = days in (Days.FIRST_OF_WEEK, Days.FIRST_OF_MONTH)
            by = language.say(
                "due on", day=language.say("its first" if first else "its last"), at=values.clock(at)
            )
        case WeeklyCutOff(weekday, at):
            by = language.say("due on", day=language.weekdays[weekday], at=values.clock(at))
        case MonthlyCutOff(at=at) as monthly:
            by = language.say("due on", day=values.day_of_month(language, monthly), at=values.clock(at))
        case _:
            raise AssertionError("a cron line is no time of a span")
    return f"{per} {by}"


def step(one: Step, language: Language) -> str:
    """`mail payroll with payrun_closed`. An arg that the action's words leave out follows in brackets."""
    known = language.step(one.action)
    said = [known.says]
    said += [_arg(language, joins, one.args[arg]) for arg, joins in known.args.items() if arg in one.args]
    said += [
        language.say("other arg", arg=arg, value=values.name(language, text))
        for arg, text in one.args.items()
        if arg not in known.args
    ]
    return "".join(said)


def _arg(language: Language, joins: str, text: str) -> str:
    if "{table}" not in joins:
        return joins.format(value=values.name(language, text))
    pairs = (
        f"{values.quoted(language, name)}: {values.quoted(language, said)}"
        for name, said in json.loads(text).items()
    )
    return joins.format(table=", ".join(pairs))
