"""Rules read aloud: each as one sentence, and what a new version of it changes.

English and Swedish say the same, part by part. A language is a file of phrases and a
file of words; nothing else here knows which one is spoken.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.condition import Condition
from bot.core.rule import Rule
from bot.core.sentence import conditions, differ, write
from bot.core.sentence.en import ENGLISH
from bot.core.sentence.language import Language
from bot.core.sentence.sv import SWEDISH
from bot.core.words import LanguageCode, Said

LANGUAGES: Mapping[str, Language] = {one.code: one for one in (ENGLISH, SWEDISH)}


@dataclass(frozen=True, slots=True)
class FieldTitle:
    """A field's name as a label: `Possible duplicates`."""

    name: str

    def text(self, language: str) -> str:
        known = LANGUAGES[language].fields if language in LANGUAGES else {}
        said = known.get(self.name, self.name)
        return said[:1].upper() + said[1:]


def field_title(name: str) -> Said:
    """A field's name as a label, in the language of whoever reads."""
    return Said(FieldTitle(name))


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A status in our words: `closed`."""

    word: str

    def text(self, language: str) -> str:
        return LANGUAGES[language].status(self.word) if language in LANGUAGES else self.word


def status_word(word: str) -> Said:
    """A status in our words, in the language of whoever reads."""
    return Said(StatusWord(word))


def sentence(rule: Rule, language: LanguageCode = "en") -> str:
    """A rule as one sentence. Two rules that do different things never have the same one."""
    return write.sentence(rule, LANGUAGES[language])


def condition_in_words(condition: Condition, language: LanguageCode = "en") -> str:
    """`status is open, (a or b), and not (c)`."""
    return conditions.condition_in_words(condition, LANGUAGES[language])


def difference(
    old: Rule, new: Rule, language: LanguageCode = "en", *, calendars: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """What a new version of a rule changes, a line each; none where nothing is changed.

    `calendars` are the work calendars whose own words have changed since the old one.
    """
    return differ.difference(old, new, LANGUAGES[language], calendars)
