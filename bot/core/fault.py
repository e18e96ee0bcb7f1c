"""Named places at which the tests kill, delay or freeze the program.

A place is a string literal, `fault_point("effect.before_call")`, and ships switched
off: then it costs one comparison. `POINTS` lists them all, so that a run can say
which it never reached. A point never changes what the program does.
"""

from collections.abc import Awaitable, Callable

POINTS = (
    "hook.received",
    "hook.verified",
    "hook.before_commit",
    "hook.committed",
    "replay.before_commit",
    "replay.committed",
    "inbox.before_sort",
    "inbox.sorted",
    "look.claimed",
    "look.read",
    "look.before_commit",
    "look.committed",
    "look.before_put_off",
    "look.put_off",
    "decide.before_commit",
    "decide.committed",
    "schedule.before_commit",
    "schedule.committed",
    "effect.claimed",
    "effect.before_wait",
    "effect.waits",
    "effect.read",
    "effect.before_intent",
    "effect.intent",
    "effect.before_call",
    "effect.called",
    "effect.before_sent",
    "effect.sent",
    "effect.before_confirm",
    "effect.confirmed",
    "effect.before_confirming",
    "effect.confirming",
    "effect.before_verified",
    "effect.verified",
    "effect.before_unknown",
    "effect.unknown",
    "effect.before_again",
    "effect.again",
    "effect.before_put_off",
    "effect.put_off",
    "effect.before_end",
    "effect.ended",
    "mail.claimed",
    "mail.rendered",
    "mail.before_queue",
    "mail.queued",
    "mail.before_data",
    "mail.before_data_started",
    "mail.data_started",
    "mail.data_sent",
    "mail.before_put_off",
    "mail.put_off",
    "mail.before_merge",
    "mail.merged",
    "mail.before_settle",
    "mail.accepted",
    "approval.before_commit",
    "approval.committed",
    "audit.before_seal",
    "audit.sealed",
)

Hook = Callable[[str], Awaitable[None]]
_hook: Hook | None = None


def set_fault_hook(hook: Hook | None) -> None:
    """Install what happens at each point; None switches all of them off again."""
    global _hook
    _hook = hook


async def fault_point(name: str) -> None:
    """Do nothing, unless a test has installed a hook."""
    if _hook is not None:
        assert name in POINTS, f"fault point {name} is not in the list"
        await _hook(name)
