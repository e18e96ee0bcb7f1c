"""Settings: bot.yaml and the environment become one frozen `Settings`, or every problem.

No vendor is known here: `app` hands in what each connector's settings look like.
"""

from bot.settings.database import database_url
from bot.settings.keys import new_key
from bot.settings.load import load
from bot.settings.models import (
    ConfiguredConnection,
    GuardLimits,
    Heartbeat,
    Http,
    Keep,
    Keys,
    Mail,
    Person,
    Role,
    Settings,
    Timing,
    WebhookTarget,
)
from bot.settings.problem import Place, Problem, SettingsError
from bot.settings.values import SmtpServer

__all__ = [
    "ConfiguredConnection",
    "GuardLimits",
    "Heartbeat",
    "Http",
    "Keep",
    "Keys",
    "Mail",
    "Person",
    "Place",
    "Problem",
    "Role",
    "Settings",
    "SettingsError",
    "SmtpServer",
    "Timing",
    "WebhookTarget",
    "database_url",
    "load",
    "new_key",
]
