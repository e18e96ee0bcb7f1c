"""Other settings than last time: written into the record at the start, each with what it was.

Settings say who may approve and up to what, so a change of that is mailed to every approver
as well, whoever made it.
"""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.seal import audit_keys
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings.named import Mark, named
from bot.store import audit, record
from bot.store.codec import fingerprint
from bot.store.database import Tx

TOOK_UP = "took up settings"
TOLD_OF = re.compile(
    r"people\.|groups\.|guards\.|approvals\.|sole$|http\.proxy\.|connections\.[^.]+\.guards\."
)
"""Who may approve, who says who somebody is, who is asked, and what nobody may go beyond."""
TOLD_AT_MOST = 20
MARK = "…"


async def note(bot: Bot) -> None:
    """Compare with what the newest line of this kind says; nothing where all is as it was.

    The first line holds all of them, each later one those that changed as well.
    """
    keys = dict(audit_keys(bot))
    async with bot.db.write() as tx:
        before, marked_with = await _before(tx)
        # A mark says something only beside one that was made with the same key.
        key_id = marked_with if marked_with in keys else next(iter(keys))
        now = named(bot.settings, _mark(keys[key_id]))
        changed = _changed(before, now) if before else []
        if key_id != marked_with:
            changed = [(name, was, is_now) for name, was, is_now in changed if not _is_mark(was, is_now)]
        elif not changed:
            return
        await audit.note(tx, bot.now(), audit.BOT, TOOK_UP, settings=now, changed=changed, marks=key_id)
        await _tell(bot, tx, [one for one in changed if TOLD_OF.match(one[0])])
    if changed:
        bot.log.info("other settings than last time", changed=[name for name, *_ in changed])


async def _before(tx: Tx) -> tuple[Mapping[str, str], str]:
    """What was last written down, and the id of the key of its marks; nothing at the first start."""
    line = await record.newest(tx, TOOK_UP)
    return (line.more["settings"], line.more["marks"]) if line is not None else ({}, "")


def _mark(key: bytes) -> Mark:
    """The same for the same text, and nothing that leads back to it without the key."""

    def mark(text: str) -> str:
        return MARK + hmac.new(key, f"setting:{text}".encode(), sha256).hexdigest()[:12]

    return mark


def _is_mark(*texts: str) -> bool:
    return all(text.startswith(MARK) for text in texts)


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Each by its name, with what it was and is; empty for what was not or is not there."""
    names = sorted({*before, *now})
    both = ((name, before.get(name, ""), now.get(name, "")) for name in names)
    return [(name, was, is_now) for name, was, is_now in both if was != is_now]


async def _tell(bot: Bot, tx: Tx, changed: list[tuple[str, str, str]]) -> None:
    if not changed:
        return
    says = [_says(*one) for one in changed[:TOLD_AT_MOST]]
    if len(changed) > TOLD_AT_MOST:
        says.append(say("{count} more stand in the record", count=len(changed) - TOLD_AT_MOST))
    await tell(
        tx,
        f"settings:{fingerprint([bot.now().isoformat(), *changed])}",
        "to_approvers",
        now=bot.now(),
        correlation=new_correlation("settings"),
        title=say("Who may approve, or up to what, was changed in the settings"),
        about="bot.yaml",
        says=says,
        do=say("Nothing, if that was decided. Otherwise pause, and ask who changed bot.yaml."),
        path="/audit",
    )


def _says(name: str, was: str, is_now: str) -> str:
    if not was:
        return say("the setting {name} is {now}, and was not there before", name=name, now=is_now)
    if not is_now:
        return say("the setting {name} is not there any more, and was {was}", name=name, was=was)
    return say("the setting {name} is {now}, and was {was}", name=name, now=is_now, was=was)
