"""The rule files as `check` and `test` are given them: with the settings, or without."""

from dataclasses import dataclass
from pathlib import Path

from bot.app import read_rules, setup_of, shipped
from bot.commands.failed import Failed
from bot.commands.given import has_settings, read_settings, settings_file
from bot.core.words import LanguageCode
from bot.mail.render import Renderer
from bot.rulebook import Rulebook, Setup
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class RulesRead:
    """`trouble` is what is wrong with the settings: then the rules were read without them."""

    folder: Path
    book: Rulebook
    setup: Setup
    trouble: str
    language: LanguageCode
    """The language of the house; English without settings."""
    settings: Settings | None = None
    """None where there are none, or none that can be used."""


def rules_asked_for(folder: str | None, config: str | None) -> RulesRead:
    """Read the folder, by default the settings' one. Raises Failed where there is none.

    Settings that can't be used don't hide what is wrong with the rules: both are told.
    """
    setup, own, trouble = Setup(), Path("rules"), ""
    language: LanguageCode = "en"
    settings = None
    if has_settings(config):
        try:
            settings = read_settings(config)
        except Failed as failed:
            trouble = str(failed)
            own = (settings_file(config) or own).parent / "rules"
        else:
            setup = setup_of(settings, Renderer(settings.templates, shipped("templates")).names())
            own, language = settings.rules, settings.language
    asked = Path(folder) if folder is not None else own
    if not asked.is_dir():
        raise Failed(
            "\n".join(filter(None, (trouble, f"There is no folder {asked}: name the rules' folder.")))
        )
    return RulesRead(asked, read_rules(asked, setup), setup, trouble, language, settings)
