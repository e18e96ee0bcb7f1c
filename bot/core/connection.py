"""The words that rules have for the health of a connection.

None of it is read at a vendor: the service says it of itself, at the moment at which a
rule is decided, so that it is never too old to act on.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.core.resource import Field, Kind, Snapshot, Type, fields
from bot.core.watched import CONNECTION

WORKING, FAILING, RESTING, PAUSED = "working", "failing", "resting", "paused"

KIND = Kind(
    CONNECTION,
    "Connection",
    fields(
        Field(
            "status",
            Type.STATUS,
            "How it does; paused says more than resting, and resting more than failing.",
            WORKING,
            "ours: a pause, then what came of the last calls",
            (WORKING, FAILING, RESTING, PAUSED),
        ),
        Field(
            "failing since",
            Type.INSTANT,
            "When the first of the calls failed that have failed since; missing while it works.",
            None,
            "ours: what came of the calls",
        ),
        Field(
            "failures in a row",
            Type.COUNT,
            "How many calls have failed since the last one that went well.",
            "0",
            "ours: what came of the calls",
        ),
        Field(
            "resting until",
            Type.INSTANT,
            "Until when nothing is called there, after failures or because the vendor asked for it.",
            None,
            "ours: failures in a row, or the vendor's Retry-After",
        ),
        Field(
            "last poll",
            Type.INSTANT,
            "When its lists were last read whole; missing before the first time.",
            "Wed 11 Nov 2026 11:55",
            "ours: the polls",
        ),
        Field(
            "oldest reading",
            Type.INSTANT,
            "When the part of its lists that was read longest ago was read, where a poll reads only parts.",
            None,
            "ours: the polls",
        ),
        Field(
            "last webhook",
            Type.INSTANT,
            "When the vendor last called with a right signature; missing where it never has.",
            "Wed 11 Nov 2026 11:30",
            "ours: the webhooks received",
        ),
        Field(
            "webhook expected",
            Type.FLAG,
            "Whether the vendor has webhooks and this connection is set up to take them.",
            "yes",
            "ours: the settings",
        ),
        Field(
            "calls left today",
            Type.COUNT,
            "How many more calls its allowance of 24 hours has room for, those kept for actions included.",
            "1000",
            "ours: the calls counted against budget.per_day",
        ),
        Field(
            "open pay runs",
            Type.COUNT,
            "How many of its pay runs are open, as last read.",
            "0",
            "ours: the pay runs read",
        ),
        Field(
            "first deadline",
            Type.INSTANT,
            "The earliest of the next deadlines of its open pay runs; missing where none has one.",
            None,
            "ours: the work calendar",
        ),
        Field("paused by", Type.TEXT, "Who paused it, or everything.", None, "ours: the pause"),
        Field("paused since", Type.INSTANT, "When that was.", None, "ours: the pause"),
        Field(
            "paused until",
            Type.INSTANT,
            "When the pause ends by itself; missing where somebody must end it.",
            None,
            "ours: the pause",
        ),
    ),
)


def changes(snapshot: Snapshot, now: datetime) -> Mapping[str, datetime]:
    """What time alone changes of a connection's health, with the instant."""
    ends = {
        name: at
        for name in ("resting until", "paused until", "first deadline")
        if (at := snapshot.instant(name)) is not None and at > now
    }
    over = [ends[name] for name in ("resting until", "paused until") if name in ends]
    with_pause = (
        dict.fromkeys(("paused by", "paused since"), ends["paused until"]) if "paused until" in ends else {}
    )
    return {**ends, **with_pause, **({"status": min(over)} if over else {})}
