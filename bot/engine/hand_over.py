"""Hand over: post the webhooks that rules ask for, each to the target that the settings name.

One is sent until its receiver says 2xx, with the same id and the same body each time, so that
a lost answer costs nothing. It has workers of its own, and what stands after it in a rule does
not wait for it: a receiver that hangs holds up nothing else. What it tells is no more than
which lines of the rule are so: no names, and no amounts.
"""

import asyncio
import json
from datetime import timedelta

import aiohttp
from sqlalchemy.exc import DBAPIError

from bot.core.condition import Answer, claims
from bot.core.explain import tree_from_json
from bot.core.resource import Type
from bot.core.words import say
from bot.engine import alerts
from bot.engine.asked_at import deciding_lines
from bot.engine.bot import Bot
from bot.engine.ending import say_lost
from bot.engine.standard_webhook import NotNow, NotWanted, Taken, headers, outcome_of, wait_after
from bot.engine.trace import correlated
from bot.settings import WebhookTarget
from bot.settings.values import signing_key
from bot.store import decisions, effects, resources, waits
from bot.store.codec import canonical, fingerprint
from bot.store.database import Tx
from bot.store.effects import Effect, FenceLost, State

ANSWERS_WITHIN_S = 10.0
LONGEST_REST = timedelta(minutes=5)
"""How long a failed try keeps back what else goes to the same target."""
_UNSAID = (Type.MONEY, Type.PERCENT, Type.TEXT)
"""Of these only the rule's line is told: what was seen may be one person's pay, or a name."""


async def hand_over_once(bot: Bot) -> bool:
    """Try the webhook that is due longest; False where none is due."""
    wall, lease = bot.lease()
    async with bot.db.write() as tx:
        held = await effects.claim(tx, now=bot.now(), wall=wall, lease=lease, webhooks=True)
    if held is None:
        return False
    with correlated("hand over", held.correlation, effect=held.name):
        try:
            await _hand_over(bot, held)
        except FenceLost:
            bot.log.warning("somebody else has taken this over")
        except DBAPIError:
            raise  # not about this webhook: its lease ends, and it is taken up again
        except asyncio.CancelledError:
            async with bot.db.write() as tx:
                await effects.let_go(tx, held)
            raise
        except Exception:
            bot.log.exception("a webhook failed")
            await _give_up(bot, held, say("payrunbot met an error of its own; what went wrong is in the log"))
    bot.wake()
    return True


async def _hand_over(bot: Bot, held: Effect) -> None:
    target = bot.settings.webhook_targets.get(str(held.args["target"]))
    if target is None:
        await _give_up(bot, held, say("that target is no longer in the settings"))
        return
    body = await _body(bot, held)
    match await _post(bot, target, f"msg_{fingerprint(held.name)}", body):
        case Taken():
            await _taken(bot, held)
        case NotNow(why):
            await _not_now(bot, held, why)
        case NotWanted(why):
            await _give_up(bot, held, why)


async def _post(bot: Bot, target: WebhookTarget, id: str, body: bytes) -> Taken | NotNow | NotWanted:
    keys = [signing_key(one) for one in target.secret]
    sent = {"Content-Type": "application/json", **headers(id, bot.clock.wall(), body, keys)}
    within_s = min(ANSWERS_WITHIN_S, bot.settings.timing.lease.total_seconds() / 3)
    # A session for each: nothing is kept between two of them, and no proxy is read from outside.
    session = aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "payrunbot"},
        timeout=aiohttp.ClientTimeout(total=within_s),
    )
    async with session:
        try:
            async with session.post(target.url, data=body, headers=sent, allow_redirects=False) as reply:
                return outcome_of(reply.status)
        except TimeoutError:
            return NotNow(say("no answer came within {seconds} s", seconds=f"{within_s:g}"))
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            # The library's sentence holds the address, which may be a secret of a kind.
            return NotNow(say("it could not be reached ({error})", error=type(problem).__name__))


async def _body(bot: Bot, held: Effect) -> bytes:
    """What is sent: made before the first try, and the same at each one."""
    if "body" in held.request:
        return held.request["body"].encode()
    async with bot.db.write() as tx:
        found = await resources.get(tx, held.resource)
        assert found is not None, "the resource of a planned webhook is never deleted"
        before = await effects.of_chain(tx, held.chain)
        at = held.planned_at.isoformat()
        told = {
            "type": "rule.yes",
            "timestamp": at,
            "data": {
                "rule": held.rule,
                "kind": found.snapshot.kind,
                "connection": held.connection,
                "resource": found.ref,
                "lines": await _lines(bot, tx, held),
                "done": [one.action for one in before if one.is_vendor and one.state is State.VERIFIED],
                "at": at,
            },
        }
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        await effects.write(tx, held, request_json=canonical({"body": body}))
    return body.encode()


async def _lines(bot: Bot, tx: Tx, held: Effect) -> list[str]:
    """The rule's lines that are so, as they were when it came to say yes."""
    tree = await decisions.tree_of_yes(tx, held.rule, held.resource, held.planned_at)
    running = bot.rules.get(held.rule)
    if tree is None or running is None or running.rule.hash != held.rule_hash:
        return []
    unsaid = frozenset(one.text for one in claims(running.rule.when) if one.field.type in _UNSAID)
    return list(deciding_lines(tree_from_json(tree), Answer.YES, unsaid))


async def _taken(bot: Bot, held: Effect) -> None:
    now = bot.now()
    async with bot.db.write() as tx:
        await effects.write(
            tx, held, release=True, state=State.VERIFIED, reason=say("taken"), sent_at=now, changed_at=now
        )
        await alerts.note_told(bot, tx, held)
    bot.log.info("webhook taken", target=held.args["target"], tries=held.attempts)


async def _not_now(bot: Bot, held: Effect, why: str) -> None:
    wait = wait_after(held.attempts)
    if wait is None:
        await _give_up(bot, held, say("{why}, and {count} tries are enough", why=why, count=held.attempts))
        return
    now, target = bot.now(), str(held.args["target"])
    async with bot.db.write() as tx:
        await effects.write(tx, held, release=True, not_before=now + wait, reason=why, changed_at=now)
        rested = now + min(wait, LONGEST_REST)
        await waits.put_off_webhooks(tx, target, until=rested, wall=bot.clock.wall())
    bot.log.warning("webhook not taken", target=target, why=why, again_in_s=wait.total_seconds())


async def _give_up(bot: Bot, held: Effect, why: str) -> None:
    """Nobody will tell that program: operations hear of it instead."""
    async with bot.db.write() as tx:
        await effects.write(tx, held, release=True, state=State.REFUSED, reason=why, changed_at=bot.now())
        target = held.args["target"]
        lost = say(
            "the webhook of rule {rule} to {target} was not taken: {why}",
            rule=held.rule,
            target=target,
            why=why,
        )
        await say_lost(bot, tx, held, lost)
    bot.log.error("webhook given up", target=held.args["target"], why=why)
