"""What a command is given from outside: the settings, and where they come from."""

import os
from pathlib import Path

from bot.commands.failed import Failed
from bot.receiving import connection_models
from bot.settings import Settings, SettingsError, load

DEFAULT = Path("bot.yaml")
_NO_SETTINGS = frozenset(f"PAYRUNBOT_{name}" for name in ("CONFIG", "TOKEN", "URL", "TEST_POSTGRES"))
"""Variables that begin like a setting and are none."""


def settings_file(config: str | None) -> Path | None:
    """The settings' file: as asked for, else PAYRUNBOT_CONFIG, else bot.yaml here if there is one."""
    asked = config or os.environ.get("PAYRUNBOT_CONFIG")
    if asked:
        return Path(asked)
    return DEFAULT if DEFAULT.is_file() else None


def has_settings(config: str | None) -> bool:
    """Whether anybody has written settings for this place, in a file or the environment."""
    written = (name for name in os.environ if name.startswith("PAYRUNBOT_") and name not in _NO_SETTINGS)
    return settings_file(config) is not None or any(written)


def read_settings(config: str | None) -> Settings:
    """The settings. Raises Failed, whose text is every problem at once and holds no secret."""
    if not has_settings(config):
        raise Failed(
            "There is no bot.yaml here. Name one with --config or PAYRUNBOT_CONFIG; "
            "bot.example.yaml is one to begin with."
        )
    try:
        return load(settings_file(config), os.environ, connection_models())
    except SettingsError as error:
        count = len(error.problems)
        raise Failed(f"{error}\n{count} {'problem' if count == 1 else 'problems'} in the settings.") from None
