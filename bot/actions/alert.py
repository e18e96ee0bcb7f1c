"""`alert`: tell a group once that something is true, and once more when it no longer is."""

from bot.actions import GeneralAction

ACTION = GeneralAction(
    name="alert",
    help="Tell a group once while something lasts, and when it is cleared.",
    args={
        "to": "a group of the settings",
        "template": "a folder of templates/; without it a plain notice",
        "when_cleared": "the template of the mail that says it is over; without it there is none",
    },
    required=("to",),
    is_alert=True,
)
