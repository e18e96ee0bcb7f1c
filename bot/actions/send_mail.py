"""`send_mail`: one mail to a group, when what stands before it in `then` is confirmed."""

from bot.actions import GeneralAction

ACTION = GeneralAction(
    name="send_mail",
    help="Mail a group what was done, once what stands before it is confirmed.",
    args={"template": "a folder of templates/", "to": "a group of the settings"},
    required=("template", "to"),
)
