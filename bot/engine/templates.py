"""Mail templates as rules are: checked before a mail is made of them, the last good ones kept.

A look at the operators' folder is checked mail by mail, since a mistake in one template
must not take the others back. What each mail could be made of last is in the database,
so that a restart, or a second copy of the service, has it too. One that never was any
good is the shipped one.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from bot.core.words import say
from bot.engine.bot import Bot, TemplateState
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.mail.checked import checked
from bot.mail.render import TookTooLong
from bot.mail.template_files import TemplateFiles, read_files
from bot.store import kept_templates
from bot.store.codec import fingerprint
from bot.store.database import Tx

MOST_TOLD = 10


async def check_templates(bot: Bot) -> None:
    """Look at the folder, and make mails of what of it is right."""
    renderer = bot.renderer
    shipped = renderer.shipped_names()
    if renderer.folder.resolve() == renderer.shipped.resolve():
        bot.templates = {mail: TemplateState(False) for mail in sorted(shipped)}
        return
    files = await asyncio.to_thread(read_files, renderer.folder)
    async with bot.db.read() as tx:
        kept = await kept_templates.kept(tx)
    answers = await checked(renderer, files, shipped | files.mails()) if files else []
    wrong = {one.mail: one.problem for one in answers if one.problem is not None}
    good = {one.mail for one in answers if one.problem is None and one.is_theirs}
    in_force = dict.fromkeys(good, files) | await _last_good(bot, kept, wrong)
    async with bot.db.write() as tx:
        await kept_templates.forget(tx, kept.keys() - in_force.keys())
        await kept_templates.keep(tx, good, files.texts, now=bot.now())
        await _tell_refused(bot, tx, sorted({str(one) for one in wrong.values()}))
    renderer.use(in_force)
    bot.templates = {
        mail: TemplateState(mail in in_force, str(wrong[mail]) if mail in wrong else "")
        for mail in sorted(shipped | in_force.keys() | wrong.keys())
    }
    if wrong:
        bot.log.error("mail templates refused", problems=sorted({str(one) for one in wrong.values()}))
    bot.wake()


def refused(bot: Bot) -> tuple[str, ...]:
    """The mails that are not made of the operators' present files, since these are wrong."""
    return tuple(mail for mail, state in bot.templates.items() if state.refused)


async def _last_good(
    bot: Bot, kept: Mapping[str, kept_templates.Texts], wrong: Iterable[str]
) -> dict[str, TemplateFiles]:
    """What was kept for these mails, as far as it is still right: letters change with a new version of ours.

    One that takes long now was right before, so that is the machine's fault.
    """
    found: dict[str, TemplateFiles] = {}
    looks = {id(texts): TemplateFiles(texts) for texts in kept.values()}
    for texts in {id(kept[mail]): kept[mail] for mail in wrong if mail in kept}.values():
        files = looks[id(texts)]
        mails = [mail for mail in wrong if kept.get(mail) is texts]
        for one in await checked(bot.renderer, files, mails):
            if one.problem is None or isinstance(one.problem, TookTooLong):
                found[one.mail] = files
    return found


async def _tell_refused(bot: Bot, tx: Tx, problems: Sequence[str]) -> None:
    """Tell operations once of the same problems."""
    if not problems:
        return
    more = len(problems) - MOST_TOLD
    await tell(
        tx,
        f"templates-refused:{fingerprint(list(problems))}",
        "notice",
        now=bot.now(),
        correlation=new_correlation("templates"),
        title=say("Mail templates are refused"),
        about="templates",
        says=[
            *(say("In templates/{problem}", problem=one) for one in problems[:MOST_TOLD]),
            *([say("There are {count} more of these.", count=more)] if more > 0 else []),
            say(
                "These mails go on as they were, made of the last files that were right or of those "
                "that ship."
            ),
        ],
        do=say("Mend it at that line; payrunbot check says whether it is right, and shows the line."),
    )
