"""`mail preview`: a template with example facts, as the reader would get it."""

import asyncio
from argparse import Namespace

from bot.app import shipped
from bot.commands.failed import Failed, Misused
from bot.commands.given import has_settings, read_settings
from bot.commands.new_file import write_new
from bot.commands.out import complain, say
from bot.mail.previews import PREVIEWS
from bot.mail.render import Renderer, TemplateProblem


def preview(args: Namespace) -> int:
    letter = PREVIEWS.get(args.template)
    if letter is None:
        raise Misused(f"There is no example of {args.template}. Known are: {', '.join(PREVIEWS)}.")
    own = read_settings(args.config).templates if has_settings(args.config) else shipped("templates")
    renderer = Renderer(own, shipped("templates"))
    try:
        mail = asyncio.run(renderer.render(letter.template, args.language, letter.context()))
    except TemplateProblem as problem:
        raise Failed(f"templates/{problem}") from None
    say(f"Subject: {mail.subject}")
    say()
    say(mail.text.rstrip("\n"))
    if args.html is not None:
        complain(f"The HTML is in {write_new(args.html, mail.html.encode('utf-8'))}.")
    return 0
