"""Replaying the recorded quarter: how many decisions a second."""

from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import connection_models
from bot.backtest.recording import read_recording
from bot.backtest.replay import Replay
from bot.commands.replaying import read_edited, record_of, replay_of, sides_of
from bot.demo.quarter import record
from bot.settings import load
from tests.bench.measure import Figure, rates


async def bench() -> list[Figure]:
    with TemporaryDirectory() as name:
        folder = Path(name) / "quarter"
        await record(folder)
        settings = load(folder / "bot.yaml", {}, connection_models())
        edited = read_edited(settings, folder / "rules")
        async with record_of(settings, None) as tx:
            recording = await read_recording(tx)

        def replay() -> Replay:
            return replay_of(settings, recording, edited, sides_of(edited.rules, edited.rules))

        decided = replay().run(recording.begins).decided
        seen = await rates(lambda: replay().run(recording.begins), decided)
    what = f"decisions a second in a backtest of the recorded quarter ({decided:,} of them)"
    return [Figure(what, 1_000, seen, at_least=True, decimals=0)]
