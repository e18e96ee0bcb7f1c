"""`backtest`: what edited rules would have done otherwise, over what was recorded."""

import asyncio
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path

from bot.backtest import report
from bot.backtest.compare import compare
from bot.backtest.inforce import Answered, InForce, Rules, Side, now_in_force, versions_of
from bot.backtest.recording import Recording, read_recording
from bot.backtest.report_json import as_json
from bot.commands.failed import Failed, Misused
from bot.commands.given import read_settings
from bot.commands.out import complain, say, say_json
from bot.commands.replaying import Edited, read_edited, record_of, replay_of, run_replay, sides_of
from bot.settings import Settings
from bot.settings.values import duration
from bot.store.database import Tx
from bot.store.recorded import RecordedAnswer

THEN = "then"


def run(args: Namespace) -> int:
    try:
        length = duration(args.since)
    except ValueError as error:
        raise Misused(f"--since: {error}.") from None
    settings = read_settings(args.config)
    edited = read_edited(settings, Path(args.rules))
    return asyncio.run(_backtest(args, settings, edited, length))


async def _backtest(args: Namespace, settings: Settings, edited: Edited, length: timedelta) -> int:
    async with record_of(settings, args.database) as tx:
        recording = await read_recording(tx, answers=args.against == THEN)
        sides, unreadable = await _sides(args, tx, recording, edited)
    since = max(recording.begins, recording.ends - length)
    done = run_replay(replay_of(settings, recording, edited, sides), since)
    found = compare(done.rounds[0], done.rounds[1], since)
    if args.json:
        say_json(
            {
                "since": since.isoformat(),
                "until": recording.ends.isoformat(),
                "against": args.against,
                "decisions": done.decided,
                **as_json(found),
                "not_replayed": edited.left_out,
                "unreadable": unreadable,
                "broken_readings": done.broken,
            }
        )
    else:
        for line in report.compared(found, settings.timezone):
            say(line)
        say()
        for line in _about(args, recording, since, settings, edited):
            say(line)
    for rule in unreadable:
        complain(f"{rule}: a version of it cannot be read any more, so that one is not compared.")
    if done.broken:
        complain(report.broken(done.broken))
    return 0


async def _sides(
    args: Namespace, tx: Tx, recording: Recording, edited: Edited
) -> tuple[list[Side], list[str]]:
    """The side to compare with, and the edited one; and the rules that cannot be read any more."""
    vocabulary, setup = edited.book.vocabulary, edited.setup
    if args.against != THEN:
        running, unreadable = await now_in_force(tx, vocabulary, setup)
        return sides_of(_asked(running, edited), edited.rules), unreadable
    hashes = {one.rule_hash for one in recording.events if isinstance(one, RecordedAnswer)}
    versions, unreadable = await versions_of(tx, hashes, vocabulary, setup)
    asked = {hash: one for hash, one in versions.items() if edited.is_asked_about(one)}
    return [Answered(asked), Rules(edited.rules)], unreadable


def _asked(running: tuple[InForce, ...], edited: Edited) -> tuple[InForce, ...]:
    found = tuple(one for one in running if edited.is_asked_about(one))
    if not running:
        raise Failed("No rule is in force in this database, so there is nothing to compare with.")
    return found


def _about(
    args: Namespace, recording: Recording, since: datetime, settings: Settings, edited: Edited
) -> list[str]:
    """What was compared with what: the small print of the figures above."""
    against = "what was answered then" if args.against == THEN else "the rules in force now"
    said = [
        f"{report.period(since, recording.ends, settings.timezone)}, against {against}; "
        "the guards are those of the settings today."
    ]
    left = report.not_replayed(edited.left_out)
    return [*said, left] if left else said
