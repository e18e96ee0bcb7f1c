"""The main job, end to end, as a new user starts it; and that its report can say no."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.cast import Cast
from bot.demo.clock import DemoClock
from bot.demo.report import ReportLine, report
from bot.demo.stage import Stage
from bot.demo.story import BEGINS, ENDS, FIRST_RUN, at, steps
from bot.sandbox import Gigapay, Inbox, Roubler, Staffology, Xero
from tests.release.conftest import outside

START = Path(__file__).parents[2] / "docs" / "start.md"


@pytest.fixture(scope="module")
def done(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    """The demo, once, of the wheel and with no checkout: its answer on standard output, its story on
    standard error."""
    return subprocess.run(
        [installed / "bin/payrunbot", "demo", "--once", "--json", "--port", "0"],
        cwd=tmp_path_factory.mktemp("demo"),
        env=outside(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_story_happens_to_its_end_and_the_ledgers_prove_each_line(
    done: "subprocess.CompletedProcess[str]",
) -> None:
    told = json.loads(done.stdout)
    assert [line for line in told["lines"] if not line["ok"]] == []
    assert {line["story"] for line in told["lines"]} == {1, 2, 3, 4, 5, 6}
    assert (told["ok"], done.returncode) == (True, 0)
    assert datetime.fromisoformat(told["ended_at"]) == ENDS
    assert {one["connection"] for one in told["ledger"]} >= {"gigapay-se", "xero-uk", "staffology-acme"}
    assert len(told["mails"]) == len({(one["to"], one["message_id"]) for one in told["mails"]})
    assert "finance-1 approves the close" in done.stderr


def test_the_page_of_ten_minutes_shows_what_the_demo_says(done: "subprocess.CompletedProcess[str]") -> None:
    """Its outputs are held against the same run: a second one would only take longer."""
    shown = START.read_text().partition("$ payrunbot demo --once\n")[2].partition("```")[0].splitlines()
    told = json.loads(done.stdout)
    lines, mails = len(told["lines"]), len(told["mails"])

    *story, summary = (line for line in shown if line != "…")
    assert [line for line in story if line not in done.stderr.splitlines()] == []
    assert summary.startswith(f"{lines} of {lines} happened, {mails} mails, in ")


def _bare_stage(tmp_path: Path) -> Stage:
    """The vendors as they are before anything happened, not started; only their ledgers count here."""
    clock = DemoClock(BEGINS)
    vendors = {kind.name: kind(clock) for kind in (Gigapay, Xero, Staffology, Roubler)}
    return Stage(folder=tmp_path, clock=clock, inbox=Inbox(clock), settings=None, **vendors)


def _line(stage: Stage, id: str, story: int) -> ReportLine:
    return next(one for one in report(stage, Cast({}, {})) if (one.id, one.story) == (id, story))


@pytest.mark.parametrize(
    ("closes", "ok"),
    [
        pytest.param(0, False, id="never closed"),
        pytest.param(1, True, id="closed once"),
        pytest.param(2, False, id="closed twice"),
    ],
)
def test_the_report_counts_what_the_vendor_did_and_nothing_else(
    tmp_path: Path, closes: int, ok: bool
) -> None:
    stage = _bare_stage(tmp_path)
    stage.clock.jump(at(13, 15))
    for _ in range(closes):
        stage.gigapay.ledger.append("close", FIRST_RUN, "200", effect=True)

    assert _line(stage, "closed", 1).ok is ok


def test_a_close_by_the_vendor_itself_is_not_the_bots(tmp_path: Path) -> None:
    stage = _bare_stage(tmp_path)
    stage.clock.jump(at(13, 15))
    stage.gigapay.ledger.append("close", FIRST_RUN, "done", effect=True, by="vendor")

    assert _line(stage, "closed", 1).seen == "0 times"


def test_with_nothing_done_hardly_a_line_is_true(tmp_path: Path) -> None:
    lines = report(_bare_stage(tmp_path), Cast({}, {}))

    assert {line.id for line in lines if line.ok} <= {
        "unasked",
        "rolled",
        "nothing-done",
        "left-alone",
    }


def test_the_steps_stand_in_order_and_within_the_ten_days() -> None:
    times = [step.at for step in steps()]

    assert times == sorted(times)
    assert times[0] >= BEGINS and times[-1] < ENDS


def test_the_demos_clock_never_goes_back() -> None:
    clock = DemoClock(BEGINS)

    clock.jump(BEGINS.replace(year=2025))

    assert clock.now() == BEGINS
    assert abs(clock.wall() - datetime.now(UTC)).total_seconds() < 5
