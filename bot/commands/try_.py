"""`try`: what rules would have done in one month, while somebody is writing them.

The month is the last whole one before the record's end, so that a copied record says
the same as it did on its day.
"""

import asyncio
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from bot.backtest import report
from bot.backtest.recording import read_recording
from bot.backtest.report_json import tally_json
from bot.backtest.tally import tally_of
from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.out import complain, say, say_json
from bot.commands.replaying import Edited, read_edited, record_of, replay_of, run_replay, sides_of
from bot.settings import Settings


def run(args: Namespace) -> int:
    settings = read_settings(args.config)
    edited = read_edited(settings, Path(args.rules) if args.rules is not None else settings.rules)
    return asyncio.run(_try(args, settings, edited))


async def _try(args: Namespace, settings: Settings, edited: Edited) -> int:
    async with record_of(settings, args.database) as tx:
        recording = await read_recording(tx)
    begins, ends = month(args.month or _month_before(recording.ends, settings.timezone), settings.timezone)
    if ends <= recording.begins or begins > recording.ends:
        known = report.period(recording.begins, recording.ends, settings.timezone)
        raise Failed(f"Nothing was recorded in that month: the record is of {known}.")
    started = monotonic()
    done = run_replay(
        replay_of(settings, recording, edited, sides_of(edited.rules)),
        begins,
        ends - timedelta(microseconds=1),
    )
    took_s = monotonic() - started
    rounds, asked = done.rounds[0], [one for one in edited.rules if one.rule.id not in edited.left_out]
    if args.json:
        say_json(
            {
                "since": begins.isoformat(),
                "until": ends.isoformat(),
                "decisions": done.decided,
                "rules": [
                    tally_json(one.rule.id, one.mode.value, tally_of(rounds, one.rule.id, begins))
                    for one in asked
                ],
                "not_replayed": edited.left_out,
                "broken_readings": done.broken,
            }
        )
        return 0
    say(f"{report.period(begins, ends - timedelta(seconds=1), settings.timezone)}:")
    for line in report.tried(rounds, [(one.rule.id, one.mode) for one in asked], begins, settings.timezone):
        say(line)
    left = report.not_replayed(edited.left_out)
    if left:
        say()
        say(left)
    if done.broken:
        complain(report.broken(done.broken))
    complain(f"{report.read_from(len(recording.events), done.decided)} in {took_s:.1f} s")
    return 0


def month(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of `2026-10` and of the month after it."""
    first = datetime.strptime(text, "%Y-%m").replace(tzinfo=zone)
    following = (first + timedelta(days=32)).replace(day=1)
    return first.astimezone(UTC), following.astimezone(UTC)


def _month_before(at: datetime, zone: ZoneInfo) -> str:
    first = at.astimezone(zone).replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"
