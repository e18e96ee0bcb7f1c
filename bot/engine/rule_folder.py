"""The rule files as they are read: with the words there are, the settings' set-up, and their own tests."""

from functools import cache
from pathlib import Path

from bot.actions import general_actions
from bot.connectors import kinds, vendor_actions
from bot.engine.bot import Bot
from bot.rulebook import ConnectionSetup, Rulebook, Setup, Vocabulary, load, vocabulary
from bot.rulebook.rule_tests import tested
from bot.settings import Settings


@cache
def words_now() -> Vocabulary:
    """Every word that a rule may use with the connectors, actions and facts of this program."""
    return vocabulary(kinds(), vendor_actions(), general_actions())


def setup_of(settings: Settings, templates: frozenset[str]) -> Setup:
    """What of the settings rules are checked against."""
    return Setup(
        groups=settings.groups,
        templates=templates,
        connections={
            one.id: ConnectionSetup(
                vendor=one.vendor,
                calendar=one.calendar,
                currency=getattr(one.part, "currency", None),
                guards=one.guards,
            )
            for one in settings.connections
        },
        targets=frozenset(settings.webhook_targets),
    )


def read_rules(folder: Path, setup: Setup) -> Rulebook:
    """The rules of a folder, and what their own tests say of them."""
    return tested(load(folder, vocabulary=words_now(), setup=setup), setup)


def setup_now(bot: Bot) -> Setup:
    """The set-up that this bot's rules are read with."""
    return setup_of(bot.settings, bot.renderer.names())
