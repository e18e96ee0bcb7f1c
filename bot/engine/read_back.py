"""A stored version in the words of whoever signs: the rule that it is, and what it changes.

All of it is read with today's words. A version that these no longer read has no
sentence and no changes; that it can't be read is said in their place.
"""

from dataclasses import replace
from typing import get_args

from bot.core.rule import Rule
from bot.core.sentence import difference, sentence
from bot.core.words import LANGUAGES, LanguageCode, Said, in_each, say
from bot.core.words.said import Each
from bot.engine.bot import Bot, Running
from bot.engine.rule_folder import words_now
from bot.rulebook import parse_rule_text
from bot.rulebook.calendars import stored_calendars
from bot.store.rules import Version

UNREADABLE = say("This version cannot be read with today's words.")


def rule_of(version: Version) -> Rule | None:
    """A version as a rule; None where today's words no longer read it."""
    rule, _ = parse_rule_text(version.text, version.calendars_text, vocabulary=words_now(), file=version.file)
    return replace(rule, hash=version.hash) if rule is not None else None


def sentence_of(rule: Rule | None) -> Said:
    """A rule read aloud, in the language of whoever reads."""
    return in_each(lambda language: sentence(rule, language)) if rule is not None else UNREADABLE


def changes_of(bot: Bot, running: Running | None, runs: Version | None, waiting: Version) -> tuple[Said, ...]:
    """What a version that waits changes of the one that runs, a line each."""
    new = rule_of(waiting)
    if running is None or runs is None or new is None or running.rule.hash == new.hash:
        return ()
    before = stored_calendars(runs.calendars_text).contents
    after = stored_calendars(waiting.calendars_text).contents
    changed = [name for name in _calendars(bot, new) if name in before and before[name] != after.get(name)]
    return in_words(running.rule, new, tuple(changed))


def in_words(old: Rule, new: Rule, calendars: tuple[str, ...] = ()) -> tuple[Said, ...]:
    """What a new version changes, a line each, in the language of whoever reads."""
    each = [difference(old, new, language, calendars=calendars) for language in get_args(LanguageCode)]
    return tuple(Said(Each(dict(zip(LANGUAGES, line, strict=True)))) for line in zip(*each, strict=True))


def _calendars(bot: Bot, rule: Rule) -> list[str]:
    """The work calendars that a rule is decided by."""
    watched = (
        account
        for account in bot.accounts.values()
        if rule.watches(account.id) and rule.may_be_of(account.connector.vendor)
    )
    return sorted({name for account in watched for name in rule.calendars_for(account.calendar)})
