"""`post_webhook`: tell a program of yours, at a target named in the settings, that something is true."""

from bot.actions import GeneralAction
from bot.store.effects import POST_WEBHOOK

ACTION = GeneralAction(
    name=POST_WEBHOOK,
    help="Post a signed webhook (Standard Webhooks) to a target of the settings.",
    args={"target": "a name of webhook_targets in the settings; a rule never holds an address"},
    required=("target",),
    is_waited_for=False,
)
